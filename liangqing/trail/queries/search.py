"""Search the trail: newest first, page by page from one entry to the next. The trail is the biggest table there is, so
nothing here counts it or skips over it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q, QuerySet

from liangqing.trail.models import Entry


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is searched for; what is left empty does not narrow.

    ``actor`` is who acted (0: the system), ``parties`` the numbers of one customer, ``things`` ids by kind of thing,
    ``since`` and ``until`` business days, both included.
    """

    actor: int | None = None
    event: str = ""
    parties: Sequence[int] = ()
    things: Mapping[str, Sequence[int]] = field(default_factory=dict)
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Found:
    """One page, newest first. ``older`` and ``newer`` are where the pages beside it begin; None where there is none."""

    entries: list[Entry]
    older: int | None
    newer: int | None


def rows(wanted: Wanted) -> QuerySet[Entry]:
    """The entries searched for, in no order yet."""
    found = Entry.objects.all()
    if wanted.actor is not None:
        found = found.filter(actor_id=wanted.actor) if wanted.actor else found.filter(actor_id=None)
    if wanted.event:
        found = found.filter(event=wanted.event)
    if wanted.parties:
        found = found.filter(party_id__in=list(wanted.parties))
    if wanted.things:
        which = Q(pk__in=[])
        for thing, ids in wanted.things.items():
            which |= Q(thing=thing, thing_id__in=list(ids))
        found = found.filter(which)
    if wanted.since or wanted.until:
        span = ids_of_days(wanted.since, wanted.until)
        if span is None:
            return Entry.objects.none()
        found = found.filter(id__range=span)
        if wanted.since:
            found = found.filter(day__gte=wanted.since)
        if wanted.until:
            found = found.filter(day__lte=wanted.until)
    return found


def page(wanted: Wanted, *, before: int | None = None, after: int | None = None, size: int = 50) -> Found:
    """A page of what is searched for: the newest, or those next older than entry ``before``, or next newer than
    ``after``."""
    found = rows(wanted)
    if after is not None:
        upwards = list(found.filter(id__gt=after).order_by("id")[: size + 1])
        entries = upwards[:size][::-1]
        newer = entries[0].pk if len(upwards) > size else None
        older = entries[-1].pk if entries else None
        return Found(entries, older, newer)
    if before is not None:
        found = found.filter(id__lt=before)
    downwards = list(found.order_by("-id")[: size + 1])
    entries = downwards[:size]
    older = entries[-1].pk if len(downwards) > size else None
    newer = entries[0].pk if before is not None and entries else None
    return Found(entries, older, newer)


def ids_of_days(since: dt.date | None, until: dt.date | None) -> tuple[int, int] | None:
    """The first and last id among entries of these business days; None when there are none.

    Two looks into the index a day, so that a short span of a long trail is found without reading the rest. A night that
    was caught up late stands far from its neighbours; the span is then wider than its days, and the days are asked too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(day), max(day) FROM trail_entry")
        first, last = cursor.fetchone()
        if first is None:
            return None
        begin, end = max(since or first, first), min(until or last, last)
        if begin > end:
            return None
        cursor.execute(
            """SELECT min(span.low), max(span.high)
               FROM generate_series(%s::date, %s::date, interval '1 day') AS each(day),
                    LATERAL (SELECT (SELECT e.id FROM trail_entry e WHERE e.day = each.day::date
                                     ORDER BY e.id LIMIT 1) AS low,
                                    (SELECT e.id FROM trail_entry e WHERE e.day = each.day::date
                                     ORDER BY e.id DESC LIMIT 1) AS high) AS span""",
            [begin, end],
        )
        low, high = cursor.fetchone()
    return None if low is None else (int(low), int(high))
