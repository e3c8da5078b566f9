"""Files that belong to records; how they are known, kept and read back is the kit's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from liangqing.cases.models import Attachment, Record
from liangqing.kit import files, media, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal

__all__ = ["MOST_FILES", "Upload", "attach", "check", "read"]

MOST_FILES = 10
"""Of one record."""


def check(uploads: Sequence[Upload]) -> list[str]:
    """The media types of the files. Raises ``Refusal`` (422, field ``attachments``) for too many, too large, or a kind
    that is not taken."""
    if len(uploads) > MOST_FILES:
        raise Refusal(
            "too_many_files",
            _("A record takes at most {most} files. Write a second record for the others."),
            status=422,
            field="attachments",
            most=MOST_FILES,
        )
    return files.kinds(uploads)


@action
@clause("P2 3.4")
def attach(record: Record, uploads: Sequence[Upload]) -> list[Attachment]:
    """Keep the files with the record. Raises what ``check`` raises."""
    kinds = check(uploads)
    return Attachment.objects.bulk_create(
        Attachment(
            record=record,
            sha256=files.keep(upload.content),
            name_stored=sealing.seal(media.clean_name(upload.name, kind)),
            size=len(upload.content),
            media_type=kind,
        )
        for upload, kind in zip(uploads, kinds, strict=True)
    )


def read(attachment: Attachment) -> BinaryIO:
    """The file, open for reading. Raises ``Refusal`` when it is gone or no longer what was handed in."""
    return files.read(attachment.sha256, attachment.size)
