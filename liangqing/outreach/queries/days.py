"""What kind of day it is where the debtor lives."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping

import chinese_calendar

from liangqing.kit import clock
from liangqing.policy.models import SpecialDay

_MOST_DAYS = 400


def china(start: dt.date, end: dt.date) -> dict[dt.date, str]:
    """workday, restday or holiday for each day from ``start`` until ``end``: the institution's own days first, then what
    the State Council announced; a year not announced yet has weekends only."""
    own = dict(SpecialDay.objects.filter(on__gte=start, on__lt=end).values_list("on", "works"))
    days = (start + dt.timedelta(days=n) for n in range((end - start).days))
    return {day: _kind(day, own.get(day)) for day in days}


def kind_of_day(
    country: str, near: Mapping[dt.date, bool] | None = None, *, around: dt.date | None = None
) -> Callable[[dt.date], str]:
    """Which kind a day is in a country; China's own calendar where none is named. Elsewhere weekends rest, and holidays
    are not known. ``near``: the institution's own days from two before the day ``around`` until four hundred after it, if
    they have been read already."""
    if country not in ("", "CN"):
        return weekday
    own = dict(near or {})
    read = [(around - dt.timedelta(days=2), around + dt.timedelta(days=_MOST_DAYS))] if around else []

    def kind(day: dt.date) -> str:
        if not any(start <= day < end for start, end in read):
            start = min(day, clock.today()) - dt.timedelta(days=1)
            end = max(day, start) + dt.timedelta(days=_MOST_DAYS)
            own.update(SpecialDay.objects.filter(on__gte=start, on__lt=end).values_list("on", "works"))
            read.append((start, end))
        return _kind(day, own.get(day))

    return kind


def weekday(day: dt.date) -> str:
    return "workday" if day.weekday() < 5 else "restday"


def _kind(day: dt.date, works: bool | None) -> str:
    off, name = _announced(day)
    if works is not None and works == off:
        return "workday" if works else "holiday"
    if not off:
        return "workday"
    return "holiday" if name else "restday"


@functools.lru_cache(maxsize=4000)
def _announced(day: dt.date) -> tuple[bool, str | None]:
    try:
        return chinese_calendar.get_holiday_detail(day)  # type: ignore[no-any-return]
    except NotImplementedError:
        return day.weekday() >= 5, None
