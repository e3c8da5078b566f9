"""The codes that prove an entry and a block. Pure: facts in, code out."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

Columns = tuple[int, dt.datetime, dt.date, str, int | None, str, int, int | None, str]
"""id, at, day, event, actor, thing, thing id, party, facts as canonical JSON."""


def canonical(facts: dict[str, Any]) -> str:
    """Facts as JSON in one spelling only: keys sorted, no blanks. Whole numbers and texts, never floats."""
    return _canonical(facts)


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@functools.lru_cache(maxsize=16)
def _instant(at: dt.datetime) -> str:
    """In UTC; entries written together share it."""
    return at.astimezone(dt.UTC).isoformat()


def entry_code(key: bytes, columns: Columns) -> bytes:
    """HMAC-SHA256 over every column of an entry; the unit separator can't occur inside canonical JSON or names."""
    number, at, day, event, actor, thing, thing_id, party, facts = columns
    text = f"{number}\x1f{_instant(at)}\x1f{day}\x1f{event}\x1f{actor}\x1f{thing}\x1f{thing_id}\x1f{party}\x1f{facts}"
    return hmac.digest(key, text.encode(), "sha256")


Header = tuple[int, int, int, int, dt.datetime, bytes]
"""number, first id, last id, count, sealed at, the hash before."""


def block_hash(key: bytes, header: Header, entries: Iterable[tuple[int, bytes]]) -> bytes:
    """HMAC-SHA256 over every column of the block and each entry's id and code, in order of id."""
    number, first_id, last_id, count, sealed_at, previous = header
    digest = hashlib.sha256()
    for entry_id, code in entries:
        digest.update(b"%d:" % entry_id)
        digest.update(code)
    told = f"{number}:{first_id}:{last_id}:{count}:{sealed_at.astimezone(dt.UTC).isoformat()}:".encode()
    return hmac.digest(key, told + previous + digest.digest(), "sha256")
