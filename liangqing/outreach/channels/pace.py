"""How fast a provider may be used. Pure: where it stands and an instant in, where it stands then and a wait out.

The limits for a second and a minute let half of them go at once and the rest evenly, so that no span of that length,
wherever it begins, ever holds more than the limit (a generic cell rate algorithm). The limit for a day is counted by
the institution's calendar day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

_SECOND, _MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """None: no limit."""

    per_second: int | None = None
    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True)
class Standing:
    """``second_at`` and ``minute_at``: until when the places of each span are taken; ``used`` on ``day``."""

    second_at: dt.datetime | None = None
    minute_at: dt.datetime | None = None
    day: dt.date | None = None
    used: int = 0


def take(standing: Standing, limits: Limits, at: dt.datetime, zone: dt.tzinfo) -> tuple[Standing, float]:
    """One place: the standing with it taken and 0, or the standing as it was and the seconds to wait."""
    local = at.astimezone(zone)
    used = standing.used if standing.day == local.date() else 0
    if limits.per_day is not None and used >= limits.per_day:
        midnight = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(), zone)
        return standing, max(1.0, (midnight - at).total_seconds())
    second_at, second_wait = _next(standing.second_at, limits.per_second, _SECOND, at)
    minute_at, minute_wait = _next(standing.minute_at, limits.per_minute, _MINUTE, at)
    if wait := max(second_wait, minute_wait):
        return standing, wait
    taken = replace(standing, second_at=second_at, minute_at=minute_at, day=local.date(), used=used + 1)
    return taken, 0.0


def _next(
    taken_until: dt.datetime | None, limit: int | None, span: dt.timedelta, at: dt.datetime
) -> tuple[dt.datetime | None, float]:
    """Until when the places are taken with one more, and how long to wait for it."""
    if limit is None:
        return taken_until, 0.0
    if limit <= 0:
        return taken_until, span.total_seconds()
    burst = (limit + 1) // 2
    interval = span / (limit - burst + 1)
    begins = max(taken_until or at, at)
    ahead = begins - at
    allowed = interval * (burst - 1)
    if ahead > allowed:
        return taken_until, (ahead - allowed).total_seconds()
    return begins + interval, 0.0
