"""In which order money pays: what the table receipt.order says of an account, and of what was paid on a bill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db.models import Sum

from liangqing import policy
from liangqing.kit import clock
from liangqing.parties.models import Creditor, Party
from liangqing.policy import Policy, Row
from liangqing.receivables.models import Allocation
from liangqing.receivables.rules.allocation import TABLE, Claim, order_facts


def order_of(party: Party, creditor: Creditor, claims: Iterable[Claim], as_of: dt.date) -> Row:
    """The row that says in which order unnamed money of this account pays its bills, by the policy of a day."""
    rules = _rules(as_of).of(party.pk, line=creditor.code, place=party.country, debtor=party.kind)
    return rules.tables[TABLE].decide(order_facts(party.kind, [claim.due_on for claim in claims], as_of))


def payments(due_on: Mapping[int, dt.date], as_of: dt.date) -> dict[int, list[tuple[int, str]]]:
    """What was set against each of these bills until a day, the earlier first, each amount with the order in which it
    pays the parts of the bill: by the policy of the day it counts from, and how late the bill was then. A later version
    of the policy does not move what was paid before. One query. In: bill id and the day it is due."""
    found: dict[int, list[tuple[int, str]]] = {}
    paid = (
        Allocation.objects.filter(bill__in=due_on, allocated_on__lte=as_of)
        .values_list(
            "bill_id",
            "allocated_on",
            "bill__party_id",
            "bill__party__kind",
            "bill__party__country",
            "bill__creditor__code",
        )
        .annotate(total=Sum("amount"))
        .order_by("bill_id", "allocated_on")
    )
    for bill, on, party, kind, country, code, total in paid:
        rules = _rules(on).of(party, line=code, place=country, debtor=kind)
        row = rules.tables[TABLE].decide(order_facts(kind, [due_on[bill]], on))
        found.setdefault(bill, []).append((int(total), str(row.then["components"])))
    return found


def _rules(on: dt.date) -> Policy:
    """The policy of a day; of a day before the first version the first, of a day to come today's."""
    return policy.in_force(max(min(on, clock.today()), policy.preset().from_on))
