"""Where the debtor's clock stands.

A customer's own zone comes first, then that of the country. A country of several zones counts in all of them at once:
what is night in any of them is night (12 CFR 1006.6 asks for the consumer's own time, and a guess must not harm; the area
of a phone number is such a guess, since numbers move with their owners).
"""

from __future__ import annotations

import datetime as dt
import functools
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

LEGAL_TIME = {"CN": ("Asia/Shanghai",)}
"""Countries of one legal time, whatever their width."""


@functools.cache
def _by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _place, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()} | LEGAL_TIME


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zones(country: str, zone: str, default: str) -> tuple[str, ...]:
    """Every zone the customer may be in; the first is the one whose calendar days count.

    >>> zones("CN", "", "Asia/Shanghai"), zones("", "America/Chicago", "Asia/Shanghai"), len(zones("US", "", "")) > 6
    (('Asia/Shanghai',), ('America/Chicago',), True)
    """
    if zone in _known():
        return (zone,)
    return _by_country().get(country.upper(), (default,))


def local(at: dt.datetime, zone: str) -> tuple[dt.date, int]:
    """The day and the minute after midnight there."""
    there = at.astimezone(_zone(zone))
    return there.date(), there.hour * 60 + there.minute


def midnight(day: dt.date, minute: int, zone: str) -> dt.datetime:
    """The instant of a minute of a day there, in UTC (minute 1440 is the next midnight)."""
    start = dt.datetime.combine(day + dt.timedelta(days=minute // 1440), dt.time(minute % 1440 // 60, minute % 60))
    return start.replace(tzinfo=_zone(zone)).astimezone(dt.UTC)


@functools.cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def offsets(names: frozenset[str], start: dt.datetime, end: dt.datetime) -> list[tuple[str, int, int, int]]:
    """(zone, from, until, offset) in seconds: how far each clock stands from UTC between two instants, half-open.

    Clocks change at full quarters of an hour, so the search goes by them, from the one at or before ``start``.
    """
    found = []
    start -= dt.timedelta(seconds=start.timestamp() % 900)
    for name in sorted(names):
        zone, since = _zone(name), start
        shift = _offset(zone, since)
        step = dt.timedelta(hours=1)
        at = start
        while at < end:
            ahead = min(at + dt.timedelta(days=1), end)
            if _offset(zone, ahead) != shift:
                while _offset(zone, at + step) == shift:
                    at += step
                at += step
                while _offset(zone, at - dt.timedelta(minutes=15)) != shift:
                    at -= dt.timedelta(minutes=15)
                found.append((name, int(since.timestamp()), int(at.timestamp()), shift))
                since, shift = at, _offset(zone, at)
            else:
                at = ahead
        found.append((name, int(since.timestamp()), int(end.timestamp()), shift))
    return found


def _offset(zone: ZoneInfo, at: dt.datetime) -> int:
    shift = at.astimezone(zone).utcoffset()
    return int(shift.total_seconds()) if shift is not None else 0
