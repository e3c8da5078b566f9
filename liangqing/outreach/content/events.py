"""What templates tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class TemplateDrafted(Event):
    """A wording was drafted or changed; ``digest`` is that of what it says."""

    name: ClassVar[str] = "template drafted"
    thing: ClassVar[str] = "template"
    version: str
    digest: str
    revision: int


@dataclass(frozen=True, kw_only=True)
class TemplateSubmitted(Event):
    name: ClassVar[str] = "template submitted"
    thing: ClassVar[str] = "template"
    version: str
    digest: str
    finds: list[str]


@dataclass(frozen=True, kw_only=True)
class TemplateReturned(Event):
    name: ClassVar[str] = "template returned to draft"
    thing: ClassVar[str] = "template"
    version: str


@dataclass(frozen=True, kw_only=True)
class TemplateDropped(Event):
    name: ClassVar[str] = "template draft given up"
    thing: ClassVar[str] = "template"
    version: str


@dataclass(frozen=True, kw_only=True)
class TemplateApproved(Event):
    name: ClassVar[str] = "template approved"
    thing: ClassVar[str] = "template"
    version: str
    digest: str
    from_on: dt.date
    request: str


@dataclass(frozen=True, kw_only=True)
class TemplateRetired(Event):
    name: ClassVar[str] = "template retired"
    thing: ClassVar[str] = "template"
    version: str
    until_on: dt.date
    reason: str


@dataclass(frozen=True, kw_only=True)
class PresetTemplatesInstalled(Event):
    """The wordings that come with this product were taken over."""

    name: ClassVar[str] = "preset templates installed"
    thing: ClassVar[str] = "template"
    versions: list[str]


@dataclass(frozen=True, kw_only=True)
class ReviewOpened(Event):
    """Words that should perhaps not have been written were found: a person is to look at them. The words stay sealed."""

    name: ClassVar[str] = "review of words opened"
    thing: ClassVar[str] = "review"
    case: str
    source: str
    categories: list[str]


@dataclass(frozen=True, kw_only=True)
class ReviewConfirmed(Event):
    name: ClassVar[str] = "review of words confirmed"
    thing: ClassVar[str] = "review"
    case: str
    source: str
    categories: list[str]


@dataclass(frozen=True, kw_only=True)
class ReviewDismissed(Event):
    name: ClassVar[str] = "review of words dismissed"
    thing: ClassVar[str] = "review"
    case: str
    source: str
    categories: list[str]
