"""The process that opens spreadsheets: alone, with little memory and little time, so that a hostile file harms nothing.

It copies the sheet that holds the table to a CSV file, cell by cell, and tells its parent in one line of JSON which
sheet that was and which columns came as numbers. Run by :mod:`liangqing.imports.reading.spreadsheet`.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from liangqing.imports.reading import private
from liangqing.imports.rules import spelling

LARGEST_CONTENT = 4 << 30
LARGEST_RATIO = 200
SMALL_CONTENT = 64 << 20  # below this no ratio is suspicious
MOST_PARTS = 20_000
MOST_COLUMNS = 2_000
ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""How an archive begins: with a file, empty, or in parts. A text may begin with PK alone (SAP's posting key)."""
_FEW_DIGITS = 10**15  # a spreadsheet keeps no more than fifteen digits


class Unfit(Exception):
    """The spreadsheet cannot be read; the message is the code of the refusal."""


def render(cell: Any) -> str:
    """A cell as text, the way its spreadsheet means it."""
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell) if abs(cell) < _FEW_DIGITS else f"{float(cell):.14E}"
    if isinstance(cell, float):
        if abs(cell) >= _FEW_DIGITS or cell != cell:
            return f"{cell:.14E}"
        if cell == int(cell):
            return str(int(cell))
        return format(Decimal(f"{cell:.15g}"), "f") if abs(cell) > 1e-20 else "0"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def check_archive(path: str) -> None:
    """Refuse archives that claim to unpack to far more than any table needs."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or "[Content_Types].xml" not in archive.NameToInfo:
            raise Unfit("not_a_spreadsheet")
        content = sum(part.file_size for part in parts)
        packed = sum(part.compress_size for part in parts)
        if content > LARGEST_CONTENT or (content > SMALL_CONTENT and content > LARGEST_RATIO * packed):
            raise Unfit("spreadsheet_too_large")


def rows_of(sheet: Any) -> Iterator[list[Any]]:
    """Every row of a sheet from its first line and first column on, so that places are what a person sees."""
    before = [""] * sheet.start[
        1
    ]  # the reader keeps the blank lines above a table, but not the blank columns beside it
    for row in sheet.iter_rows():
        yield before + row if before else row


def choose(workbook: Any, known: frozenset[str]) -> tuple[str, Any]:
    """The first visible sheet with headers that are known; else the first that is not empty."""
    hidden = {meta.name: str(meta.visible) != "SheetVisibleEnum.Visible" for meta in workbook.sheets_metadata}
    fallback: str | None = None
    for name in sorted(workbook.sheet_names, key=lambda name: hidden.get(name, False)):
        sheet = workbook.get_sheet_by_name(name)
        if sheet.start is None or not sheet.height:
            continue
        if not known:
            return name, sheet
        for place, row in enumerate(sheet.iter_rows()):
            if place >= 30:
                break
            if spelling.known_in([render(cell) for cell in row[:1000]], known) > 1:
                return name, sheet
        fallback = fallback or name
    if fallback is None:
        raise Unfit("empty_file")
    return fallback, workbook.get_sheet_by_name(fallback)


def copy(source: str, target: str, known: frozenset[str]) -> dict[str, Any]:
    """Write the table of a spreadsheet as CSV; tells the sheet and the columns that came as numbers."""
    import python_calamine

    if source_is_archive(source):
        check_archive(source)
    with python_calamine.load_workbook(source) as workbook:
        name, sheet = choose(workbook, known)
        if sheet.start[1] + sheet.width > MOST_COLUMNS:
            raise Unfit("too_many_columns")
        numeric: set[int] = set()
        number = (float, int)
        with open(target, "w", encoding="utf-8", newline="", opener=private.opener) as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in rows_of(sheet):
                if len(numeric) < len(row):
                    numeric.update(place for place, cell in enumerate(row) if type(cell) in number)
                writer.writerow([cell if type(cell) is str and "\r" not in cell else render(cell) for cell in row])
    return {"sheet": name, "numeric": sorted(numeric)}


def source_is_archive(source: str) -> bool:
    with Path(source).open("rb") as file:
        return file.read(4).startswith(ARCHIVE)


def main() -> None:
    """Limits first, then the file."""
    order = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["output"], order["output"]))
    try:
        answer = copy(order["source"], order["target"], frozenset(order["known"]))
    except Unfit as unfit:
        answer = {"error": str(unfit)}
    except MemoryError:
        answer = {"error": "spreadsheet_too_large"}
    except BaseException as error:  # noqa: BLE001  the reader is not ours, and its panics are no Exception
        name = type(error).__name__
        answer = {"error": "spreadsheet_protected" if name == "PasswordError" else "spreadsheet_damaged"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
