"""Whether two arms differ: shares with an interval, and when it is too early to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    def interval(self) -> tuple[float, float]:
        """The score interval (Wilson); from nothing nothing is known."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.hits / self.of
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Comparison:
    """The drawn arm against control. ``difference`` is drawn less control, with its 95 % interval (Newcombe's hybrid of
    the two score intervals). ``verdict``: early (an arm is smaller than asked for), open (the interval holds nothing
    against equality), better or worse."""

    drawn: Share
    control: Share
    difference: float | None
    low: float
    high: float
    verdict: str


def compare(drawn: Share, control: Share, *, least: int) -> Comparison:
    """``least``: how many each arm needs before anything is said."""
    if drawn.value is None or control.value is None:
        return Comparison(drawn, control, None, -1.0, 1.0, "early")
    (low_d, high_d), (low_c, high_c) = drawn.interval(), control.interval()
    p, q = drawn.value, control.value
    low = p - q - math.sqrt((p - low_d) ** 2 + (high_c - q) ** 2)
    high = p - q + math.sqrt((high_d - p) ** 2 + (q - low_c) ** 2)
    if min(drawn.of, control.of) < least:
        verdict = "early"
    elif low > 0:
        verdict = "better"
    elif high < 0:
        verdict = "worse"
    else:
        verdict = "open"
    return Comparison(drawn, control, p - q, low, high, verdict)
