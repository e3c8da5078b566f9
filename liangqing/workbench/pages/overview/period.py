"""The days the overview looks at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from liangqing.kit import clock
from liangqing.workbench.doors import Request

NIGHTS = (7, 30, 60)
"""Periods on offer: so many nights up to the last."""
MOST_NIGHTS = 400


@dataclass(frozen=True)
class Period:
    """Whole days, both included. ``nights`` is the choice ("7", "30", "60"), empty for days chosen freely."""

    since: dt.date
    last: dt.date
    nights: str = ""
    wrong: str | Promise = ""

    @property
    def until(self) -> dt.date:
        """The first day after it."""
        return self.last + dt.timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last - self.since).days + 1


def period_of(request: Request) -> Period:
    today = clock.today()
    since, last = (request.GET.get(name, "").strip() for name in ("since", "until"))
    if (since or last) and not request.GET.get("nights"):
        start, end = _date(since), _date(last) if last else today
        if start and end and start <= (end := min(end, today)) and (end - start).days < MOST_NIGHTS:
            return Period(start, end)
        return _nights("30", today, gettext_lazy("Choose two days, the first before the second, at most 400 apart."))
    return _nights(request.GET.get("nights", ""), today)


def _nights(choice: str, today: dt.date, wrong: str | Promise = "") -> Period:
    choice = choice if choice in {str(each) for each in NIGHTS} else "30"
    return Period(today - dt.timedelta(days=int(choice) - 1), today, "" if wrong else choice, wrong)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
