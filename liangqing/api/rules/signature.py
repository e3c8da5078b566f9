"""How a message to a webhook is signed, and how its receiver checks that."""

from __future__ import annotations

import hmac
import secrets


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(secret: str, at: int, body: bytes) -> str:
    """The header ``Liangqing-Signature``: ``t`` is the instant of sending in seconds since 1970, ``v1`` the hexadecimal
    HMAC-SHA256, with the webhook's secret, of t, a point and the body."""
    code = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={code}"


def holds(secret: str, header: str, body: bytes, *, now: int, patience: int = 300) -> bool:
    """Whether a message is ours, unaltered, and not an old one sent again (``patience`` in seconds)."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    at = parts.get("t", "")
    if not at.isdecimal() or abs(now - int(at)) > patience:
        return False
    return hmac.compare_digest(sign(secret, int(at), body), f"t={at},v1={parts.get('v1', '')}")
