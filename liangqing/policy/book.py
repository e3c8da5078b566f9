"""The policy book: versions of the policy, each in force from a day until the next begins.

Until versions are edited and approved in the system, the book is the dated YAML files of ``presets``.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from liangqing.kit.refusal import Refusal
from liangqing.policy.tables import Condition, Input, OneOf, Range, Row, Table
from liangqing.policy.terms import Term, Terms

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Policy:
    """One version: its terms and tables, in force from ``from_on``. ``digest`` names its exact content."""

    version: str
    from_on: dt.date
    terms: Terms
    tables: Mapping[str, Table]
    digest: str

    @property
    def stamp(self) -> str:
        """What every decision made under this version remembers of it."""
        return f"{self.version}/{self.digest}"


def in_force(on: dt.date) -> Policy:
    """The policy in force on a day. Raises ``Refusal`` for a day before the first version."""
    for policy in reversed(_book()):
        if policy.from_on <= on:
            return policy
    raise Refusal(
        "no_policy",
        _("No policy was in force on {on}. The first version begins on {first}; choose a later day."),
        on=on,
        first=_book()[0].from_on,
    )


@functools.cache
def _book() -> tuple[Policy, ...]:
    return tuple(sorted((read(path.read_text("utf-8")) for path in PRESETS.glob("*.yaml")), key=lambda p: p.from_on))


def read(text: str) -> Policy:
    """A policy from its YAML. Raises ``ValueError`` for a term out of bounds and ``TableError`` for a faulty table."""
    book = yaml.safe_load(text)
    terms = Terms({key: _term(key, given) for key, given in book["terms"].items()})
    tables = {key: _table(key, given, terms) for key, given in book["tables"].items()}
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Policy(version=book["version"], from_on=book["from"], terms=terms, tables=tables, digest=digest)


def _term(key: str, given: dict[str, Any]) -> Term:
    low, high = given.get("bounds", (None, None))
    return Term(
        key=key,
        name=given["name"],
        clause=given["clause"],
        unit=given["unit"],
        value=given["value"],
        low=low,
        high=high,
        why=given["why"],
        basis=given["basis"],
        confidence=given["confidence"],
    )


def _table(key: str, given: dict[str, Any], terms: Terms) -> Table:
    def edge(value: Any) -> int | None:
        return int(terms[value[1:]]) if isinstance(value, str) and value.startswith("$") else value

    def condition(value: Any) -> Condition:
        if isinstance(value, dict):
            return Range(edge(value.get("from")), edge(value.get("until")))
        return OneOf(frozenset(value if isinstance(value, list) else [value]))

    inputs = tuple(
        Input(name, values=tuple(domain))
        if isinstance(domain, list)
        else Input(name, domain=Range(domain.get("from"), domain.get("until")))
        for name, domain in given["inputs"].items()
    )
    rows = tuple(
        Row(
            row=row["row"],
            when={name: condition(value) for name, value in row.get("when", {}).items()},
            then=row["then"],
            reason=row["reason"],
        )
        for row in given["rows"]
    )
    return Table(
        key=key,
        name=given["name"],
        clause=given["clause"],
        inputs=inputs,
        outputs=tuple(given["outputs"]),
        rows=rows,
        adds_up=given.get("adds_up", False),
    )
