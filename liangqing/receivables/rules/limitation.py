"""The limitation clock 诉讼时效 of one bill, by the earliest reading: the day to act before, never one to rely on.

民法典 188: three years from the day after it fell due, twenty at most; 195: a demand that is proven to have arrived, a
payment, or the debtor's consent starts it anew. What can't be proven does not move the date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from liangqing.kit.actions import clause


@dataclass(frozen=True)
class Restart:
    """Something that starts the clock anew. ``proven``: its arrival can be shown (时效规定 8). Consent, such as a signed
    statement or a plan, also gives up a defence that had arisen (民法典 192)."""

    on: dt.date
    kind: Literal["demand", "payment", "consent", "suit"]
    proven: bool = True


def years_after(day: dt.date, years: int) -> dt.date:
    """The same day some years on; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@clause("P4-3.3")
def lapses_on(due_on: dt.date, restarts: Iterable[Restart], *, years: int, long_stop_years: int) -> dt.date:
    """The last day on which the claim is surely enforceable.

    >>> day = dt.date.fromisoformat
    >>> lapses_on(day("2024-06-30"), [], years=3, long_stop_years=20).isoformat()
    '2027-06-30'
    >>> demand, paid = Restart(day("2026-02-10"), "demand"), Restart(day("2026-09-01"), "payment")
    >>> lapses_on(day("2024-06-30"), [demand, paid], years=3, long_stop_years=20).isoformat()
    '2029-09-01'
    """
    stop = years_after(due_on, long_stop_years)
    safe = years_after(due_on, years)
    for each in sorted(restarts, key=lambda restart: restart.on):
        if each.proven and each.on > due_on and (each.on <= safe or each.kind == "consent"):
            safe = max(safe, years_after(each.on, years))
    return min(safe, stop)
