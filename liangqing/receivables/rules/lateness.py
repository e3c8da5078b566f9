"""When one bill is due and in which age band it stands: the twins, for a bill in hand, of what ``owing`` asks of all."""

from __future__ import annotations

import datetime as dt

BUCKETS = ("not_due", "1-30", "31-60", "61-90", "91+")
"""Age bands 账龄 by days late, as reports use them. They are a way of showing, not a rule: no decision reads them."""
LAST_DAYS = (0, 30, 60, 90)
"""The last day late of each band but the one that has no end."""

HELD_KINDS = ("deposit", "retention")


def bucket_of(days: int) -> str:
    """The twin of ``owing.bucket``."""
    for last, name in zip(LAST_DAYS, BUCKETS[:-1], strict=True):
        if days <= last:
            return name
    return BUCKETS[-1]


def due_day(kind: str, due_on: dt.date, contract_ends_on: dt.date | None) -> dt.date:
    """When a bill is due: a deposit or retention not before its contract ends (P4-5)."""
    return max(due_on, contract_ends_on) if kind in HELD_KINDS and contract_ends_on else due_on
