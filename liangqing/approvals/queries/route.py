"""The way of one request: its steps, who spoke, who could speak now, and its whole trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Decision, Request, Vote
from liangqing.approvals.queries.inbox import asked
from liangqing.approvals.queries.roster import question, roster, stand_ins_of, steps_of
from liangqing.approvals.rules import voices
from liangqing.approvals.rules.route import Step
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.people.models import User
from liangqing.trail.models import Entry

MOST_PEOPLE = 50
"""Named of a step."""


@dataclass(frozen=True)
class StepState:
    """One step of the present round. ``people`` could fill it as things stand (at most 50 named, ``count`` in all);
    ``stand_ins`` may speak for some of them today, as (stand-in, for whom)."""

    place: int
    step: Step
    state: str
    votes: list[Vote]
    missing: int
    people: list[User]
    count: int
    stand_ins: list[tuple[User, User]]


DONE, NOW, LATER, ENDED = "done", "now", "later", "ended"
"""States of a step: filled; waits; comes later; will not be asked, since the request ended here or before."""


@clause("P1 4")
def route_of(request: Request) -> list[StepState]:
    """Each step in order with what was said to it, and who could decide it now."""
    request = Request.objects.get(pk=request.pk)
    steps, asking = steps_of(request), question(request)
    here = roster(steps)
    votes: dict[int, list[Vote]] = {place: [] for place in range(len(steps))}
    for vote in votes_of(request).filter(round=request.round):
        votes[vote.step].append(vote)
    is_open = request.state == RequestState.OPEN
    people = {
        place: voices.asked(asking, here, place) if is_open and asking.missing(place) > 0 else frozenset()
        for place in range(len(steps))
    }
    named = {place: sorted(found)[:MOST_PEOPLE] for place, found in people.items()}
    users = User.objects.select_related("department").in_bulk({pk for each in named.values() for pk in each})
    away = stand_ins_of(users, request.act, clock.today()) if users else []
    return [
        StepState(
            place=place,
            step=step,
            state=_state(asking, place, is_open, votes[place]),
            votes=votes[place],
            missing=asking.missing(place),
            people=[users[pk] for pk in named[place]],
            count=len(people[place]),
            stand_ins=[
                (delegate, users[principal])
                for principal, delegate in away
                if principal in people[place] and delegate.pk not in asking.used and is_open
            ],
        )
        for place, step in enumerate(steps)
    ]


def _state(asking: voices.Question, place: int, is_open: bool, votes: list[Vote]) -> str:
    if asking.missing(place) <= 0:
        return DONE
    if not is_open or any(vote.decision != Decision.APPROVE for vote in votes):
        return ENDED
    return NOW if place == asking.place else LATER


def votes_of(request: Request) -> QuerySet[Vote]:
    """All that was said, of all rounds, in order."""
    return Vote.objects.filter(request=request).select_related("person", "on_behalf_of").order_by("round", "id")


def history(request: Request) -> QuerySet[Entry]:
    """All the trail tells of a request, in order."""
    return Entry.objects.filter(thing="approval", thing_id=request.pk).order_by("id")


def may_decide(request: Request, user: User) -> bool:
    """Whether this person could decide the request now, for themselves or as a stand-in: what a page's buttons ask."""
    return asked(user).filter(pk=request.pk).exists()
