"""Many rows into PostgreSQL at once, in the transaction that is open."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

Cursor = Any
"""A Django cursor over psycopg."""

Item = TypeVar("Item")

_ROWS_A_WRITE = 65_536
_LARGE = 100_000
_FEW = 1000


def copy_in(
    cursor: Cursor,
    table: str,
    rows: pa.Table | Iterable[pa.RecordBatch],
    columns: Sequence[str] = (),
    *,
    fresh: bool = False,
) -> int:
    """COPY rows into ``table``; returns how many went in.

    The Arrow columns bear the names of the table's; batches come with the ``columns`` to take. While the database takes
    one batch, the next is made. Into a ``fresh`` table (``large_load`` tells) rows come as if they had always been there,
    which spares every later reader of this transaction the question whether it may see them.
    """
    names = list(columns) if columns else list(rows.schema.names) if isinstance(rows, pa.Table) else []
    target = f"COPY {table} ({', '.join(names)}) FROM STDIN WITH (FORMAT csv{', FREEZE' if fresh else ''})"
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    batches = rows.to_batches(max_chunksize=_ROWS_A_WRITE) if isinstance(rows, pa.Table) else rows

    def written() -> Iterator[tuple[int, memoryview]]:
        for batch in batches:
            buffer = pa.BufferOutputStream()
            pa_csv.write_csv(batch.select(names), buffer, options)
            yield batch.num_rows, memoryview(buffer.getvalue())

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
        return range(0)
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


def number_rows(duck: duckdb.DuckDBPyConnection, name: str, ids: Sequence[int], rows: str, by: str) -> None:
    """A DuckDB table ``name``: what the query ``rows`` gives (best only keys), in the order of the columns ``by``, and the
    ``id`` of each."""
    place = f"row_number() OVER (ORDER BY {by})"
    if isinstance(ids, range):
        number = f"SELECT *, {place} + {ids.start - 1} AS id FROM ({rows})"
        duck.execute(f"CREATE TABLE {name} AS {number}").fetchall()
        return
    duck.register("numbers", pa.table({"place": pa.array(range(1, len(ids) + 1)), "id": pa.array(ids, pa.int64())}))
    duck.execute(
        f"""CREATE TABLE {name} AS SELECT r.* EXCLUDE (place), n.id
            FROM (SELECT *, {place} AS place FROM ({rows})) r JOIN numbers n USING (place)"""
    ).fetchall()
    duck.unregister("numbers")


def numbered(batches: Iterable[pa.RecordBatch], ids: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """The batches with a column ``id`` in front: the ids one after the other. What is sorted anyway is numbered so without
    a join."""
    taken = 0
    for batch in batches:
        own = ids[taken : taken + batch.num_rows]
        taken += batch.num_rows
        column = pa.array(np.arange(own.start, own.stop) if isinstance(own, range) else own, pa.int64())
        yield pa.RecordBatch.from_arrays([column, *batch.columns], names=["id", *batch.schema.names])


def with_id(schema: pa.Schema) -> pa.Schema:
    """The schema of batches once they are numbered."""
    return pa.schema([("id", pa.int64()), *schema])


def sequence_of(table: str) -> str:
    return f"{table}_id_seq"


def large_load(
    cursor: Cursor,
    table: str,
    arriving: int,
    load: Callable[[bool], object],
    meanwhile: Callable[[], object] | None = None,
) -> None:
    """Run ``load``, which brings ``arriving`` rows into ``table``; when those are more than it holds, build indexes and
    check references once, for all rows together.

    Foreign keys, unique constraints and indexes are dropped and made again in the same transaction: sorting once is
    several times cheaper than finding each row's place, and a reference to nothing or a second row of one number still
    fails the whole load. Nobody ever sees the table without them, since it is locked meanwhile. A load smaller than what
    is there leaves everything alone and locks nothing.

    While the table is empty, the primary key and what refers to it are among them, the table starts afresh, and ``load``
    is told so. What refers to it is then locked too: whatever must be read by another connection is read before.

    ``meanwhile`` runs in a thread of its own while the database makes them again; it must not use the cursor.
    """
    cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table])
    (present,) = cursor.fetchone()
    if arriving < _LARGE or arriving < present:
        load(False)
        if meanwhile:
            meanwhile()
        return
    fresh, made_again = _take_apart(cursor, table)
    load(fresh)
    with beside(meanwhile or (lambda: None)):
        for statement in made_again:
            cursor.execute(statement)
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def first_load(cursor: Cursor, table: str, arriving: int, load: Callable[[bool], int]) -> int:
    """As ``large_load``, but only while the table is empty: where rows are, people work with them, and nothing is locked.
    Returns what ``load`` does.

    ``load`` is told whether the table is fresh. It has no unique constraint then that a conflict could be about, and two
    rows of one key fail it.
    """
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    (filled,) = cursor.fetchone()
    if filled:
        return load(False)
    loaded: list[int] = []
    large_load(cursor, table, arriving, lambda fresh: loaded.append(load(fresh)))
    return loaded[0]


def _take_apart(cursor: Cursor, table: str) -> tuple[bool, list[str]]:
    """Drop the constraints and indexes of a table; returns whether it was empty, and the statements that make them again."""
    cursor.execute(f"LOCK TABLE {table}")
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    (filled,) = cursor.fetchone()
    # What refers to the table goes before its keys, and comes after them.
    cursor.execute(
        """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid = %(table)s::regclass AND contype = ANY(%(kinds)s)
              OR confrelid = %(table)s::regclass AND contype = 'f' AND 'p' = ANY(%(kinds)s)
           ORDER BY contype = 'f' DESC, contype = 'u' DESC, conname""",
        {"table": table, "kinds": ["f", "u"] if filled else ["f", "u", "p"]},
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
    if not filled:
        _start_afresh(cursor, table)
    for owner, name, _definition in constraints:
        cursor.execute(f"ALTER TABLE {owner} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    made_again = [definition for _name, definition in indexes]
    made_again += [
        f"ALTER TABLE {owner} ADD CONSTRAINT {name} {definition}" for owner, name, definition in reversed(constraints)
    ]
    return not filled, made_again


def _start_afresh(cursor: Cursor, table: str) -> None:
    """Give an empty table a file of this transaction's own, as COPY with FREEZE asks for. TRUNCATE would do it as well,
    but the guards refuse it."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisprimary", [table]
    )
    (key,) = cursor.fetchone()
    cursor.execute(f"CLUSTER {table} USING {key}")


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[Callable[[], object]]:
    """Do ``work`` in a thread of its own while the block runs. The block gets a function that waits for its end; what it
    raises is raised there, and at the end of the block."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        doing = worker.submit(contextvars.copy_context().run, work)
        yield doing.result
        doing.result()
