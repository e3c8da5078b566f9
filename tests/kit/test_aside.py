"""Rows put aside while they pass by come back as a table, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from liangqing.kit.aside import Aside

SCHEMA = pa.schema([("id", pa.int64()), ("number", pa.string()), ("amount", pa.int64())])


def batch(*rows: tuple[int, str, int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([list(column) for column in zip(*rows, strict=True)], schema=SCHEMA)


def test_what_passes_is_handed_on_as_it_is_and_some_of_it_comes_back(tmp_path: Path) -> None:
    aside, coming = Aside(tmp_path, SCHEMA, ("id", "amount")), [batch((1, "A", 5), (2, "B", 7)), batch((3, "C", 9))]
    assert list(aside.passing(coming)) == coming
    assert aside.rows == 3
    with duckdb.connect() as duck:
        aside.make_table(duck, "found", "id, amount * 2 AS twice")
        assert duck.execute("SELECT * FROM found ORDER BY id").fetchall() == [(1, 10), (2, 14), (3, 18)]


def test_nothing_put_aside_is_a_table_without_rows(tmp_path: Path) -> None:
    with duckdb.connect() as duck:
        Aside(tmp_path, SCHEMA).put([]).make_table(duck, "found")
        assert duck.execute("SELECT id, number, amount FROM found").fetchall() == []


def test_no_file_is_left_even_when_nobody_asks_for_the_rows(tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    aside = Aside(folder, SCHEMA).put([batch((1, "A", 5))])
    assert aside.rows == 1 and list(folder.iterdir()) == []
