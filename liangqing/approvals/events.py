"""What approvals tell. Subjects may name a person, so they are not repeated here; kind and id of the subject are. Reasons
may tell of one, so they are sealed, as notes are.

``recipients`` are the people asked from then on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from liangqing.approvals.models import Request
from liangqing.trail.actions.tell import Event

_AS_IN_THE_REQUEST = frozenset(
    (
        "party_id", "number", "act", "round", "subject_kind", "subject_id", "amount", "currency", "row", "policy",
        "steps",
    )
)  # fmt: skip
"""What an event repeats under the name its request has for it."""


@dataclass(frozen=True, kw_only=True)
class _OfRequest(Event):
    thing: ClassVar[str] = "approval"
    number: str
    act: str

    @classmethod
    def about(cls, request: Request, **told: Any) -> Self:
        """The event about a request as it stands now; ``told`` is what it says besides what stands in the request."""
        repeated = {field.name for field in fields(cls)} & _AS_IN_THE_REQUEST
        return cls(thing_id=request.pk, **{name: getattr(request, name) for name in repeated}, **told)


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(_OfRequest):
    """``row`` and ``policy`` decided the ``steps``."""

    name: ClassVar[str] = "approval requested"
    subject_kind: str
    subject_id: int
    amount: int | None
    currency: str
    reason: str
    row: str
    policy: str
    steps: list[str]
    files: list[str]
    recipients: list[int]


@dataclass(frozen=True, kw_only=True)
class RequestResubmitted(_OfRequest):
    """What was returned is asked again, perhaps for another amount and another way."""

    name: ClassVar[str] = "request resubmitted"
    round: int
    amount: int | None
    currency: str
    reason: str
    row: str
    policy: str
    steps: list[str]
    files: list[str]
    recipients: list[int]


@dataclass(frozen=True, kw_only=True)
class ApprovalGiven(_OfRequest):
    """A yes, and others are still to come. ``step`` counts from 1; ``on_behalf_of`` is the person who is away."""

    name: ClassVar[str] = "approval given"
    round: int
    step: int
    on_behalf_of: int | None
    reason: str
    recipients: list[int]


@dataclass(frozen=True, kw_only=True)
class RequestApproved(_OfRequest):
    """The last yes; the act was done with it."""

    name: ClassVar[str] = "request approved"
    round: int
    step: int
    on_behalf_of: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestRejected(_OfRequest):
    name: ClassVar[str] = "request rejected"
    round: int
    step: int
    on_behalf_of: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestReturned(_OfRequest):
    name: ClassVar[str] = "request returned"
    round: int
    step: int
    on_behalf_of: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestWithdrawn(_OfRequest):
    name: ClassVar[str] = "request withdrawn"
    round: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ActFailed(_OfRequest):
    """The last yes was said, but the act could not be done: nothing was done, and the request still waits."""

    name: ClassVar[str] = "approved act failed"
    round: int
    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ApprovalReminded(_OfRequest):
    """Those asked were reminded: the step was due on ``due_on``."""

    name: ClassVar[str] = "approval reminded"
    round: int
    step: int
    due_on: dt.date
    recipients: list[int]


@dataclass(frozen=True, kw_only=True)
class ApprovalEscalated(_OfRequest):
    """The next higher were asked too (``escalated_to``; nobody, when there is nobody higher)."""

    name: ClassVar[str] = "approval escalated"
    round: int
    step: int
    escalated_to: list[int]
    recipients: list[int]


@dataclass(frozen=True, kw_only=True)
class DelegationMade(Event):
    """``until`` is the first day on which it no longer holds; no ``acts`` are all acts."""

    name: ClassVar[str] = "delegation made"
    thing: ClassVar[str] = "delegation"
    principal: int
    delegate: int
    from_on: dt.date
    until: dt.date
    acts: list[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class DelegationEnded(Event):
    """Ended before its time."""

    name: ClassVar[str] = "delegation ended"
    thing: ClassVar[str] = "delegation"
    principal: int
    delegate: int
