"""Tables out of PostgreSQL into DuckDB, column by column (Arrow), all telling of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import duckdb
from django.db import connection


def database_uri() -> str:
    """Where libpq finds the database that Django is connected to (in tests, the test database)."""
    parameters = connection.get_connection_params()
    pairs = ((name, parameters.get(name)) for name in ("dbname", "user", "password", "host", "port"))
    return " ".join(
        "{}='{}'".format(name, str(value).replace("\\", "\\\\").replace("'", "\\'")) for name, value in pairs if value
    )


def make_ready() -> None:
    """Load what reading takes, a third of a second, while something else has to be waited for anyway."""
    import adbc_driver_postgresql.dbapi  # noqa: F401


def read_into(duck: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> None:
    """Make a DuckDB table of each query's rows, streamed; all queries in one read-only transaction."""
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(database_uri()) as reader, reader.cursor() as cursor, closing(duck.cursor()) as own:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, query in queries.items():
            cursor.execute(query)
            with cursor.fetch_record_batch() as batches:
                own.register("incoming_rows", batches)
                own.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming_rows").fetchall()
                own.unregister("incoming_rows")
