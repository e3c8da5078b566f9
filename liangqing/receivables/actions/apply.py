"""Set money and credit notes against bills, as proposed and shown; and take that back."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Creditor, Party
from liangqing.people.models import User
from liangqing.policy import Row
from liangqing.receivables.actions.by_hand import begin, checked_reason, written
from liangqing.receivables.events import MoneyApplied, MoneyTakenBack
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.receivables.queries.left import open_items
from liangqing.receivables.queries.order import order_of
from liangqing.receivables.rules import allocation as rules
from liangqing.receivables.rules.allocation import Line
from liangqing.trail.actions.tell import tell


def propose(party: Party, creditor: Creditor, currency: str, as_of: dt.date | None = None) -> list[Line]:
    """How what is unapplied of this account would be set against its bills (``rules.allocation.propose``): the order of
    the table receipt.order, by default that of the law; the parties may have agreed otherwise, and whoever decides may
    land other lines. Writes nothing."""
    return proposal(party, creditor, currency, as_of)[0]


def proposal(party: Party, creditor: Creditor, currency: str, as_of: dt.date | None = None) -> tuple[list[Line], Row]:
    """The same, with the row of receipt.order that gave the order."""
    as_of = as_of or clock.today()
    sources, claims = open_items(party.pk, creditor.pk, currency, as_of)
    row = order_of(party, creditor, claims, as_of)
    return rules.propose(sources, claims, as_of, str(row.then["bills_first"])), row


@action
@clause("P3 2.4 by hand")
def apply(lines: Sequence[Line], by: User) -> list[Allocation]:
    """Land lines of one account exactly as they were shown; returns the rows on the bills.

    Raises ``Refusal``: ``nothing_to_apply`` and ``lines_of_several`` (422); ``moved_meanwhile`` when what is left of a
    receipt, credit note or bill is not what was shown; ``too_much`` (422) for more than is left on either side.
    """
    if not lines:
        raise Refusal("nothing_to_apply", _("There is nothing to set against a bill."), status=422)
    accounts = set(
        Bill.objects.filter(id__in={line.bill_id for line in lines}).values_list("party", "creditor", "currency")
    )
    if len(accounts) != 1:
        raise Refusal("lines_of_several", _("Set the money of one customer at a time, in one currency."), status=422)
    ((party_id, creditor_id, currency),) = accounts
    begin(party_id, by)
    sources, claims = open_items(party_id, creditor_id, currency)
    by_source = {(source.kind, source.id): source for source in sources}
    by_bill = {claim.id: claim for claim in claims}
    for line in lines:
        source, claim = by_source.get((line.kind, line.source_id)), by_bill.get(line.bill_id)
        if source is None or claim is None or (source.left, claim.left) != (line.source_left, line.bill_left):
            raise Refusal(
                "moved_meanwhile",
                _("{source} or {bill} has changed since this was shown. Look at the new proposal, then confirm again."),
                source=line.source,
                bill=line.bill,
            )
        if line.amount <= 0:
            raise Refusal("too_much", _("Each amount must be above zero."), status=422)
        first = rules.counts_from(source, claim, source.on or claim.issued_on or line.on)
        latest = first if line.kind == "receipt" else clock.today()
        if not first <= line.on <= latest:
            raise Refusal(
                "wrong_day", _("{source} can't count from {day}."), status=422, source=line.source, day=line.on
            )
    _check_sums(lines)
    rows: list[Allocation] = []
    for line in lines:
        rows += _land(line.kind, line.source_id, line.bill_id, line.on, line.amount)
    tell(
        MoneyApplied(
            thing_id=party_id,
            party_id=party_id,
            amount=sum(line.amount for line in lines),
            currency=currency,
            lines=[
                {
                    "kind": line.kind,
                    "source": by_source[line.kind, line.source_id].number,
                    "bill": by_bill[line.bill_id].number,
                    "amount": line.amount,
                    "on": line.on.isoformat(),
                }
                for line in lines
            ],
            rows=written(allocation=[row.pk for row in rows]),
        ),
        by=by,
    )
    return [row for row in rows if row.amount > 0]


def _check_sums(lines: Sequence[Line]) -> None:
    used: Counter[tuple[str, int]] = Counter()
    paid: Counter[int] = Counter()
    for line in lines:
        used[line.kind, line.source_id] += line.amount
        paid[line.bill_id] += line.amount
    for line in lines:
        if used[line.kind, line.source_id] > line.source_left:
            raise Refusal(
                "too_much", _("More of {source} would be used than is left of it."), status=422, source=line.source
            )
        if paid[line.bill_id] > line.bill_left:
            raise Refusal("too_much", _("More would be set against {bill} than it asks."), status=422, bill=line.bill)


def _land(kind: str, source_id: int, bill_id: int, on: dt.date, amount: int) -> list[Allocation]:
    if kind == "receipt":
        return [Allocation.objects.create(receipt_id=source_id, bill_id=bill_id, allocated_on=on, amount=amount)]
    return [
        Allocation.objects.create(credit_id=source_id, bill_id=bill_id, allocated_on=on, amount=amount),
        Allocation.objects.create(credit_id=source_id, bill_id=source_id, allocated_on=on, amount=-amount),
    ]


@action
@clause("P3 2.4 by hand")
def unapply(allocation: Allocation, reason: str, by: User) -> Allocation:
    """Take back what was set against a bill, on the same day, so that both sides are as if it had never been.

    Returns the row that takes it back on the bill. Raises ``Refusal`` for a row that itself takes something back, and
    when it has been taken back already.
    """
    reason = checked_reason(reason)
    bill = allocation.bill
    begin(bill.party_id, by)
    same = Allocation.objects.filter(bill=bill, allocated_on=allocation.allocated_on)
    money = allocation.receipt_id
    same = same.filter(credit=allocation.credit_id) if money is None else same.filter(receipt=money)
    standing = sum(same.values_list("amount", flat=True))
    reversed_since = money is not None and Receipt.objects.filter(reverses=money).exists()
    if allocation.amount <= 0 or standing < allocation.amount or reversed_since:
        raise Refusal("not_standing", _("This has been taken back already."))
    kind, source = _source_of(allocation)
    rows = _land(kind, source.pk, bill.pk, allocation.allocated_on, -allocation.amount)
    tell(
        MoneyTakenBack(
            thing_id=allocation.pk,
            party_id=bill.party_id,
            source=source.number,
            bill=bill.number,
            amount=allocation.amount,
            currency=bill.currency,
            reason=reason,
            rows=written(allocation=[row.pk for row in rows]),
        ),
        by=by,
    )
    return rows[0]


def _source_of(allocation: Allocation) -> tuple[str, Receipt | Bill]:
    if allocation.receipt is not None:
        return "receipt", allocation.receipt
    assert allocation.credit is not None
    return "credit", allocation.credit


def set_against_named(receipt: Receipt) -> list[int]:
    """Set a receipt just entered against the bill it names, as far as both allow; returns the ids of the rows."""
    if not receipt.bill_number:
        return []
    return _set_named(
        receipt.party_id, receipt.creditor_id, receipt.currency, receipt.bill_number, receipt_id=receipt.pk
    )


def set_named_money(bill: Bill) -> list[int]:
    """Set what named a bill just entered against it: receipts that have never been set against anything, the earlier
    first; returns the ids of the rows."""
    return _set_named(bill.party_id, bill.creditor_id, bill.currency, bill.number)


def _set_named(
    party_id: int, creditor_id: int, currency: str, number: str, *, receipt_id: int | None = None
) -> list[int]:
    sources, claims = open_items(party_id, creditor_id, currency)
    named = [source for source in sources if source.kind == "receipt" and source.names == number]
    if receipt_id is not None:
        named = [source for source in named if source.id == receipt_id]
    elif named:
        used = set(Allocation.objects.filter(receipt__in=[s.id for s in named]).values_list("receipt_id", flat=True))
        named = [source for source in named if source.id not in used]
    bills = [claim for claim in claims if claim.number == number]
    return [
        row.pk
        for line in rules.propose(named, bills, clock.today())
        for row in _land(line.kind, line.source_id, line.bill_id, line.on, line.amount)
    ]
