"""The class of one customer towards one creditor, bill by bill and word by word."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.oracle.book import Book
from tests.oracle.facts import Adjustment, Allocation, Bill, Books, Obligor


def payments(bills: Iterable[Bill], allocations: Iterable[Allocation], adjustments: Iterable[Adjustment],
             as_of: dt.date, window: int) -> tuple[int, int]:  # fmt: skip
    """The late share of what fell due (of the worst currency) and the most days late; -1 and 0 where nothing did."""
    allocations, adjustments = list(allocations), list(adjustments)
    fell: Counter[str] = Counter()
    late: Counter[str] = Counter()
    worst = 0
    for bill in bills:
        due = bill.due_on
        if bill.kind in ("deposit", "retention") and bill.contract_ends_on is not None:
            due = max(due, bill.contract_ends_on)
        unknown = bill.issued_on is not None and bill.issued_on > as_of
        asked = bill.amount + sum(
            a.amount for a in adjustments if a.bill == bill.id and (a.effective_on is None or a.effective_on <= as_of)
        )
        if unknown or asked <= 0 or due >= as_of or due + dt.timedelta(days=window) < as_of:
            continue
        days: Counter[dt.date] = Counter()
        for allocation in allocations:
            if allocation.bill == bill.id and allocation.allocated_on <= as_of:
                days[allocation.allocated_on] += allocation.amount
        came_by_due = max(sum(amount for on, amount in days.items() if on <= due), 0)
        fell[bill.currency] += asked
        if came_by_due >= asked and sum(days.values()) >= asked:
            continue
        late[bill.currency] += max(asked - came_by_due, 0)
        last = as_of if sum(days.values()) < asked else max(on for on, amount in days.items() if amount > 0)
        worst = max(worst, (last - due).days)
    return max((late[code] * 10_000 // fell[code] for code in fell), default=-1), worst


def facts(books: Books, obligor: Obligor, book: Book, as_of: dt.date) -> dict[str, Any]:
    """What the table customer.class looks at."""
    window = int(book.terms["class.looks_back_days"])
    since = as_of - dt.timedelta(days=window)
    bills = [bill for bill in books.bills if (bill.party, bill.creditor) == obligor]
    share, worst = payments(bills, books.allocations, books.adjustments, as_of, window)
    own = {case.id for case in books.cases.values() if case.obligor == obligor}
    put_right = {record.corrects for record in books.records}
    said = {
        record.contacted_on
        for record in books.records
        if record.case in own and record.says == "cannot_pay" and record.id not in put_right
    }
    grade = books.classes[obligor[0]]
    return {
        "given": grade if grade in ("A", "B", "C", "D") else "none",
        "late_share_bp": share,
        "worst_days": worst,
        "promises_broken": sum(
            promise.case in own
            and promise.state == "broken"
            and promise.judged_on is not None
            and since < promise.judged_on < as_of
            for promise in books.promises.values()
        ),
        "cannot_pay": any(since < on <= as_of for on in said),
    }


def decide(books: Books, obligor: Obligor, book: Book, as_of: dt.date) -> tuple[str, str]:
    """The class, and the row that decides it."""
    row = book.decide("customer.class", facts(books, obligor, book, as_of))
    return row["then"]["customer_class"], row["row"]
