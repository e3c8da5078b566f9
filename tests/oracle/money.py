"""What is owed, per bill and per account; how late; which level. One row after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.oracle.book import Book
from tests.oracle.facts import Account, Adjustment, Allocation, Bill, Receipt


@dataclass(frozen=True)
class Owed:
    bill: Bill
    due_on: dt.date
    owed: int
    days: int

    @property
    def bucket(self) -> str:
        for last, name in ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90")):
            if self.days <= last:
                return name
        return "91+"


def owed(
    bills: Iterable[Bill], adjustments: Iterable[Adjustment], allocations: Iterable[Allocation], as_of: dt.date
) -> dict[int, Owed]:
    """What each bill still asks for on a day, as far as that day knows of it; settled bills are left out."""
    adjustments, allocations = list(adjustments), list(allocations)
    found: dict[int, Owed] = {}
    for bill in bills:
        if bill.issued_on is not None and bill.issued_on > as_of:
            continue
        left = bill.amount
        for adjustment in adjustments:
            if adjustment.bill == bill.id and (adjustment.effective_on is None or adjustment.effective_on <= as_of):
                left += adjustment.amount
        for allocation in allocations:
            if allocation.bill == bill.id and allocation.allocated_on <= as_of:
                left -= allocation.amount
        due_on = bill.due_on
        if bill.kind in ("deposit", "retention") and bill.contract_ends_on is not None:
            due_on = max(due_on, bill.contract_ends_on)
        if left != 0:
            found[bill.id] = Owed(bill, due_on, left, (as_of - due_on).days)
    return found


def unapplied(receipts: Iterable[Receipt], allocations: Iterable[Allocation], as_of: dt.date) -> dict[Account, int]:
    """Money that came by the day and was set against nothing by then."""
    allocations = list(allocations)
    rest: dict[Account, int] = {}
    for receipt in receipts:
        if receipt.received_on > as_of:
            continue
        used = sum(a.amount for a in allocations if a.receipt == receipt.id and a.allocated_on <= as_of)
        rest[receipt.account] = rest.get(receipt.account, 0) + receipt.amount - used
    return {account: amount for account, amount in rest.items() if amount != 0}


@dataclass(frozen=True)
class Totals:
    balance: int
    credit: int
    unapplied: int
    late: int
    late_bills: int
    open_bills: int
    days: int | None
    share_bp: int
    seller: int | None


def accounts(owed_bills: Iterable[Owed], on_account: dict[Account, int]) -> dict[Account, Totals]:
    """Totals of each customer, creditor and currency with an open bill."""
    grouped: dict[Account, list[Owed]] = {}
    for each in owed_bills:
        grouped.setdefault(each.bill.account, []).append(each)
    found: dict[Account, Totals] = {}
    for account, lines in grouped.items():
        asked = [line for line in lines if line.owed > 0]
        overdue = [line for line in asked if line.days >= 1]
        balance, late = sum(line.owed for line in asked), sum(line.owed for line in overdue)
        days: int | None = None
        if overdue:
            days = max(line.days for line in overdue)
        elif asked:
            days = -min(-line.days for line in asked)
        sold = sorted((-line.days, line.bill.id, line.bill.seller) for line in asked if line.bill.seller is not None)
        found[account] = Totals(
            balance=balance,
            credit=-sum(line.owed for line in lines if line.owed < 0),
            unapplied=on_account.get(account, 0),
            late=late,
            late_bills=len(overdue),
            open_bills=len(lines),
            days=days,
            share_bp=late * 10_000 // balance if balance else 0,
            seller=sold[0][2] if sold else None,
        )
    return found


@dataclass(frozen=True)
class Level:
    level: str
    row: str
    share_bp: int


def level(account: Account, totals: Totals, book: Book) -> Level | None:
    """The level of an account with something late; under the floor amount the share counts as nothing."""
    if totals.late <= 0:
        return None
    share = totals.share_bp if totals.late >= book.money("warning.share_floor", account[2]) else 0
    facts: dict[str, Any] = {"days_late": totals.days, "share_bp": share}
    row = book.decide("warning.level", facts)
    return Level(row["then"]["level"], row["row"], share)
