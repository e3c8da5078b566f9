"""The institution's own gateways: signed JSON over HTTPS, with a key that makes sending twice harmless.

One small protocol for an own text message port (106…) and for a telephone exchange, described in docs/channels.md:
``POST url`` hands something over, ``GET url/key`` asks what became of it. Field names can be set, so that a gateway
with words of its own needs no program in between.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import posting, signing
from liangqing.outreach.channels.posting import Answer, mapping, text
from liangqing.outreach.channels.sending import (
    Fault,
    Receipt,
    accepted,
    not_found,
    rejected,
    unknown,
)

FAULTS: dict[str, tuple[Fault, float | None]] = {
    "busy": (Fault.BUSY, None),
    "recipient": (Fault.RECIPIENT, None),
    "content": (Fault.CONTENT, None),
    "balance": (Fault.ACCOUNT, None),
    "account": (Fault.ACCOUNT, None),
}
"""The codes our protocol knows; a gateway's own codes can be translated into them by ``codes``."""


@dataclass
class Gateway:
    """``fields``: what the gateway calls our fields, where it has other words. ``ok``: the value its ``code`` has when
    it took the request. ``idempotent``: whether it recognises a key it has had before."""

    url: str
    secret: str
    idempotent: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    ok: str = "ok"

    def hand_over(self, key: str, said: Mapping[str, Any]) -> Receipt:
        """POST it, with the key as ``Idempotency-Key`` as well."""
        named = {self.fields.get(name, name): value for name, value in said.items()}
        answer = self._exchange("POST", self.url, json.dumps(named, ensure_ascii=False).encode(), key)
        return answer if isinstance(answer, Receipt) else self._receipt(answer)

    def asks(self, key: str) -> Receipt | None:
        """GET what became of the key; None for a gateway that does not recognise keys."""
        if not self.idempotent:
            return None
        answer = self._exchange("GET", f"{self.url.rstrip('/')}/{key}", b"", key)
        if isinstance(answer, Receipt):
            return unknown(answer.code, answer.sentence, fault=answer.fault)
        if answer.status == HTTPStatus.NOT_FOUND:
            return not_found()
        return self._receipt(answer)

    def end(self, key: str) -> Receipt:
        """DELETE what is under way under the key; one that is over already (404) is over."""
        answer = self._exchange("DELETE", f"{self.url.rstrip('/')}/{key}", b"", key)
        if isinstance(answer, Receipt):
            return answer
        return accepted() if answer.status == HTTPStatus.NOT_FOUND else posting.failed(answer) or accepted()

    def check(self) -> Receipt:
        """GET the address itself; any 2xx will do."""
        answer = self._exchange("GET", self.url, b"", "")
        if isinstance(answer, Receipt):
            return answer
        return posting.failed(answer) or accepted(code=f"http_{answer.status}")

    def _exchange(self, method: str, url: str, body: bytes, key: str) -> Answer | Receipt:
        try:
            request = httpx.Request(method, url, headers=self._headers(body, key), content=body or None)
        except (httpx.InvalidURL, ValueError) as error:
            return rejected("bad_endpoint", text(str(error)), Fault.REQUEST)
        return posting.exchange(request, idempotent=self.idempotent)

    def _headers(self, body: bytes, key: str) -> dict[str, str]:
        timestamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        headers = {
            "accept": "application/json",
            "x-timestamp": timestamp,
            "x-nonce": nonce,
            "x-signature": signing.gateway(self.secret, timestamp, nonce, body),
        }
        if body:
            headers["content-type"] = "application/json; charset=utf-8"
        if key:
            headers["idempotency-key"] = key
        return headers

    def _receipt(self, answer: Answer) -> Receipt:
        said = mapping(answer.json)
        code = text(said.get(self.fields.get("code", "code")))
        message = text(said.get(self.fields.get("message", "message")))
        if code == self.ok and posting.failed(answer) is None:
            return accepted(text(said.get(self.fields.get("id", "id"))), code, message)
        if code and code != self.ok and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            fault, after = FAULTS.get(self.codes.get(code, code), (Fault.REQUEST, None))
            if fault is Fault.BUSY:
                after = answer.retry_after_s
            return rejected(code, message, fault, retry=fault is Fault.BUSY, after_s=after)
        return posting.failed(answer, idempotent=self.idempotent) or unknown(
            "no_code", _("The provider's answer can't be read."), retry=self.idempotent
        )
