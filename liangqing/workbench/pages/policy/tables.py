"""One decision table of a version: its rows, and in a draft editing them.

The rows being edited travel with the page: every button is a submit that sends them all, with the fields of the one row
that is open, and gets the table back as it would be. Nothing is stored before Save. What is wrong is always found by the
policy's own rules; scripts only press the buttons and ask sooner.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.queries.standing import TABLES
from liangqing.kit.refusal import Refusal
from liangqing.people.rights import can
from liangqing.policy import words
from liangqing.policy.actions import versions as actions
from liangqing.policy.content import Content
from liangqing.policy.queries.versions import Look, faults_of
from liangqing.policy.rules.difference import differences
from liangqing.policy.tables import Fault, Input, Table, blank_tables
from liangqing.policy.terms import entries_of
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.policy import RowForm, rows_of
from liangqing.workbench.pages.policy import sentences
from liangqing.workbench.pages.policy.versions import find, stored

_NOTES_SHOWN = 4
_SHORT = 12
"""Letters of a condition that stay on one line."""


@dataclass
class Editor:
    """The rows of a table as somebody edits them; ``open`` is the row whose fields are shown, ``focus`` what the keyboard
    should be on after the answer."""

    table: Table
    rows: list[dict[str, Any]]
    open: int | None = None
    form: RowForm | None = None
    focus: str = ""
    fresh: bool = False
    """Whether it shows what is stored, and nothing was done yet."""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, table: Table, request: Request) -> Editor:
        """As it was sent. Raises ``Refusal`` (422) for what no editor sends."""
        rows = rows_of(request.POST.get("rows", ""))
        if rows is None:
            raise Refusal(
                "rows_lost", gettext_lazy("The rows did not arrive as they were sent. Reload the page."), status=422
            )
        text = request.POST.get("open", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
        if not 0 <= number < len(rows):
            return cls(table, rows)
        return cls(table, rows, number, RowForm.posted(table, request.POST))

    def take_in(self) -> bool:
        """The fields of the open row into the rows, and the row shut. False when they can't be read: it stays open."""
        if self.open is None or self.form is None:
            return True
        row = self.form.cleaned(self.rows[self.open])
        if row is None:
            self.focus = f"open-{next(iter(self.form.errors))}"
            return False
        self.rows[self.open] = row
        self.open, self.form = None, None
        return True

    def do(self, what: str, at: str = "") -> bool:
        """What a button asks: open-3, close, cancel, add-3 (below), copy-3, delete-3, up-3, down-3. False when the open
        row can't be read."""
        verb, _dash, text = what.partition("-")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
        was_open = self.open
        if verb == "cancel" or (verb == "delete" and number == self.open):
            self.open, self.form = None, None
        elif not self.take_in():
            return False
        if verb in ("close", "cancel"):
            self.focus = f"open-{was_open}" if was_open is not None else ""
            return True
        if verb == "add":
            self.rows.insert(number + 1, self._new(number))
            self._open(number + 1)
        elif not 0 <= number < len(self.rows):
            return True
        elif verb == "open":
            self._open(number, at)
        elif verb == "copy":
            twin = copy.deepcopy(self.rows[number])
            twin["row"] = self._free_name(twin["row"])
            self.rows.insert(number + 1, twin)
            self._open(number + 1)
        elif verb == "delete":
            del self.rows[number]
            self.focus = f"open-{min(number, len(self.rows) - 1)}"
        elif verb in ("up", "down"):
            self._move(number, number + (1 if verb == "down" else -1), verb)
        return True

    def _open(self, number: int, at: str = "") -> None:
        self.open, self.form = number, RowForm.of(self.table, self.rows[number])
        known = {f"when-{column.name}" for column in self.table.inputs}
        known |= {f"then-{column.name}" for column in self.table.outputs}
        self.focus = f"field-{at}" if at in known else "field-row"

    def _move(self, number: int, to: int, verb: str) -> None:
        if 0 <= to < len(self.rows):
            self.rows.insert(to, self.rows.pop(number))
        else:
            to = number
        at_end = to == (0 if verb == "up" else len(self.rows) - 1)
        self.focus = f"open-{to}" if at_end else f"{verb}-{to}"

    def _new(self, after: int) -> dict[str, Any]:
        """A row for nobody in particular, answering as the one before it."""
        if self.rows:
            before = self.rows[max(min(after, len(self.rows) - 1), 0)]
            return {"row": self._free_name(before["row"]), "then": dict(before["then"])}
        then = {
            column.name: column.values[0]
            if column.values
            else (column.domain.low or 0)
            if column.domain
            else "head"  # a form of text: the least route there is
            for column in self.table.outputs
        }
        return {"row": "1", "then": then}

    def _free_name(self, like: str) -> str:
        """The next free name of the same kind: after A12 comes A13, or whichever is free."""
        found = re.fullmatch(r"(.*?)(\d*)", like)
        stem, digits = (found[1], found[2]) if found else (like, "")
        taken = {row["row"] for row in self.rows}
        width, number = len(digits), int(digits or 1)
        while (name := f"{stem}{number:0{width}d}") in taken or len(name) > 32:
            number += 1
            stem = stem[: 31 - len(str(number))]
        return name

    def tried(self) -> list[dict[str, Any]]:
        """The rows with the open one as it is entered, where it can be read."""
        if self.open is None or self.form is None:
            return self.rows
        row = self.form.cleaned(self.rows[self.open])
        return self.rows if row is None else [*self.rows[: self.open], row, *self.rows[self.open + 1 :]]


def _table(key: str) -> Table:
    if key not in blank_tables():
        raise Refusal("not_here", gettext_lazy("There is nothing here, or it is not within your reach."), status=404)
    return blank_tables()[key]


@page("policy.see", post="policy.edit")
def table(request: Request, name: str, key: str) -> HttpResponse:
    """The rows of a table. A post does what its button says and shows the rows as they would be; ``save`` stores them."""
    found, one = find(name), _table(key)
    if request.method != "POST":
        rows = copy.deepcopy(list(found.content["tables"].get(key) or []))
        return _show(request, found, Editor(one, rows, fresh=True))
    row = stored(found)
    editor = Editor.posted(one, request)
    do = request.POST.get("do", "save")
    if do != "save":
        readable = editor.do(do, request.POST.get("at", ""))
        return _show(request, found, editor, status=200 if readable else 422)
    if not editor.take_in():
        return _show(request, found, editor, status=422)
    text = request.POST.get("revision", "")
    revision = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    try:
        saved = actions.set_rows(row, key, editor.rows, revision=revision, by=request.user)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        conflict = refusal.code == "edited"
        return _show(request, found, editor, status=refusal.status, refusal=refusal.sentence, conflict=conflict)
    wrong = sum(not fault.note for fault in faults_of(saved.content, key))
    sentence = _("“{table}” was saved.").format(table=words.spoken(one.name))
    if wrong:
        sentence += " " + _("It still has problems: the version can’t be submitted before they are mended.")
    messages.success(request, sentence, "care" if wrong else "good")
    return HttpResponseRedirect(reverse("policy-table", args=(name, key)))


@page("policy.edit")
def checks(request: Request, name: str, key: str) -> HttpResponse:
    """What is wrong with the rows as they are posted, as parts of the page: nothing is stored."""
    found, one = find(name), _table(key)
    editor = Editor.posted(one, request)
    rows = editor.tried()
    content = {**found.content, "tables": {**found.content["tables"], key: rows}}
    told, general = _faults(content, key)
    return render(
        request,
        "workbench/policy/faults.html",
        {
            "look": found,
            "table": one,
            "general": general,
            "count": _count(told, general),
            "rows": [{"number": number, "faults": told.get(row["row"], [])} for number, row in enumerate(rows)],
            "open": editor.open,
            "open_errors": _open_errors(editor),
            "oob": True,
        },
    )


def _faults(content: Content, key: str) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """What is wrong by row, and with the table as a whole."""
    one = blank_tables()[key]
    told: dict[str, list[dict[str, Any]]] = {}
    general = []
    for fault in faults_of(content, key):
        if fault.row:
            told.setdefault(fault.row, []).append({"text": _short(one, fault), "note": fault.note, "by": fault.by})
        else:
            general.append(sentences.fault(one, fault))
    if not content["tables"].get(key):
        general = [_("This table has no rows. Add the first one.")]
    return told, general


def _short(one: Table, fault: Fault) -> str:
    """A note in a few words; what is wrong in full."""
    if not fault.note:
        return sentences.fault(one, fault)
    shown = sentences.joined(fault.by[:_NOTES_SHOWN])
    if len(fault.by) > _NOTES_SHOWN:
        return _("after {rows} and {count} more").format(rows=shown, count=len(fault.by) - _NOTES_SHOWN)
    return _("after {rows}").format(rows=shown)


def _count(told: Mapping[str, list[dict[str, Any]]], general: list[str]) -> int:
    return len(general) + sum(not fault["note"] for faults in told.values() for fault in faults)


def _open_errors(editor: Editor) -> list[str]:
    if editor.form is None:
        return []
    labels = {f"when-{column.name}": words.spoken(column.label) for column in editor.table.inputs}
    labels |= {f"then-{column.name}": words.spoken(column.label) for column in editor.table.outputs}
    labels |= {"row": _("Name of the row"), "reason-zh": _("Reason in Chinese")}
    return [f"{labels.get(name, name)}: {sentence}" for name, sentence in editor.form.errors.items()]


def _show(request: Request, found: Look, editor: Editor, *, status: int = 200, **context: Any) -> HttpResponse:
    key = editor.table.key
    content = {**found.content, "tables": {**found.content["tables"], key: editor.rows}}
    told, general = _faults(content, key)
    base = found.base_content["tables"].get(key) or [] if found.base_content else None
    changed = _changed(base, editor.rows, key) if base is not None else {}
    edits = found.is_draft and can(request.user, "policy.edit")
    return render(
        request,
        "workbench/policy/table.html",
        {
            "look": found,
            "version": found.row,
            "table": editor.table,
            "asks": key in TABLES,
            "name": words.spoken(editor.table.name),
            "about": words.spoken(editor.table.about),
            "heads": [words.spoken(column.label) for column in editor.table.inputs],
            "answer_heads": [words.spoken(column.label) for column in editor.table.outputs],
            "width": len(editor.table.inputs) + len(editor.table.outputs) + 3,
            "rows": [_row(editor, number, told, changed, content) for number in range(len(editor.rows))],
            "last": len(editor.rows) - 1,
            "json": json.dumps(editor.rows, ensure_ascii=False, separators=(",", ":")),
            "open": editor.open,
            "form": editor.form,
            "open_errors": _open_errors(editor),
            "focus": editor.focus,
            "unsaved": not editor.fresh,
            "general": general,
            "count": _count(told, general),
            "edits": edits,
            "revision": request.POST.get("revision") or (found.row.revision if found.row else 0),
            "gone": [each for each, kind in changed.items() if kind == "gone"],
            **context,
        },
        status=status,
    )


def _changed(base: list[Any], rows: list[Any], key: str) -> dict[str, str]:
    """Rows that differ from the base: new, changed, moved or gone. Rows of one name count as changed."""
    names = Counter(row["row"] for row in rows)
    twins = {name: "changed" for name, count in names.items() if count > 1}
    found = differences({"tables": {key: base}}, {"tables": {key: rows}})
    kinds = {
        each.row: "moved"
        if each.moved
        else "new"
        if each.before is None
        else "gone"
        if each.after is None
        else "changed"
        for each in found
        if each.kind == "row"
    }
    return {**kinds, **twins}


def _row(
    editor: Editor,
    number: int,
    told: Mapping[str, list[dict[str, Any]]],
    changed: Mapping[str, str],
    content: Content,
) -> dict[str, Any]:
    row = editor.rows[number]
    when, then = row.get("when") or {}, row.get("then") or {}
    return {
        "number": number,
        "name": row["row"],
        "open": number == editor.open,
        "cells": [
            (f"when-{column.name}", said, note, len(said) <= _SHORT)
            for column in editor.table.inputs
            for said, note in (cell(column, when, content),)
        ],
        "answers": [
            (f"then-{column.name}", said, len(said) <= _SHORT)
            for column in editor.table.outputs
            for said in (words.word(column, then[column.name]) if column.name in then else "—",)
        ],
        "reason": words.spoken(row.get("reason") or {}),
        "faults": told.get(row["row"], []),
        "changed": changed.get(row["row"], ""),
    }


def cell(column: Input, when: Mapping[str, Any], content: Content) -> tuple[str, str]:
    """A condition for a narrow column: what it says, and which terms set its edges."""
    if column.name not in when:
        return "", ""
    given = when[column.name]
    if not isinstance(given, Mapping):
        return words.condition(column, given), ""
    edges = {edge: _number(value, content) for edge, value in given.items()}
    names = [name for value in given.values() if (name := words.reference(value))]
    return words.condition(column, edges), sentences.joined(names)


def _number(value: Any, content: Content) -> int | None:
    """An edge as a number; of a term what it is for the whole institution."""
    if not isinstance(value, str):
        return value if isinstance(value, int) else None
    entries = entries_of(content["terms"].get(value[1:]))
    return next((entry.value for entry in entries if not entry.scope and isinstance(entry.value, int)), None)
