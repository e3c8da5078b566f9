"""Many rows into PostgreSQL at once, in the transaction that is open."""

from __future__ import annotations

import contextvars
import io
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

Cursor = Any
"""A Django cursor over psycopg."""

Item = TypeVar("Item")

_ROWS_A_WRITE = 65_536
_LARGE = 100_000
_FEW = 1000


def copy_in(cursor: Cursor, table: str, rows: pa.Table | Iterable[pa.RecordBatch], columns: Sequence[str] = ()) -> int:
    """COPY rows into ``table``; returns how many went in.

    The Arrow columns bear the names of the table's; batches come with the ``columns`` to take. While the database takes
    one batch, the next is made.
    """
    names = list(columns) if columns else list(rows.schema.names) if isinstance(rows, pa.Table) else []
    target = f"COPY {table} ({', '.join(names)}) FROM STDIN WITH (FORMAT csv)"
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    batches = rows.to_batches(max_chunksize=_ROWS_A_WRITE) if isinstance(rows, pa.Table) else rows

    def written() -> Iterator[tuple[int, memoryview]]:
        for batch in batches:
            buffer = io.BytesIO()
            pa_csv.write_csv(batch.select(names), buffer, options)
            yield batch.num_rows, buffer.getbuffer()

    count = 0
    with cursor.copy(target) as copy, ahead(written()) as coming:
        for rows_written, text in coming:
            copy.write(text)
            count += rows_written
    return count


@contextmanager
def ahead(items: Iterable[Item], most: int = 2) -> Iterator[Iterator[Item]]:
    """The same items in the same order, made in a thread of their own, at most ``most`` of them waiting."""
    waiting: queue.Queue[tuple[bool, Any]] = queue.Queue(most)
    given_up = threading.Event()

    def put(said: tuple[bool, Any]) -> bool:
        while not given_up.is_set():
            with suppress(queue.Full):
                waiting.put(said, timeout=0.1)
                return True
        return False

    def make() -> None:
        end: tuple[bool, Any] = (False, None)
        try:
            for item in items:
                if not put((True, item)):
                    return
        except BaseException as error:  # noqa: BLE001 (it is raised where the items are wanted)
            end = (False, error)
        put(end)

    def take() -> Iterator[Item]:
        while True:
            more, item = waiting.get()
            if more:
                yield item
            elif item is not None:
                raise item
            else:
                return

    maker = threading.Thread(target=contextvars.copy_context().run, args=(make,), daemon=True)
    maker.start()
    try:
        yield take()
    finally:
        given_up.set()
        maker.join()


def stage(cursor: Cursor, name: str, columns: str, rows: pa.Table) -> int:
    """A temporary table with these rows, gone at commit.

    Analysed only when its rows are few, so that they are looked up one by one; many would turn the plan into a full join.
    """
    cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
    count = copy_in(cursor, name, rows)
    if 0 < count <= _FEW:
        cursor.execute(f"ANALYZE {name}")
    return count


def reserve(cursor: Cursor, sequence: str, count: int) -> Sequence[int]:
    """``count`` new ids of a sequence, in order; a range whenever nobody else is drawing at the same moment."""
    if count == 0:
        return []
    if count >= _LARGE:
        # Drawing a million one by one would take a third of a second. Altering a sequence, even to what it is, holds it
        # until the transaction ends, so that nobody draws between these statements.
        cursor.execute(f"ALTER SEQUENCE {sequence} INCREMENT BY 1")
        cursor.execute("SELECT nextval(%s::regclass)", [sequence])
        (first,) = cursor.fetchone()
        cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, first + count - 1])
        return range(first, first + count)
    cursor.execute(
        "SELECT array_agg(id ORDER BY id) FROM (SELECT nextval(%s::regclass) AS id FROM generate_series(1, %s)) drawn",
        [sequence, count],
    )
    (ids,) = cursor.fetchone()
    return range(ids[0], ids[-1] + 1) if ids[-1] - ids[0] + 1 == count else ids


def number(duck: duckdb.DuckDBPyConnection, name: str, ids: Sequence[int]) -> None:
    """A DuckDB table or view ``name(place, id)``, place counting from 1."""
    if isinstance(ids, range):
        duck.execute(
            f"CREATE VIEW {name} AS SELECT i + 1 AS place, i + {ids.start} AS id FROM range({len(ids)}) r(i)"
        ).fetchall()
        return
    places, numbers = pa.array(range(1, len(ids) + 1), pa.int64()), pa.array(ids, pa.int64())
    duck.register("numbers", pa.table({"place": places, "id": numbers}))
    duck.execute(f"CREATE TABLE {name} AS SELECT * FROM numbers").fetchall()
    duck.unregister("numbers")


def forget_numbers(duck: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop what ``number`` made."""
    ((kind,),) = duck.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
    ).fetchall()
    duck.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}").fetchall()


def sequence_of(table: str) -> str:
    return f"{table}_id_seq"


@contextmanager
def large_load(cursor: Cursor, table: str, arriving: int) -> Iterator[None]:
    """For a load larger than the table itself: build indexes and check references once, for all rows together.

    Foreign keys, unique constraints and indexes (but the primary key) are dropped and made again in the same
    transaction: sorting once is several times cheaper than finding each row's place, and a reference to nothing or a
    second row of one number still fails the whole load. Nobody ever sees the table without them, since it is locked
    meanwhile. A load smaller than what is there leaves everything alone and locks nothing.
    """
    cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table])
    (present,) = cursor.fetchone()
    if arriving < _LARGE or arriving < present:
        yield
        return
    cursor.execute(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC, conname""",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
           WHERE indrelid = %s::regclass AND NOT indisprimary
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'u')""",
        [table],
    )
    indexes = cursor.fetchall()
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred checks of earlier rows, before the table may change
    for name, _definition in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
