"""What kind of day it is where the debtor lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

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


def kind_of_day(country: str) -> Callable[[dt.date], str]:
    """Which kind a day is in a country; China's own calendar where none is named. Elsewhere weekends rest, and holidays
    are not known. One query for all days around today, at the first that is asked for."""
    if country not in ("", "CN"):
        return weekday
    known: dict[dt.date, str] = {}

    def kind(day: dt.date) -> str:
        if day not in known:
            start = min(day, clock.today()) - dt.timedelta(days=1)
            known.update(china(start, max(day, start) + dt.timedelta(days=_MOST_DAYS)))
        return known[day]

    return kind


def weekday(day: dt.date) -> str:
    return "workday" if day.weekday() < 5 else "restday"


def _kind(day: dt.date, works: bool | None) -> str:
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        off, name = day.weekday() >= 5, None
    if works is not None and works == off:
        return "workday" if works else "holiday"
    if not off:
        return "workday"
    return "holiday" if name else "restday"
