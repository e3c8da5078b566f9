"""How a customer has paid of late: how much of what fell due was paid late or is late still, and how late at worst."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import day, days_between, share_bp
from liangqing.receivables.rules.lateness import HELD_KINDS

NOTHING_FELL_DUE = -1
"""The late share where nothing fell due: neither good nor bad."""


@clause("P2 3.1.2")
def habits(
    bills: ir.Table,
    adjustments: ir.Table,
    allocations: ir.Table,
    at_rest: ir.Table,
    accounts: ir.Table,
    windows: Iterable[int],
    as_of: dt.date,
) -> ir.Table:
    """One row a customer and creditor of ``accounts`` for whom anything fell due within the longest of ``windows``.

    In: ``bills``, ``adjustments``, ``allocations`` as for ``owing.owed``; ``at_rest`` what ``each_paid`` said of bills that
    are not among them any more; ``accounts`` (party_id, creditor_id); windows in days. Out: party_id, creditor_id, and for
    each window N: late_share_N (basis points of what fell due in the N days before ``as_of``, late by then: paid after the
    due day, or not at all), worst_days_N (most days that any of it was late); NULL where nothing fell due. A bill due on D
    fell due on D+1. Of several currencies the worst speaks; they are never added together. Money counts on the day it
    counts from, as everywhere; a credit note set against a bill is money.
    """
    windows = sorted(windows)

    def within(rows: ir.Table) -> ir.Table:
        first, last = day(as_of - dt.timedelta(days=windows[-1])), day(as_of)
        met = rows.filter(rows.fell_on < last, rows.fell_on >= first)
        return met.semi_join(accounts, ["party_id", "creditor_id"])

    fell = within(falling(bills, as_of))
    each = ibis.union(each_paid(fell, adjustments, allocations, as_of), within(at_rest).select(*EACH))
    each = each.filter(each.asked > 0).mutate(ago=days_between(each.fell_on, as_of))
    sums = {}
    for window in windows:
        sums[f"asked_{window}"] = each.asked.sum(where=each.ago <= window)
        sums[f"late_{window}"] = each.late.sum(where=each.ago <= window)
        sums[f"worst_days_{window}"] = each.days.max(where=each.ago <= window)
    by_currency = each.group_by("party_id", "creditor_id", "currency").agg(**sums)
    worst = {}
    for window in windows:
        fell_due = by_currency[f"asked_{window}"]
        share = share_bp(by_currency[f"late_{window}"], fell_due)
        worst[f"late_share_{window}"] = share.max(where=fell_due.notnull())
        worst[f"worst_days_{window}"] = by_currency[f"worst_days_{window}"].max()
    return by_currency.group_by("party_id", "creditor_id").agg(**worst)


EACH = {
    "bill_id": "int64",
    "party_id": "int64",
    "creditor_id": "int64",
    "currency": "string",
    "fell_on": "date",
    "asked": "int64",
    "late": "int64",
    "days": "int32",
}


def falling(bills: ir.Table, as_of: dt.date) -> ir.Table:
    """The bills known on ``as_of`` with the day each falls due: bill_id, party_id, creditor_id, currency, amount, fell_on."""
    held = bills.kind.isin(HELD_KINDS) & (bills.contract_ends_on > bills.due_on)
    fell = bills.mutate(fell_on=ibis.coalesce(held, False).ifelse(bills.contract_ends_on, bills.due_on))
    known = fell.filter(fell.issued_on.isnull() | (fell.issued_on <= day(as_of)))
    return known.select("bill_id", "party_id", "creditor_id", "currency", "amount", "fell_on")


def each_paid(fell: ir.Table, adjustments: ir.Table, allocations: ir.Table, as_of: dt.date) -> ir.Table:
    """How each bill of ``falling`` was paid, as of a day: ``EACH``; ``late`` what was not there on its day, ``days`` how
    many days the last of that came after it, or has been missing. Of a bill that is settled this never changes."""
    asked = _with_money(fell, adjustments, allocations, as_of)
    late = ibis.greatest(asked.asked - ibis.greatest(asked.in_time, 0), 0)
    days = ibis.cases(
        (asked.paid < asked.asked, days_between(asked.fell_on, as_of)),
        (late > 0, days_between(asked.fell_on, asked.last_on)),
        else_=0,
    )
    return asked.mutate(late=late, days=days).select(*EACH)


def _with_money(fell: ir.Table, adjustments: ir.Table, allocations: ir.Table, as_of: dt.date) -> ir.Table:
    """The bills with ``asked`` for, ``paid`` until ``as_of``, of it ``in_time``, and the last day anything was paid."""
    added = (
        adjustments.filter(adjustments.effective_on.isnull() | (adjustments.effective_on <= day(as_of)))
        .group_by(adjusted_id="bill_id")
        .agg(added=lambda t: t.amount.sum().cast("int64"))
    )
    # What was taken back stands on the day of what it takes back: the two make nothing of that day.
    known = allocations.filter(allocations.allocated_on <= day(as_of))
    daily = known.group_by(paid_id=known.bill_id, paid_on=known.allocated_on).agg(sum=known.amount.sum().cast("int64"))
    due = fell.select(due_id="bill_id", due_on="fell_on")
    met = daily.join(due, daily.paid_id == due.due_id)
    paid = met.group_by("paid_id").agg(
        paid=met["sum"].sum().cast("int64"),
        in_time=met["sum"].sum(where=met.paid_on <= met.due_on).cast("int64"),
        last_on=met.paid_on.max(where=met["sum"] > 0),
    )
    both = fell.left_join(paid, fell.bill_id == paid.paid_id)
    both = both.left_join(added, both.bill_id == added.adjusted_id)
    return both.select(
        "bill_id",
        "party_id",
        "creditor_id",
        "currency",
        "fell_on",
        "last_on",
        asked=both.amount + ibis.coalesce(both.added, 0),
        paid=ibis.coalesce(both.paid, 0),
        in_time=ibis.coalesce(both.in_time, 0),
    )


@dataclass(frozen=True)
class FellDue:
    """A bill of one customer and creditor that fell due: what it asks for with its adjustments (minor units, more than
    0), and what was set against it by the day it counts from, takings-back taken away."""

    currency: str
    fell_on: dt.date
    asked: int
    paid: Mapping[dt.date, int] = field(default_factory=dict)


def habit(bills: Iterable[FellDue], window: int, as_of: dt.date) -> tuple[int, int]:
    """The twin for one customer: the late share (basis points; ``NOTHING_FELL_DUE``) and the most days late."""
    asked: dict[str, int] = {}
    late: dict[str, int] = {}
    worst = 0
    for bill in bills:
        if not 1 <= (as_of - bill.fell_on).days <= window:
            continue
        paid = {on: amount for on, amount in bill.paid.items() if on <= as_of}
        in_time = sum(amount for on, amount in paid.items() if on <= bill.fell_on)
        missed = max(bill.asked - max(in_time, 0), 0)
        asked[bill.currency] = asked.get(bill.currency, 0) + bill.asked
        late[bill.currency] = late.get(bill.currency, 0) + missed
        if sum(paid.values()) < bill.asked:
            worst = max(worst, (as_of - bill.fell_on).days)
        elif missed:
            worst = max(worst, (max(on for on, amount in paid.items() if amount > 0) - bill.fell_on).days)
    shares = [late[currency] * 10_000 // asked[currency] for currency in asked]
    return max(shares, default=NOTHING_FELL_DUE), worst
