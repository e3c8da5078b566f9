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
