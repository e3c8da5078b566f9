"""The only place that knows what today is. Tests, demos and runs may move it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.conf import settings

_moved: ContextVar[dt.datetime | None] = ContextVar("moved_clock", default=None)


def zone() -> ZoneInfo:
    """The institution's own time zone: its days begin and end there."""
    return ZoneInfo(settings.TIME_ZONE)


def now() -> dt.datetime:
    """This instant, aware, in UTC; in a house that plays another day (``LIANGQING_TODAY``), as far off."""
    return _moved.get() or dt.datetime.now(dt.UTC) + _offset(settings.TODAY)


@functools.cache
def _offset(played: str) -> dt.timedelta:
    """How far the time played is from the true one: whole days where only a day is named (its hours are the true ones),
    and to the second where an hour is named, at which this process then begins."""
    if not played:
        return dt.timedelta()
    if "T" in played:
        return dt.datetime.fromisoformat(played).replace(tzinfo=zone()) - dt.datetime.now(dt.UTC)
    return dt.date.fromisoformat(played) - dt.datetime.now(zone()).date()


def today() -> dt.date:
    """The institution's calendar day."""
    return now().astimezone(zone()).date()


@contextmanager
def at(moment: str | dt.date | dt.datetime) -> Iterator[None]:
    """Move the clock: a date means nine in the morning of that day, institution time."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment) if "T" in moment else dt.date.fromisoformat(moment)
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time(9))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone())
    token = _moved.set(moment.astimezone(dt.UTC))
    try:
        yield
    finally:
        _moved.reset(token)
