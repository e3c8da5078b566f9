"""What a worker does for requests that wait: asks anew where people changed, reminds, asks the next higher."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from liangqing.approvals.actions.requests import ask_anew
from liangqing.approvals.events import ApprovalEscalated, ApprovalReminded
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.approvals.queries.roster import questions, roster, steps_of
from liangqing.approvals.rules import voices
from liangqing.kit.actions import action, clause
from liangqing.policy import calendar
from liangqing.trail.actions.tell import Event, tell

_AT_ONCE = 500


@dataclass(frozen=True)
class Upkeep:
    """How many requests were put to other people, reminded of, and escalated."""

    asked_anew: int
    reminded: int
    escalated: int


@clause("P1 4")
def remind_and_escalate(today: dt.date) -> Upkeep:
    """Once a working day: remind those asked of what is due, and ask the next higher where it has waited too long.

    Each once a step in a round, each request in a transaction of its own. Done twice on a day, the second time changes
    nothing; on a day nobody works, nobody is reminded.
    """
    anew = ask_all_anew()
    if not calendar.is_working(today):
        return Upkeep(anew, 0, 0)
    waiting = Request.objects.filter(state=RequestState.OPEN)
    due = waiting.filter(due_on__lte=today, reminded_on=None).order_by("due_on", "id")
    late = waiting.filter(escalates_on__lte=today, escalated_on=None).order_by("escalates_on", "id")
    return Upkeep(
        anew,
        sum(_remind(pk, today) for pk in due.values_list("id", flat=True).iterator(_AT_ONCE)),
        sum(_escalate(pk, today) for pk in late.values_list("id", flat=True).iterator(_AT_ONCE)),
    )


def people_changed(event: Event) -> None:
    """Somebody joined, left, got other duties, or heads a department now (``house.wiring``)."""
    ask_all_anew()


def ask_all_anew() -> int:
    """Ask anew wherever a request waits for other people now than were asked; returns how many that were.

    The worker does it besides, so that nothing is missed. A request that somebody decides at this very moment is left
    alone: deciding asks anew by itself.
    """
    changed, last = 0, 0
    while found := _some_changed(last):
        last, count = found
        changed += count
    return changed


@action
def _some_changed(after: int) -> tuple[int, int] | None:
    """The next requests that wait: the last id among them, and how many were put to others."""
    waiting = list(
        Request.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=RequestState.OPEN, pk__gt=after)
        .order_by("id")[:_AT_ONCE]
    )
    if not waiting:
        return None
    people = roster({step for request in waiting for step in steps_of(request)})
    asking = questions(waiting)
    moved: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for request in waiting:
        asked = sorted(voices.asked(asking[request.pk], people))
        if asked != request.waiting_for:
            alike = (tuple(asked), tuple(sorted({*request.asked, *asked})))
            moved.setdefault(alike, []).append(request.pk)
    for (asked_now, ever_asked), alike_ones in moved.items():
        Request.objects.filter(pk__in=alike_ones).update(waiting_for=list(asked_now), asked=list(ever_asked))
    return waiting[-1].pk, sum(map(len, moved.values()))


@action
def _remind(pk: int, today: dt.date) -> bool:
    return _late(pk, today, "reminded_on", _tell_reminded)


@action
def _escalate(pk: int, today: dt.date) -> bool:
    return _late(pk, today, "escalated_on", _tell_escalated)


def _late(pk: int, today: dt.date, column: str, tell_them: Callable[[Request, list[int], list[int]], None]) -> bool:
    """Mark a request whose time is over, unless somebody was faster, and tell those asked."""
    request = (
        Request.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state=RequestState.OPEN, **{f"{column}__isnull": True})
        .first()
    )
    if request is None:
        return False
    limit = request.due_on if column == "reminded_on" else request.escalates_on
    if limit is None or limit > today:
        return False
    before = set(request.waiting_for)
    setattr(request, column, today)
    request.save(update_fields=[column])
    asked = ask_anew(request)
    tell_them(request, asked, sorted(set(asked) - before))
    return True


def _tell_reminded(request: Request, asked: list[int], _fresh: list[int]) -> None:
    assert request.due_on is not None
    tell(
        ApprovalReminded.about(request, step=request.step + 1, due_on=request.due_on, recipients=asked),
        by=None,
    )


def _tell_escalated(request: Request, asked: list[int], fresh: list[int]) -> None:
    tell(
        ApprovalEscalated.about(request, step=request.step + 1, escalated_to=fresh, recipients=asked),
        by=None,
    )
