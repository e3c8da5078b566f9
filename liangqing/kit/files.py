"""Files people hand in: known by their first bytes, kept sealed under the hash of their content, read back only here.

They stand in ``files/ab/cd/…`` of the data folder. Which thing a file belongs to and what it is called is the room's to
remember: its hash, its size, its name (cleaned and sealed) and its media type.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from liangqing.kit import media, sealing
from liangqing.kit.refusal import Refusal


@dataclass(frozen=True)
class Upload:
    """A file as somebody hands it in: the name it bore there, and its bytes."""

    name: str
    content: bytes


def kinds(uploads: Sequence[Upload]) -> list[str]:
    """The media types of the files. Raises ``Refusal`` (422, field ``attachments``) for one that is too large or of a
    kind that is not taken."""
    return [_kind(upload) for upload in uploads]


def _kind(upload: Upload) -> str:
    if len(upload.content) > media.MOST_BYTES:
        raise Refusal(
            "file_too_large",
            _("“{name}” is larger than {most} MB. Make it smaller or split it."),
            status=422,
            field="attachments",
            name=upload.name,
            most=media.MOST_BYTES // 1024 // 1024,
        )
    kind = media.media_type(upload.content)
    if kind is None:
        raise Refusal(
            "file_kind",
            _("“{name}” is no kind of file that is kept here. Use one of: {kinds}."),
            status=422,
            field="attachments",
            name=upload.name,
            kinds=", ".join(media.KINDS.values()),
        )
    return kind


def keep(content: bytes) -> str:
    """Write the content under its hash, whole or not at all; returns the hash.

    A file whose transaction fails stays in its folder unnamed, where the next one with the same content finds it.
    """
    name = hashlib.sha256(content).hexdigest()
    place = _place(name)
    if place.exists():
        return name
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f"{name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealing.seal_bytes(content))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)
    return name


def read(sha256: str, size: int) -> BinaryIO:
    """The file, open for reading. Raises ``Refusal`` when it is gone or no longer what was handed in.

    Whoever shows it to a browser sends it as a download, with its media type and ``nosniff``.
    """
    place = _place(sha256)
    if not place.exists():
        raise Refusal(
            "file_missing",
            _("The file is not in the data folder. Restore it from a backup."),
            status=404,
            sha256=sha256,
        )
    try:
        found = sealing.unseal_bytes(place.read_bytes())
    except ValueError:
        found = b""
    if len(found) != size or hashlib.sha256(found).hexdigest() != sha256:
        raise Refusal(
            "file_altered",
            _("The file was altered after it was handed in. Restore it from a backup and tell audit."),
            sha256=sha256,
        )
    return io.BytesIO(found)


def _place(sha256: str) -> Path:
    return Path(settings.HOME) / "files" / sha256[:2] / sha256[2:4] / sha256
