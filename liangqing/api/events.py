"""What the API tells the trail, and what it tells webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from liangqing.cases import events as cases
from liangqing.nightly.events import NightRun
from liangqing.outreach.events import MessageMoved, ReplyReceived
from liangqing.trail.actions.tell import Event
from liangqing.warning.events import ALERT_RAISED


@dataclass(frozen=True, kw_only=True)
class ClientIssued(Event):
    name: ClassVar[str] = "key issued"
    thing: ClassVar[str] = "client"
    client: str
    key_id: str
    duties: list[str]
    rate: int


@dataclass(frozen=True, kw_only=True)
class ClientRevoked(Event):
    name: ClassVar[str] = "key revoked"
    thing: ClassVar[str] = "client"
    client: str
    key_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookRegistered(Event):
    name: ClassVar[str] = "webhook registered"
    thing: ClassVar[str] = "webhook"
    client: str
    url: str
    events: list[str]


@dataclass(frozen=True, kw_only=True)
class WebhookSwitched(Event):
    name: ClassVar[str] = "webhook switched"
    thing: ClassVar[str] = "webhook"
    url: str
    active: bool


@dataclass(frozen=True, kw_only=True)
class WebhookSecretReplaced(Event):
    name: ClassVar[str] = "webhook secret replaced"
    thing: ClassVar[str] = "webhook"
    url: str
    former_until: str


@dataclass(frozen=True, kw_only=True)
class DeliveryTriedAgain(Event):
    name: ClassVar[str] = "delivery tried again"
    thing: ClassVar[str] = "delivery"
    url: str
    count: int


TOLD: dict[str, str] = {
    ALERT_RAISED: "alert.raised",
    cases.CASE_OPENED: "case.opened",
    cases.CASE_MOVED: "case.level_moved",
    cases.CASE_ASSIGNED: "case.assigned",
    cases.CASE_CLOSED: "case.closed",
    cases.PromiseRecorded.name: "promise.recorded",
    cases.PROMISE_JUDGED["kept"]: "promise.kept",
    cases.PROMISE_JUDGED["partly"]: "promise.kept_in_part",
    cases.PROMISE_JUDGED["broken"]: "promise.broken",
    NightRun.name: "night.run",
    MessageMoved.name: "message.moved",
    ReplyReceived.name: "reply.received",
}
"""The names webhooks know the trail's events by. A contract: other people's programs use them."""
