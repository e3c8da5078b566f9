"""Tables out of PostgreSQL into DuckDB, column by column (Arrow), all telling of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import duckdb
import pyarrow as pa
from django.db import connection


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


def read_into(duck: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> None:
    """Make a DuckDB table of each query's rows, streamed; all queries in one read-only transaction."""
    # The driver itself, not its DB-API, which loads pandas: half a second before the first row.
    import adbc_driver_postgresql as adbc
    from adbc_driver_manager import AdbcConnection, AdbcStatement

    with adbc.connect(database_uri()) as database, AdbcConnection(database) as reader, closing(duck.cursor()) as own:
        reader.set_autocommit(False)
        with AdbcStatement(reader) as statement:
            statement.set_sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            statement.execute_update()
        for name, query in queries.items():
            with AdbcStatement(reader) as statement:
                statement.set_sql_query(query)
                found, _count = statement.execute_query()
                with pa.RecordBatchReader.from_stream(found) as batches:
                    own.register("incoming_rows", batches)
                    own.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming_rows").fetchall()
                    own.unregister("incoming_rows")
