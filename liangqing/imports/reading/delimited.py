"""From delimited text to the table ``raw``: one row per record that is not blank, one VARCHAR per column.

Two roads lead there. The wide one is DuckDB's parallel reader; it is taken when the file is plain. The careful one is
Python's csv module; it is taken when the file is not plain, or the moment the first one stumbles. A test makes the two
agree.
"""

from __future__ import annotations

import csv
import gc
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

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
_WINDOW = 1 << 20


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


class Plain(NamedTuple):
    """A text whose lines are surely records, and whose quotes can mean only one thing."""

    lines: int
    """How many follow the headers."""
    quoted: bool


def plain(path: Path, layout: Layout) -> Plain | None:
    """What the wide road must know of a text; None when it is not plain. The text is looked through once, a window at a
    time: all of it mapped would count as memory."""
    if layout.physical < 2:
        return None
    returns = newlines = pairs = at = 0
    blank = quoted = doubtful = nothing = False
    before = b""
    with path.open("rb") as file:
        for _line in range(layout.header):
            file.readline()
        headers = file.tell()
        end, behind = _end(file, headers)
        file.seek(0)
        while chunk := file.read(_WINDOW):
            window = before + chunk
            returns += chunk.count(b"\r")
            newlines += chunk.count(b"\n")
            # Blank lines shift the numbers of the lines behind them.
            inside = max(headers - at, 0), max(end - at, 0)
            blank = blank or window.find(b"\n\n", *inside) >= 0
            if b"\r" in window:
                pairs += window.count(b"\r\n", max(len(before) - 1, 0))
                blank = blank or window.find(b"\n\r\n", *inside) >= 0
            # DuckDB forgives blanks around a quoted cell, the csv module does not.
            quoted = quoted or b'"' in chunk
            doubtful = doubtful or (quoted and (b'" ' in window or b' "' in window))
            nothing = nothing or b"\0" in chunk
            before = window[-2:]
            at += len(window) - len(before)
    mixed = returns > 0 and not returns == newlines == pairs
    if mixed or blank or doubtful or nothing:
        return None
    return Plain(newlines - behind - layout.header, quoted)


def _end(file: BinaryIO, start: int) -> tuple[int, int]:
    """Where the last line that is not blank ends, and how many line breaks follow."""
    end, breaks = file.seek(0, io.SEEK_END), 0
    while end > start:
        at = max(end - _WINDOW, start)
        file.seek(at)
        tail = file.read(end - at)
        kept = tail.rstrip(b"\r\n")
        breaks += tail.count(b"\n", len(kept))
        end = at + len(kept)
        if kept:
            break
    return end, breaks


def load_fast(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, headers: tuple[str, ...]) -> bool:
    """The wide road. Any doubt about a row makes it False, and nothing is kept."""
    text = plain(path, layout)
    if text is None:
        return False
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(layout.physical))
    kept = ", ".join(f"c{place}" for place in range(layout.width))
    source = (
        f"read_csv(?, auto_detect = false, header = false, columns = {{{columns}}}, delim = '{layout.delimiter}', "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
        f"max_line_size = 4194304, parallel = {'false' if text.quoted else 'true'}, skip = "
    )
    try:
        seen = connection.execute(f"SELECT * FROM {source}{layout.header}) LIMIT 1", [str(path)]).fetchone()
        if seen is None or tuple(cell or "" for cell in seen) != headers:  # it skipped other lines than we did
            return False
        connection.execute(f"CREATE TABLE lines AS SELECT {kept} FROM {source}{layout.header + 1})", [str(path)])
    except duckdb.Error:
        connection.execute("DROP TABLE IF EXISTS lines")
        return False
    # More or fewer lines: a quoted line break, or a quote that never closes.
    if _one(connection, "SELECT count(*) FROM lines") != text.lines:
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
