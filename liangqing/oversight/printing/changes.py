"""What differs between two versions, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from liangqing.policy import words
from liangqing.policy.content import Content, complete
from liangqing.policy.rules.difference import Difference, differences
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions

_SAID: Mapping[str, Mapping[str, str]] = {
    "zh": {"absent": "（无）", "row": "行", "same": "（同左，次序有变）"},
    "en": {"absent": "(none)", "row": "row", "same": "(the same, moved)"},
}


@dataclass(frozen=True)
class Change:
    """One term or row that is not the same: what it is, how it was, how it is."""

    kind: Literal["term", "row"]
    key: str
    row: str
    what: str
    before: str
    after: str


def changes(before: Content, after: Content, language: str | None = None) -> list[Change]:
    """What differs, terms first, then rows table by table."""
    had, has = complete(before)["terms"], complete(after)["terms"]
    return [_change(each, had, has, words.language_of(language)) for each in differences(before, after)]


def _change(difference: Difference, had: Mapping[str, Any], has: Mapping[str, Any], language: str) -> Change:
    said = _SAID[language]
    if difference.kind == "term":
        definition = definitions().get(difference.key)
        name = words.spoken(definition.name, language) if definition else difference.key

        def term(given: Any) -> str:
            if given is None:
                return said["absent"]
            return words.value(definition, given, language) if definition else str(given)

        return Change("term", difference.key, "", name, term(difference.before), term(difference.after))
    table = blank_tables().get(difference.key)
    name = words.spoken(table.name, language) if table else difference.key

    def row(given: Any, terms: Mapping[str, Any]) -> str:
        if given is None:
            return said["absent"]
        if table is None:
            return str(given)
        when, then, reason = words.row(table, given, terms, language)
        told = (f"（{reason}）" if language == "zh" else f" ({reason})") if reason else ""
        return f"{when} → {then}{told}"

    earlier, later = row(difference.before, had), row(difference.after, has)
    what = f"{name} · {said['row']} {difference.row}"
    return Change("row", difference.key, difference.row, what, earlier, said["same"] if difference.moved else later)
