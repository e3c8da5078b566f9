"""The signatures providers ask for. Pure: no clock, no random numbers, nothing sent."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

MOST_AGE_S = 300
"""How old a signed callback may be, in seconds; older ones may be replays."""


def acs3(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, *, key: str, secret: str
) -> str:
    """Aliyun's ACS3-HMAC-SHA256: the ``Authorization`` header. Every header given is signed."""
    kept = sorted((name.lower(), value.strip()) for name, value in headers.items())
    names = ";".join(name for name, _value in kept)
    request = "\n".join(
        (
            method,
            path or "/",
            canonical_query(query),
            "".join(f"{name}:{value}\n" for name, value in kept),
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"


def canonical_query(query: Mapping[str, str]) -> str:
    """The query sorted and escaped as Aliyun counts it; it is sent in this very spelling."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def tc3(host: str, content_type: str, body: bytes, *, service: str, at: dt.datetime, key: str, secret: str) -> str:
    """Tencent's TC3-HMAC-SHA256 for a POST to ``/``: the ``Authorization`` header."""
    day = at.astimezone(dt.UTC).strftime("%Y-%m-%d")
    headers = f"content-type:{content_type}\nhost:{host}\n"
    request = f"POST\n/\n\n{headers}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{int(at.timestamp())}\n{scope}\n{hashed}"
    signer = f"TC3{secret}".encode()
    for step in (day, service, "tc3_request"):
        signer = hmac.digest(signer, step.encode(), "sha256")
    signature = hmac.new(signer, to_sign.encode(), "sha256").hexdigest()
    return f"TC3-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


def dingtalk(timestamp_ms: int, secret: str) -> str:
    """钉钉's 加签: base64, not yet escaped for a URL."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), "sha256")).decode()


def gateway(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Our own scheme towards an institution's gateways, both ways: HMAC-SHA256 over time, nonce and body, in hex."""
    return hmac.new(secret.encode(), f"{timestamp}\n{nonce}\n".encode() + body, "sha256").hexdigest()


def gateway_verified(secret: str, headers: Mapping[str, str], body: bytes, at: dt.datetime) -> bool:
    """Whether a gateway signed this callback, at most five minutes ago. Header names in any case."""
    given = {name.lower(): value for name, value in headers.items()}
    timestamp, nonce = given.get("x-timestamp", ""), given.get("x-nonce", "")
    if not secret or not nonce or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    if abs(at.timestamp() - int(timestamp)) > MOST_AGE_S:
        return False
    return same(gateway(secret, timestamp, nonce, body), given.get("x-signature", ""))


def same(expected: str, given: str) -> bool:
    """Compared in a time that tells nothing; an empty expectation is never met."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
