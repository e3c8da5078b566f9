"""What parties tell. Personal values are sealed in the trail too; the purpose of a look is kept, never what was seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class CustomerEntered(Event):
    name: ClassVar[str] = "customer entered"
    thing: ClassVar[str] = "party"
    number: str


@dataclass(frozen=True, kw_only=True)
class CustomerCorrected(Event):
    """``before`` and ``after`` name the fields that changed; what is personal is sealed."""

    name: ClassVar[str] = "customer corrected"
    thing: ClassVar[str] = "party"
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PartiesMerged(Event):
    """The customer ``gone`` turned out to be this one. Whoever holds things of both hears it."""

    name: ClassVar[str] = "customers merged"
    thing: ClassVar[str] = "party"
    gone: int
    gone_number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PartiesUnmerged(Event):
    """``gone`` is a customer of its own again."""

    name: ClassVar[str] = "customers taken apart"
    thing: ClassVar[str] = "party"
    gone: int
    gone_number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ContactAdded(Event):
    name: ClassVar[str] = "contact added"
    thing: ClassVar[str] = "contact"
    kind: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ContactVerified(Event):
    name: ClassVar[str] = "contact verified"
    thing: ClassVar[str] = "contact"
    kind: str
    before: str
    validity: str
    on: dt.date


@dataclass(frozen=True, kw_only=True)
class PersonalDataRevealed(Event):
    """``of`` is party or contact, ``thing_id`` its id."""

    name: ClassVar[str] = "personal data revealed"
    thing: ClassVar[str] = "party"
    of: str
    of_id: int
    what: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class RestraintPlaced(Event):
    """Contact is held back (or opened) from now on; what was said stays sealed in the row."""

    name: ClassVar[str] = "restraint placed"
    thing: ClassVar[str] = "restraint"
    kind: str
    channel: str
    about: str
    until: dt.datetime | None
    source: str


@dataclass(frozen=True, kw_only=True)
class RestraintLifted(Event):
    name: ClassVar[str] = "restraint lifted"
    thing: ClassVar[str] = "restraint"
    kind: str
    channel: str
    source: str


@dataclass(frozen=True, kw_only=True)
class DeadlineSet(Event):
    """By when a complaint must be answered, or a claim filed; ``last_day`` is the last it may be put off to."""

    name: ClassVar[str] = "deadline set"
    thing: ClassVar[str] = "deadline"
    purpose: str
    due_on: dt.date
    last_day: dt.date | None
    policy: str


@dataclass(frozen=True, kw_only=True)
class DeadlinePutOff(Event):
    name: ClassVar[str] = "deadline put off"
    thing: ClassVar[str] = "deadline"
    purpose: str
    was: dt.date
    until: dt.date
    request: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class DeadlineMet(Event):
    name: ClassVar[str] = "deadline met"
    thing: ClassVar[str] = "deadline"
    purpose: str
    due_on: dt.date


DEADLINE_NEAR = "deadline near"
DEADLINE_MISSED = "deadline missed"
"""Told by the night, in bulk."""


@dataclass(frozen=True, kw_only=True)
class AgreementBroken(Event):
    """The instalment of a day did not come."""

    name: ClassVar[str] = "agreement broken"
    thing: ClassVar[str] = "agreement"
    on: dt.date


@dataclass(frozen=True, kw_only=True)
class BreachNoticed(Event):
    """The customer was told of the missed instalment."""

    name: ClassVar[str] = "breach noticed"
    thing: ClassVar[str] = "agreement"
    on: dt.date
