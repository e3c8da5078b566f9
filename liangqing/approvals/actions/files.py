"""Files that belong to requests; how they are known, kept and read back is the kit's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from liangqing.approvals.models import Attachment, Request
from liangqing.kit import clock, files, media, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User

MOST_FILES = 10
"""Of one round of a request."""


@action
@clause("P1 4")
def attach(request: Request, uploads: Sequence[Upload], *, by: User) -> list[Attachment]:
    """Keep the files with the present round of a request; part of requesting, so that nobody approves what they did not
    see. Raises ``Refusal`` (422, field ``attachments``) for too many, too large, or a kind that is not taken."""
    if len(uploads) > MOST_FILES:
        raise Refusal(
            "too_many_files",
            _("A request takes at most {most} files. Put several into one document."),
            status=422,
            field="attachments",
            most=MOST_FILES,
        )
    kinds = files.kinds(uploads)
    return Attachment.objects.bulk_create(
        Attachment(
            request=request,
            round=request.round,
            sha256=files.keep(upload.content),
            name_stored=sealing.seal(media.clean_name(upload.name, kind)),
            size=len(upload.content),
            media_type=kind,
            by=by,
            at=clock.now(),
        )
        for upload, kind in zip(uploads, kinds, strict=True)
    )


def read(attachment: Attachment) -> BinaryIO:
    """The file, open for reading. Raises ``Refusal`` when it is gone or no longer what was handed in."""
    return files.read(attachment.sha256, attachment.size)
