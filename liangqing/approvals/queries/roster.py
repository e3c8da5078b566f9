"""The people a route can ask, read once for one request or many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Q

from liangqing.approvals.models import Delegation, Request, Vote
from liangqing.approvals.models.vote import Decision
from liangqing.approvals.rules.route import DUTY, POSITION, USER, Step, step
from liangqing.approvals.rules.voices import Person, Question, Roster, Voice
from liangqing.people.duties import Duty
from liangqing.people.models import Department, User
from liangqing.people.rights import can


def steps_of(request: Request) -> tuple[Step, ...]:
    return tuple(step(text) for text in request.steps)


def roster(steps: Collection[Step]) -> Roster:
    """Whoever these steps may ask, with all heads and the management; nobody who left or may not decide."""
    names: dict[str, set[str]] = {DUTY: {Duty.MANAGE.value}, POSITION: set(), USER: set()}
    for each in steps:
        names.setdefault(each.kind, set()).add(each.name)
    heads = dict(Department.objects.filter(head__isnull=False).values_list("id", "head_id"))
    found = User.objects.filter(
        Q(duties__overlap=sorted(names[DUTY]))
        | Q(position__in=names[POSITION])
        | Q(username__in=names[USER])
        | Q(pk__in=set(heads.values())),
        is_active=True,
    )
    return Roster(
        people={
            user.pk: Person(user.pk, user.username, frozenset(user.duties), user.position, user.department_id)
            for user in found
            if can(user, "approval.decide")
        },
        heads={department: head for department, head in heads.items() if head is not None},
    )


def stand_ins(person: User, act: str, on: dt.date) -> frozenset[tuple[int, int]]:
    """For whom this person may decide such an act on a day, as (principal, delegate)."""
    held = Delegation.objects.in_force(on).filter(delegate=person)
    return frozenset((each.principal_id, person.pk) for each in held if each.covers(act))


def stand_ins_of(people: Collection[int], act: str, on: dt.date) -> list[tuple[int, User]]:
    """Who may decide such an act for these people on a day, as (principal, delegate)."""
    held = Delegation.objects.in_force(on).filter(principal__in=people).select_related("delegate").order_by("id")
    return [
        (each.principal_id, each.delegate)
        for each in held
        if each.covers(act) and can(each.delegate, "approval.decide")
    ]


def question(request: Request) -> Question:
    """What the present round asks, with the voices heard so far."""
    return questions([request])[request.pk]


def questions(requests: Collection[Request]) -> dict[int, Question]:
    """The same for many, by id of the request."""
    heard: dict[int, list[Voice]] = {}
    rounds = {request.pk: request.round for request in requests}
    votes = Vote.objects.filter(request__in=rounds, decision=Decision.APPROVE).order_by("id")
    for vote in votes:
        if vote.round == rounds[vote.request_id]:
            voice = Voice(vote.step, vote.person_id, vote.on_behalf_of_id)
            heard.setdefault(vote.request_id, []).append(voice)
    return {
        request.pk: Question(
            steps=steps_of(request),
            requester=request.requested_by_id,
            department=request.department_id,
            voices=tuple(heard.get(request.pk, ())),
            escalated=request.escalated_on is not None,
        )
        for request in requests
    }
