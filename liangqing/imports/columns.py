"""Typing one column as a set.

Plain cells are typed by one SQL expression. Of the cells it leaves open, each different one is parsed once in Python
and joined back, so that a million equal oddities cost as much as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from liangqing.imports.rules.outcome import Bad

Value = str | int | date | None
Parser = Callable[[str, str], Value | Bad]  # cell, currency of its row ("" when that has no bearing)

_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column on its way to be typed. ``plain`` is SQL over the alias ``r``; ``context`` too, when cells need one."""

    name: str
    cell: str
    sql_type: str
    plain: str
    source: str = "raw"
    context: str | None = None

    @property
    def odd(self) -> str:
        """The table of the cells that are not plain."""
        return f"odd_{self.cell}_{self.name}"

    @property
    def raw(self) -> str:
        return f"r.{self.cell}"

    @property
    def join(self) -> str:
        """SQL: the join that brings the parsed values back."""
        same_context = f" AND {self.odd}.context = {self.context}" if self.context else ""
        return f"LEFT JOIN {self.odd} ON {self.odd}.cell = {self.raw}{same_context}"

    @property
    def value(self) -> str:
        """SQL: the typed value, once odd cells are parsed."""
        return f"coalesce({self.plain}, {self.odd}.value)"


def set_odd_apart(connection: duckdb.DuckDBPyConnection, column: Column) -> int:
    """Collect the different cells the SQL form leaves open; tells how many there are."""
    context = column.context or "''"
    connection.execute(
        f"CREATE TEMP TABLE {column.odd}_cells AS SELECT DISTINCT {column.raw} AS cell, {context} AS context "
        f"FROM {column.source} r WHERE {column.raw} IS NOT NULL AND ({column.plain}) IS NULL"
    )
    row = connection.execute(f"SELECT count(*) FROM {column.odd}_cells").fetchone()
    return int(row[0]) if row else 0


def odd_cells(connection: duckdb.DuckDBPyConnection, column: Column) -> Iterator[list[tuple[str, str]]]:
    """The cells set apart, in chunks."""
    total_row = connection.execute(f"SELECT count(*) FROM {column.odd}_cells").fetchone()
    total = int(total_row[0]) if total_row else 0
    for start in range(0, total, _CHUNK):
        yield connection.execute(
            f"SELECT cell, context FROM {column.odd}_cells WHERE rowid >= {start} AND rowid < {start + _CHUNK}"
        ).fetchall()


def parse_odd(connection: duckdb.DuckDBPyConnection, column: Column, parse: Parser) -> int:
    """Parse every cell set apart into a table of values and problems; tells how many are problems."""
    connection.execute(
        f"CREATE TEMP TABLE {column.odd} "
        f"(cell VARCHAR, context VARCHAR, value {column.sql_type}, code VARCHAR, detail VARCHAR)"
    )
    problems = 0
    for cells in odd_cells(connection, column):
        parsed = [parse(cell, context) for cell, context in cells]
        bad = [item if isinstance(item, Bad) else None for item in parsed]
        problems += sum(item is not None for item in bad)
        connection.execute(
            f"INSERT INTO {column.odd} SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            f"unnest(?::{column.sql_type}[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [
                [cell for cell, _context in cells],
                [context for _cell, context in cells],
                [None if isinstance(item, Bad) else item for item in parsed],
                [item.code if item else None for item in bad],
                [item.detail if item else None for item in bad],
            ],
        )
    connection.execute(f"DROP TABLE {column.odd}_cells")
    return problems
