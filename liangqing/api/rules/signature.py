"""How a message to a webhook is signed, and how its receiver checks that."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(secrets: Sequence[str], at: int, body: bytes) -> str:
    """The header ``Liangqing-Signature``: ``t`` is the instant of sending in seconds since 1970, ``v1`` the hexadecimal
    HMAC-SHA256, with the webhook's secret, of t, a point and the body. A secret that was replaced signs beside the new
    one for a while: there are two ``v1`` then."""
    return ",".join([f"t={at}", *(f"v1={_code(secret, at, body)}" for secret in secrets)])


def _code(secret: str, at: int, body: bytes) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()


def holds(secret: str, header: str, body: bytes, *, now: int, patience: int = 300) -> bool:
    """Whether a message is ours, unaltered, and not an old one sent again (``patience`` in seconds)."""
    parts = [part.partition("=") for part in header.split(",")]
    at = next((value for name, _is, value in parts if name == "t"), "")
    if not (at.isascii() and at.isdecimal()) or abs(now - int(at)) > patience:
        return False
    wanted = _code(secret, int(at), body)
    return any(hmac.compare_digest(wanted.encode(), code.encode()) for name, _is, code in parts if name == "v1")
