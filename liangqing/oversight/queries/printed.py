"""The printed policy: what a document is made from, found in the books."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.oversight.printing.changes import changes
from liangqing.oversight.printing.document import Approval, Document, Facts, compose
from liangqing.parties.models import Creditor
from liangqing.people.models import Department, User
from liangqing.people.queries.institution import institution
from liangqing.policy import book
from liangqing.policy.content import Content, complete, digest
from liangqing.policy.models import Version
from liangqing.policy.queries import versions
from liangqing.policy.words import language_of


def document(version: str = "", *, language: str | None = None, compared: str | None = None) -> Document:
    """The policy of a version (the one in force when none is named), with an annex of what differs from another version.

    ``compared`` is that other version; None: the one it was drafted from; "": no such annex. The language is the
    reader's unless named. Raises ``Refusal`` (404) for a version there is not.
    """
    speaks = language_of(language)
    return compose(facts(version, language=speaks, compared=compared), speaks)


def facts(version: str = "", *, language: str, compared: str | None = None) -> Facts:
    """What the document of a version is made from."""
    today = clock.today()
    line = _line(version or book.in_force(today).version, today)
    content = complete(content_of(line.name))
    row = line.row
    other = _base(row) if compared is None else compared
    us = institution()
    place = us.place if us else ""
    return Facts(
        version=line.name,
        title=line.title,
        content=content,
        digest=digest(content),
        from_on=line.from_on,
        until_on=line.until_on,
        phase=line.phase,
        approvals=_voices(row) if row else [],
        counsel=row.counsel if row else "",
        institution=_name(language),
        place=(us.place_en or place) if us and language == "en" else place,
        departments=_departments(),
        printed_on=today,
        share=row.share if row else 100,
        compared=other,
        changes=changes(content_of(other), content, language) if other else (),
    )


def content_of(name: str) -> Content:
    """Raises ``Refusal`` (404) for a version there is not."""
    found = versions.content_of(name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> Refusal:
    return Refusal("unknown_version", _("There is no version “{version}” of the policy."), status=404, version=name)


def _line(name: str, today: dt.date) -> versions.Line:
    for line in versions.lines(today):
        if line.name == name:
            return line
    raise _unknown(name)


def _base(row: Version | None) -> str:
    if row is None:
        return ""
    return row.base.name if row.base else book.preset().version


def _voices(row: Version) -> list[Approval]:
    """Who approved, as remembered with the version; a login name is shown with the person's name."""
    names = [str(voice.get("name", "")) for voice in row.approved_by]
    known = dict(User.objects.filter(username__in=names).values_list("username", "name"))
    return [
        Approval(str(voice.get("step", "")), known.get(name, name), _day(voice.get("at")))
        for voice, name in zip(row.approved_by, names, strict=True)
    ]


def _day(given: Any) -> dt.date | None:
    """The business day of an instant or day as JSON remembers it."""
    if not isinstance(given, str) or not given:
        return None
    instant = parse_datetime(given)
    if instant is None:
        try:
            return dt.date.fromisoformat(given)
        except ValueError:
            return None
    return instant.astimezone(clock.zone()).date() if instant.tzinfo else instant.date()


def _name(language: str) -> str:
    """What the institution is called: as entered; else its only creditor's name; else nothing."""
    us = institution()
    if us is not None:
        return (us.name_en or us.name) if language == "en" else us.name
    names = list(Creditor.objects.values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def _departments() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, name in Department.objects.filter(closed_on=None).order_by("code").values_list("kind", "name"):
        found.setdefault(kind, []).append(name)
    return found
