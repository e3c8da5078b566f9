"""Who is affected by a draft that was tried: read from the file its trial kept, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from liangqing.nightly.actions.trial import affected_file
from liangqing.policy.models import Trial


class Affected:
    """The rows as a sequence that reads only what is asked for. ``where`` narrows it by equal values."""

    def __init__(self, path: Path, equal: tuple[tuple[str, str | int], ...] = ()) -> None:
        self._path, self._equal = path, equal

    def where(self, **equal: str | int) -> Affected:
        return Affected(self._path, (*self._equal, *equal.items()))

    def __len__(self) -> int:
        rows = self._ask("SELECT count(*) AS n")
        return int(rows[0]["n"]) if rows else 0

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        first = part.start or 0
        limit = "" if part.stop is None else f"LIMIT {max(int(part.stop) - first, 0)}"
        return self._ask("SELECT *", f"{limit} OFFSET {int(first)}")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._ask("SELECT *"))

    def _ask(self, what: str, end: str = "") -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        conditions = " AND ".join(f"{column} IS NOT DISTINCT FROM ?" for column, _value in self._equal) or "true"
        with duckdb.connect() as duck:
            duck.execute("SET threads = 1")
            found = duck.sql(
                f"{what} FROM read_parquet(?) WHERE {conditions} {end}",
                params=[str(self._path), *(value for _column, value in self._equal)],
            )
            table: pa.Table = found.to_arrow_table()
            return list(table.to_pylist())


def affected(trial: Trial) -> Affected:
    return Affected(affected_file(trial))
