from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class PersonJoined(Event):
    name: ClassVar[str] = "person joined"
    thing: ClassVar[str] = "user"
    username: str
    department: str
    duties: list[str]


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """``before`` and ``after`` name the fields that changed."""

    name: ClassVar[str] = "person changed"
    thing: ClassVar[str] = "user"
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PersonLeft(Event):
    """Signs in no more and gets no work; whoever deals work out hears it."""

    name: ClassVar[str] = "person left"
    thing: ClassVar[str] = "user"
    username: str


@dataclass(frozen=True, kw_only=True)
class PersonReturned(Event):
    name: ClassVar[str] = "person returned"
    thing: ClassVar[str] = "user"
    username: str


@dataclass(frozen=True, kw_only=True)
class PasswordSet(Event):
    """Never the password. ``to_change``: it was given by somebody else, and the person has to choose another."""

    name: ClassVar[str] = "password set"
    thing: ClassVar[str] = "user"
    username: str
    to_change: bool


@dataclass(frozen=True, kw_only=True)
class DepartmentFounded(Event):
    name: ClassVar[str] = "department founded"
    thing: ClassVar[str] = "department"
    code: str
    department: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class DepartmentClosed(Event):
    name: ClassVar[str] = "department closed"
    thing: ClassVar[str] = "department"
    code: str


@dataclass(frozen=True, kw_only=True)
class DepartmentReopened(Event):
    name: ClassVar[str] = "department opened again"
    thing: ClassVar[str] = "department"
    code: str


@dataclass(frozen=True, kw_only=True)
class HeadNamed(Event):
    """``username`` is empty when nobody heads the department any more."""

    name: ClassVar[str] = "head named"
    thing: ClassVar[str] = "department"
    department: str
    username: str


@dataclass(frozen=True, kw_only=True)
class DepartmentRenamed(Event):
    name: ClassVar[str] = "department renamed"
    thing: ClassVar[str] = "department"
    code: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class CertificateGranted(Event):
    """Somebody was trained and passed. ``until_on`` is the first day it holds no more."""

    name: ClassVar[str] = "certificate entered"
    thing: ClassVar[str] = "user"
    kind: str
    from_on: dt.date
    until_on: dt.date


@dataclass(frozen=True, kw_only=True)
class CertificateEnded(Event):
    """It holds no more, sooner than it said."""

    name: ClassVar[str] = "certificate ended"
    thing: ClassVar[str] = "user"
    kind: str
    until_on: dt.date
    was: dt.date
    reason: str
