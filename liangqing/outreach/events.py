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
class ContactUnrecorded(Event):
    """A call was allowed and nobody wrote down in time what became of it; it goes on counting as everything."""

    name: ClassVar[str] = "contact unrecorded"
    thing: ClassVar[str] = "attempt"
    case: str
    channel: str
    person: str


@dataclass(frozen=True, kw_only=True)
class ContactViolated(Event):
    """A contact took place that the rules do not allow; ``receipt`` names its judgement, ``rules`` what it broke."""

    name: ClassVar[str] = "contact against the rules"
    thing: ClassVar[str] = "attempt"
    case: str
    channel: str
    receipt: str
    answer: str
    rules: list[str]
    source: str


@dataclass(frozen=True, kw_only=True)
class CallMoved(Event):
    """A call that a provider dials was asked for, is connected, ended, or could not be dialled; ``reason`` is a code."""

    name: ClassVar[str] = "call moved"
    thing: ClassVar[str] = "attempt"
    case: str
    provider: str
    state: str
    reason: str
    duration_s: int | None
    recorded: bool


@dataclass(frozen=True, kw_only=True)
class RulesLifted(Event):
    """An approval lifts rules for one customer and channel, for a while."""

    name: ClassVar[str] = "contact rules lifted"
    thing: ClassVar[str] = "exemption"
    channel: str
    rules: list[str]
    until: dt.datetime
    request: str


# what leaves, and what comes back -----------------------------------------------------------------------------------


MESSAGE_WRITTEN = "message written"


@dataclass(frozen=True, kw_only=True)
class MessageWritten(Event):
    """Something is to leave; the worker sends it."""

    name: ClassVar[str] = MESSAGE_WRITTEN
    thing: ClassVar[str] = "message"
    case: str
    channel: str
    content: str
    step: str
    source: str


@dataclass(frozen=True, kw_only=True)
class MessageMoved(Event):
    """A message went out, arrived, came back, or will not leave; ``reason`` is a code. ``digest`` proves what it said."""

    name: ClassVar[str] = "message moved"
    thing: ClassVar[str] = "message"
    case: str
    channel: str
    state: str
    reason: str
    doubled: bool
    digest: str


@dataclass(frozen=True, kw_only=True)
class FilesAttached(Event):
    """Files were put with an e-mail, and went with it when it left. Each as its kind and hash; what is made when it leaves
    has none before."""

    name: ClassVar[str] = "files attached"
    thing: ClassVar[str] = "message"
    case: str
    files: list[str]
    sent: bool


@dataclass(frozen=True, kw_only=True)
class ReplyReceived(Event):
    """Somebody answered, or wrote by themselves. ``silence``: they want no more messages, and a restraint was placed."""

    name: ClassVar[str] = "reply received"
    thing: ClassVar[str] = "incoming"
    case: str
    channel: str
    kind: str
    message: int | None
    silence: bool


@dataclass(frozen=True, kw_only=True)
class SendingStopped(Event):
    """Nothing leaves: of the institution (both empty), of a channel, or of a dispatch."""

    name: ClassVar[str] = "sending stopped"
    thing: ClassVar[str] = "switch"
    channel: str
    dispatch: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SendingResumed(Event):
    name: ClassVar[str] = "sending resumed"
    thing: ClassVar[str] = "switch"
    channel: str
    dispatch: str


@dataclass(frozen=True, kw_only=True)
class DispatchMoved(Event):
    """A dispatch was made, looked at, started, finished or called off. ``figures`` say how many and why not."""

    name: ClassVar[str] = "dispatch moved"
    thing: ClassVar[str] = "dispatch"
    dispatch: str
    channel: str
    content: str
    state: str
    figures: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class LettersPrinted(Event):
    name: ClassVar[str] = "letters printed"
    thing: ClassVar[str] = "letter batch"
    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class SlipAttached(Event):
    """The receipt slip of a letter came back signed."""

    name: ClassVar[str] = "receipt slip attached"
    thing: ClassVar[str] = "message"
    case: str
    sha256: str


# visits -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RoundMoved(Event):
    """A round of visits was planned, started, finished or called off. ``people`` are ids."""

    name: ClassVar[str] = "visit round moved"
    thing: ClassVar[str] = "visit round"
    number: str
    on: dt.date
    state: str
    people: list[int]
    stops: int


@dataclass(frozen=True, kw_only=True)
class RouteChanged(Event):
    """A household was put on the route or taken off it, or (without a customer) the order changed."""

    name: ClassVar[str] = "visit route changed"
    thing: ClassVar[str] = "visit round"
    number: str
    what: str
    case: str


@dataclass(frozen=True, kw_only=True)
class VisitRecorded(Event):
    """What came of a visit. Amounts in minor units; ``files`` are the hashes of slip and photographs, ``departing`` how many
    of them say another time or place."""

    name: ClassVar[str] = "visit recorded"
    thing: ClassVar[str] = "visit"
    round: str
    case: str
    result: str
    reached: str
    signed: bool
    cash_principal: int
    cash_interest: int
    currency: str
    lapsed: bool
    receipt: str
    files: list[str]
    departing: int = 0
