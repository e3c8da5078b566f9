"""Which way a request goes: the row of the policy's table approval.route, and the steps it spells. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liangqing.kit.actions import clause
from liangqing.people.duties import Duty
from liangqing.policy.tables import Table, TableError

HEAD, DUTY, POSITION, USER = "head", "duty", "position", "user"
_STEP = re.compile(r"(?:(?P<needed>[1-9]\d?) of )?(?:(?P<head>head)|(?P<kind>duty|position|user):(?P<name>[^>]+))")
OTHER = "other"
"""What a table may call every word it does not name."""


class RouteError(ValueError):
    """A step the table spells in words that mean nothing."""


@dataclass(frozen=True)
class Step:
    """Whom one step asks: the head of the department, whoever has a duty or a position, or one person by login name;
    ``needed`` of them, all different."""

    kind: str
    name: str = ""
    needed: int = 1

    def __str__(self) -> str:
        target = f"{self.kind}:{self.name}" if self.name else self.kind
        return f"{self.needed} of {target}" if self.needed > 1 else target


@dataclass(frozen=True)
class Route:
    """The steps in order, and how long each may take, in working days. ``row`` names why."""

    row: str
    steps: tuple[Step, ...]
    bulk: bool
    due_in_days: int
    escalate_in_days: int


def steps(text: str) -> tuple[Step, ...]:
    """Read steps as the table spells them: ``head > duty:risk > 2 of duty:manage``.

    Raises ``RouteError`` for anything else, an unknown duty, or a person asked for more than once.
    """
    return tuple(step(part) for part in text.split(">"))


def step(text: str) -> Step:
    """Read one step."""
    found = _STEP.fullmatch(text.strip())
    if found is None:
        raise RouteError(f"{text.strip()!r} is no step")
    kind, name = found["head"] or found["kind"], (found["name"] or "").strip()
    if kind == DUTY and name not in Duty.values:
        raise RouteError(f"{name!r} is no duty")
    if kind != HEAD and not name:
        raise RouteError(f"{text.strip()!r} names nobody")
    needed = int(found["needed"] or 1)
    if needed > 1 and kind in (HEAD, USER):
        raise RouteError(f"{text.strip()!r} asks one person {needed} times")
    return Step(kind, name, needed)


def amount_band(amount: int | None, *, medium_from: int, large_from: int) -> str:
    """none, small, medium or large; what is given back is as large as what is asked for."""
    if amount is None:
        return "none"
    size = abs(amount)
    return "large" if size >= large_from else "medium" if size >= medium_from else "small"


@clause("P1 4")
def route(facts: Mapping[str, Any], table: Table) -> Route:
    """The route of a request with these facts. A truth value nobody stated is false; a word the table does not know is
    its ``other``, if it has one.

    Raises ``KeyError`` for another fact the table asks about and nobody stated, ``policy.tables.TableError`` for a word it
    does not know or when no row matches, ``RouteError`` for steps that mean nothing.
    """
    seen: dict[str, Any] = {}
    for column in table.inputs:
        if set(column.values) == {True, False}:
            seen[column.name] = bool(facts.get(column.name, False))
            continue
        value = seen[column.name] = facts[column.name]
        if column.values and value not in column.values:
            if OTHER not in column.values:
                raise TableError(f"{table.key}: {column.name} can't be {value!r}")
            seen[column.name] = OTHER
    row = table.decide(seen)
    return Route(
        row=row.row,
        steps=steps(row.then["steps"]),
        bulk=bool(row.then["bulk"]),
        due_in_days=int(row.then["due_in_days"]),
        escalate_in_days=int(row.then["escalate_in_days"]),
    )
