"""What outreach tells. Numbers, addresses and words stay sealed in their rows; the trail holds codes and digests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class ContactDecided(Event):
    """The guard answered. ``code`` is the keyed digest of the whole receipt."""

    name: ClassVar[str] = "contact decided"
    thing: ClassVar[str] = "attempt"
    case: str
    channel: str
    content: str
    recipient: str
    source: str
    answer: str
    rules: list[str]
    policy: str
    code: str


@dataclass(frozen=True, kw_only=True)
class ContactConcluded(Event):
    """What became of a contact that was allowed, or reported afterwards."""

    name: ClassVar[str] = "contact concluded"
    thing: ClassVar[str] = "attempt"
    channel: str
    outcome: str
    duration_s: int | None


@dataclass(frozen=True, kw_only=True)
class RulesLifted(Event):
    """An approval lifts rules for one customer and channel, for a while."""

    name: ClassVar[str] = "contact rules lifted"
    thing: ClassVar[str] = "exemption"
    channel: str
    rules: list[str]
    until: dt.datetime
    request: str
