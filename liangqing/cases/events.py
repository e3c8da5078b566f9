"""What cases tell. The night writes its own in bulk under the names below."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from liangqing.trail.actions.tell import Event

CASE_OPENED = "case opened"
CASE_MOVED = "case level moved"
CASE_CLOSED = "case closed"
CASE_ASSIGNED = "case assigned"
PROMISE_JUDGED = {"kept": "promise kept", "partly": "promise kept in part", "broken": "promise broken"}


@dataclass(frozen=True, kw_only=True)
class PromiseRecorded(Event):
    name: ClassVar[str] = "promise recorded"
    thing: ClassVar[str] = "promise"
    case: str
    amount: int
    currency: str
    due_on: dt.date


@dataclass(frozen=True, kw_only=True)
class TaskFinished(Event):
    name: ClassVar[str] = "task finished"
    thing: ClassVar[str] = "task"
    action: str


@dataclass(frozen=True, kw_only=True)
class RecordWritten(Event):
    """A contact was recorded. What was said stays sealed in the record; the trail holds codes and dates only."""

    name: ClassVar[str] = "contact recorded"
    thing: ClassVar[str] = "record"
    case: str
    channel: str
    reached: str
    result: str
    reason: str
    attitude: str
    next_on: dt.date | None
    corrects: int | None
    files: int


@dataclass(frozen=True, kw_only=True)
class PromiseWithdrawn(Event):
    """The record that told of it was corrected: there was no such promise."""

    name: ClassVar[str] = "promise withdrawn"
    thing: ClassVar[str] = "promise"
    case: str


@dataclass(frozen=True, kw_only=True)
class TaskPostponed(Event):
    name: ClassVar[str] = "task postponed"
    thing: ClassVar[str] = "task"
    action: str
    case: str
    until: dt.date
    reason: str


@dataclass(frozen=True, kw_only=True)
class TaskPinned(Event):
    name: ClassVar[str] = "task pinned"
    thing: ClassVar[str] = "task"
    action: str


@dataclass(frozen=True, kw_only=True)
class TaskUnpinned(Event):
    name: ClassVar[str] = "task unpinned"
    thing: ClassVar[str] = "task"
    action: str


@dataclass(frozen=True, kw_only=True)
class CampaignConfirmed(Event):
    name: ClassVar[str] = "campaign confirmed"
    thing: ClassVar[str] = "campaign"
    campaign: str
    cases: int
    people: int


@dataclass(frozen=True, kw_only=True)
class CampaignUndone(Event):
    name: ClassVar[str] = "campaign undone"
    thing: ClassVar[str] = "campaign"
    campaign: str
    returned: int
    kept: int


@dataclass(frozen=True, kw_only=True)
class GraceGranted(Event):
    """``until`` is the first day on which the customer is asked again; ``request`` the approval it rests on."""

    name: ClassVar[str] = "grace granted"
    thing: ClassVar[str] = "grace"
    case: str
    from_on: dt.date
    until: dt.date
    request: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class NightMessagesHeld(Event):
    """The night would have sent messages by itself; ``reason`` (a refusal's code) kept them from being written."""

    name: ClassVar[str] = "messages of the night held"
    thing: ClassVar[str] = "night"
    date: str
    reason: str
