"""Decision tables: ordered rows, first match wins; the row that matched is the explanation.

A table is compiled to one CASE for the whole portfolio (``Table.row_for``) and answered for a single account by its
Python twin (``Table.decide``); a property test makes the two agree. In a table of points every matching row counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True)
class Range:
    """Whole numbers from ``low`` (included) until ``high`` (not included); None is without end."""

    low: int | None
    high: int | None

    def holds(self, value: int | None) -> bool:
        return (
            value is not None and (self.low is None or value >= self.low) and (self.high is None or value < self.high)
        )

    def over(self, column: ir.IntegerColumn) -> ir.BooleanValue:
        tests: list[ir.BooleanValue] = [column.notnull()]
        if self.low is not None:
            tests.append(column >= self.low)
        if self.high is not None:
            tests.append(column < self.high)
        return ibis.and_(*tests)


@dataclass(frozen=True)
class OneOf:
    """Any of these words (or truth values)."""

    values: frozenset[str | bool]

    def holds(self, value: str | bool | None) -> bool:
        return value in self.values

    def over(self, column: ir.Column) -> ir.BooleanValue:
        return ibis.and_(column.notnull(), column.isin(sorted(self.values)))


Condition = Range | OneOf


@dataclass(frozen=True)
class Input:
    """A column a table looks at: a whole number within ``domain``, or one of ``values``."""

    name: str
    domain: Range | None = None
    values: tuple[str | bool, ...] = ()


@dataclass(frozen=True)
class Row:
    """When all conditions hold, the outputs follow. ``row`` names it in every decision."""

    row: str
    when: Mapping[str, Condition]
    then: Mapping[str, Any]
    reason: Mapping[str, str] = field(default_factory=dict)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        return all(condition.holds(facts[name]) for name, condition in self.when.items())

    def over(self, table: ir.Table) -> ir.BooleanValue:
        tests = [condition.over(table[name]) for name, condition in self.when.items()]
        return ibis.and_(*tests) if tests else ibis.literal(True)


class TableError(ValueError):
    """A table with a gap, a row that can never match, or words it does not know."""


@dataclass(frozen=True)
class Table:
    """A decision table. ``adds_up``: every matching row counts (points); otherwise the first match decides."""

    key: str
    name: Mapping[str, str]
    clause: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]
    adds_up: bool = False

    def __post_init__(self) -> None:
        names = [row.row for row in self.rows]
        if len(set(names)) != len(names):
            raise TableError(f"{self.key}: two rows have one name")
        known = {column.name: column for column in self.inputs}
        for row in self.rows:
            if set(row.then) != set(self.outputs):
                raise TableError(f"{self.key} {row.row}: outputs must be {', '.join(self.outputs)}")
            for name, condition in row.when.items():
                if name not in known:
                    raise TableError(f"{self.key} {row.row}: no input is called {name}")
                if isinstance(condition, Range) and known[name].domain is None:
                    raise TableError(f"{self.key} {row.row}: {name} is a word, not a range of numbers")
                if isinstance(condition, OneOf) and not condition.values <= set(known[name].values):
                    raise TableError(f"{self.key} {row.row}: {name} can't be {sorted(map(str, condition.values))}")
        if not self.adds_up:
            self._check_complete()

    def _check_complete(self) -> None:
        """Try one value of every band of every input: each must match some row, each row must win somewhere."""
        won: set[str] = set()
        for facts in self._bands():
            row = next((row for row in self.rows if row.holds(facts)), None)
            if row is None:
                raise TableError(f"{self.key}: no row matches {facts}")
            won.add(row.row)
        if lost := [row.row for row in self.rows if row.row not in won]:
            raise TableError(f"{self.key}: rows that can never match: {', '.join(lost)}")

    def _bands(self) -> Iterator[dict[str, Any]]:
        axes: list[list[Any]] = []
        for column in self.inputs:
            if column.domain is None:
                axes.append(list(column.values))
                continue
            edges = {column.domain.low if column.domain.low is not None else -(10**6)}
            for row in self.rows:
                condition = row.when.get(column.name)
                if isinstance(condition, Range):
                    edges |= {edge for edge in (condition.low, condition.high) if edge is not None}
            axes.append(sorted(edge for edge in edges if column.domain.holds(edge)))
        for values in itertools.product(*axes):
            yield dict(zip((column.name for column in self.inputs), values, strict=True))

    # one account ---------------------------------------------------------------------------------------------------

    def decide(self, facts: Mapping[str, Any]) -> Row:
        """The first row that matches. Raises ``TableError`` for facts outside every row (a fact that is None)."""
        for row in self.rows:
            if row.holds(facts):
                return row
        raise TableError(f"{self.key}: no row matches {dict(facts)}")

    def matching(self, facts: Mapping[str, Any]) -> list[Row]:
        """All rows that match, for a table of points."""
        return [row for row in self.rows if row.holds(facts)]

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.row == name)

    # the portfolio -------------------------------------------------------------------------------------------------

    def row_for(self, table: ir.Table) -> ir.StringValue:
        """The name of the deciding row for each row of ``table``; NULL where nothing matches."""
        return ibis.cases(*((row.over(table), row.row) for row in self.rows), else_=None)

    def output(self, row_name: ir.StringValue, name: str) -> ir.Value:
        """What the deciding row says for one output."""
        return ibis.cases(*((row_name == row.row, row.then[name]) for row in self.rows), else_=None)

    def points(self, table: ir.Table, name: str = "points") -> ir.IntegerValue:
        """The sum of what all matching rows give."""
        given = [row.over(table).ifelse(row.then[name], 0) for row in self.rows]
        return sum(given[1:], start=given[0])

    def reasons(self, table: ir.Table) -> ir.StringValue:
        """Names of all matching rows in order, joined by blanks."""
        parts = [row.over(table).ifelse(row.row + " ", "") for row in self.rows]
        return sum(parts[1:], start=parts[0]).strip()
