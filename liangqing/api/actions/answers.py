"""The same write asked twice is done once: answers are remembered under the key the client gave."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.api.models import Answer, Client, Usage
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal

Told = tuple[int, dict[str, Any]]
"""Status and body."""

_REMEMBERED = dt.timedelta(days=30)
_COUNTED = dt.timedelta(days=2)


def once(client: Client, key: str, asked: bytes, work: Callable[[], Told], *, whole: bool = True) -> Told:
    """Do the work, or answer what it was answered the first time. ``asked`` is the request: method, path and body.

    With ``whole`` work and answer are one transaction. Without (the work commits by itself, and doing it again changes
    nothing) a process killed between the two leaves no answer, and the work is done again.

    A ``Refusal`` raised by the work is no answer: it may be asked again under the same key. Raises ``Refusal``:
    ``key_reused`` for another request under the same key, ``key_busy`` while the first is still being worked on.
    """
    digest = hashlib.sha256(asked).digest()
    with _alone(client, key):
        found = Answer.objects.filter(client=client, key=key).first()
        if found is not None:
            if bytes(found.digest) != digest:
                raise Refusal(
                    "key_reused",
                    _("This idempotency key was used for another request. Use a new key for every new request."),
                )
            return found.status, found.body
        if not whole:
            return _remember(client, key, digest, work())
        with transaction.atomic():
            return _remember(client, key, digest, work())


def _remember(client: Client, key: str, digest: bytes, told: Told) -> Told:
    status, body = told
    Answer.objects.create(client=client, key=key, digest=digest, status=status, body=body, at=clock.now())
    return told


@contextmanager
def _alone(client: Client, key: str) -> Iterator[None]:
    name = f"liangqing answer {client.pk} {key}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        (free,) = cursor.fetchone()
    if not free:
        raise Refusal(
            "key_busy", _("The same request is still being worked on. Wait a little, then ask again with the same key.")
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def tidy() -> int:
    """Forget answers older than 30 days and counts older than 2; returns how many rows went."""
    answers, _each = Answer.objects.filter(at__lt=clock.now() - _REMEMBERED).delete()
    counts, _each = Usage.objects.filter(minute__lt=clock.now() - _COUNTED).delete()
    return answers + counts
