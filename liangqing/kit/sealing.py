"""Personal data at rest: sealed with a key that never enters the database, findable by a keyed index.

A sealed text is ``~1:`` and base64 of nonce + AES-256-GCM ciphertext; a text without that mark is plain.
The index of a value is its keyed BLAKE2b of 16 bytes: equal values, equal index, nothing else learned.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import hmac
import os
import re
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MARK = "~1:"
_NONCE = 12


def master_key() -> bytes:
    """The institution's key: ``LIANGQING_KEY`` (base64 of 32 bytes) or the file ``keys/master.key`` in the data folder.

    The file is made, readable to its owner alone, when neither exists. Losing it loses the sealed data.
    """
    if given := os.environ.get("LIANGQING_KEY"):
        key = base64.b64decode(given)
    else:
        path = Path(settings.HOME) / "keys" / "master.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(32)) + b"\n")
            with contextlib.suppress(FileExistsError):  # the first to arrive wins; nobody overwrites a key
                os.link(draft, path)
            draft.unlink()
        key = base64.b64decode(path.read_bytes())
    if len(key) != 32:
        raise ValueError("the master key must be 32 bytes, written in base64")
    return key


@functools.cache
def key_for(purpose: str) -> bytes:
    """A key of its own for each purpose (seal, index, trail), derived from the master key."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"liangqing {purpose}".encode()).derive(master_key())


def fingerprint() -> str:
    """Names the key without telling it, so that a backup can say which key it needs."""
    return hmac.digest(key_for("fingerprint"), b"liangqing", "sha256")[:8].hex()


@functools.cache
def _cipher() -> AESGCM:
    return AESGCM(key_for("seal"))


def seal(text: str) -> str:
    """Encrypt; an empty text stays empty."""
    if not text:
        return ""
    nonce = os.urandom(_NONCE)
    return MARK + base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), None)).decode()


def seal_all(texts: Iterable[str]) -> list[str]:
    """``seal`` of each, for many: nonces are drawn together."""
    encrypt, encode = _cipher().encrypt, binascii.b2a_base64
    texts = list(texts)
    drawn = os.urandom(_NONCE * len(texts))
    sealed = []
    for place, text in enumerate(texts):
        if text:
            nonce = drawn[place * _NONCE : place * _NONCE + _NONCE]
            sealed.append(MARK + encode(nonce + encrypt(nonce, text.encode(), None), newline=False).decode())
        else:
            sealed.append("")
    return sealed


def unseal(stored: str) -> str:
    """Decrypt what was sealed; a plain text is returned as it is. Raises ``InvalidTag`` when it was altered."""
    if not stored.startswith(MARK):
        return stored
    raw = base64.b64decode(stored[len(MARK) :])
    return _cipher().decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()


def seal_bytes(content: bytes) -> bytes:
    """Encrypt the content of a file."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher().encrypt(nonce, content, None)


def unseal_bytes(stored: bytes) -> bytes:
    """Decrypt what ``seal_bytes`` gave. Raises ``ValueError`` when it was altered."""
    try:
        return _cipher().decrypt(stored[:_NONCE], stored[_NONCE:], None)
    except InvalidTag as error:
        raise ValueError("the sealed content was altered") from error


def normal(text: str) -> str:
    """What counts as the same when searching: width, case and blanks are ignored."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def index(text: str) -> bytes:
    """The keyed index under which a value is found; empty for an empty value."""
    value = "".join(text.split()).lower() if text.isascii() else normal(text)
    return blake2b(value.encode(), key=key_for("index"), digest_size=16).digest() if value else b""


def index_all(texts: Iterable[str]) -> list[bytes]:
    """``index`` of each, for many."""
    key = key_for("index")
    values = ("".join(text.split()).lower() if text.isascii() else normal(text) for text in texts)
    return [blake2b(value.encode(), key=key, digest_size=16).digest() if value else b"" for value in values]
