"""The control port of baresip (module ctrl_tcp): JSON in netstrings, one connection at a time."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

_TIMEOUT_S = 5.0
_MOST_BYTES = 100_000


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
