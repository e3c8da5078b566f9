"""Versions as people look at them."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

from django.db.models import QuerySet

from liangqing.policy import book
from liangqing.policy.content import Content
from liangqing.policy.models import Version

PHASES = ("draft", "submitted", "approved", "in_force", "superseded", "withdrawn")


@dataclass(frozen=True)
class Line:
    """One version as a list shows it. ``phase``: draft, submitted, approved (not begun), in_force, superseded, withdrawn.
    ``until_on`` is the first day of the next one, where there is one."""

    name: str
    title: str
    from_on: dt.date
    until_on: dt.date | None
    phase: str
    row: Version | None


def lines(today: dt.date) -> list[Line]:
    """All versions, the newest first, the preset last."""
    rows = list(Version.objects.select_related("base").order_by("-number"))
    begun = sorted((row for row in rows if row.state == Version.State.APPROVED), key=lambda row: row.from_on)
    until = {row.pk: after.from_on for row, after in itertools.pairwise(begun)}
    found = []
    for row in rows:
        phase = row.state
        if row.state == Version.State.APPROVED and row.from_on <= today:
            ended = until.get(row.pk)
            phase = "superseded" if ended is not None and ended <= today else "in_force"
        found.append(Line(row.name, row.title, row.from_on, until.get(row.pk), phase, row))
    shipped = book.preset()
    first = begun[0].from_on if begun else None
    phase = "superseded" if first is not None and first <= today else "in_force"
    return [*found, Line(shipped.version, "", shipped.from_on, first, phase, None)]


def content_of(name: str) -> Content | None:
    """The content of a version by its name; None when there is none."""
    if name == book.preset().version:
        return book.preset_content()
    row = row_named(name)
    return row.content if row else None


def row_named(name: str) -> Version | None:
    number = name.removeprefix("v")
    return Version.objects.select_related("base").filter(number=int(number)).first() if number.isdigit() else None


def drafts() -> QuerySet[Version]:
    return Version.objects.filter(state__in=[Version.State.DRAFT, Version.State.SUBMITTED]).order_by("-number")
