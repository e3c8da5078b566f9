"""Look up only what rows at hand speak of, while they are few.

A large file is compared with all that is stored, in one pass. A few rows must not pay for that: they name the keys they
want, and the database finds them by its indexes. Both go one way; only the condition differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
from psycopg import sql

FEW = 10_000
"""Rows that name what they want; more of them read everything."""

ALL = "true"
"""The condition that leaves nothing out."""


def among(duck: duckdb.DuckDBPyConnection, rows: str, keys: Mapping[str, str]) -> str:
    """A condition for PostgreSQL: each column is among the values that the DuckDB table ``rows`` (or its query in
    parentheses) has for it; ``ALL`` when the rows are more than ``FEW``.

    ``keys`` gives the DuckDB expression by the PostgreSQL column, integers, texts or bytes of one type a column. Values
    that are not known (NULL) ask for nothing.

    >>> duck = duckdb.connect()
    >>> _ = duck.execute("CREATE TABLE typed AS SELECT * FROM (VALUES ('B1'), ('B''2'), (NULL)) t (number)")
    >>> among(duck, "typed", {"b.number": "number"})
    "b.number = ANY ('{B''2,B1}')"
    """
    ((count,),) = duck.execute(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {FEW + 1})").fetchall()
    if count > FEW:
        return ALL
    conditions = []
    for column, expression in keys.items():
        found = duck.execute(
            f"SELECT DISTINCT {expression} AS key FROM {rows} WHERE key IS NOT NULL ORDER BY key"
        ).fetchall()
        conditions.append(one_of(column, [key for (key,) in found]))
    return " AND ".join(conditions)


def one_of(column: str, values: Sequence[int] | Sequence[str] | Sequence[bytes]) -> str:
    """The condition that a column is one of these values.

    >>> one_of("id", [1, 2]), one_of("hash", [b"\\x00a"]), one_of("id", [])
    ("id = ANY ('{1,2}'::bigint[])", "hash = ANY ('{\\\\\\\\x0061}'::bytea[])", 'false')
    """
    if not values:
        return "false"
    if isinstance(values[0], str):
        return f"{column} = ANY ({sql.Literal(list(values)).as_string(None).strip()})"
    if isinstance(values[0], bytes):
        codes = ",".join(f"\\\\x{bytes(value).hex()}" for value in values)  # type: ignore[arg-type]
        return f"{column} = ANY ('{{{codes}}}'::bytea[])"
    return f"{column} = ANY ('{{{','.join(str(int(value)) for value in values)}}}'::bigint[])"


def within(column: str, query: str, condition: str) -> str:
    """The condition that a column is among what ``query`` finds under a condition; ``ALL`` under ``ALL``."""
    return ALL if condition == ALL else f"{column} IN ({query} WHERE {condition})"
