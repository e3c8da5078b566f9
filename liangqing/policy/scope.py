"""For whom a value is set: the whole institution, or a business line, a kind of debtor, a place.

A scope names some of the dimensions; the empty one is the whole institution. Where several scoped values fit an
account, one wins: for a choice the most specific (most dimensions named; then line before place before debtor), for a
term bound by law the strictest.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DIMENSIONS = ("line", "place", "debtor")
"""line: the creditor's code; place: the country of the debtor, two letters; debtor: company or person. The first weighs
most when two scopes name equally many."""

Scope = Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """One combination of what scopes tell apart; None in a dimension: any value nobody names."""

    at: tuple[tuple[str, str | None], ...]

    def within(self, scope: Scope) -> bool:
        """Whether a value set for this scope speaks for the cell."""
        here = dict(self.at)
        return all(here.get(dimension) == value for dimension, value in scope.items())

    @property
    def plain(self) -> bool:
        """Whether it is the cell of all those nobody names."""
        return all(value is None for _dimension, value in self.at)


def weight(scope: Scope) -> tuple[int, ...]:
    """More is more specific."""
    return (len(scope), *(int(dimension in scope) for dimension in DIMENSIONS))


def cells(scopes: Iterable[Scope]) -> list[Cell]:
    """Every combination that could be decided differently, the one nobody names first."""
    named: dict[str, set[str]] = {}
    for scope in scopes:
        for dimension, value in scope.items():
            named.setdefault(dimension, set()).add(value)
    axes = [
        [(dimension, value) for value in (None, *sorted(named[dimension]))]
        for dimension in DIMENSIONS
        if dimension in named
    ]
    return [Cell(at) for at in itertools.product(*axes)]
