"""What a customer owes on a day, by creditor and currency: read from that customer's rows only.

For many customers at once, on the day of the last night, the bills of those of whom nothing has moved since are not gone
through (``moved``): their totals are as the night left them. Both ways always say the same
(``tests/receivables/test_at_rest.py``).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from liangqing.kit.money import Money
from liangqing.parties.models import Creditor, Party
from liangqing.receivables.models import Bill, Total
from liangqing.receivables.queries.bills import BillRow, left_on, rows
from liangqing.receivables.queries.moved import moved
from liangqing.receivables.rules.lateness import BUCKETS, bucket_of, due_day


@dataclass
class Account:
    """One customer towards one creditor in one currency; minor units, as ``rules.owing.accounts`` defines them.

    ``balance`` is what is asked for without credit notes, ``credit`` what credit notes still give (positive),
    ``days`` since the oldest late bill fell due (None: nothing is asked for; negative: days to go), ``buckets`` the
    balance by age band (``rules.lateness.BUCKETS``).
    """

    party_id: int
    creditor_id: int
    currency: str
    balance: int = 0
    late: int = 0
    late_bills: int = 0
    open_bills: int = 0
    days: int | None = None
    unapplied: int = 0
    credit: int = 0
    buckets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))


@dataclass(frozen=True)
class Late:
    """What is late of a customer towards a creditor: amounts by currency, and days of the oldest late bill."""

    late: list[Money]
    days: int | None


# The parts are worked out once each: as subqueries in the select list PostgreSQL would do so for every use of ``owed``.
_OWED = """
    WITH bill AS MATERIALIZED (
             SELECT b.id, b.party_id, b.creditor_id, b.currency, b.principal + b.interest + b.penalty + b.fee AS asked,
                    %(day)s - CASE WHEN b.kind IN ('deposit', 'retention') AND c.ends_on > b.due_on THEN c.ends_on
                                   ELSE b.due_on END AS days
             FROM receivables_bill b LEFT JOIN receivables_contract c ON c.id = b.contract_id
             WHERE b.party_id = ANY(%(parties)s) AND (b.issued_on IS NULL OR b.issued_on <= %(day)s)),
         added AS MATERIALIZED (
             SELECT j.bill_id, sum(j.principal + j.interest + j.penalty + j.fee) AS added
             FROM receivables_adjustment j JOIN bill ON bill.id = j.bill_id
             WHERE j.effective_on IS NULL OR j.effective_on <= %(day)s GROUP BY j.bill_id),
         paid AS MATERIALIZED (
             SELECT a.bill_id, sum(a.amount) AS paid FROM receivables_allocation a JOIN bill ON bill.id = a.bill_id
             WHERE a.allocated_on <= %(day)s GROUP BY a.bill_id),
         left_now AS MATERIALIZED (
             SELECT bill.party_id, bill.creditor_id, bill.currency, bill.days,
                    bill.asked + coalesce(added.added, 0) - coalesce(paid.paid, 0) AS owed
             FROM bill LEFT JOIN added ON added.bill_id = bill.id LEFT JOIN paid ON paid.bill_id = bill.id)
    SELECT party_id, creditor_id, currency, days, sum(owed)::bigint, count(*), owed > 0
    FROM left_now WHERE owed <> 0 GROUP BY party_id, creditor_id, currency, days, owed > 0"""

_UNAPPLIED = """
    UNION ALL
    SELECT r.party_id, r.creditor_id, r.currency, NULL::integer,
           sum(r.amount - coalesce((SELECT sum(a.amount) FROM receivables_allocation a
                                    WHERE a.receipt_id = r.id AND a.allocated_on <= %(day)s), 0))::bigint, 0, NULL::boolean
    FROM receivables_receipt r WHERE r.party_id = ANY(%(parties)s) AND r.received_on <= %(day)s
    GROUP BY 1, 2, 3"""
"""Money on account, as further rows of ``_OWED`` whose last column is NULL."""


def account(party: Party, as_of: dt.date, *, creditor: Creditor | None = None) -> list[Account]:
    """The accounts of a customer with anything open or unapplied on a day, by creditor and currency."""
    found = _accounts([party.pk], as_of)
    return [each for each in found if creditor is None or each.creditor_id == creditor.pk]


def accounts(parties: Iterable[int], as_of: dt.date) -> list[Account]:
    """The accounts of some customers, such as all numbers of one: one query."""
    return _accounts(sorted(set(parties)), as_of)


def late_of(obligors: Iterable[tuple[int, int]], as_of: dt.date) -> dict[tuple[int, int], Late]:
    """What is late of some (customer, creditor) pairs, as for a page of cases: two queries, three where something has moved.
    Pairs with nothing open are left out."""
    if not (wanted := set(obligors)):
        return {}
    gathered: dict[tuple[int, int], list[_Total]] = {}
    for each in _totals({party for party, _creditor in wanted}, as_of):
        if (each.party_id, each.creditor_id) in wanted:
            gathered.setdefault((each.party_id, each.creditor_id), []).append(each)
    return {
        pair: Late(
            late=[Money(each.late, each.currency) for each in totals if each.late],
            days=max((each.days for each in totals if each.late), default=None),
        )
        for pair, totals in gathered.items()
    }


@dataclass(frozen=True)
class Totals:
    """What a customer owes over all creditors, currencies apart; days of the oldest late bill."""

    open: tuple[Money, ...]
    late: tuple[Money, ...]
    days: int | None


def totals_of(parties: Iterable[int], as_of: dt.date) -> dict[int, Totals]:
    """The totals of some customers, as for a page of them: two queries, three where something has moved. Who owes nothing is
    left out."""
    gathered: dict[int, list[_Total]] = {}
    for each in _totals(set(parties), as_of):
        gathered.setdefault(each.party_id, []).append(each)
    return {
        party: Totals(
            open=_sums((each.currency, each.asked) for each in totals),
            late=_sums((each.currency, each.late) for each in totals),
            days=max((each.days for each in totals if each.late), default=None),
        )
        for party, totals in gathered.items()
    }


@dataclass(frozen=True)
class _Total:
    """What is asked for and what of it is late, of an account that is asked for anything; days since the oldest such bill
    fell due."""

    party_id: int
    creditor_id: int
    currency: str
    asked: int
    late: int
    days: int


def _totals(parties: set[int], as_of: dt.date) -> list[_Total]:
    """In the order of customer, creditor and currency."""
    movers = moved(as_of)
    resting = set() if movers is None else parties - movers
    left = Total.objects.filter(party_id__in=resting) if resting else ()
    moving = _accounts(sorted(parties - resting), as_of, money=False) if parties - resting else []
    found = [
        *(
            _Total(each.party_id, each.creditor_id, each.currency, each.asked, each.late, (as_of - each.due_on).days)
            for each in left
        ),
        *(
            _Total(each.party_id, each.creditor_id, each.currency, each.balance, each.late, each.days)
            for each in moving
            if each.days is not None
        ),
    ]
    return sorted(found, key=lambda each: (each.party_id, each.creditor_id, each.currency))


def _sums(amounts: Iterable[tuple[str, int]]) -> tuple[Money, ...]:
    sums: Counter[str] = Counter()
    for currency, amount in amounts:
        sums[currency] += amount
    return tuple(Money(sums[currency], currency) for currency in sorted(sums) if sums[currency])


def open_bills(party: Party, as_of: dt.date, *, creditor: Creditor | None = None, most: int = 1000) -> list[BillRow]:
    """The customer's bills and credit notes with something left on a day, the one due longest first; at most so many."""
    bills = Bill.objects.filter(Q(issued_on=None) | Q(issued_on__lte=as_of), party=party)
    if creditor is not None:
        bills = bills.filter(creditor=creditor)
    bills = bills.alias(left_now=left_on(as_of)).exclude(left_now=0).order_by("due_on", "id")
    return sorted(rows(bills[:most], as_of), key=lambda row: (row.due_on, row.bill.pk))


@dataclass(frozen=True)
class OpenBill:
    """A bill with something left on a day; ``owed`` in minor units, of a credit note negative."""

    bill: Bill
    due_on: dt.date
    owed: int
    days: int


def still_open(parties: Iterable[int], as_of: dt.date, *, most: int = 200) -> list[OpenBill]:
    """The bills and credit notes of some customers with something left, the one due longest first, without their parts:
    one query."""
    bills = Bill.objects.filter(Q(issued_on=None) | Q(issued_on__lte=as_of), party__in=list(parties))
    bills = bills.annotate(left_now=left_on(as_of)).exclude(left_now=0).select_related("creditor", "contract")
    found = []
    for bill in bills.order_by("due_on", "id")[:most]:
        due_on = due_day(bill.kind, bill.due_on, bill.contract.ends_on if bill.contract else None)
        found.append(OpenBill(bill, due_on, bill.left_now, (as_of - due_on).days))
    return sorted(found, key=lambda each: (each.due_on, each.bill.pk))


def _accounts(parties: Sequence[int], as_of: dt.date, *, money: bool = True) -> list[Account]:
    found: dict[tuple[int, int, str], Account] = {}
    given: dict[str, Any] = {"parties": list(parties), "day": as_of}
    with connection.cursor() as cursor:
        cursor.execute(_OWED + (_UNAPPLIED if money else ""), given)
        for party, creditor, currency, days, owed, count, asked in cursor.fetchall():
            if asked is None and not owed:
                continue
            each = found.setdefault((party, creditor, currency), Account(party, creditor, currency))
            if asked is None:
                each.unapplied = int(owed)
                continue
            each.open_bills += count
            if not asked:
                each.credit -= int(owed)
                continue
            each.balance += int(owed)
            each.buckets[bucket_of(days)] += int(owed)
            each.days = days if each.days is None else max(each.days, days)
            if days >= 1:
                each.late += int(owed)
                each.late_bills += count
    return [found[key] for key in sorted(found)]
