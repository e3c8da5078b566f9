"""The institution's own gateways, for text messages (``/sms``) and calls (``/calls``), by the protocol of docs/channels.md.

A key that comes again is answered as before and carried out once. The last digits of the number choose what happens:
``…9001`` busy, ``…9002`` content refused, ``…9003`` no balance, ``…9004`` taken, but never answered, ``…9005`` taken, then
hung up, ``…9006`` taken, then status 500. Afterwards the callback, when there is one, hears what became of it; a call
rings, is answered and ends.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.outreach.servers.journal import Journal
from tests.outreach.servers.web import Answer, HangUp, WebServer

SECRET = "gateway secret"
_REFUSED = {"9001": ("busy", 429), "9002": ("content", 400), "9003": ("balance", 402)}


class Gateways:
    def __init__(self, journal: Journal, callback: str = "", patience_s: float = 3600) -> None:
        self.journal, self.callback, self.patience_s = journal, callback, patience_s
        self.taken: dict[str, str] = {}
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if not self._signed(headers, body):
            return 401, {"code": "account", "message": "wrong signature"}, {}
        if method == "GET":
            key = path.rpartition("/")[2]
            if path in ("/sms", "/calls"):
                return 200, {"code": "ok"}, {}
            if key not in self.taken:
                return 404, {"code": "not_found"}, {}
            return 200, {"code": "ok", "id": self.taken[key]}, {}
        said = json.loads(body)
        number = said.get("to") or said.get("callee", "")
        if number[-4:] in _REFUSED:
            code, status = _REFUSED[number[-4:]]
            return status, {"code": code, "message": f"refused: {code}"}, {"Retry-After": "30"}
        key = headers["idempotency-key"]
        with self._lock:
            again = key in self.taken
            self.taken.setdefault(key, f"G{len(self.taken) + 1}")
        self.journal.note(path=path, key=key, again=again, id=self.taken[key], said=said)
        if not again and self.callback:
            threading.Thread(target=self._tell, args=(path, key, said), daemon=True).start()
        if not again:
            if number.endswith("9004"):
                time.sleep(self.patience_s)
            if number.endswith(("9004", "9005")):
                raise HangUp
            if number.endswith("9006"):
                return 500, {"message": "something broke"}, {}
        return 200, {"code": "ok", "id": self.taken[key]}, {}

    def _signed(self, headers: dict[str, str], body: bytes) -> bool:
        """Written apart from the client's own code."""
        stamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
        digest = hmac.new(SECRET.encode(), b"\n".join((stamp.encode(), nonce.encode(), body)), hashlib.sha256)
        with self._lock:
            fresh = nonce not in self._nonces
            self._nonces.add(nonce)
        return fresh and hmac.compare_digest(digest.hexdigest(), headers.get("x-signature", ""))

    def _tell(self, path: str, key: str, said: dict[str, Any]) -> None:
        steps = (
            [{"state": "dialled"}, {"state": "ringing"}, {"state": "connected"},
             {"state": "ended", "duration_s": 7, "recording": "https://recordings.example.org/1.wav"}]
            if path == "/calls"
            else [{"state": "delivered", "to": said.get("to", ""), "segments": 1, "code": "DELIVRD"}]
        )  # fmt: skip
        for step in steps:
            time.sleep(0.05)
            at = dt.datetime.now(dt.UTC).isoformat()
            push(self.callback, {"key": key, "id": self.taken[key], "at": at, **step})


def push(url: str, said: Any) -> int:
    """Send a signed callback; the status of the answer."""
    body = json.dumps(said, ensure_ascii=False).encode()
    request = urllib.request.Request(url, body, headers=signed(body), method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return int(answer.status)


def signed(body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers of a callback."""
    stamp, nonce = str(int(time.time() if at is None else at)), secrets.token_hex(8)
    signature = hmac.new(SECRET.encode(), f"{stamp}\n{nonce}\n".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature, "Content-Type": "application/json"}


class CallServer(WebServer):
    def __init__(self, folder: Path, *, port: int = 0, callback: str = "", patience_s: float = 3600) -> None:
        self.journal = Journal(folder, "call")
        super().__init__(Gateways(self.journal, callback, patience_s).answer, port)
