"""What is owed and how late. The same expressions serve the night, the ageing of any past day, and one account; what they
say of one bill stands in ``lateness``."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import day, days_between, share_bp
from liangqing.receivables.rules.lateness import BUCKETS, HELD_KINDS, LAST_DAYS


@clause("P3 3.1.1", "P4-5 deposits")
def owed(bills: ir.Table, adjustments: ir.Table, allocations: ir.Table, as_of: dt.date) -> ir.Table:
    """One row a bill that is not settled on ``as_of``.

    In: ``bills`` (bill_id, party_id, creditor_id, currency, kind, issued_on, due_on, contract_ends_on, amount,
    seller_id), ``adjustments`` (bill_id, effective_on, amount), ``allocations`` (bill_id, allocated_on, amount);
    amounts in minor units. Out: bill_id, party_id, creditor_id, currency, kind, seller_id, due_on, owed, days,
    bucket. ``owed`` is negative for a credit note; ``days`` counts from the due day (due on D, late from D+1:
    ``days`` 1), negative before it. A deposit or retention is due when its contract ends.
    Bills issued later, and money that came later, do not exist yet on ``as_of``.
    """
    known = bills.filter(bills.issued_on.isnull() | (bills.issued_on <= day(as_of)))
    added = (
        adjustments.filter(adjustments.effective_on.isnull() | (adjustments.effective_on <= day(as_of)))
        .group_by("bill_id")
        .agg(added=lambda t: t.amount.sum().cast("int64"))
        .rename(adjusted_id="bill_id")
    )
    paid = (
        allocations.filter(allocations.allocated_on <= day(as_of))
        .group_by("bill_id")
        .agg(paid=lambda t: t.amount.sum().cast("int64"))
        .rename(paid_id="bill_id")
    )
    both = known.left_join(paid, known.bill_id == paid.paid_id)
    both = both.left_join(added, both.bill_id == added.adjusted_id)
    left = both.amount + ibis.coalesce(both.added, 0) - ibis.coalesce(both.paid, 0)
    held = both.kind.isin(HELD_KINDS) & (both.contract_ends_on > both.due_on)
    due = ibis.coalesce(held, False).ifelse(both.contract_ends_on, both.due_on)
    days = days_between(due, as_of)
    return both.select(
        "bill_id",
        "party_id",
        "creditor_id",
        "currency",
        "kind",
        "seller_id",
        due_on=due,
        owed=left,
        days=days,
        bucket=bucket(days),
    ).filter(lambda t: t.owed != 0)


def bucket(days: ir.IntegerValue) -> ir.StringValue:
    """The age band of so many days late; bands are inclusive, ``not_due`` up to and including the due day."""
    bands = ((days <= last, name) for last, name in zip(LAST_DAYS, BUCKETS[:-1], strict=True))
    return ibis.cases(*bands, else_=BUCKETS[-1])


def unapplied(receipts: ir.Table, allocations: ir.Table, as_of: dt.date) -> ir.Table:
    """Money on account: what came in by ``as_of`` and is set against nothing.

    In: ``receipts`` (receipt_id, party_id, creditor_id, currency, received_on, amount), ``allocations`` (receipt_id,
    allocated_on, amount). Out: party_id, creditor_id, currency, unapplied (minor units, not 0).
    """
    came = receipts.filter(receipts.received_on <= day(as_of))
    used = (
        allocations.filter(allocations.allocated_on <= day(as_of))
        .group_by("receipt_id")
        .agg(used=lambda t: t.amount.sum().cast("int64"))
        .rename(used_id="receipt_id")
    )
    rest = came.left_join(used, came.receipt_id == used.used_id)
    return (
        rest.group_by("party_id", "creditor_id", "currency")
        .agg(unapplied=(rest.amount - ibis.coalesce(rest.used, 0)).sum().cast("int64"))
        .filter(lambda t: t.unapplied != 0)
    )


def ageing(owed_bills: ir.Table, *by: str) -> ir.Table:
    """Bills and amount by currency, age band and ``by``. Currencies are never added together."""
    return owed_bills.group_by(*by, "currency", "bucket").agg(
        bills=lambda t: t.count(), amount=lambda t: t.owed.sum().cast("int64")
    )


def unsettled(owed_bills: ir.Table, bills: ir.Table) -> ir.Table:
    """The bills with something left: bill_id, party_id, due_on (as the bill says it; a deposit is owed from the end of its
    contract on), asks (whether it asks for money; a credit note gives)."""
    written = bills.select(written_id="bill_id", written_on="due_on")
    both = owed_bills.join(written, owed_bills.bill_id == written.written_id)
    return both.select("bill_id", "party_id", due_on=both.written_on, asks=both.owed > 0)


def asked(totals: ir.Table, as_of: dt.date) -> ir.Table:
    """The accounts that are asked for anything: party_id, creditor_id, currency, asked (open, without credit notes), late,
    due_on (the day the oldest bill that asks for anything falls due)."""
    found = totals.filter(totals.balance > 0)
    due_on = (day(as_of) - found.days.as_interval("D")).cast("date")
    return found.select("party_id", "creditor_id", "currency", asked=found.balance, late=found.late, due_on=due_on)


@clause("P3 3.1.1")
def accounts(owed_bills: ir.Table, money_on_account: ir.Table) -> ir.Table:
    """One row an account (customer, creditor, currency) with anything open.

    Out: party_id, creditor_id, currency, balance (what is asked for, without credit notes), credit (credit notes not
    yet used, positive), unapplied, late (late amount), late_bills, open_bills, days (since the oldest late bill fell
    due; else minus the days to the next due day; NULL when nothing is asked for), share_bp (late of balance in basis
    points), seller_id (of the bill that is due longest).
    """
    asked = owed_bills.mutate(
        asked=ibis.greatest(owed_bills.owed, 0),
        credit=ibis.greatest(-owed_bills.owed, 0),
        late=((owed_bills.days >= 1) & (owed_bills.owed > 0)).ifelse(owed_bills.owed, 0),
        asked_days=(owed_bills.owed > 0).ifelse(owed_bills.days, ibis.null("int32")),
    )
    totals = asked.group_by("party_id", "creditor_id", "currency").agg(
        balance=asked.asked.sum().cast("int64"),
        credit=asked.credit.sum().cast("int64"),
        late=asked.late.sum().cast("int64"),
        late_bills=(asked.late > 0).sum().cast("int64"),
        open_bills=asked.count(),
        days=asked.asked_days.max(),
        lead_bill=_lead(asked),
    )
    money = money_on_account.rename(money_party="party_id", money_creditor="creditor_id", money_currency="currency")
    joined = totals.left_join(
        money,
        [
            totals.party_id == money.money_party,
            totals.creditor_id == money.money_creditor,
            totals.currency == money.money_currency,
        ],
    )
    sellers = owed_bills.select(seller_bill="bill_id", seller_id="seller_id")
    joined = joined.left_join(sellers, joined.lead_bill == sellers.seller_bill)
    return joined.select(
        "party_id",
        "creditor_id",
        "currency",
        "balance",
        "credit",
        "late",
        "late_bills",
        "open_bills",
        "days",
        "seller_id",
        unapplied=ibis.coalesce(joined.unapplied, 0),
        share_bp=share_bp(joined.late, joined.balance),
    )


def _lead(asked: ir.Table) -> ir.IntegerScalar:
    """The bill due longest that names its seller; of equals the one entered first."""
    named = asked.seller_id.notnull() & asked.asked_days.notnull()
    order = asked.asked_days.cast("int64") * 10**14 - asked.bill_id
    return asked.bill_id.argmax(order, where=named)
