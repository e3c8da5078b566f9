"""The demo's calendar: when its ledger begins, when its last night is, and on which days people work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

LEDGER_BEGINS = dt.date(2025, 1, 1)
LAST_NIGHT = dt.date(2026, 6, 30)

_HOLIDAYS = frozenset(
    {
        *(dt.date(2026, 5, day) for day in range(1, 6)),  # 劳动节
        *(dt.date(2026, 6, day) for day in range(19, 22)),  # 端午节
    }
)
_TUESDAY, _FRIDAY, _SATURDAY = 1, 4, 5


def after(day: dt.date, days: int) -> dt.date:
    return day + dt.timedelta(days=days)


def is_working(day: dt.date) -> bool:
    return day.weekday() < _SATURDAY and day not in _HOLIDAYS


def next_working(day: dt.date) -> dt.date:
    """This day, or the first working day after it."""
    while not is_working(day):
        day = after(day, 1)
    return day


def is_payment_day(day: dt.date) -> bool:
    """On these days finance exports the bank's receipts, and debtors like to pay."""
    return day.weekday() in (_TUESDAY, _FRIDAY) and is_working(day)


def is_billing_day(day: dt.date) -> bool:
    """On these days finance exports the week's new bills."""
    return day.weekday() == _FRIDAY and is_working(day)


def next_payment_day(day: dt.date) -> dt.date:
    while not is_payment_day(day):
        day = after(day, 1)
    return day


def from_until(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every day from the first to the last, both included."""
    for number in range((last - first).days + 1):
        yield after(first, number)


def months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The first day of every month that begins in the span."""
    year, month = first.year, first.month
    while (begins := dt.date(year, month, 1)) <= last:
        if begins >= first:
            yield begins
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
