"""Rows as the API shows them: numbers people know instead of ids, amounts in major units, personal data masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, Sum

from liangqing.cases.lifecycle import TaskState
from liangqing.cases.models import Case, Promise, Record, Task
from liangqing.kit import clock
from liangqing.kit.money import plain
from liangqing.parties.models import Contact, Creditor, Party
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.receivables.models import Adjustment, Allocation, Bill
from liangqing.receivables.queries.account import account
from liangqing.warning.models import Alert

_MOST_PROMISES = 100


def _name(party: Party, *, revealed: bool) -> str:
    return party.name if revealed else masking.name(party.name, party.kind)


def customer(party: Party, *, revealed: bool) -> dict[str, Any]:
    return {
        "id": party.pk,
        "number": party.number,
        "kind": party.kind,
        "name": _name(party, revealed=revealed),
        "customer_class": party.customer_class,
        "terms_days": party.terms_days,
        "area": party.area,
        "country": party.country,
        "language": party.language,
        "merged_into": party.merged_into.number if party.merged_into else None,
    }


def customer_file(party: Party, *, revealed: bool) -> dict[str, Any]:
    """What is added for one customer: identity, contacts, and what is owed today."""
    return {
        "identity": party.identity if revealed else masking.identity(party.identity, party.kind),
        "contacts": [_contact(row, party.area, revealed=revealed) for row in party.contacts.order_by("pk")],
        "accounts": _accounts(party.pk),
    }


def _contact(row: Contact, area: str, *, revealed: bool) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "role": row.role,
        "person": row.person if revealed else masking.name(row.person, Party.Kind.PERSON),
        "value": row.value if revealed else masking.way(row.kind, row.value, area),
        "validity": row.validity,
        "verified_on": row.verified_on,
    }


def _accounts(party_id: int, creditor_id: int | None = None) -> list[dict[str, Any]]:
    found = [
        row
        for row in account(Party.objects.get(pk=party_id), clock.today())
        if creditor_id is None or row.creditor_id == creditor_id
    ]
    codes = dict(Creditor.objects.filter(pk__in={row.creditor_id for row in found}).values_list("pk", "code"))
    shown = [
        {
            "creditor": codes[row.creditor_id],
            "currency": row.currency,
            "balance": plain(row.balance, row.currency),
            "late": plain(row.late, row.currency),
            "days_late": row.days,
        }
        for row in found
    ]
    return sorted(shown, key=lambda row: (row["creditor"], row["currency"]))


def bills(rows: Sequence[Bill]) -> list[dict[str, Any]]:
    """With what is asked, paid and open as of today."""
    today, keys = clock.today(), [row.pk for row in rows]
    paid = dict(
        Allocation.objects.filter(bill__in=keys, allocated_on__lte=today)
        .values_list("bill")
        .annotate(total=Sum("amount"))
        .values_list("bill", "total")
    )
    added = dict(
        Adjustment.objects.filter(Q(effective_on=None) | Q(effective_on__lte=today), bill__in=keys)
        .values_list("bill")
        .annotate(total=Sum("principal") + Sum("interest") + Sum("penalty") + Sum("fee"))
        .values_list("bill", "total")
    )
    return [_bill(row, added.get(row.pk, 0), paid.get(row.pk, 0)) for row in rows]


def _bill(row: Bill, added: int, paid: int) -> dict[str, Any]:
    asked = row.principal + row.interest + row.penalty + row.fee + int(added)
    return {
        "id": row.pk,
        "number": row.number,
        "creditor": row.creditor.code,
        "customer": row.party.number,
        "kind": row.kind,
        "currency": row.currency,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "amount": plain(asked, row.currency),
        "paid": plain(int(paid), row.currency),
        "open": plain(asked - int(paid), row.currency),
        "reference": row.reference,
        "seller": row.seller.username if row.seller else None,
    }


def case(row: Case, *, revealed: bool) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "customer": row.party.number,
        "name": _name(row.party, revealed=revealed),
        "creditor": row.creditor.code,
        "stage": row.stage,
        "level": row.level,
        "level_row": row.level_row,
        "customer_class": row.customer_class,
        "class_row": row.class_row,
        "owner": row.owner.username if row.owner else None,
        "desk": row.desk,
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
    }


def case_file(row: Case) -> dict[str, Any]:
    """What is added for one case: what is owed today, the last promises, the open task."""
    open_task = (
        Task.objects.filter(case=row, state=TaskState.OPEN).select_related("party", "creditor", "case", "owner").first()
    )
    promises = Promise.objects.filter(case=row).select_related("case", "by").order_by("-pk")[:_MOST_PROMISES]
    return {
        "accounts": _accounts(row.party_id, row.creditor_id),
        "promises": [promise(each) for each in promises],
        "task": task(open_task) if open_task else None,
    }


def promise(row: Promise) -> dict[str, Any]:
    return {
        "id": row.pk,
        "case": row.case.number,
        "amount": plain(row.amount, row.currency),
        "currency": row.currency,
        "promised_on": row.promised_on,
        "due_on": row.due_on,
        "state": row.state,
        "judged_on": row.judged_on,
        "by": row.by.username if row.by else None,
    }


def task(row: Task) -> dict[str, Any]:
    return {
        "id": row.pk,
        "customer": row.party.number,
        "creditor": row.creditor.code,
        "case": row.case.number if row.case else None,
        "action": row.action,
        "action_row": row.action_row,
        "owner": row.owner.username if row.owner else None,
        "points": row.points,
        "reasons": row.reasons,
        "created_on": row.created_on,
        "due_on": row.due_on,
        "state": row.state,
        "ended_on": row.ended_on,
    }


def alerts(rows: Sequence[Alert]) -> list[dict[str, Any]]:
    told = {person for row in rows for person in row.recipients}
    people = dict(User.objects.filter(pk__in=told).values_list("pk", "username"))
    return [
        {
            "id": row.pk,
            "customer": row.party.number,
            "creditor": row.creditor.code,
            "level": row.level,
            "row": row.row,
            "raised_on": row.raised_on,
            "amount": plain(row.amount, row.currency),
            "currency": row.currency,
            "days_late": row.days_late,
            "recipients": [people[person] for person in row.recipients if person in people],
        }
        for row in rows
    ]


def _hidden(note: str) -> str:
    """Free words may tell anything of anybody, so none of them are shown."""
    return "***" if note else ""


def record(row: Record, *, revealed: bool) -> dict[str, Any]:
    return {
        "id": row.pk,
        "case": row.case.number,
        "customer": row.party.number,
        "at": row.at,
        "by": row.by.username,
        "channel": row.channel,
        "reached": row.reached,
        "result": row.result,
        "reason": row.reason,
        "attitude": row.attitude,
        "note": row.note if revealed else _hidden(row.note),
        "next_on": row.next_on,
        "promise": row.promise_id,
        "corrects": row.corrects_id,
    }
