"""Working days: Monday to Friday, but for holidays and the days worked in exchange 调休.

The rows an institution edits come first; where it has none for a year, the announced calendar of the State Council as the
package ``chinesecalendar`` knows it; a year it does not know yet has weekends only, and the calendar page says so.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping

import chinese_calendar

from liangqing.kit import clock
from liangqing.policy.models import SpecialDay

MOST_DAYS = 3660
NEAR_DAYS = 400
_HOLIDAYS = {each.value: each.chinese for each in chinese_calendar.Holiday}


def is_working(on: dt.date) -> bool:
    """Whether people work on this day."""
    return _works(on, dict(SpecialDay.objects.filter(on=on).values_list("on", "works")))


def working_days_after(start: dt.date, days: int) -> dt.date:
    """The day ``days`` working days after ``start``; with 0 the start itself, or the next working day."""
    ahead = start + dt.timedelta(days=days * 2 + 60)
    known = dict(SpecialDay.objects.filter(on__range=(start, ahead)).values_list("on", "works"))
    day, left = start, days
    while left > 0 or not _works(day, known):
        day += dt.timedelta(days=1)
        if left > 0 and _works(day, known):
            left -= 1
        if (day - start).days > MOST_DAYS:
            raise ValueError(f"no working day within {MOST_DAYS} days after {start}")
    return day


def working_days_between(start: dt.date, end: dt.date) -> int:
    """How many working days lie after ``start``, up to and including ``end``."""
    known = dict(SpecialDay.objects.filter(on__range=(start, end)).values_list("on", "works"))
    return sum(_works(start + dt.timedelta(days=n), known) for n in range(1, (end - start).days + 1))


def kind_of_day(
    near: Mapping[dt.date, bool] | None = None, *, around: dt.date | None = None
) -> Callable[[dt.date], str]:
    """Which kind a day is: ``workday``, ``restday`` or, where the calendar names one, ``holiday``.

    ``near``: the institution's own days from two before the day ``around`` until ``NEAR_DAYS`` after it, if they have been
    read already; what lies outside of them is read when it is asked for.
    """
    own = dict(near or {})
    read = [(around - dt.timedelta(days=2), around + dt.timedelta(days=NEAR_DAYS))] if around else []

    def kind(day: dt.date) -> str:
        if not any(start <= day < end for start, end in read):
            start = min(day, clock.today()) - dt.timedelta(days=1)
            end = max(day, start) + dt.timedelta(days=NEAR_DAYS)
            own.update(SpecialDay.objects.filter(on__gte=start, on__lt=end).values_list("on", "works"))
            read.append((start, end))
        off, _name = _announced(day)
        if own.get(day) == off:  # the institution says otherwise
            return "workday" if off else "holiday"
        return announced_kind(day)

    return kind


def announced_kind(day: dt.date) -> str:
    """Which kind a day is by the announced calendar, without days of the institution's own."""
    off, name = _announced(day)
    if not off:
        return "workday"
    return "holiday" if name else "restday"


def is_announced(year: int) -> bool:
    """Whether the holidays of a year are known to the package, so that weekends are not the only guess."""
    return _detail(dt.date(year, 1, 2)) is not None


def announced(year: int) -> list[tuple[dt.date, bool, str]]:
    """The announced days of a year that are not what their weekday says: day, whether it is worked, name in Chinese."""
    if not is_announced(year):
        return []
    days: Iterable[dt.date] = (dt.date(year, 1, 1) + dt.timedelta(days=n) for n in range(366))
    found = []
    for day in (each for each in days if each.year == year):
        off, name = _announced(day)
        works = not off
        if works != (day.weekday() < 5):
            holiday = _HOLIDAYS.get(str(name), "")
            found.append((day, works, f"{holiday}调休" if works else holiday))
    return found


def _works(day: dt.date, known: Mapping[dt.date, bool]) -> bool:
    return known[day] if day in known else not _announced(day)[0]


def _announced(day: dt.date) -> tuple[bool, str | None]:
    """Whether the announced calendar has the day off, and for which holiday; its weekday, in a year not announced yet."""
    return _detail(day) or (day.weekday() >= 5, None)


@functools.lru_cache(maxsize=4000)
def _detail(day: dt.date) -> tuple[bool, str | None] | None:
    """What the package says of a day; None of a year it does not know, for which it raises this very error."""
    try:
        return chinese_calendar.get_holiday_detail(day)  # type: ignore[no-any-return]
    except NotImplementedError:
        return None
