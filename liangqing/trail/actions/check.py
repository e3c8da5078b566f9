"""Check the whole trail, and tell that it was checked."""

from __future__ import annotations

import itertools
import time

from liangqing.kit.actions import action
from liangqing.trail.actions.tell import Actor, tell
from liangqing.trail.events import TrailChecked
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries import proof

MOST_NAMED = 20
"""Flaws written out; the rest are counted."""
AT_ONCE = 100_000
"""Entries checked while somebody waits for the answer; more are a worker's job."""


def quick() -> bool:
    """Whether the trail is short enough to be checked at once. Ids are given one by one, so the last one tells."""
    return (Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0) <= AT_ONCE


@action
def check(*, by: Actor | None) -> TrailChecked:
    """Compute every code, hash and link anew. About ten seconds for a million entries."""
    start = time.perf_counter()
    last = Block.objects.order_by("-number").first()
    until = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    wrong = proof.flaws()
    named = list(itertools.islice(wrong, MOST_NAMED))
    checked = TrailChecked(
        thing_id=last.number if last else 0,
        blocks=Block.objects.count(),
        until=until,
        flaws=len(named) + sum(1 for _flaw in wrong),
        found=named,
        milliseconds=round((time.perf_counter() - start) * 1000),
    )
    tell(checked, by=by)
    return checked


def last_check() -> Entry | None:
    """The entry that tells of the last check."""
    return Entry.objects.filter(event=TrailChecked.name).order_by("-id").first()
