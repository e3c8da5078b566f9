"""Rows put aside on disk while they pass by, so that they need not wait in memory for whoever asks for them later."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa


class Aside:
    """Some columns of rows, as an Arrow stream in a file without a name: nothing is left of it once it is forgotten,
    however the process ends."""

    def __init__(self, folder: Path, schema: pa.Schema, columns: Sequence[str] = ()) -> None:
        self._columns = list(columns) or list(schema.names)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by forgetting it)
        self._stream = pa.ipc.new_stream(self._file, pa.schema([schema.field(name) for name in self._columns]))
        self.rows = 0

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Hand the batches on as they are, having put them aside."""
        for batch in batches:
            self._stream.write_batch(batch.select(self._columns))
            self.rows += batch.num_rows
            yield batch

    def put(self, batches: Iterable[pa.RecordBatch]) -> Aside:
        """Put all of these aside."""
        for _batch in self.passing(batches):
            pass
        return self

    def make_table(self, duck: duckdb.DuckDBPyConnection, name: str, columns: str = "*") -> None:
        """Make a DuckDB table of the rows, with these columns (SQL); they are no longer aside then."""
        self._stream.close()
        self._file.seek(0)
        with self._file, pa.ipc.open_stream(self._file) as rows:
            duck.register("rows_aside", rows)
            duck.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM rows_aside").fetchall()
            duck.unregister("rows_aside")
