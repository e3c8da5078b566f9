"""By when the institution must act on a complaint or a bankruptcy. Pure: days, numbers of the policy and a calendar in.

``state`` has a set form, ``states``, for the night; a property test makes them agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.parties.models import Alarm, Grade

DAY = dt.timedelta(days=1)
Works = Callable[[dt.date], bool]
"""Whether people work on a day."""


@dataclass(frozen=True)
class Window:
    """The last day in time, the last to which it may be put off (None: a court says), the first on which to remind."""

    due_on: dt.date
    last_on: dt.date | None
    warn_on: dt.date


@dataclass(frozen=True)
class Terms:
    """The days of a policy (银行业保险业消费投诉处理管理办法: 15 simple, 30 complex, 30 more by approval). ``working``:
    count working days where a term says so; they are calendar days unless told otherwise."""

    simple: int
    complex: int
    more: int
    warn: int
    working: bool = False

    @classmethod
    def of(cls, terms: Mapping[str, Any]) -> Terms:
        return cls(
            simple=int(terms["complaint.days"]),
            complex=int(terms["complaint.days_complex"]),
            more=int(terms["complaint.extension_days"]),
            warn=int(terms["complaint.warn_days"]),
            working=bool(terms["complaint.working_days"]),
        )


def after(start: dt.date, days: int, works: Works | None = None) -> dt.date:
    """The day so many days after ``start``, its own not counted; working days where a calendar is given.

    >>> after(dt.date(2026, 9, 25), 3)
    datetime.date(2026, 9, 28)
    >>> after(dt.date(2026, 9, 25), 3, lambda day: day.weekday() < 5)
    datetime.date(2026, 9, 30)
    """
    if works is None:
        return start + days * DAY
    day = start
    while days > 0:
        day += DAY
        days -= works(day)
    return day


@clause("P4-3.1 refusal")
def complaint(taken_on: dt.date, grade: str, terms: Terms, works: Works) -> Window:
    """When a complaint must be answered.

    >>> window = complaint(dt.date(2026, 11, 2), Grade.SIMPLE, Terms(15, 30, 30, 3), lambda day: True)
    >>> window.due_on.isoformat(), window.last_on.isoformat(), window.warn_on.isoformat()
    ('2026-11-17', '2027-01-01', '2026-11-14')
    """
    calendar = works if terms.working else None
    days = terms.complex if grade == Grade.COMPLEX else terms.simple
    due, last = (after(taken_on, count, calendar) for count in (days, terms.complex + terms.more))
    return Window(min(due, last), last, min(due, last) - terms.warn * DAY)


def alone_until(taken_on: dt.date, terms: Terms, works: Works) -> dt.date:
    """The last day to which an answer may be put off without an approval: the days of a complex complaint.

    >>> alone_until(dt.date(2026, 11, 2), Terms(15, 30, 30, 3), lambda day: True).isoformat()
    '2026-12-02'
    """
    return after(taken_on, terms.complex, works if terms.working else None)


def claim(accepted_on: dt.date, days: int, warn: int, until_on: dt.date | None = None) -> Window:
    """When a claim must be filed: the day the court named, else so many days after acceptance. 企业破产法 45 gives 30 days
    to three months from the court's notice; while it is not known, the earliest reading counts."""
    due = until_on or accepted_on + days * DAY
    return Window(due, None, due - warn * DAY)


def state(due_on: dt.date, warn_on: dt.date, as_of: dt.date) -> str:
    """How something not done yet stands on a day; the due day itself is in time.

    >>> [state(dt.date(2026, 11, 17), dt.date(2026, 11, 14), dt.date(2026, 11, day)).value for day in (13, 14, 17, 18)]
    ['', 'near', 'near', 'overdue']
    """
    if as_of > due_on:
        return Alarm.OVERDUE
    return Alarm.NEAR if as_of >= warn_on else Alarm.NONE


def states(open_ones: ir.Table, as_of: dt.date) -> ir.Table:
    """The same of every open deadline (due_on, warn_on): the rows with ``state``."""
    told = ibis.cases(
        (open_ones.due_on < as_of, Alarm.OVERDUE.value), (open_ones.warn_on <= as_of, Alarm.NEAR.value),
        else_=Alarm.NONE.value,
    )  # fmt: skip
    return open_ones.mutate(state=told)
