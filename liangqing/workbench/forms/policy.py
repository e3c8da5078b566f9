"""What is entered about the policy: a version's head, the values of a term, a row of a table, a day of the calendar."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit.money import CURRENCIES
from liangqing.policy import words
from liangqing.policy.actions.versions import term_refusal
from liangqing.policy.content import row_fault
from liangqing.policy.scope import DIMENSIONS
from liangqing.policy.tables import Input, Output, Table
from liangqing.policy.terms import EVERY_OTHER, LEVELS, Definition, Entry, definitions, entries_of
from liangqing.warning.level import Level
from liangqing.workbench.forms.refusing import Refusing

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－％", "0123456789.,-%")
MOST_ROWS = 500
"""Rows a table may have in the editor: far more than a reader could follow."""


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DraftForm(Refusing):
    """A new version."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    from_on = forms.DateField(
        label=gettext_lazy("First day it decides"),
        widget=_date(),
        help_text=gettext_lazy("Tomorrow at the earliest; leave time for approval."),
    )
    why = forms.CharField(
        label=gettext_lazy("Why"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )


class HeaderForm(DraftForm):
    """The head of a draft."""

    share = forms.IntegerField(
        label=gettext_lazy("Share of customers (%)"),
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("Below 100, customers are drawn by lot; the others stay with the base as control."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class DayForm(Refusing):
    """A day of the calendar."""

    places: ClassVar = {"day_name": "name"}

    on = forms.DateField(label=gettext_lazy("Day"), widget=_date())
    works = forms.TypedChoiceField(
        label=gettext_lazy("That day is"),
        choices=(("no", gettext_lazy("a day off")), ("yes", gettext_lazy("a working day"))),
        coerce=lambda value: value == "yes",
    )
    name = forms.CharField(label=gettext_lazy("Name of the day"), max_length=100)
    source = forms.CharField(
        label=gettext_lazy("Announced by"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The notice it rests on."),
    )


# numbers as people write them -------------------------------------------------------------------------------------------


def shown(number: int | None, share: bool) -> str:
    """A whole number as it is entered; hundredths of a percent as a percentage."""
    if number is None:
        return ""
    return words.percent(number).removesuffix("%") if share else str(number)


def whole(text: str, share: bool) -> int:
    """The same read again. Raises ``ValueError``."""
    plain = text.translate(_FULL_WIDTH).strip().replace(",", "").removesuffix("%").strip()
    if not re.fullmatch(r"-?\d{1,12}(\.\d+)?", plain):
        raise ValueError(text)
    exact = Decimal(plain) * (100 if share else 1)
    if exact != exact.to_integral_value():
        raise ValueError(text)
    return int(exact)


def currencies(definition: Definition) -> list[str]:
    """Every currency there is: those the default names first, in its order."""
    named = [code for code in definition.default if code != EVERY_OTHER] if definition.kind == "amounts" else []
    return [*named, *sorted(CURRENCIES - set(named))]


# a term -----------------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One value of a term as it is entered: for whom, and a field for each part of the value."""

    number: int
    scope: dict[str, str]
    raw: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    base: bool = False


class TermForm:
    """All values of a term: the first line speaks for the whole institution, each other one for narrower accounts.

    Made from the stored value, or from what was posted; ``entries`` is what was read, and ``errors`` stand at the lines.
    """

    def __init__(self, definition: Definition, lines: list[Line]) -> None:
        self.definition = definition
        self.lines = lines
        self.entries: list[Entry] = []

    @property
    def share(self) -> bool:
        return self.definition.key.endswith("_bp")

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The parts of a value: name and label."""
        if self.definition.kind == "levels":
            return [(level, str(Level(level).label)) for level in LEVELS]
        if self.definition.kind == "amounts":
            codes = [code for code in currencies(self.definition) if any(code in line.raw for line in self.lines)]
            other = _("any other") if codes else _("any currency")
            return [*((code, words.currency(code)) for code in codes), (EVERY_OTHER, other)]
        return [("", words.unit_of(self.definition))]

    @classmethod
    def of(cls, definition: Definition, given: Any) -> TermForm:
        """From what is stored."""
        share = definition.key.endswith("_bp")
        entries = sorted(entries_of(given), key=lambda entry: bool(entry.scope))
        lines = []
        for number, entry in enumerate(entries):
            raw = (
                {key: str(value) for key, value in entry.value.items()}
                if isinstance(entry.value, Mapping)
                else {"": shown(entry.value, share)}
            )
            lines.append(Line(number, dict(entry.scope), raw, base=not entry.scope))
        return cls(definition, lines)

    @classmethod
    def posted(cls, definition: Definition, data: QueryDict) -> TermForm:
        """From what was posted: ``line-0-line``, ``line-0-value``, ``line-0-value-CNY``, …"""
        count = min(int(data.get("lines", "1")) if data.get("lines", "1").isdigit() else 1, 200)
        lines = []
        for number in range(count):
            scope = {name: data.get(f"line-{number}-{name}", "").strip() for name in DIMENSIONS}
            start = f"line-{number}-value"
            raw = {
                name.removeprefix(start).removeprefix("-"): str(text).strip()
                for name, text in data.items()
                if name == start or name.startswith(f"{start}-")
            }
            kept = {name: value for name, value in scope.items() if value} if number else {}
            lines.append(Line(number, kept, raw, base=number == 0))
        return cls(definition, lines)

    def add(self) -> None:
        """One more line, beginning with the value for everybody."""
        self.lines.append(Line(len(self.lines), {}, dict(self.lines[0].raw)))

    def remove(self, number: int) -> None:
        """The line away; the one for the whole institution stays."""
        self.lines = [line for line in self.lines if line.base or line.number != number]
        for place, line in enumerate(self.lines):
            line.number = place

    def add_currency(self, code: str) -> None:
        """A currency of its own, beginning with the amount for every other one."""
        if code in CURRENCIES:
            for line in self.lines:
                line.raw.setdefault(code, line.raw.get(EVERY_OTHER, ""))

    def is_valid(self) -> bool:
        """Read all lines. What is wrong stands at the line it is about."""
        self.entries = []
        seen: set[tuple[tuple[str, str], ...]] = set()
        for line in self.lines:
            value = self._value(line)
            if not line.base and not line.scope:
                line.errors["scope"] = _("Say for whom: a business line, a place or a kind of debtor.")
            if re.search(r"[^A-Z]", line.scope.get("place", "")) or len(line.scope.get("place", "XX")) != 2:
                line.errors["scope"] = _("Name a place by the two letters of its country, such as CN.")
            key = tuple(sorted(line.scope.items()))
            if key in seen and "scope" not in line.errors:
                line.errors["scope"] = term_refusal(self.definition.key, "twice").sentence
            seen.add(key)
            self.entries.append(Entry(value, line.scope))
        return not any(line.errors for line in self.lines)

    def _value(self, line: Line) -> Any:
        if self.definition.kind == "number":
            return self._number(line, "")
        if self.definition.kind == "levels":
            return {level: self._number(line, level) for level in LEVELS}
        codes = [
            code for code in (*currencies(self.definition), EVERY_OTHER) if line.raw.get(code) or code == EVERY_OTHER
        ]
        value = {code: self._amount(line, code) for code in codes}
        if not line.errors and (fault := self.definition.fault(value)):
            line.errors[EVERY_OTHER] = term_refusal(self.definition.key, fault).sentence
        return value

    def _number(self, line: Line, part: str) -> int | None:
        try:
            number = whole(line.raw.get(part, ""), self.share)
        except ValueError:
            line.errors[part] = _("Give a percentage, such as 60 or 12.5.") if self.share else _("Give a whole number.")
            return None
        low, high = self.definition.low, self.definition.high
        if (low is not None and number < low) or (high is not None and number > high):
            line.errors[part] = _("The value must lie between {low} and {high}.").format(
                low=shown(low, self.share), high=shown(high, self.share)
            )
        elif self.definition.kind == "number" and (fault := self.definition.fault(number)):
            line.errors[part] = term_refusal(self.definition.key, fault).sentence
        return number

    def _amount(self, line: Line, code: str) -> str:
        text = line.raw.get(code, "").translate(_FULL_WIDTH).strip().replace(",", "")
        try:
            exact = Decimal(text)
        except InvalidOperation:
            line.errors[code] = _("Give an amount, such as 1500.00.")
            return text
        if exact.is_signed() or not exact.is_finite():
            line.errors[code] = _("Give an amount, such as 1500.00.")
        return text

    def loosened(self) -> list[Entry]:
        """Which of the values read go past a bound that only counsel may lift."""
        return [entry for entry in self.entries if self.definition.loosens(entry.value)]


# a table ----------------------------------------------------------------------------------------------------------------


def rows_of(text: str) -> list[dict[str, Any]] | None:
    """The rows an editor carries with it, as JSON; None for what no editor wrote."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list) or len(rows) > MOST_ROWS or any(row_fault(row) for row in rows):
        return None
    return rows


def numbers() -> list[Definition]:
    """The terms an edge may stand for."""
    return [definition for definition in definitions().values() if definition.kind == "number"]


class RowForm:
    """One open row of a table: its fields as entered. ``cleaned`` reads them; what is wrong stands in ``errors``."""

    def __init__(self, table: Table, data: Mapping[str, list[str]]) -> None:
        self.table = table
        self.data = data
        self.errors: dict[str, str] = {}

    @classmethod
    def of(cls, table: Table, row: Mapping[str, Any]) -> RowForm:
        """The fields of a row as written."""
        data: dict[str, list[str]] = {"row": [row["row"]]}
        when, then = row.get("when") or {}, row.get("then") or {}
        for column in table.inputs:
            if column.name in when:
                data |= _as_fields(column, when[column.name])
        for answer in table.outputs:
            if answer.name in then:
                data[f"then-{answer.name}"] = [_as_text(then[answer.name], answer.name.endswith("_bp"))]
        for language in ("zh", "en"):
            data[f"reason-{language}"] = [str((row.get("reason") or {}).get(language, ""))]
        return cls(table, data)

    @classmethod
    def posted(cls, table: Table, data: QueryDict) -> RowForm:
        return cls(table, {name: data.getlist(name) for name in data})

    def _one(self, name: str) -> str:
        return (self.data.get(name) or [""])[0].strip()

    # for the page

    @property
    def row(self) -> str:
        return self._one("row")

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The fields of each input, with what is chosen."""
        return [self._condition(column) for column in self.table.inputs]

    def _condition(self, column: Input) -> dict[str, Any]:
        name = f"when-{column.name}"
        found: dict[str, Any] = {
            "name": name,
            "label": words.spoken(column.label),
            "error": self.errors.get(name, ""),
            "share": column.name.endswith("_bp"),
        }
        if column.domain is not None:
            edges = []
            for edge, label in (("from", _("from (included)")), ("until", _("until (not included)"))):
                chosen = self._one(f"{name}-{edge}-term")
                terms = [
                    (f"${definition.key}", words.spoken(definition.name), f"${definition.key}" == chosen)
                    for definition in numbers()
                ]
                edges.append(
                    {"name": f"{name}-{edge}", "label": label, "value": self._one(f"{name}-{edge}"), "terms": terms}
                )
            return {**found, "kind": "range", "edges": edges}
        chosen_words = set(self.data.get(name) or [])
        choices = [
            (_as_text(value), words.word(column, value), _as_text(value) in chosen_words) for value in column.values
        ]
        return {**found, "kind": "words", "choices": choices}

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The fields of each output."""
        found = []
        for column in self.table.outputs:
            name = f"then-{column.name}"
            value = self._one(name)
            found.append(
                {
                    "name": name,
                    "label": words.spoken(column.label),
                    "error": self.errors.get(name, ""),
                    "value": value,
                    "kind": "text" if column.form else "number" if column.domain is not None else "words",
                    "low": column.domain.low if column.domain else None,
                    "high": column.domain.high - 1 if column.domain and column.domain.high is not None else None,
                    "choices": [
                        (_as_text(each), words.word(column, each), _as_text(each) == value) for each in column.values
                    ],
                }
            )
        return found

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        return [
            ("reason-zh", _("Reason in Chinese"), self._one("reason-zh")),
            ("reason-en", _("Reason in English"), self._one("reason-en")),
        ]

    # read

    def cleaned(self, before: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row as written; None, with ``errors``, when it can't be read. What says the same as ``before`` stays written
        as it was."""
        name = self._one("row")
        if not re.fullmatch(r"\S{1,32}", name):
            self.errors["row"] = _("A short name without blanks, at most 32 characters.")
        had = before.get("when") or {}
        when = {
            column.name: said
            for column in self.table.inputs
            if (said := self._read(column, had.get(column.name))) is not None
        }
        then = {column.name: self._answer(column) for column in self.table.outputs}
        reason = {key: text for key in ("zh", "en") if (text := self._one(f"reason-{key}"))}
        if any(len(text) > 500 for text in reason.values()):
            self.errors["reason-zh"] = _("At most 500 characters.")
        if self.errors:
            return None
        row: dict[str, Any] = {"row": name}
        if when:
            row["when"] = when
        row["then"] = then
        if reason:
            row["reason"] = reason
        return row

    def _read(self, column: Input, before: Any) -> Any:
        name = f"when-{column.name}"
        if column.domain is not None:
            edges = {edge: self._edge(column, edge) for edge in ("from", "until")}
            said = {edge: value for edge, value in edges.items() if value is not None}
            low, high = edges["from"], edges["until"]
            if isinstance(low, int) and isinstance(high, int) and low >= high:
                self.errors[name] = _("The end must lie after the beginning.")
            return said or None
        known = {_as_text(value): value for value in column.values}
        chosen = self.data.get(name) or []
        if any(text not in known for text in chosen):
            self.errors[name] = _("Choose from the list.")
            return None
        values = [value for text, value in known.items() if text in chosen]
        if not values or len(values) == len(known):
            # Everything is no condition, unless it was written out before.
            return before if values and _same(before, values) else None
        if _same(before, values):
            return before
        return values if len(values) > 1 else values[0]

    def _edge(self, column: Input, edge: str) -> int | str | None:
        name = f"when-{column.name}-{edge}"
        if chosen := self._one(f"{name}-term"):
            if chosen not in {f"${definition.key}" for definition in numbers()}:
                self.errors[f"when-{column.name}"] = _("Choose from the list.")
            return chosen
        text = self._one(name)
        if not text:
            return None
        try:
            return whole(text, column.name.endswith("_bp"))
        except ValueError:
            self.errors[f"when-{column.name}"] = _("Give a whole number.")
            return None

    def _answer(self, column: Output) -> Any:
        name = f"then-{column.name}"
        text = self._one(name)
        value: Any = text
        if column.domain is not None:
            try:
                value = whole(text, column.name.endswith("_bp"))
            except ValueError:
                self.errors[name] = _("Give a whole number.")
                return None
        elif column.values:
            value = next((each for each in column.values if _as_text(each) == text), None)
        if value is None or not column.takes(value):
            low, high = (column.domain.low, column.domain.high) if column.domain else (None, None)
            self.errors[name] = (
                _("Between {low} and {high}.").format(low=low, high=(high or 1) - 1)
                if column.domain
                else _("Write it as in the example.")
                if column.form
                else _("Choose one.")
            )
        return value


def _same(before: Any, values: Sequence[Any]) -> bool:
    if before is None or isinstance(before, Mapping):
        return False
    return set(before if isinstance(before, list) else [before]) == set(values)


def _as_text(value: Any, share: bool = False) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shown(value, share) if isinstance(value, int) else str(value)


def _as_fields(column: Input, given: Any) -> dict[str, list[str]]:
    name = f"when-{column.name}"
    if isinstance(given, Mapping):
        found = {}
        for edge in ("from", "until"):
            value = given.get(edge)
            if isinstance(value, str):
                found[f"{name}-{edge}-term"] = [value]
            elif value is not None:
                found[f"{name}-{edge}"] = [shown(value, column.name.endswith("_bp"))]
        return found
    return {name: [_as_text(value) for value in (given if isinstance(given, list) else [given])]}
