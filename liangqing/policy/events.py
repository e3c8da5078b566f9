"""What the policy tells."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class PolicyDrafted(Event):
    name: ClassVar[str] = "policy drafted"
    thing: ClassVar[str] = "policy"
    version: str
    base: str
    from_on: dt.date


@dataclass(frozen=True, kw_only=True)
class PolicyChanged(Event):
    """A draft was edited: ``where`` a term, a table, or the version's own columns; before and after as written."""

    name: ClassVar[str] = "policy draft changed"
    thing: ClassVar[str] = "policy"
    version: str
    where: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class PolicySubmitted(Event):
    name: ClassVar[str] = "policy submitted"
    thing: ClassVar[str] = "policy"
    version: str
    digest: str
    loosens: list[str]


@dataclass(frozen=True, kw_only=True)
class PolicyReturned(Event):
    name: ClassVar[str] = "policy returned to draft"
    thing: ClassVar[str] = "policy"
    version: str


@dataclass(frozen=True, kw_only=True)
class PolicyApproved(Event):
    name: ClassVar[str] = "policy approved"
    thing: ClassVar[str] = "policy"
    version: str
    digest: str
    from_on: dt.date
    approved_by: list[str]
    counsel: str


@dataclass(frozen=True, kw_only=True)
class PolicyWithdrawn(Event):
    name: ClassVar[str] = "policy withdrawn"
    thing: ClassVar[str] = "policy"
    version: str
    was: str


@dataclass(frozen=True, kw_only=True)
class TrialAsked(Event):
    name: ClassVar[str] = "policy tried"
    thing: ClassVar[str] = "policy"
    version: str
    as_of: dt.date
    nights: int


@dataclass(frozen=True, kw_only=True)
class CalendarChanged(Event):
    name: ClassVar[str] = "calendar changed"
    thing: ClassVar[str] = "special day"
    on: dt.date
    works: bool | None
    what: str
