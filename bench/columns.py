"""What the night reads, as columns in Parquet, and how long it takes merely to look at them.

``python -m bench.columns write DATE FOLDER`` writes every source of the night of a date, read whole from the house in
``LIANGQING_HOME``; ``python -m bench.columns scan FOLDER`` reads every value of every column once: what no way of deciding
could do without.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path


def write(date: dt.date, folder: Path) -> None:
    from liangqing.house import start

    start.start()
    from liangqing import policy
    from liangqing.house.night import PLAN
    from liangqing.nightly.night import Night

    folder.mkdir(parents=True, exist_ok=True)
    with Night(date, policy.in_force(date), purpose="columns") as night:
        night.read(PLAN.sources)
        for source in PLAN.sources:
            if not source.here:
                night.save(source.name, folder / f"{source.name}.parquet")


def scan(folder: Path) -> None:
    import duckdb

    duck = duckdb.connect()
    duck.execute("SET enable_progress_bar = false")
    for path in sorted(folder.glob("*.parquet")):
        columns = duck.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        looks = ", ".join(_look(name, kind) for name, kind, *_rest in columns)
        duck.execute(f"CREATE TABLE {path.stem} AS SELECT {looks} FROM '{path}'").fetchall()


def _look(column: str, kind: str) -> str:
    """An aggregate that has to see each value; smallest and largest would be told by the file."""
    if kind in ("BIGINT", "INTEGER", "SMALLINT", "DOUBLE", "HUGEINT"):
        return f'sum("{column}") AS "{column}"'
    if kind == "DATE":
        return f'sum("{column}" - DATE \'2000-01-01\') AS "{column}"'
    if kind == "BOOLEAN":
        return f'sum("{column}"::INTEGER) AS "{column}"'
    return f'sum(strlen("{column}"::VARCHAR)) AS "{column}"'


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(dt.date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
    else:
        scan(Path(sys.argv[2]))
