"""A SIP softphone on somebody's desk: baresip, steered over its control port (module ctrl_tcp).

The port speaks JSON in netstrings: we say ``dial`` and ``hangup``, it tells each step of a call. It knows no user and
no password, so it may listen on the collector's own machine or a protected network only. Nor does it know keys: a call
is told apart by the number dialled, so one call at a time, which is what a person can talk on anyway.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import numbers
from liangqing.outreach.channels.calls import CallEvent, CallState, dialled
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

_TIMEOUT_S = 5.0
_MOST_BYTES = 100_000
_STATES = {
    "CALL_OUTGOING": CallState.DIALLED,
    "CALL_LOCAL_SDP": CallState.DIALLED,
    "CALL_RINGING": CallState.RINGING,
    "CALL_PROGRESS": CallState.RINGING,
    "CALL_ESTABLISHED": CallState.CONNECTED,
    "CALL_CLOSED": CallState.ENDED,
}


class Broken(OSError):
    """The control port said something that is no netstring, or hung up."""


class Control:
    """One connection to a control port."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=_TIMEOUT_S)
        self._pending = b""
        self._waiting: list[dict[str, Any]] = []

    def close(self) -> None:
        self._socket.close()

    def order(self, command: str, params: str = "", *, token: str) -> dict[str, Any]:
        """Give a command and wait for its answer; events that come first are kept. Raises ``OSError``."""
        said = json.dumps({"command": command, "params": params, "token": token}).encode()
        self._socket.sendall(b"%d:%s," % (len(said), said))
        until = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < until:
            heard = self._next(until - time.monotonic())
            if heard is None:
                break
            if heard.get("response") is True and heard.get("token") == token:
                return heard
            self._waiting.append(heard)
        raise TimeoutError("no answer from the control port")

    def events(self, seconds: float) -> Iterator[dict[str, Any]]:
        """What the softphone tells, for so long. Raises ``OSError`` when the connection ends."""
        until = time.monotonic() + seconds
        while True:
            if self._waiting:
                heard: dict[str, Any] | None = self._waiting.pop(0)
            else:
                heard = self._next(until - time.monotonic())
            if heard is None:
                return
            if heard.get("event") is True:
                yield heard

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """The next message, or None when none came in time."""
        until = time.monotonic() + seconds
        while (message := self._taken()) is None:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                piece = self._socket.recv(65_536)
            except TimeoutError:
                return None
            finally:
                self._socket.settimeout(_TIMEOUT_S)
            if not piece:
                raise Broken("the control port hung up")
            self._pending += piece
        return message

    def _taken(self) -> dict[str, Any] | None:
        """A whole message from what has arrived."""
        length, colon, rest = self._pending.partition(b":")
        if not colon:
            if len(length) > len(str(_MOST_BYTES)):
                raise Broken("no netstring")
            return None
        if not length.isdigit() or int(length) > _MOST_BYTES:
            raise Broken("no netstring")
        size = int(length)
        if len(rest) <= size:
            return None
        if rest[size : size + 1] != b",":
            raise Broken("no netstring")
        self._pending = rest[size + 1 :]
        try:
            said = json.loads(rest[:size].decode("utf-8", "replace"))
        except ValueError as error:
            raise Broken("no JSON") from error
        return said if isinstance(said, dict) else {}


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

    def uri(self, number: str) -> str:
        written = number if self.international else numbers.national(number)
        return f"sip:{written}@{self.domain}" + (f";transport={self.transport}" if self.transport else "")

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
        self._number, self._id = "", ""
        self._connected_at: float | None = None
        self._last: CallState | None = None

    def close(self) -> None:
        if self._control is not None:
            self._control.close()

    def dial(self) -> Receipt:
        found = dialled(self._parcel, self._phone.lines)
        if isinstance(found, Receipt):
            return found
        address = self._phone.address(self._parcel.headers.get("desk", ""))
        if address is None:
            return _no_desk()
        uri = self._phone.uri(found[0])
        self._number = uri.partition(":")[2].partition("@")[0]
        try:
            self._control = Control(*address)
        except OSError as error:
            return unreachable("softphone", text(str(error)))
        try:
            answer = self._control.order("dial", uri, token=self._parcel.key)
        except OSError as error:
            return unknown("no_answer", text(str(error)))
        if answer.get("ok") is not True:
            return rejected("not_dialled", text(answer.get("data")), Fault.REQUEST)
        return accepted(uri)

    def steps(self, seconds: float) -> Iterator[CallEvent]:
        """Each step once, in order, until the end."""
        assert self._control is not None
        yield self._step(CallState.DIALLED)
        try:
            for heard in self._control.events(seconds):
                state = _STATES.get(text(heard.get("type")))
                if state is None or not self._is_this(heard):
                    continue
                self._id = text(heard.get("id")) or self._id
                if state is CallState.CONNECTED and self._connected_at is None:
                    self._connected_at = time.monotonic()
                if state is CallState.ENDED:
                    yield self._step(state, reason=text(heard.get("param")))
                    return
                if self._last is None or list(CallState).index(state) > list(CallState).index(self._last):
                    yield self._step(state)
        except OSError:  # the softphone is gone: how the call went on is not known
            return

    def _is_this(self, heard: dict[str, Any]) -> bool:
        if self._id and heard.get("id"):
            return bool(heard["id"] == self._id)
        peer = text(heard.get("peeruri")).partition(":")[2].partition("@")[0]
        return heard.get("direction", "outgoing") == "outgoing" and peer == self._number

    def _step(self, state: CallState, reason: str = "") -> CallEvent:
        self._last = state
        talked = None
        if state is CallState.ENDED:
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
