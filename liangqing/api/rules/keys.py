"""What a key looks like: ``lq_<id>_<secret>``. The id finds the client, the secret proves it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_ID = "0123456789abcdefghjkmnpqrstvwxyz"  # no letters that are easily misread
_FORM = re.compile(r"lq_([0-9a-z]{1,16})_([0-9A-Za-z_-]{20,100})")


def new_id() -> str:
    return "".join(secrets.choice(_ID) for _place in range(10))


def new_secret() -> str:
    """256 bits, in letters a header can carry."""
    return secrets.token_urlsafe(32)


def write(key_id: str, secret: str) -> str:
    return f"lq_{key_id}_{secret}"


def read(key: str) -> tuple[str, str] | None:
    """The id and the secret of a key; None when it has not the form of one."""
    found = _FORM.fullmatch(key)
    return (found[1], found[2]) if found else None


def hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def proves(secret: str, stored: bytes) -> bool:
    """Compared in a time that tells nothing about where they differ."""
    return hmac.compare_digest(hashed(secret), stored)
