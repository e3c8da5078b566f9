"""Instants as files write them: a day and a time of day, with or without the zone they are meant in."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(
    r"(\d{4})(?:[-/.]|\s?年\s?)(\d{1,2})(?:[-/.]|\s?月\s?)(\d{1,2})(?:\s?[日号])?"
    r"(?:[T\s]+(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})?(?:[.,]\d{1,9})?秒?)?分?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_]+)+)?"
)


def instant(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """The instant a cell names, in UTC; where it names no zone, the clock of ``zone`` is meant. None for what is none,
    for a day without a time of day, and for a time the clocks skipped.

    >>> str(instant("2026/11/23 9:05", dt.timezone(dt.timedelta(hours=8))))
    '2026-11-23 01:05:00+00:00'
    """
    found = _WRITTEN.fullmatch(text.translate(_WIDE).strip())
    if found is None or found[4] is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        meant = _zone(found[7]) or zone
        told = dt.datetime(year, month, day, hour, minute, second, tzinfo=meant)
        there = told.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError, KeyError):
        return None
    return there if there.astimezone(meant).replace(tzinfo=None) == told.replace(tzinfo=None) else None


def _zone(text: str | None) -> dt.tzinfo | None:
    """``+08:00``, ``Z`` or a name such as America/Chicago. Raises ``KeyError`` or ``ValueError`` for one there is none of."""
    if not text:
        return None
    if text in ("Z", "UTC"):
        return dt.UTC
    if text[0] in "+-":
        hours, minutes = int(text[1:3]), int(text[-2:])
        offset = dt.timedelta(hours=hours, minutes=minutes)
        return dt.timezone(offset if text[0] == "+" else -offset)
    return ZoneInfo(text)


_WIDE = str.maketrans("０１２３４５６７８９：－／．＋　", "0123456789:-/.+ ")
