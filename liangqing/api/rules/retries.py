"""When a message that did not arrive is tried again."""

from __future__ import annotations

import datetime as dt

WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long to wait after the first try that failed, the second …; after one more it is given up."""


def next_try(tries: int, now: dt.datetime) -> dt.datetime | None:
    """When to try again after so many tries have failed; None when that is to be given up."""
    return now + WAITS[tries - 1] if tries <= len(WAITS) else None
