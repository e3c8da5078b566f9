"""Land the night's sums: a date's rows replaced where they differ."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from liangqing.cases.models import Collected, Load, Roll, Tally
from liangqing.kit import bulk
from liangqing.nightly.night import Night

SUMS: dict[str, type[Model]] = {"tallies": Tally, "rolls": Roll, "loads": Load, "collected": Collected}
"""The table of the night, and the model that keeps it."""


def land_tallies(night: Night, cursor: Any) -> int:
    """All sums of the date; returns how many rows came out otherwise than stored."""
    return sum(_replace(night, cursor, name, model._meta.db_table) for name, model in SUMS.items())


def _replace(night: Night, cursor: Any, name: str, table: str) -> int:
    rows = night.arrow(night.table(name))
    columns = ", ".join(rows.schema.names)
    cursor.execute(f"CREATE TEMPORARY TABLE staged_{name} ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")
    bulk.copy_in(cursor, f"staged_{name}", rows)
    stored = f"SELECT {columns} FROM {table} WHERE date = %s"
    staged = f"SELECT {columns} FROM staged_{name}"
    cursor.execute(
        f"""SELECT greatest((SELECT count(*) FROM ({staged} EXCEPT ALL {stored}) came),
                            (SELECT count(*) FROM ({stored} EXCEPT ALL {staged}) went))""",
        [night.date, night.date],
    )
    (changed,) = cursor.fetchone()
    if changed:
        cursor.execute(f"DELETE FROM {table} WHERE date = %s", [night.date])
        cursor.execute(f"INSERT INTO {table} (date, {columns}) SELECT %s, {columns} FROM staged_{name}", [night.date])
    return int(changed)
