"""What differs between two contents, and how a draft is brought onto a newer base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from liangqing.policy.content import Content, complete
from liangqing.policy.tables import blank_tables


@dataclass(frozen=True)
class Difference:
    """One term, or one row of a table, that is not the same. ``before`` or ``after`` is None where it was not there.

    ``moved``: the row is the same, its place is another.
    """

    kind: Literal["term", "row"]
    key: str
    row: str
    before: Any
    after: Any
    moved: bool = False


def differences(before: Content, after: Content) -> list[Difference]:
    """Terms first, then rows table by table, in the order of the later content."""
    had, has = complete(before), complete(after)
    found = [
        Difference("term", key, "", had["terms"].get(key), has["terms"].get(key))
        for key in dict.fromkeys((*has["terms"], *had["terms"]))
        if had["terms"].get(key) != has["terms"].get(key)
    ]
    for key in dict.fromkeys((*has["tables"], *had["tables"])):
        found += _rows(key, had["tables"].get(key) or [], has["tables"].get(key) or [])
    return found


def _rows(key: str, had: list[Any], has: list[Any]) -> list[Difference]:
    old = {row["row"]: row for row in had}
    new = {row["row"]: row for row in has}
    kept_before = [name for name in old if name in new]
    kept_after = [name for name in new if name in old]
    found = []
    for name in new:
        if name not in old:
            found.append(Difference("row", key, name, None, new[name]))
        elif old[name] != new[name]:
            found.append(Difference("row", key, name, old[name], new[name]))
        elif kept_before.index(name) != kept_after.index(name):
            found.append(Difference("row", key, name, old[name], new[name], moved=True))
    found += [Difference("row", key, name, old[name], None) for name in old if name not in new]
    return found


def rebased(draft: Content, old_base: Content, new_base: Content) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The draft's own changes on top of a newer base, and the keys that both changed (where the draft's value stays).

    A term counts by itself, a table as a whole.
    """
    mine, was, now = complete(draft), complete(old_base), complete(new_base)
    merged: dict[str, dict[str, Any]] = {"terms": {}, "tables": {}}
    both: list[str] = []
    for part in ("terms", "tables"):
        for key in dict.fromkeys((*now[part], *mine[part])):
            changed_here = mine[part].get(key) != was[part].get(key)
            changed_there = now[part].get(key) != was[part].get(key)
            if changed_here and changed_there and mine[part].get(key) != now[part].get(key):
                both.append(key)
            value = (mine if changed_here else now)[part].get(key)
            if value is not None:
                merged[part][key] = value
    return merged, both


def as_text(content: Content, header: Mapping[str, Any]) -> str:
    """One YAML file, readable and diffable: header, terms in the order of the catalogue, rows one a line where short."""
    import yaml

    class _Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    _Dumper.add_representer(
        dict,
        lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=_flat(value)),
    )
    whole = complete(content)
    return str(
        yaml.dump(
            {
                **header,
                "terms": whole["terms"],
                "tables": {key: _ordered(key, rows) for key, rows in whole["tables"].items()},
            },
            Dumper=_Dumper,
            allow_unicode=True,
            sort_keys=False,
            width=160,
        )
    )


def _ordered(key: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their parts and columns in the order people read them; a database keeps no order of names."""
    known = blank_tables().get(key)
    columns = (
        {"when": [each.name for each in known.inputs], "then": [each.name for each in known.outputs]} if known else {}
    )
    return [
        {
            part: _in_order(row[part], columns.get(part, ("zh", "en"))) if isinstance(row[part], dict) else row[part]
            for part in dict.fromkeys(("row", "when", "then", "reason", *row))
            if part in row
        }
        for row in rows
    ]


def _in_order(given: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in dict.fromkeys((*names, *given)) if name in given}


def _flat(value: Mapping[str, Any]) -> bool:
    """A mapping of plain values stands on one line."""
    return all(not isinstance(each, dict | list) or _plain(each) for each in value.values()) and "row" not in value


def _plain(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return all(not isinstance(each, dict) and not isinstance(each, list) for each in inner)
