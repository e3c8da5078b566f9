"""What kind of day it is where the debtor lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from liangqing.policy import calendar

_SATURDAY = 5


def kind_of_day(
    country: str, near: Mapping[dt.date, bool] | None = None, *, around: dt.date | None = None
) -> Callable[[dt.date], str]:
    """Which kind a day is in a country; China's own calendar where none is named. Elsewhere weekends rest, and holidays
    are not known. ``near`` and ``around`` as ``calendar.kind_of_day`` takes them."""
    return calendar.kind_of_day(near, around=around) if country in ("", "CN") else weekday


def weekday(day: dt.date) -> str:
    return "workday" if day.weekday() < _SATURDAY else "restday"
