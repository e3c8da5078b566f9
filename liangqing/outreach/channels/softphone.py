"""A SIP softphone on somebody's desk: baresip, steered over its control port (module ctrl_tcp).

The port speaks JSON in netstrings: we say ``dial`` and ``hangup``, it tells each step of a call. It knows no user and
no password, so it may listen on the collector's own machine or a protected network only. Nor does it know keys: a call
is told apart by the number dialled, so one call at a time, which is what a person can talk on anyway. And it speaks to
one at a time: whoever connects later (to hang up) throws out whoever listened, who connects again and asks how it stands.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import numbers
from liangqing.outreach.channels.calls import CallEvent, CallState, dialled
from liangqing.outreach.channels.control_port import Control
from liangqing.outreach.channels.posting import text
from liangqing.outreach.channels.sending import (
    Fault,
    Parcel,
    Receipt,
    accepted,
    rejected,
    unknown,
    unreachable,
)

_NO_TIME = dt.timedelta()
_AGAIN_S = 0.3
"""After being thrown out, time for the other to say what he wants."""
_CALLS = re.compile(r"(\d+):(\d\d):(\d\d)\s+([A-Z]+)\s+sips?:([^@\s]+)@")
"""A row of ``listcalls``: how long, how it stands, with whom."""
_STATES = {
    "CALL_OUTGOING": CallState.DIALLED,
    "CALL_LOCAL_SDP": CallState.DIALLED,
    "CALL_RINGING": CallState.RINGING,
    "CALL_PROGRESS": CallState.RINGING,
    "CALL_ESTABLISHED": CallState.CONNECTED,
    "CALL_CLOSED": CallState.ENDED,
}


@dataclass
class Softphone:
    """``desks``: which control port is whose, as ``{"lin": "10.0.0.5:4444"}``; the parcel's header ``desk`` names one,
    and ``""`` is everybody's. ``domain`` is the SIP domain or peer numbers are dialled at."""

    domain: str
    desks: Mapping[str, str]
    lines: Sequence[str] = field(default_factory=tuple)
    international: bool = False
    transport: str = ""

    idempotent = False

    def send(self, parcel: Parcel) -> Receipt:
        """Dial. Accepted means that the softphone is dialling; ``call`` tells the rest."""
        with contextlib.closing(_Call(self, parcel)) as call:
            return call.dial()

    def call(self, parcel: Parcel, *, seconds: float) -> Iterator[Receipt | CallEvent]:
        """Dial and stay on: the receipt, then each step until the call ends or the seconds are over."""
        with contextlib.closing(_Call(self, parcel)) as call:
            receipt = call.dial()
            yield receipt
            if receipt.accepted:
                yield from call.steps(seconds)

    def follow(self, parcel: Parcel, *, seconds: float) -> Iterator[CallEvent]:
        """Each further step of a call that ``send`` dialled, from how it stands now."""
        with contextlib.closing(_Call(self, parcel)) as call:
            yield from call.rest(seconds)

    def hang_up(self, desk: str = "") -> Receipt:
        """End the call of a desk."""
        return self._order(desk, "hangup")

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        return None

    def check(self) -> Receipt:
        """Every desk answers, and says how its lines are registered."""
        said = [self._order(desk, "reginfo") for desk in self.desks]
        return next((receipt for receipt in said if not receipt.accepted), accepted(sentence=_told(said)))

    def address(self, desk: str) -> tuple[str, int] | None:
        """Host and port of a desk; None when it has no softphone."""
        host, _colon, port = self.desks.get(desk, self.desks.get("", "")).rpartition(":")
        return (host.strip("[]"), int(port)) if host and port.isdigit() else None

    def dialled(self, number: str) -> str:
        """The number as it is dialled; empty for what is none."""
        try:
            return numbers.e164(number) if self.international else numbers.national(number)
        except numbers.NotANumber:
            return ""

    def uri(self, number: str) -> str:
        address = f"sip:{self.dialled(number)}@{self.domain}"
        return f"{address};transport={self.transport}" if self.transport else address

    def _order(self, desk: str, command: str) -> Receipt:
        address = self.address(desk)
        if address is None:
            return _no_desk()
        try:
            with contextlib.closing(Control(*address)) as control:
                answer = control.order(command, token=command)
        except OSError as error:
            return unreachable("softphone", text(str(error)))
        said = text(answer.get("data"))
        return accepted(sentence=said) if answer.get("ok") is True else rejected("refused", said, Fault.REQUEST)


class _Call:
    """One call from one desk, and the connection that hears of it."""

    def __init__(self, phone: Softphone, parcel: Parcel) -> None:
        self._phone, self._parcel = phone, parcel
        self._control: Control | None = None
        self._address = phone.address(parcel.headers.get("desk", ""))
        self._number, self._id = phone.dialled(parcel.to), ""
        self._sure = True
        """Whether we were there all the time, so that a call we never saw answered was not."""
        self._connected_at: float | None = None
        self._last: CallState | None = None

    def close(self) -> None:
        if self._control is not None:
            self._control.close()

    def dial(self) -> Receipt:
        found = dialled(self._parcel, self._phone.lines)
        if isinstance(found, Receipt):
            return found
        if self._address is None:
            return _no_desk()
        uri = self._phone.uri(found[0])
        try:
            control = self._connect()
        except OSError as error:
            return unreachable("softphone", text(str(error)))
        try:
            answer = control.order("dial", uri, token=self._parcel.key)
        except OSError as error:
            return unknown("no_answer", text(str(error)))
        if answer.get("ok") is not True:
            return rejected("not_dialled", text(answer.get("data")), Fault.REQUEST)
        return accepted(uri)

    def steps(self, seconds: float) -> Iterator[CallEvent]:
        """Each step once, in order, until the end."""
        until = time.monotonic() + seconds
        yield self._step(CallState.DIALLED)
        try:
            yield from self._heard(until - time.monotonic())
        except OSError:
            yield from self.rest(until - time.monotonic(), after_s=_AGAIN_S)

    def rest(self, seconds: float, *, after_s: float = 0.0) -> Iterator[CallEvent]:
        """The same, for a call that is under way: connect, ask how it stands, listen. When the softphone does not answer
        any more, how the call went on is not known, and nothing further is told."""
        until = time.monotonic() + seconds
        while self._address is not None and not self._over() and time.monotonic() < until:
            time.sleep(after_s)
            try:
                self._connect()
            except OSError:
                return
            after_s = _AGAIN_S
            with contextlib.suppress(OSError):
                yield from self._standing()
                if not self._over():
                    yield from self._heard(until - time.monotonic())

    def _over(self) -> bool:
        return self._last is CallState.ENDED

    def _connect(self) -> Control:
        assert self._address is not None
        self.close()
        self._control = Control(*self._address)
        return self._control

    def _heard(self, seconds: float) -> Iterator[CallEvent]:
        assert self._control is not None
        for heard in self._control.events(seconds):
            state = _STATES.get(text(heard.get("type")))
            if state is None or not self._is_this(heard):
                continue
            self._id = text(heard.get("id")) or self._id
            yield from self._reached(state, reason=text(heard.get("param")))
            if state is CallState.ENDED:
                return

    def _standing(self) -> Iterator[CallEvent]:
        """How the call stands by the softphone's own list; not in it means that it is over."""
        assert self._control is not None
        listed = str(self._control.order("listcalls", token="listcalls").get("data", ""))
        for hours, minutes, seconds, state, number in _CALLS.findall(listed):
            if number == self._number:
                if state == "ESTABLISHED":
                    talked = dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
                    yield from self._reached(CallState.CONNECTED, talked=talked)
                return
        self._sure = self._connected_at is not None
        yield from self._reached(CallState.ENDED)

    def _reached(self, state: CallState, *, reason: str = "", talked: dt.timedelta = _NO_TIME) -> Iterator[CallEvent]:
        """The step, unless it was told already."""
        order = list(CallState)
        if self._last is not None and order.index(state) <= order.index(self._last):
            return
        if state is CallState.CONNECTED:
            self._connected_at = time.monotonic() - talked.total_seconds()
        yield self._step(state, reason if state is CallState.ENDED else "")

    def _is_this(self, heard: dict[str, Any]) -> bool:
        if self._id and heard.get("id"):
            return bool(heard["id"] == self._id)
        peer = text(heard.get("peeruri")).partition(":")[2].partition("@")[0]
        return heard.get("direction", "outgoing") == "outgoing" and peer == self._number

    def _step(self, state: CallState, reason: str = "") -> CallEvent:
        self._last = state
        talked = None
        if state is CallState.ENDED and self._sure:
            talked = 0 if self._connected_at is None else round(time.monotonic() - self._connected_at)
        return CallEvent(
            key=self._parcel.key,
            state=state,
            at=clock.now(),
            provider_id=self._id,
            duration_s=talked,
            reason=reason,
        )


def _no_desk() -> Receipt:
    return rejected("no_softphone", _("This desk has no softphone."), Fault.REQUEST)


def _told(said: Sequence[Receipt]) -> str:
    return " · ".join(str(receipt.sentence) for receipt in said if receipt.sentence)
