"""Many rows into PostgreSQL at once, in the transaction that is open."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

Cursor = Any
"""A Django cursor over psycopg."""

_ROWS_A_WRITE = 65_536


def copy_in(cursor: Cursor, table: str, rows: pa.Table | pa.RecordBatchReader, columns: Sequence[str] = ()) -> int:
    """COPY rows into ``table``; the Arrow columns bear the names of the table's. Returns how many rows went in."""
    names = list(columns or rows.schema.names)
    target = f"COPY {table} ({', '.join(names)}) FROM STDIN WITH (FORMAT csv)"
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    batches = rows.to_batches(max_chunksize=_ROWS_A_WRITE) if isinstance(rows, pa.Table) else rows
    count = 0
    with cursor.copy(target) as copy:
        for batch in batches:
            buffer = io.BytesIO()
            pa_csv.write_csv(batch.select(names), buffer, options)
            copy.write(buffer.getbuffer())
            count += batch.num_rows
    return count


def stage(cursor: Cursor, name: str, columns: str, rows: pa.Table) -> int:
    """A temporary table with these rows, gone at commit. Never analysed: that would turn the plan into a full join."""
    cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
    return copy_in(cursor, name, rows)


def reserve(cursor: Cursor, sequence: str, count: int) -> list[int]:
    """``count`` new ids of a sequence, in order."""
    if count == 0:
        return []
    cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
    return sorted(number for (number,) in cursor.fetchall())


def sequence_of(table: str) -> str:
    return f"{table}_id_seq"


@contextmanager
def references_checked_as_a_set(cursor: Cursor, table: str, arriving: int) -> Iterator[None]:
    """For a load larger than the table itself: check foreign keys once for all rows instead of once a row.

    The constraints are dropped and added again (which checks every row in one join) in the same transaction, so that
    nobody ever sees the table without them; a reference to nothing fails the whole load. A smaller load leaves the
    constraints alone, since this locks the table.
    """
    cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table])
    (present,) = cursor.fetchone()
    if arriving < 100_000 or arriving < present:
        yield
        return
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name, _definition in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
