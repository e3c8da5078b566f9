"""One date in progress: its policy, its tables, its timings; and the dates done, as they were kept."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot as sg
from django.conf import settings
from ibis.backends.sql import SQLBackend
from ibis.backends.sql.datatypes import SqlglotType
from ibis.expr.datatypes import DataType
from ibis.expr.operations import DatabaseTable, InMemoryTable, Namespace
from ibis.expr.schema import Schema

from liangqing.kit.snapshot import taken
from liangqing.nightly.plan import Books, Source
from liangqing.policy import Policy

ibis.options.sql.fuse_selects = False  # the engine does that itself, faster

_MEMORY = "1500MB"
INPUTS = "inputs"
"""The folder, within that of a night, of what it was decided from."""


@dataclass(frozen=True)
class Touched:
    """The bills and receipts of which anything was written since the last night that held, by their ids."""

    bills: list[int]
    receipts: list[int]


class Night:
    """The tables of one run in a DuckDB database of its own, which spills to disk rather than dying of memory."""

    def __init__(self, date: dt.date, policy: Policy, *, purpose: str = "look") -> None:
        self.date = date
        self.policy = policy
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}  # of this process, all its threads
        self.figures: dict[str, Any] = {}
        self.whole = True  # False when only one party's rows were read
        self.touched: Touched | None = None  # None: anything may have changed since the night before
        self._tables: dict[str, ir.Table] = {}
        self._above: Night | None = None
        self._prefix = ""
        self._folder = Path(settings.HOME) / "tmp" / f"{purpose}-{date}-{os.getpid()}"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.con = ibis.duckdb.connect(
            self._folder / "night.duckdb", memory_limit=_MEMORY, temp_directory=str(self._folder)
        )
        # Its file is gone with the night; and what is printed may be for programs.
        self.con.con.execute("PRAGMA disable_checkpoint_on_shutdown; SET enable_progress_bar = false").fetchall()

    def __enter__(self) -> Night:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.disconnect()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)
        self.cpu[name] = round(self.cpu.get(name, 0.0) + time.process_time() - cpu, 3)

    def read(self, sources: Iterable[Source], *, party_id: int | None = None, books: Books | None = None) -> None:
        """Take the snapshot, of everybody or of one party: all sources in one read-only transaction, except for what the
        books have kept."""
        self.whole = party_id is None
        with taken(self.con.con) as snapshot:
            brought = books.bring(self, snapshot) if books else ()
            for source in sources:
                if source.name in brought:
                    continue
                if source.here:
                    self.con.con.execute(f"CREATE VIEW {source.name} AS {source.query}").fetchall()
                else:
                    snapshot.into(source.name, source.sql(self.date, party_id))

    def read_kept(self, names: Iterable[str], *, party_id: int | None = None) -> None:
        """Take what the night of this date was decided from as it was kept, of everybody or of one party.

        Raises ``FileNotFoundError`` when it was not kept.
        """
        self.whole = party_id is None
        for name in names:
            path = nights_folder() / self.date.isoformat() / INPUTS / f"{name}.parquet"
            if not path.exists():
                raise FileNotFoundError(path)
            rows = f"SELECT * FROM read_parquet('{path}')"
            if party_id is not None and "party_id" in pq.read_schema(path).names:
                rows += f" WHERE party_id = {int(party_id)}"
            self.con.con.execute(f"CREATE TABLE {name} AS {rows}").fetchall()

    def under(self, policy: Policy, label: str) -> Night:
        """The same date decided by another policy: it sees the tables of this night and keeps its own beside them."""
        other = copy.copy(self)
        other.policy, other._above, other._prefix, other._tables = policy, self, f"{label}_", {}
        return other

    def table(self, name: str) -> ir.Table:
        """The rows kept (or read) under a name."""
        if name not in self._tables:
            if self._above is not None:
                return self._above.table(name)
            self._tables[name] = self.con.table(name)
        return self._tables[name]

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Work an expression out and keep its rows under a name."""
        self._store(self._prefix + name, expression)
        self._tables[name] = self._stored(self._prefix + name, expression)
        return self._tables[name]

    def _stored(self, full: str, expression: ir.Table) -> ir.Table:
        # Not by asking the engine what it has stored: ``typed`` has seen to that.
        schema = Schema({name: kind.copy(nullable=True) for name, kind in expression.schema().items()})
        return DatabaseTable(full, schema=schema, source=self.con, namespace=Namespace()).to_expr()

    def replace(self, name: str, expression: ir.Table) -> ir.Table:
        """Keep rows under a name that is already taken; the expression may read the rows it replaces."""
        full = self._prefix + name
        self._store(f"{full}_next", expression)
        self.con.con.execute(f"DROP TABLE {full}").fetchall()
        self.con.con.execute(f"ALTER TABLE {full}_next RENAME TO {full}").fetchall()
        self._tables[name] = self._stored(full, expression)
        return self._tables[name]

    def _store(self, full: str, expression: ir.Table) -> None:
        # Not by create_table: what that does besides takes longer than a small institution's rows.
        for given in expression.op().find(InMemoryTable):  # the backend has to be given its rows
            self.con.con.register(given.name, given.data.to_pyarrow(given.schema))
        self.con.con.execute(f"CREATE TABLE {full} AS {typed(self.con, expression)}").fetchall()

    def arrow(self, expression: ir.Table) -> pa.Table:
        return expression.to_pyarrow()

    def value(self, expression: ir.Scalar) -> Any:
        return expression.to_pyarrow().as_py()

    def checksum(self, name: str, *, without: frozenset[str] = frozenset()) -> str:
        """A number that is the same for the same rows in any order; some columns may be left out."""
        columns = ", ".join(column for column in self.table(name).columns if column not in without)
        ((count, total),) = self.con.con.execute(
            f"SELECT count(*), coalesce(sum(('0x' || md5(ROW({columns})::VARCHAR)[1:15])::BIGINT::HUGEINT), 0) FROM {name}"
        ).fetchall()
        return f"{count}:{int(total) % 2**61:016x}"

    def before(self, name: str) -> ir.Table | None:
        """The rows kept under a name by the night before this one, if they are there."""
        path = nights_folder() / (self.date - dt.timedelta(days=1)).isoformat() / f"{name}.parquet"
        return self.con.read_parquet(path) if path.exists() else None

    def kept(self, name: str) -> ir.Table:
        """The rows the night of this date decided, as they were kept. Raises ``FileNotFoundError``."""
        path = nights_folder() / self.date.isoformat() / f"{name}.parquet"
        if not path.exists():
            raise FileNotFoundError(path)
        return self.con.read_parquet(path)

    def look_into(self, name: str, files: str) -> None:
        """Let a name stand for the rows of Parquet files, which another engine has written."""
        self.con.con.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet('{files}')").fetchall()
        self._tables.pop(name, None)

    def save(self, name: str, path: Path) -> None:
        rows = typed(self.con, self.con.table(name))
        self.con.con.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchall()


def typed(con: SQLBackend, expression: ir.Table) -> str:
    """The question in the engine's SQL, its columns of the types the expression states.

    Left to themselves engines differ: DuckDB would keep a sum as HUGEINT, which becomes floating point in Parquet, and a day
    to which days were added as an instant; Spark a small number as a larger one.
    """
    columns = []
    for name, kind in expression.schema().items():
        column = sg.to_identifier(name, quoted=True).sql(con.dialect)
        columns.append(f"CAST({column} AS {_type(con.compiler.type_mapper, kind)}) AS {column}")
    return f"SELECT {', '.join(columns)} FROM ({con.compile(expression)}) AS stated"


@functools.cache
def _type(types: type[SqlglotType], kind: DataType) -> str:
    return str(types.to_string(kind))


def nights_folder() -> Path:
    """Where the tables of each night are kept, a folder a date."""
    return Path(settings.HOME) / "nights"
