"""What a version of the policy sets: a value for each term, rows for each table. As written, as read, as checked.

As written (YAML for people, JSON in the database)::

    terms:
      warning.mild_until_days: 31
      warning.moderate_until_days:
        - {value: 91}
        - {for: {debtor: person}, value: 61}
    tables:
      case.desk:
        - {row: K1, when: {level: [none, mild]}, then: {desk: business, seller_first: true}, reason: {zh: …, en: …}}

A range is half-open, ``{from: 1, until: 31}`` is 1..30; "$key" stands for the value of that term, whatever it is for the
account at hand. A term not given has the default of the catalogue.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from liangqing.policy.scope import Cell, Scope, cells
from liangqing.policy.tables import Condition, Fault, OneOf, Range, Row, Table, blank_tables
from liangqing.policy.terms import Entry, Term, Terms, definitions, entries_of, scope_fault

MOST_CELLS = 64
"""How many kinds of accounts a version may tell apart by scope; each is one more branch in every decision."""

Content = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Problem:
    """Something that keeps a version from being submitted. ``where`` is a term or table; ``code`` says what, with the
    fault of a table where it is one. ``note``: worth knowing, and no obstacle.

    Codes: unknown_term, unknown_table, missing_table, scope, base (no value for the whole institution), twice (a scope
    given twice), type, bounds, choice, currency, level, places, row (a row that is none), reference, cells, fault.
    """

    where: str
    code: str
    at: str = ""
    fault: Fault | None = None
    kind: Literal["term", "table"] = "term"

    @property
    def note(self) -> bool:
        return self.fault is not None and self.fault.note


def digest(content: Content) -> str:
    """Names the exact content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def complete(content: Content) -> dict[str, dict[str, Any]]:
    """The content with the catalogue's defaults where a term is not given, and the preset's rows where a table is not (it
    came with a later release), in the order of the catalogue. An output that came with a later release is that of the
    preset's row of the same name."""
    given, rows = content.get("terms") or {}, content.get("tables") or {}
    known = {key: given.get(key, definition.default) for key, definition in definitions().items()}
    strange = {key: value for key, value in given.items() if key not in known}
    came = shipped()["tables"]
    ordered = {
        key: _with_outputs(rows[key], came.get(key)) if key in rows else came.get(key)
        for key in (*blank_tables(), *rows)
    }
    return {"terms": {**known, **strange}, "tables": ordered}


def _with_outputs(rows: Any, came: Any) -> Any:
    """Rows that speak of none of a column, since it came later, answer as the preset's row of that name does."""
    if not isinstance(rows, list) or any(row_fault(row) for row in rows):
        return rows
    said = {name for row in rows for name in row["then"]}
    later = {row["row"]: {name: value for name, value in row["then"].items() if name not in said} for row in came or ()}
    return [{**row, "then": {**row["then"], **later.get(row["row"], {})}} for row in rows]


PRESET = Path(__file__).parent / "presets" / "2000-01-01.yaml"


@functools.cache
def shipped() -> Mapping[str, Any]:
    """The version the product comes with, as written: version, from, terms, tables."""
    given: dict[str, Any] = yaml.safe_load(PRESET.read_text("utf-8"))
    return given


def terms_of(content: Content) -> dict[str, Term]:
    """The terms as set. To be asked of content without problems."""
    whole = complete(content)["terms"]
    return {key: Term(definition, entries_of(whole[key])) for key, definition in definitions().items()}


def scopes_of(content: Content) -> list[Scope]:
    return [scope for term in terms_of(content).values() for scope in term.scopes]


def tables_at(content: Content, terms: Terms) -> dict[str, Table]:
    """The tables with the edges that terms set, as these terms count in one cell."""
    rows = complete(content)["tables"]
    return {
        key: dataclasses.replace(blank, rows=tuple(row_at(each, terms) for each in rows[key]))
        for key, blank in blank_tables().items()
    }


def row_at(given: Mapping[str, Any], terms: Terms) -> Row:
    """A row as written, with the edges these terms set."""

    def edge(value: Any) -> int | None:
        return int(terms[value[1:]]) if isinstance(value, str) and value.startswith("$") else value

    def condition(value: Any) -> Condition:
        if isinstance(value, dict):
            return Range(edge(value.get("from")), edge(value.get("until")))
        return OneOf(frozenset(value if isinstance(value, list) else [value]))

    when = {name: condition(value) for name, value in (given.get("when") or {}).items()}
    return Row(row=given["row"], when=when, then=given["then"], reason=given.get("reason") or {})


def problems(content: Content) -> list[Problem]:
    """Everything that keeps this content from being submitted, and notes."""
    found = [*_term_problems(content), *_row_problems(content)]
    if found:
        return found
    terms = terms_of(content)
    everywhere = cells(scopes_of(content))
    if len(everywhere) > MOST_CELLS:
        return [Problem("", "cells")]
    seen: dict[tuple[str, Fault], Problem] = {}
    for cell in everywhere:
        here = Terms(terms, cell)
        for key, table in tables_at(content, here).items():
            for fault in table.faults():
                seen.setdefault((key, _bare(fault)), Problem(key, "fault", fault.row, fault, "table"))
    return list(seen.values())


def _bare(fault: Fault) -> Fault:
    return dataclasses.replace(fault, facts=_Hashable(fault.facts))


class _Hashable(dict[str, Any]):
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((key, str(value)) for key, value in self.items())))


def _term_problems(content: Content) -> list[Problem]:
    known, found = definitions(), []
    for key, given in complete(content)["terms"].items():
        if key not in known:
            found.append(Problem(key, "unknown_term"))
            continue
        entries = entries_of(given)
        if any(scope_fault(entry.scope) for entry in entries):
            found.append(Problem(key, "scope"))
            continue
        scopes = [tuple(sorted(entry.scope.items())) for entry in entries]
        if () not in scopes:
            found.append(Problem(key, "base"))
        if len(set(scopes)) != len(scopes):
            found.append(Problem(key, "twice"))
        found += [Problem(key, fault) for entry in entries if (fault := known[key].fault(entry.value))]
    return found


def _row_problems(content: Content) -> list[Problem]:
    known, found = blank_tables(), []
    given = complete(content)["tables"]
    found += [Problem(key, "unknown_table", kind="table") for key in given if key not in known]
    found += [Problem(key, "missing_table", kind="table") for key in known if not given.get(key)]
    for key in known.keys() & given.keys():
        for place, row in enumerate(given[key] or []):
            if (code := row_fault(row)) is not None:
                name = str(row.get("row", place + 1)) if isinstance(row, dict) else str(place + 1)
                found.append(Problem(key, code, name, kind="table"))
    return found


def row_fault(row: Any) -> str | None:
    """Why a row can't be read: row (it is none) or reference (no such number); None when it can."""
    if not isinstance(row, dict) or not isinstance(row.get("row"), str) or not 0 < len(row["row"]) <= 32:
        return "row"
    if " " in row["row"] or not isinstance(row.get("then"), dict):
        return "row"
    when, reason = row.get("when") or {}, row.get("reason") or {}
    if not isinstance(when, dict) or not isinstance(reason, dict):
        return "row"
    if not all(isinstance(said, str) for said in reason.values()):
        return "row"
    for condition in when.values():
        if isinstance(condition, dict):
            if set(condition) - {"from", "until"}:
                return "row"
            for edge in condition.values():
                if isinstance(edge, str):
                    definition = definitions().get(edge[1:]) if edge.startswith("$") else None
                    if definition is None or definition.kind != "number":
                        return "reference"
                elif edge is not None and (not isinstance(edge, int) or isinstance(edge, bool)):
                    return "row"
        elif not all(
            isinstance(value, str | bool) for value in (condition if isinstance(condition, list) else [condition])
        ):
            return "row"
    return None


def loosened(content: Content) -> list[tuple[str, Entry]]:
    """Which values go past a bound that only counsel may lift."""
    return [
        (key, entry)
        for key, term in terms_of(content).items()
        for entry in term.entries
        if term.definition.loosens(entry.value)
    ]


def resolved_cells(content: Content) -> list[Cell]:
    return cells(scopes_of(content))
