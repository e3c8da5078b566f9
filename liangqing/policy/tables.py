"""Decision tables: ordered rows, first match wins; the row that matched is the explanation.

A table is compiled to one CASE for the whole portfolio (``Table.row_for``) and answered for a single account by its
Python twin (``Table.decide``); a property test makes the two agree. In a table of points every matching row counts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import yaml

from liangqing.policy.terms import CATALOGUE, Words

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_CELLS = 20_000_000
"""How many combinations a table may tell apart and still be checked for gaps: far more than a reader could follow."""


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
        import ibis

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
        import ibis

        if all(isinstance(value, bool) for value in self.values):
            # Not isin: Ibis writes ``a OR b IN (TRUE)`` for a flag that is worked out, without brackets.
            return ibis.and_(column.notnull(), ibis.or_(*(column == value for value in sorted(self.values))))
        return ibis.and_(column.notnull(), column.isin(sorted(self.values)))


Condition = Range | OneOf


@dataclass(frozen=True)
class Input:
    """A column a table looks at: a whole number within ``domain``, or one of ``values``; ``words`` name the values."""

    name: str
    domain: Range | None = None
    values: tuple[str | bool, ...] = ()
    label: Words = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """A column a table answers: a whole number within ``domain``, one of ``values``, or text of a ``form``."""

    name: str
    domain: Range | None = None
    values: tuple[str | bool, ...] = ()
    form: str = ""
    label: Words = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)

    def takes(self, value: Any) -> bool:
        if self.form:
            return isinstance(value, str) and re.fullmatch(FORMS[self.form], value) is not None
        if self.domain is not None:
            return isinstance(value, int) and not isinstance(value, bool) and self.domain.holds(value)
        return not self.values or any(value == known and type(value) is type(known) for known in self.values)


_STEP = r"(head|duty:\w+|position:[^>]+?|user:[\w.@+-]+|[2-9] of (duty:\w+|position:[^>]+?))"
FORMS: Mapping[str, str] = {"route": rf"{_STEP}( > {_STEP})*", "citation": r"[^\n]{0,200}"}
"""Texts with a form. route: who decides, in order, as ``head > duty:risk > 2 of duty:manage``; citation: where a rule
stands, perhaps nothing."""


@dataclass(frozen=True)
class Row:
    """When all conditions hold, the outputs follow. ``row`` names it in every decision."""

    row: str
    when: Mapping[str, Condition]
    then: Mapping[str, Any]
    reason: Words = field(default_factory=dict)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        return all(condition.holds(facts[name]) for name, condition in self.when.items())

    def over(self, table: ir.Table) -> ir.BooleanValue:
        import ibis

        tests = [condition.over(table[name]) for name, condition in self.when.items()]
        return ibis.and_(*tests) if tests else ibis.literal(True)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a table, or (``note``) worth knowing. ``row`` is empty where it is about the whole table.

    Codes: twice (a row's name), outputs, output, unknown, kind, word, gap (``facts``: one account no row decides),
    never (the row can't match any more; ``by``: the rows before it that take all of it), empty (a range that holds
    nothing), large (too many combinations to check); notes: partly (``by``: rows before it that take some of it).
    """

    code: Literal["twice", "outputs", "output", "unknown", "kind", "word", "gap", "never", "empty", "large", "partly"]
    row: str = ""
    column: str = ""
    by: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def note(self) -> bool:
        return self.code == "partly"

    def __str__(self) -> str:
        what = {
            "twice": "two rows have one name",
            "outputs": "outputs must be all those of the table",
            "output": f"{self.column} can't be this",
            "unknown": f"no input is called {self.column}",
            "kind": f"{self.column} is a word, not a range of numbers; it can't be one",
            "word": f"{self.column} can't be this",
            "gap": f"no row matches {dict(self.facts)}",
            "never": "can never match",
            "empty": f"the range of {self.column} holds nothing",
            "large": "tells too many combinations apart",
            "partly": f"partly decided before, by {', '.join(self.by)}",
        }[self.code]
        return f"{self.row} {what}".strip()


class TableError(ValueError):
    """A table with a gap, a row that can never match, or words it does not know."""


@dataclass(frozen=True)
class Table:
    """A decision table. ``adds_up``: every matching row counts (points); otherwise the first match decides."""

    key: str
    name: Words
    clause: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    adds_up: bool = False
    about: Words = field(default_factory=dict)

    def checked(self) -> Table:
        """This table. Raises ``TableError`` for one that must not decide."""
        if wrong := [fault for fault in self.faults() if not fault.note]:
            raise TableError(f"{self.key}: {wrong[0]}")
        return self

    def faults(self) -> list[Fault]:
        """Everything wrong with it, and what is worth a note."""
        found = list(self._word_faults())
        if found or self.adds_up:
            return found
        return list(self._cover_faults())

    def _word_faults(self) -> Iterator[Fault]:
        names = [row.row for row in self.rows]
        yield from (Fault("twice", name) for name in dict.fromkeys(names) if names.count(name) > 1)
        known = {column.name: column for column in self.inputs}
        answers = {column.name: column for column in self.outputs}
        for row in self.rows:
            if set(row.then) != set(answers):
                yield Fault("outputs", row.row)
            for name, value in row.then.items():
                if name in answers and not answers[name].takes(value):
                    yield Fault("output", row.row, name)
            for name, condition in row.when.items():
                if name not in known:
                    yield Fault("unknown", row.row, name)
                elif isinstance(condition, Range):
                    if known[name].domain is None:
                        yield Fault("kind", row.row, name)
                    elif condition.low is not None and condition.high is not None and condition.low >= condition.high:
                        yield Fault("empty", row.row, name)
                elif not condition.values or not condition.values <= set(known[name].values):
                    yield Fault("word", row.row, name)

    def _cover_faults(self) -> Iterator[Fault]:
        """One value of every band of every input, all combinations at once: each must match some row, and each row must
        win somewhere."""
        axes = [self._bands(column) for column in self.inputs]
        if np.prod([len(axis) for axis in axes], dtype=float) > MOST_CELLS:
            yield Fault("large")
            return
        winner = np.full([len(axis) for axis in axes], -1, dtype=np.int16)
        for place, row in enumerate(self.rows):
            matches = self._matches(row, axes)
            fresh = matches & (winner < 0)
            before = tuple(self.rows[int(each)].row for each in np.unique(winner[matches & (winner >= 0)]))
            if not fresh.any():
                yield Fault("never", row.row, by=before)
            elif before:
                yield Fault("partly", row.row, by=before)
            winner[fresh] = place
        if (winner < 0).any():
            corner = np.argwhere(winner < 0)[0]
            yield Fault("gap", facts={column.name: axes[n][int(corner[n])] for n, column in enumerate(self.inputs)})

    def _bands(self, column: Input) -> list[Any]:
        if column.domain is None:
            return list(column.values)
        edges = {column.domain.low if column.domain.low is not None else -(10**6)}
        for row in self.rows:
            condition = row.when.get(column.name)
            if isinstance(condition, Range):
                edges |= {edge for edge in (condition.low, condition.high) if edge is not None}
        return sorted(edge for edge in edges if column.domain.holds(edge))

    def _matches(self, row: Row, axes: list[list[Any]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        matches = np.ones([len(axis) for axis in axes], dtype=bool)
        for place, column in enumerate(self.inputs):
            if column.name in row.when:
                shape = [1] * len(axes)
                shape[place] = len(axes[place])
                matches &= np.array([row.when[column.name].holds(value) for value in axes[place]]).reshape(shape)
        return matches

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
        """Raises ``KeyError`` for a name no row has (an older version may have had one)."""
        if (found := self.find(name)) is None:
            raise KeyError(name)
        return found

    def find(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.row == name), None)

    # the portfolio -------------------------------------------------------------------------------------------------

    def row_for(self, table: ir.Table) -> ir.StringValue:
        """The name of the deciding row for each row of ``table``; NULL where nothing matches."""
        import ibis

        return ibis.cases(*((row.over(table), row.row) for row in self.rows), else_=None)

    def output(self, row_name: ir.StringValue, name: str) -> ir.Value:
        """What the deciding row says for one output."""
        import ibis

        return ibis.cases(*((row_name == row.row, row.then[name]) for row in self.rows), else_=None)

    def points(self, table: ir.Table, name: str = "points") -> ir.IntegerValue:
        """The sum of what all matching rows give."""
        given = [row.over(table).ifelse(row.then[name], 0) for row in self.rows]
        return sum(given[1:], start=given[0])

    def reasons(self, table: ir.Table) -> ir.StringValue:
        """Names of all matching rows in order, joined by blanks."""
        parts = [row.over(table).ifelse(row.row + " ", "") for row in self.rows]
        return sum(parts[1:], start=parts[0]).strip()


@functools.cache
def blank_tables() -> Mapping[str, Table]:
    """The catalogue: every table there is, without rows, by key."""
    given = yaml.safe_load((CATALOGUE / "tables.yaml").read_text("utf-8"))
    return {key: _blank(key, one) for key, one in given.items()}


def _blank(key: str, given: dict[str, Any]) -> Table:
    inputs = tuple(Input(name, **_column(column)) for name, column in given["inputs"].items())
    outputs = tuple(
        Output(name, form=column.get("form", ""), **_column(column)) for name, column in given["outputs"].items()
    )
    return Table(
        key, given["name"], given["clause"], inputs, outputs, (), given.get("adds_up", False), given.get("about", {})
    )


def _column(given: dict[str, Any]) -> dict[str, Any]:
    label, words = given["name"], given.get("words", {})
    if "words" in given:
        return {"label": label, "values": tuple(words), "words": words}
    if given.get("flag"):
        return {"label": label, "values": (True, False), "words": {}}
    if "form" in given:
        return {"label": label}
    return {"label": label, "domain": Range(given.get("from"), given.get("until"))}
