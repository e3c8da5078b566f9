"""The days of a year as the calendar shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from liangqing.policy.calendar import announced
from liangqing.policy.models import SpecialDay


@dataclass(frozen=True)
class Day:
    """One day. ``source``: own (entered here), announced (the calendar of the State Council), or empty (its weekday)."""

    on: dt.date
    works: bool
    name: str = ""
    source: str = ""
    said_by: str = ""

    @property
    def special(self) -> bool:
        """Whether it is not what its weekday says."""
        return self.works != (self.on.weekday() < 5)


def days_of(year: int) -> list[Day]:
    """Every day of a year, worked or not and by whose word: one query."""
    own = {row.on: row for row in SpecialDay.objects.filter(on__year=year)}
    known = {on: (works, name) for on, works, name in announced(year)}
    first = dt.date(year, 1, 1)
    found = []
    for day in (first + dt.timedelta(days=n) for n in range((dt.date(year, 12, 31) - first).days + 1)):
        if day in own:
            row = own[day]
            found.append(Day(day, row.works, row.name, "own", row.source))
        elif day in known:
            works, name = known[day]
            found.append(Day(day, works, name, "announced"))
        else:
            found.append(Day(day, day.weekday() < 5))
    return found


def not_taken(year: int) -> int:
    """How many announced days of a year are not in the institution's own table yet."""
    own = set(SpecialDay.objects.filter(on__year=year).values_list("on", flat=True))
    return sum(on not in own for on, _works, _name in announced(year))
