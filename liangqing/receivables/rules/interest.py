"""How far interest runs, before anything says how much it is. Pure."""

from __future__ import annotations

import datetime as dt

from liangqing.kit.actions import clause


@clause("P2 3.3.2 bankruptcy")
def until(as_of: dt.date, accepted_on: dt.date | None) -> dt.date:
    """The first day that bears no interest or penalty, seen from ``as_of``: the day a court accepted the bankruptcy, where
    that is earlier (企业破产法 46). Days that bear interest are those after a bill fell due and before this one.

    >>> accepted = dt.date(2026, 11, 2)
    >>> [until(dt.date(2026, 11, day), accepted).day for day in (1, 2, 30)]
    [1, 2, 2]
    >>> until(dt.date(2026, 11, 30), None).day
    30
    """
    return as_of if accepted_on is None else min(as_of, accepted_on)
