"""Recordings in a page: played there once the trail knows who listens and what for, in parts as browsers ask for them."""

from __future__ import annotations

import re

from django.core import signing
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from liangqing.people.models import User

HEARD_S = 4 * 3600
"""So long a page that was opened for listening plays; it is as long as the longest call is taken to last."""
PLAYED = frozenset(("audio/mpeg", "audio/wav"))
"""What browsers play; anything else is saved and opened elsewhere."""
_SALT = "liangqing.workbench.audio"
_PART = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def permit(user: User, number: int) -> str:
    """A token with which this person plays this file, without the trail telling it again at every part."""
    return signing.dumps([user.pk, number], salt=_SALT)


def permitted(user: User, number: int, token: str) -> bool:
    try:
        return bool(signing.loads(token, salt=_SALT, max_age=HEARD_S) == [user.pk, number])
    except signing.BadSignature:
        return False


def answer(content: bytes, *, name: str, media_type: str, wanted: str, save: bool = False) -> HttpResponse:
    """A recording, or the part of it that ``wanted`` (the header Range) names: 206, or 416 for one beyond its end. Several
    parts at once, and what is no range of bytes, are answered with the whole, as RFC 9110 14.2 allows."""
    size, asked = len(content), _PART.fullmatch(wanted.strip())
    first, last, status = 0, size - 1, 200
    if asked and (asked[1] or asked[2]):
        if asked[1]:
            first, last = int(asked[1]), min(int(asked[2]) if asked[2] else size - 1, size - 1)
        else:
            first = max(size - int(asked[2]), 0)
        status = 206 if first <= last else 416
    if status == 416:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    told = HttpResponse(content[first : last + 1], status=status, content_type=media_type)
    told["Accept-Ranges"] = "bytes"
    told["X-Content-Type-Options"] = "nosniff"
    told["Cache-Control"] = "private, no-store"
    told["Content-Disposition"] = content_disposition_header(as_attachment=save, filename=name) or "inline"
    if status == 206:
        told["Content-Range"] = f"bytes {first}-{last}/{size}"
    return told
