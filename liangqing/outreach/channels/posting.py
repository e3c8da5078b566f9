"""Requests to providers over HTTPS, and what their failing means for what was sent.

Before the request is written nothing can have happened: trying again is safe. From the first byte on, no answer means
*unknown*. Redirects are not followed: a signed request is for one address. A proxy the environment names
(``HTTPS_PROXY``, ``NO_PROXY``) is used.
"""

from __future__ import annotations

import email.utils
import functools
import json
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels.sending import Fault, Receipt, rejected, unknown, unreachable

TIMEOUT = httpx.Timeout(10, connect=5)
_MOST_BYTES = 1_000_000
"""Of an answer; a provider's answers are small."""

_NOTHING_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    json: Any
    """What the body says; None when it is no JSON."""
    retry_after_s: float | None


def exchange(request: httpx.Request, *, idempotent: bool = False) -> Answer | Receipt:
    """The provider's answer, or a receipt that says why there is none.

    ``idempotent``: the provider recognises the key, so that an unknown outcome may be tried again.
    """
    try:
        verify = _trusted() if request.url.scheme == "https" else False
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, verify=verify) as client:
            answer = client.send(request, stream=True)
            try:
                body = _read(answer)
            finally:
                answer.close()
    except _NOTHING_SENT as error:
        return unreachable(_name(error))
    except (httpx.HTTPError, httpx.StreamError, ValueError) as error:
        return unknown(_name(error), retry=idempotent)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    return Answer(answer.status_code, said, _retry_after(answer.headers.get("retry-after", "")))


def failed(answer: Answer, *, idempotent: bool = False) -> Receipt | None:
    """What the status alone says: None for 2xx. A server's own failure (5xx) leaves open whether it sent."""
    code = f"http_{answer.status}"
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        sentence = _("The provider asks to slow down.")
        return rejected(code, sentence, Fault.BUSY, retry=True, after_s=answer.retry_after_s)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and answer.retry_after_s is not None:
        sentence = _("The provider is not available for the moment.")
        return rejected(code, sentence, Fault.BUSY, retry=True, after_s=answer.retry_after_s)
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return rejected(code, _("The provider does not accept our credentials."), Fault.ACCOUNT)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unknown(code, _("The provider failed while it had the message."), retry=idempotent, fault=Fault.BUSY)
    return rejected(code, _("The provider does not understand the request."), Fault.REQUEST)


def text(value: Any, most: int = 300) -> str:
    """A field of an answer as a short printable text, whatever it is."""
    if value is None:
        return ""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "".join(char if char.isprintable() else " " for char in said)[:most].strip()


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one where the provider said something else."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON array; a single object counts as one."""
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust, read once a process. Each request has a connection of its own: one kept open and closed by the
    provider meanwhile would leave a message *unknown* that was never sent."""
    return httpx.create_ssl_context()


def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            raise ValueError("the answer is too long")
    return bytes(body)


def _name(error: Exception) -> str:
    """``ConnectTimeout`` as ``connect_timeout``."""
    name = type(error).__name__
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).strip("_")


def _retry_after(header: str) -> float | None:
    """Seconds, from either form of the header."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(header) - clock.now()).total_seconds())
    except (ValueError, TypeError):
        return None
