"""What the channels tell the trail. Never a secret: of settings the names of what changed, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class ProviderAdded(Event):
    name: ClassVar[str] = "provider added"
    thing: ClassVar[str] = "provider"
    provider: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ProviderChanged(Event):
    """``before`` and ``after`` name the columns that changed; ``settings`` the settings that did, without values."""

    name: ClassVar[str] = "provider changed"
    thing: ClassVar[str] = "provider"
    provider: str
    before: dict[str, Any]
    after: dict[str, Any]
    settings: list[str]


@dataclass(frozen=True, kw_only=True)
class ProviderStopped(Event):
    """By a person, or by the house when the provider says that the account is at its end."""

    name: ClassVar[str] = "provider stopped"
    thing: ClassVar[str] = "provider"
    provider: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProviderResumed(Event):
    name: ClassVar[str] = "provider resumed"
    thing: ClassVar[str] = "provider"
    provider: str


@dataclass(frozen=True, kw_only=True)
class ProviderTested(Event):
    name: ClassVar[str] = "provider tested"
    thing: ClassVar[str] = "provider"
    provider: str
    state: str
    code: str


@dataclass(frozen=True, kw_only=True)
class TemplateSubmitted(Event):
    """A template of ours was given to a provider for approval, or again."""

    name: ClassVar[str] = "template submitted to provider"
    thing: ClassVar[str] = "provider"
    provider: str
    template: str
    their_code: str


@dataclass(frozen=True, kw_only=True)
class TemplateDecided(Event):
    name: ClassVar[str] = "template decided by provider"
    thing: ClassVar[str] = "provider"
    provider: str
    template: str
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LineRegistered(Event):
    """One of our own numbers or addresses; it is nobody's private one."""

    name: ClassVar[str] = "line registered"
    thing: ClassVar[str] = "line"
    channel: str
    line: str
    contracted: bool


@dataclass(frozen=True, kw_only=True)
class LineChanged(Event):
    name: ClassVar[str] = "line changed"
    thing: ClassVar[str] = "line"
    channel: str
    line: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LineClosed(Event):
    name: ClassVar[str] = "line closed"
    thing: ClassVar[str] = "line"
    channel: str
    line: str


@dataclass(frozen=True, kw_only=True)
class LineReopened(Event):
    name: ClassVar[str] = "line opened again"
    thing: ClassVar[str] = "line"
    channel: str
    line: str
