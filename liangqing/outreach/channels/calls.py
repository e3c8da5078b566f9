"""Telephone calls: what happens during one, the plain ``tel:`` link, and the exchange behind an HTTP gateway.

A call is a parcel too: ``to`` is dialled, ``sender`` is the line it is shown to come from. Only registered lines are
used; an unknown one is refused here, before anything rings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels import numbers
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.own_route import instant
from liangqing.outreach.channels.posting import rows, text
from liangqing.outreach.channels.sending import (
    Fault,
    Parcel,
    Receipt,
    accepted,
    rejected,
)

_LONGEST_S = 86_400


class CallState(StrEnum):
    DIALLED = "dialled"
    RINGING = "ringing"
    CONNECTED = "connected"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class CallEvent:
    """A step of one call. ``duration_s`` (of the talk, 0 when nobody answered), ``recording`` (an address) and
    ``reason`` come with the end."""

    key: str
    state: CallState
    at: dt.datetime
    provider_id: str = ""
    duration_s: int | None = None
    recording: str = ""
    reason: str = ""


def dialled(parcel: Parcel, lines: Sequence[str]) -> tuple[str, str] | Receipt:
    """The number to dial and the line to dial from, both E.164 where they are full numbers; or why not.

    Raises nothing. A line that is not in ``lines`` is refused.
    """
    try:
        number = numbers.e164(parcel.to)
    except numbers.NotANumber:
        return rejected("bad_number", _("This is no telephone number."), Fault.RECIPIENT)
    known = {numbers.line(line): line for line in lines}
    line = numbers.line(parcel.sender) if parcel.sender else next(iter(known), "")
    if line not in known:
        return rejected("line_not_registered", _("Calls go out by registered lines only."), Fault.REQUEST)
    return number, line


@dataclass
class ByHand:
    """The least: a link that opens the telephone somebody has anyway. He dials, and writes down what came of it."""

    idempotent = True

    def send(self, parcel: Parcel) -> Receipt:
        """The provider's id is the link; nothing has been dialled."""
        try:
            return accepted(f"tel:{numbers.e164(parcel.to)}", "by_hand", _("Dial it on your own telephone."))
        except numbers.NotANumber:
            return rejected("bad_number", _("This is no telephone number."), Fault.RECIPIENT)

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        return None

    def check(self) -> Receipt:
        return accepted()


@dataclass
class Exchange:
    """A telephone exchange or call centre behind a gateway: it rings the collector (``extension``, from the parcel's
    headers), then the debtor, and tells each step to the callback."""

    gateway: Gateway
    lines: Sequence[str] = field(default_factory=tuple)

    @property
    def idempotent(self) -> bool:
        return self.gateway.idempotent

    def send(self, parcel: Parcel) -> Receipt:
        """Ask for the call. Accepted means that it will be dialled; the events say what came of it."""
        found = dialled(parcel, self.lines)
        if isinstance(found, Receipt):
            return found
        number, line = found
        said = {"key": parcel.key, "callee": number, "caller": line, "extension": parcel.headers.get("extension", "")}
        return self.gateway.hand_over(parcel.key, said)

    def hang_up(self, key: str) -> Receipt:
        """End a call."""
        return self.gateway.end(key)

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        return self.gateway.asks(key)

    def check(self) -> Receipt:
        return self.gateway.check()


def events(pushed: Any, fields: Mapping[str, str], now: dt.datetime) -> list[CallEvent]:
    """The steps a gateway pushed, one or an array; what names no call or no known step is left out.

    ``now`` stands in for a time it does not give.
    """
    found = []
    for row in rows(pushed):
        said = {name: row.get(fields.get(name, name)) for name in _WORDS}
        key, state = text(said["key"]), text(said["state"]).lower()
        if not key or state not in list(CallState):
            continue
        duration = text(said["duration_s"])
        recording = text(said["recording"], 1000)
        found.append(
            CallEvent(
                key=key,
                state=CallState(state),
                at=instant(said["at"]) or now,
                provider_id=text(said["id"]),
                duration_s=min(int(duration[:6]), _LONGEST_S) if duration.isascii() and duration.isdigit() else None,
                recording=recording if recording.startswith(("https://", "http://")) else "",
                reason=text(said["reason"]),
            )
        )
    return found


_WORDS = ("key", "id", "state", "at", "duration_s", "recording", "reason")
