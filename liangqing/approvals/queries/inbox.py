"""What waits for a person's decision, what they asked for, and what the bell tells of both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Delegation, Request, Vote
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.people.models import User
from liangqing.people.rights import can

MOST = 200
"""Shown no further; what is due first comes first."""


@dataclass(frozen=True)
class Waiting:
    """A request that waits for somebody. ``on_behalf_of`` is whom they would speak for; None: for themselves."""

    request: Request
    on_behalf_of: User | None
    due_on: dt.date
    overdue: bool


def principals(user: User) -> list[tuple[int, list[str]]]:
    """For whom this person stands in today, each with the acts it is limited to (none: all). Worked out once for a
    request of a page (it is kept on the object)."""
    today = clock.today()
    known: tuple[dt.date, list[tuple[int, list[str]]]] | None = getattr(user, "_stands_in_for", None)
    if known is None or known[0] != today:
        held = Delegation.objects.in_force(today).filter(delegate=user, principal__is_active=True)
        known = (today, list(held.order_by("principal").values_list("principal_id", "acts")))
        user._stands_in_for = known  # type: ignore[attr-defined]
    return known[1]


@clause("P1 4")
def asked(user: User) -> QuerySet[Request]:
    """The requests that wait for this person, for themselves or as a stand-in: what the inbox and the bell count.

    Found by the index over the people asked; never more than waits for those very people.
    """
    if not can(user, "approval.decide"):
        return Request.objects.none()
    found = Q(waiting_for__contains=[user.pk])
    for principal, acts in principals(user):
        absent = Q(waiting_for__contains=[principal])
        found |= absent & Q(act__in=acts) if acts else absent
    mine = Q(person=user) | Q(on_behalf_of=user)  # a stand-in's voice was this person's own
    heard = Vote.objects.filter(mine, request=OuterRef("pk"), round=OuterRef("round"))
    return Request.objects.filter(found, ~Exists(heard), state=RequestState.OPEN).exclude(requested_by=user)


def inbox(user: User, limit: int = MOST) -> list[Waiting]:
    """What waits for this person's decision, what is due first before. Three queries."""
    today = clock.today()
    rows = list(asked(user).select_related("requested_by", "department").order_by("due_on", "id")[: min(limit, MOST)])
    absent = {person.pk: person for person in User.objects.filter(pk__in=[pk for pk, _acts in principals(user)])}
    return [
        Waiting(
            request=row,
            on_behalf_of=absent[principal] if (principal := for_whom(row, user)) is not None else None,
            due_on=row.due_on or today,
            overdue=row.due_on is not None and row.due_on < today,
        )
        for row in rows
    ]


def for_whom(row: Request, user: User) -> int | None:
    """Whom this person would speak for, as ``rules.voices.speak`` chooses: nobody else where they are asked themselves,
    then the first of those who are away."""
    if user.pk in row.waiting_for:
        return None
    covered = (pk for pk, acts in principals(user) if pk in row.waiting_for and (not acts or row.act in acts))
    return min(covered, default=None)


def mine(user: User) -> QuerySet[Request]:
    """What this person asked for, newest first."""
    return Request.objects.filter(requested_by=user).select_related("department", "decided_by").order_by("-id")


def answered(user: User, since: dt.datetime) -> QuerySet[Request]:
    """What this person asked for and somebody else answered since: the bell's news for a requester."""
    answers = (RequestState.APPROVED, RequestState.REJECTED, RequestState.RETURNED)
    return Request.objects.filter(requested_by=user, state__in=answers, decided_at__gt=since)


def pending(act: str, subject_kind: str, subject_id: int) -> QuerySet[Request]:
    """Requests for an act about a thing that are not decided yet, so that a room asks only once."""
    states = (RequestState.OPEN, RequestState.RETURNED)
    return Request.objects.filter(act=act, subject_kind=subject_kind, subject_id=subject_id, state__in=states)
