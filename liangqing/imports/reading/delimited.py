"""From delimited text to the table ``raw``: one row per record that is not blank, one VARCHAR per column.

Two roads lead there. The wide one is DuckDB's parallel reader; it is taken when the file is plain. The careful one is
Python's csv module; it is taken when the file is not plain, or the moment the first one stumbles. A test makes the two
agree.
"""

from __future__ import annotations

import csv
import gc
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from liangqing.imports.rules.outcome import BLANKS, blank_sql, shown
from liangqing.kit.refusal import Refusal

if TYPE_CHECKING:
    from _csv import Reader

_CHUNK_CHARACTERS = 1 << 24
_CHUNK_CELLS = 400_000
_STEP = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text is laid out: its delimiter, the record of its headers (from 0), and its columns.

    ``width`` columns are kept; ``physical`` is how many cells the header record has, blank trailing ones included.
    """

    delimiter: str
    header: int
    width: int
    physical: int


def load(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, head: Sequence[Sequence[str]]) -> str:
    """Fill ``raw`` and ``surplus``; tells which road was taken, ``fast`` or ``careful``.

    ``head`` are the first records, up to the headers at least.
    """
    connection.execute("CREATE TABLE surplus (row BIGINT, cells VARCHAR)")
    above = [cell for record in head[: layout.header + 1] for cell in record]
    one_line_each = not any("\n" in cell or "\r" in cell for cell in above)
    headers = tuple(head[layout.header])
    if one_line_each and load_fast(connection, path, layout, headers):
        return "fast"
    load_carefully(connection, path, layout)
    return "careful"


def plain_lines(path: Path, layout: Layout) -> int | None:
    """How many lines follow the headers when lines are surely records and quotes can mean only one thing; else None."""
    if layout.physical < 2:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        returns, newlines = _count(text, b"\r"), _count(text, b"\n")
        if returns and not (returns == newlines == _count(text, b"\r\n")):
            return None
        newline = b"\r\n" if returns else b"\n"
        headers = 0
        for _line in range(layout.header):
            headers = text.find(newline, headers) + len(newline)
        end = len(text)
        while end > headers and text[end - 1] in b"\r\n":
            end -= 1
            newlines -= text[end] == 10
        blank = text.find(newline * 2, headers, end)  # blank lines shift the numbers of the lines behind them
        # DuckDB forgives blanks around a quoted cell, the csv module does not.
        doubtful = text.find(b'"') >= 0 and (text.find(b'" ') >= 0 or text.find(b' "') >= 0)
        return None if blank >= 0 or doubtful or text.find(b"\0") >= 0 else newlines - layout.header


def _count(text: mmap.mmap, what: bytes) -> int:
    total, step = 0, 1 << 24
    for start in range(0, len(text), step):
        total += text[start : start + step + len(what) - 1].count(what)
    return total


def load_fast(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, headers: tuple[str, ...]) -> bool:
    """The wide road. Any doubt about a row makes it False, and nothing is kept."""
    lines = plain_lines(path, layout)
    if lines is None:
        return False
    quoted = _has_quotes(path)
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(layout.physical))
    kept = ", ".join(f"c{place}" for place in range(layout.width))
    source = (
        f"read_csv(?, auto_detect = false, header = false, columns = {{{columns}}}, delim = '{layout.delimiter}', "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
        f"max_line_size = 4194304, parallel = {'false' if quoted else 'true'}, skip = "
    )
    try:
        seen = connection.execute(f"SELECT * FROM {source}{layout.header}) LIMIT 1", [str(path)]).fetchone()
        if seen is None or tuple(cell or "" for cell in seen) != headers:  # it skipped other lines than we did
            return False
        connection.execute(f"CREATE TABLE lines AS SELECT {kept} FROM {source}{layout.header + 1})", [str(path)])
    except duckdb.Error:
        connection.execute("DROP TABLE IF EXISTS lines")
        return False
    if _one(connection, "SELECT count(*) FROM lines") != lines:  # a quoted line break, or a quote that never closes
        connection.execute("DROP TABLE lines")
        return False
    first = layout.header + 2
    blank = " AND ".join(blank_sql(f"c{place}") for place in range(layout.width))
    if _one(connection, f"SELECT count(*) FROM lines WHERE {blank}"):
        connection.execute(f"CREATE TABLE raw AS SELECT rowid + {first} AS row, {kept} FROM lines WHERE NOT ({blank})")
        connection.execute("DROP TABLE lines")
    else:
        connection.execute(f"CREATE VIEW raw AS SELECT rowid + {first} AS row, {kept} FROM lines")
    return True


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(b'"') >= 0


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def load_carefully(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    """The careful road: every record in order, too short ones padded, too long ones remembered."""
    names = [f"c{place}" for place in range(layout.width)]
    connection.execute(f"CREATE TABLE raw (row BIGINT, {', '.join(f'{name} VARCHAR' for name in names)})")
    schema = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in names)])
    cells = ", ".join(f"nullif({name}, '')" for name in names)
    surplus: list[tuple[int, str]] = []
    collecting = gc.isenabled()
    gc.disable()  # a chunk is a million small lists without cycles
    try:
        for numbers, columns in _chunks(path, layout, surplus):
            chunk = pa.Table.from_arrays([pa.array(numbers, pa.int64()), *columns], schema=schema)
            connection.register("chunk", chunk)
            connection.execute(f"INSERT INTO raw SELECT row, {cells} FROM chunk")
            connection.unregister("chunk")
            if surplus:
                rows, texts = zip(*surplus, strict=True)
                found = pa.table({"row": pa.array(rows, pa.int64()), "cells": pa.array(texts, pa.string())})
                connection.register("chunk", found)
                connection.execute("INSERT INTO surplus SELECT row, cells FROM chunk")
                connection.unregister("chunk")
                surplus.clear()
    finally:
        if collecting:
            gc.enable()


def _chunks(path: Path, layout: Layout, surplus: list[tuple[int, str]]) -> Iterator[tuple[list[int], list[pa.Array]]]:
    """Chunks of records, turned into columns, with the number of each record."""
    limit = max(_STEP, min(50_000, _CHUNK_CELLS // layout.width))
    with path.open(encoding="utf-8", newline="") as file:
        read = 0

        def lines() -> Iterator[str]:
            nonlocal read
            for line in file:
                read += len(line)
                yield line

        reader = csv.reader(lines(), delimiter=layout.delimiter, strict=True)
        number = layout.header + 1
        _take(reader, number)
        finished = False
        while not finished:
            records: list[list[str]] = []
            read = 0
            while len(records) < limit and read < _CHUNK_CHARACTERS and not finished:
                step = _take(reader, _STEP)
                records.extend(step)
                finished = len(step) < _STEP
            if records:
                yield _columns(records, number + 1, layout, surplus)
                number += len(records)


def _take(reader: Reader, count: int) -> list[list[str]]:
    """The next records; refuses where quotes do not match, because what follows could be swallowed by a cell."""
    try:
        return list(islice(reader, count))
    except csv.Error:
        raise Refusal(
            "broken_quotes",
            _(
                "The double quotes near line {line} do not match. "
                "Write a quote inside a cell twice, or save the file again as xlsx."
            ),
            status=422,
            line=reader.line_num,
        ) from None


def _columns(
    records: list[list[str]], first: int, layout: Layout, surplus: list[tuple[int, str]]
) -> tuple[list[int], list[pa.Array]]:
    numbers = list(range(first, first + len(records)))
    even = all(len(record) == layout.physical for record in records)
    if not even or any(_is_blank(record, layout) for record in records):
        kept, numbers_kept = [], []
        for number, record in zip(numbers, records, strict=True):
            beyond = [cell for cell in record[layout.physical :] if cell.strip(BLANKS)]
            if _is_blank(record, layout) and not beyond:
                continue
            if beyond:
                surplus.append((number, shown(" | ".join(beyond), 200)))
            kept.append((record + [""] * layout.physical)[: layout.physical])
            numbers_kept.append(number)
        numbers, records = numbers_kept, kept
    columns = list(zip(*records, strict=True))[: layout.width] if records else [()] * layout.width
    return numbers, [pa.array(column, pa.string()) for column in columns]


def _is_blank(record: list[str], layout: Layout) -> bool:
    return not "".join(record[: layout.width]).strip(BLANKS)
