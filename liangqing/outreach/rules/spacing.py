"""Which formal demands count: proven to have arrived, and far enough apart.

妨害信用卡管理解释 6: an effective demand is made twice at least, no less than thirty days apart, in a way that confirms
its receipt. One that comes sooner is kept, and does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from liangqing.kit.actions import clause


@dataclass(frozen=True)
class Spaced:
    """A demand that arrived on a day, and whether it counts."""

    on: dt.date
    counts: bool


@clause("P2 3.3.1")
def spaced(arrived: Iterable[dt.date], *, gap_days: int) -> list[Spaced]:
    """Each demand in order of its arrival; it counts when ``gap_days`` lie between it and the last that counted.

    >>> day = dt.date.fromisoformat
    >>> [each.counts for each in spaced([day("2026-06-01"), day("2026-06-20"), day("2026-07-01")], gap_days=30)]
    [True, False, True]
    """
    found: list[Spaced] = []
    last: dt.date | None = None
    for on in sorted(arrived):
        counts = last is None or (on - last).days >= gap_days
        found.append(Spaced(on, counts))
        last = on if counts else last
    return found


def counts_from(told: Iterable[Spaced], *, gap_days: int) -> dt.date | None:
    """The first day on which a further demand would count; None while none has counted, when any day will do."""
    last = max((each.on for each in told if each.counts), default=None)
    return last + dt.timedelta(days=gap_days) if last is not None else None
