"""Versions as people look at them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from liangqing.policy import book
from liangqing.policy.content import Content, Problem, complete, problems, resolved_cells, row_at, terms_of
from liangqing.policy.models import Version
from liangqing.policy.rules.difference import Difference, differences
from liangqing.policy.scope import Cell, cells
from liangqing.policy.tables import Fault, Table, blank_tables
from liangqing.policy.terms import Choice, Term, Terms, definitions, entries_of

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


def lines(today: dt.date, *, contents: bool = False) -> list[Line]:
    """All versions, the newest first, the preset last; with ``contents`` where each is looked into, they come along."""
    found_rows = Version.objects.select_related("base").order_by("-number")
    rows = list(found_rows if contents else found_rows.defer("content", "base__content"))
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
    """The stored version of this name; None for the preset and for what is no name."""
    number = name.removeprefix("v")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        return None
    return Version.objects.select_related("base").filter(number=int(number)).first()


def drafts() -> QuerySet[Version]:
    return Version.objects.filter(state__in=[Version.State.DRAFT, Version.State.SUBMITTED]).order_by("-number")


@dataclass(frozen=True)
class Look:
    """One version as pages look at it: its whole content, that of its base, and its phase."""

    line: Line
    content: Content
    base_name: str
    base_content: Content | None

    @property
    def name(self) -> str:
        return self.line.name

    @property
    def row(self) -> Version | None:
        """The stored version; None for the preset."""
        return self.line.row

    @property
    def is_draft(self) -> bool:
        return self.row is not None and self.row.state == Version.State.DRAFT

    @functools.cached_property
    def differences(self) -> list[Difference]:
        """What it changes of its base."""
        return [] if self.base_content is None else differences(self.base_content, self.content)

    @functools.cached_property
    def problems(self) -> list[Problem]:
        """What keeps it from being submitted, then the notes."""
        return sorted(found_in(self.content), key=lambda problem: problem.note)

    @property
    def outdated(self) -> bool:
        """Whether another version was approved since that begins before it, so that it has to be brought onto that."""
        from liangqing.policy.actions.versions import base_on

        if self.row is None or self.row.state not in (Version.State.DRAFT, Version.State.SUBMITTED):
            return False
        return base_on(self.row.from_on) != self.row.base


def look(name: str, today: dt.date) -> Look | None:
    """A version by its name; None when there is none."""
    line = next((line for line in lines(today) if line.name == name), None)
    if line is None:
        return None
    line = dataclasses.replace(line, row=row_named(name))
    if line.row is None:
        return Look(line, book.preset_content(), "", None)
    base = line.row.base
    return Look(
        line,
        complete(line.row.content),
        base.name if base else book.preset().version,
        complete(base.content) if base else book.preset_content(),
    )


def found_in(content: Content) -> list[Problem]:
    """``content.problems``, worked out once for the same content."""
    return list(_found_in(json.dumps(content, sort_keys=True, ensure_ascii=False)))


@functools.lru_cache(maxsize=64)
def _found_in(text: str) -> tuple[Problem, ...]:
    return tuple(problems(json.loads(text)))


def faults_of(content: Content, key: str) -> list[Fault]:
    """What is wrong with one table whose rows can be read, for any kind of account; each fault told once."""
    seen: dict[tuple[Any, ...], Fault] = {}
    for cell in resolved_cells(content):
        for fault in table_for(content, key, cell).faults():
            seen.setdefault((fault.code, fault.row, fault.column, fault.by, str(fault.facts)), fault)
    return list(seen.values())


def term_of(content: Content, key: str) -> Term:
    """A term as a content sets it."""
    return Term(definitions()[key], entries_of(complete(content)["terms"][key]))


def choices_of(term: Term) -> list[tuple[Cell, Choice]]:
    """For every kind of account the term tells apart: which value counts, and why."""
    return [(cell, term.choose(cell)) for cell in cells(term.scopes)]


def choice_for(term: Term, *, line: str, place: str, debtor: str) -> Choice:
    """Which value counts for an account of this line, place and kind of debtor."""
    return term.choose(cell_of(line=line, place=place, debtor=debtor))


def cell_of(*, line: str, place: str, debtor: str) -> Cell:
    """The kind of account with exactly these."""
    return Cell((("line", line), ("place", place), ("debtor", debtor)))


def table_for(content: Content, key: str, cell: Cell) -> Table:
    """One table as it counts for a kind of account, whatever may be wrong with it as a whole."""
    terms = Terms(terms_of(content), cell)
    rows = complete(content)["tables"].get(key) or []
    return dataclasses.replace(blank_tables()[key], rows=tuple(row_at(each, terms) for each in rows))


def users_of(content: Content, key: str) -> list[tuple[str, str]]:
    """The rows whose edges this term sets: table and row."""
    wanted = f"${key}"
    return [
        (table, str(row["row"]))
        for table, rows in complete(content)["tables"].items()
        for row in rows
        if any(isinstance(each, Mapping) and wanted in each.values() for each in (row.get("when") or {}).values())
    ]
