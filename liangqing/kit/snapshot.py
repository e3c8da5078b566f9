"""Tables out of PostgreSQL into DuckDB, column by column (Arrow), all telling of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from django.db import connection

if TYPE_CHECKING:
    from adbc_driver_manager import AdbcConnection


def database_uri() -> str:
    """Where libpq finds the database that Django is connected to (in tests, the test database)."""
    parameters = connection.get_connection_params()
    pairs = ((name, parameters.get(name)) for name in ("dbname", "user", "password", "host", "port"))
    return " ".join(
        "{}='{}'".format(name, str(value).replace("\\", "\\\\").replace("'", "\\'")) for name, value in pairs if value
    )


def make_ready() -> None:
    """Load what reading takes, a tenth of a second, while something else has to be waited for anyway."""
    import adbc_driver_postgresql  # noqa: F401


class Snapshot:
    """One moment of the books, being read."""

    def __init__(self, reader: AdbcConnection, duck: duckdb.DuckDBPyConnection) -> None:
        self._reader, self._duck = reader, duck

    def into(self, name: str, query: str) -> None:
        """Make a DuckDB table of a query's rows, streamed."""
        with self._found(query) as batches:
            self._duck.register("incoming_rows", batches)
            self._duck.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming_rows").fetchall()
            self._duck.unregister("incoming_rows")

    def row(self, query: str) -> dict[str, Any]:
        """The one row of a query, by its columns."""
        with self._found(query) as batches:
            row: dict[str, Any] = batches.read_all().to_pylist()[0]
        return row

    @contextmanager
    def _found(self, query: str) -> Iterator[pa.RecordBatchReader]:
        from adbc_driver_manager import AdbcStatement

        with AdbcStatement(self._reader) as statement:
            statement.set_sql_query(query)
            found, _count = statement.execute_query()
            with pa.RecordBatchReader.from_stream(found) as batches:
                yield batches


@contextmanager
def taken(duck: duckdb.DuckDBPyConnection) -> Iterator[Snapshot]:
    """A moment to read from: one read-only transaction for everything that is asked within."""
    # The driver itself, not its DB-API, which loads pandas: half a second before the first row.
    import adbc_driver_postgresql as adbc
    from adbc_driver_manager import AdbcConnection, AdbcStatement

    with adbc.connect(database_uri()) as database, AdbcConnection(database) as reader, closing(duck.cursor()) as own:
        reader.set_autocommit(False)
        with AdbcStatement(reader) as statement:
            statement.set_sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            statement.execute_update()
        yield Snapshot(reader, own)


def read_into(duck: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> None:
    """Make a DuckDB table of each query's rows; all tell of one moment."""
    with taken(duck) as snapshot:
        for name, query in queries.items():
            snapshot.into(name, query)
