"""Staging: where one file is read, typed and found fault with, before anything of it lands.

The tables live in a DuckDB database that spills into its own folder and vanishes with it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.imports import problems
from liangqing.imports.fields import Kind
from liangqing.imports.reading import delimited, sniffing, spreadsheet
from liangqing.imports.reading.private import PrivateFolder
from liangqing.imports.rules import headers as header_rules
from liangqing.imports.rules import spelling, telling
from liangqing.imports.typed import Typing
from liangqing.kit import money
from liangqing.kit.refusal import Refusal

MOST_COLUMNS = spreadsheet.MOST_COLUMNS

MEMORY = "640MB"
"""What a staging database keeps in memory; what is more lies in its folder. Two are open at a time: the file that lands and
the one that is read meanwhile."""

_LOOKED_AT = 1000
"""Rows whose cells tell what a column of unknown header holds."""
ERROR_COLUMNS = (
    pgettext_lazy("error file", "row"),
    pgettext_lazy("error file", "field"),
    pgettext_lazy("error file", "reason"),
)
_ONE_VALUE = re.compile(r"(NULL|\d+|'[^']*')(::\w+)?")
"""SQL that says the same of every row."""
_ERROR_HEADERS = frozenset((("row", "field", "reason"), ("行号", "字段", "原因")))


@dataclass(frozen=True)
class Sheet:
    """A file that was read: its headers as written, and where its table ``raw`` came from."""

    path: Path
    headers: list[str]
    header_row: int
    rows: int
    format: str  # "csv", "xlsx" or "xls"
    encoding: str
    delimiter: str
    numeric: frozenset[int] = frozenset()  # columns with cells that came as numbers
    factor: int | None = None  # the unit a line above the headers declares
    name: str = ""  # of the sheet, in a spreadsheet
    road: str = field(default="fast", compare=False)


@dataclass(frozen=True)
class Staged:
    """What typing made of a sheet: counts, and the labels for its problems."""

    kind: Kind
    mapping: dict[str, int]
    currency: str | None
    rows: int  # rows of the file that are not blank
    typed: int  # rows that are neither totals nor repeats
    wrong: int  # rows with at least one problem


class Staging:
    """A folder and a database for one file. The folder is private, and goes with its owner: what a killed one left is
    cleared away when the next is made.

    >>> with Staging(folder) as staging:  # doctest: +SKIP
    ...     sheet = staging.read(path, kinds=kinds)
    ...     kind, mapping = recognise(sheet.headers, kinds)
    ...     staging.type(sheet, kind, mapping, currency="CNY")
    """

    def __init__(self, folder: Path, memory_limit: str = MEMORY, threads: int | None = None) -> None:
        self._own = PrivateFolder(folder)
        self.folder = self._own.path
        config: dict[str, Any] = {"memory_limit": memory_limit, "temp_directory": str(self.folder / "spill")}
        if threads:
            config["threads"] = threads
        self.con = duckdb.connect(":memory:", config=config)
        self.con.execute("SET enable_progress_bar = false")
        self.con.execute("CREATE TABLE problems (row BIGINT, field VARCHAR, code VARCHAR, detail VARCHAR)")
        self.con.execute("CREATE TABLE warnings (code VARCHAR, count BIGINT, detail VARCHAR)")
        self.labels: dict[str, str | Promise] = {}
        self.foreseen: Any = None
        """What the rows were compared with before it was stored, in a transaction of ``con`` that is still open."""

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self.con.close()
        self._own.close()

    def read(
        self,
        path: Path,
        *,
        encoding: str | None = None,
        kinds: Sequence[Kind] = (),
        profile: Mapping[str, str] | None = None,
    ) -> Sheet:
        """Read a file into the table ``raw(row, c0, c1, …)``; ``row`` is its number as a spreadsheet shows it.

        The kinds, and the profile, help to find the row of headers below titles, and the right sheet.
        """
        path = Path(path)
        known = header_rules.known_spellings(kinds, profile)
        file_format = sniffing.format_of(path)
        numeric: frozenset[int] = frozenset()
        sheet_name = ""
        if file_format == "text":
            text = sniffing.as_utf8(path, self.folder, encoding)
            delimiter = sniffing.delimiter_of(text, known)
        else:
            copied = spreadsheet.to_csv(path, self.folder, known)
            text = sniffing.as_utf8(copied.path, self.folder, "utf-8")
            delimiter, numeric, sheet_name = ",", copied.numeric, copied.sheet
        head = sniffing.records(text.head, delimiter, whole=text.whole)
        place = sniffing.header_row(head, known)
        if place is None:
            raise Refusal("no_header", _("No row of headers was found. Put one above the table."), status=422)
        names = _headers(head[place])
        if len(names) > MOST_COLUMNS:
            raise spreadsheet.refuse("too_many_columns")
        layout = delimited.Layout(delimiter, place, len(names), len(head[place]))
        self._forget_reading()
        road = delimited.load(self.con, text.path, layout, head)
        return Sheet(
            path=path,
            headers=names,
            header_row=place + 1,
            rows=self._count("raw"),
            format="csv" if file_format == "text" else file_format,
            encoding=text.encoding if file_format == "text" else "",
            delimiter=delimiter if file_format == "text" else "",
            numeric=numeric,
            factor=spelling.factor_in_title([cell for row in head[:place] for cell in row]),
            name=sheet_name,
            road=road,
        )

    def type(
        self,
        sheet: Sheet,
        kind: Kind,
        mapping: Mapping[str, int],
        currency: str | None = None,
        digits: Callable[[str], int] = money.digits,
        profile: Mapping[str, str] | None = None,
    ) -> Staged:
        """Fill ``typed``, ``problems`` and ``warnings``. The profile may hold ``date_order`` and ``decimal_mark``."""
        self.labels = {declared.name: declared.label for declared in kind.fields}
        return Staged(
            kind=kind,
            mapping=dict(mapping),
            currency=currency,
            rows=sheet.rows,
            typed=Typing(self, sheet, kind, mapping, currency, digits, profile or {}).run(),
            wrong=self._count("(SELECT DISTINCT row FROM problems)"),
        )

    def doubt(self, sheet: Sheet, kind: Kind, mapping: Mapping[str, int]) -> None:
        """Refuse (``kind_in_doubt``) a kind that says which dates and amounts its files have, when the first cells of a
        column nobody knows are dates or amounts too."""
        if kind.beside is None:
            return
        strange = [
            column
            for column in header_rules.unknown(sheet.headers, mapping)
            if not header_rules.is_beside(sheet.headers[column], kind)
        ]
        header_rules.refuse_by_values(sheet.headers, kind, [place for place in strange if self._tells(place)])

    def _tells(self, column: int) -> bool:
        """Whether a column of unknown header holds dates or amounts."""
        found = self.con.execute(
            f"SELECT DISTINCT c{column} FROM (SELECT c{column} FROM raw LIMIT {_LOOKED_AT}) WHERE trim(c{column}) <> ''"
        ).fetchall()
        cells = [cell for (cell,) in found]
        return telling.are_dates(cells) or telling.are_amounts(cells)

    def keep(self, name: str, columns: Mapping[str, str], source: str, *, stored: Collection[str] = ()) -> None:
        """Make a view ``name`` of these columns (SQL by name) of the rows of ``source``. Its table, ``name_rows``, has those
        that differ from row to row, and the ``stored``: one value throughout would take as much memory as many."""
        same = {column for column, value in columns.items() if _ONE_VALUE.fullmatch(value)} - set(stored)
        rows = ", ".join(f"{value} AS {column}" for column, value in columns.items() if column not in same)
        self.con.execute(f"CREATE TABLE {name}_rows AS SELECT {rows} FROM {source}").fetchall()
        shown = ", ".join(f"{value} AS {column}" if column in same else column for column, value in columns.items())
        self.con.execute(f"CREATE VIEW {name} AS SELECT {shown} FROM {name}_rows").fetchall()

    def let_go(self, name: str) -> None:
        """Forget what was kept under a name, once nothing asks for it any more."""
        self.con.execute(f"DROP VIEW IF EXISTS {name}").fetchall()
        self.con.execute(f"DROP TABLE IF EXISTS {name}_rows").fetchall()

    def problem(self, sql: str) -> None:
        """Add problems: a SELECT of row, field, code and detail."""
        self.con.execute(f"INSERT INTO problems {sql}")

    def warn(self, code: str, count: int, detail: str = "") -> None:
        """Say something about the file as a whole."""
        self.con.execute("INSERT INTO warnings VALUES (?, ?, ?)", [code, count, detail])

    def warnings(self) -> list[dict[str, Any]]:
        """What was said about the file, in sentences."""
        found = self.con.execute("SELECT code, count, detail FROM warnings ORDER BY rowid").fetchall()
        return [
            {"code": code, "count": count, "message": problems.message(code, "", detail, count)}
            for code, count, detail in found
        ]

    def good(self) -> str:
        """The view of the typed rows that have no problem."""
        self.con.execute(
            "CREATE OR REPLACE VIEW good AS SELECT * FROM typed WHERE row NOT IN (SELECT row FROM problems)"
        )
        return "good"

    def first_problems(self, limit: int = 100) -> list[dict[str, Any]]:
        """The first problems in the order of the file, in sentences."""
        found = self.con.execute(
            "SELECT row, field, code, detail FROM problems ORDER BY row, field, code, detail LIMIT ?", [limit]
        ).fetchall()
        return [
            {"row": row, "field": name, "code": code, "message": self._message(name, code, detail)}
            for row, name, code, detail in found
        ]

    def write_errors(self, path: Path, sheet: Sheet) -> int:
        """Write the rows with problems as they came, with row, field and reason behind them; tells how many.

        Corrected, the file can be imported as it is: the three columns behind are not read.
        """
        cells = ", ".join(f"r.c{place}" for place in range(len(sheet.headers)))
        written = 0
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*sheet.headers, *(str(label) for label in ERROR_COLUMNS)])
            for row, faults, *texts in self._fetch(
                "SELECT r.row, p.faults, " + cells + " FROM raw r JOIN (SELECT row, to_json(list([field, code, detail] "
                "ORDER BY field, code, detail)) AS faults FROM problems GROUP BY row) p ON p.row = r.row ORDER BY r.row"
            ):
                named = json.loads(faults)
                fields = dict.fromkeys(str(self.labels.get(name, name)) for name, _code, _detail in named if name)
                reasons = dict.fromkeys(self._message(name, code, detail) for name, code, detail in named)
                writer.writerow([*(text or "" for text in texts), row, "、".join(fields), "；".join(reasons)])
                written += 1
        return written

    def _message(self, name: str | None, code: str, detail: str | None) -> str:
        return problems.message(code, self.labels.get(name or "", name or ""), detail or "")

    def _fetch(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a chunk in memory at a time."""
        cursor = self.con.cursor()
        try:
            result = cursor.execute(sql)
            while chunk := result.fetchmany(10_000):
                yield from chunk
        finally:
            cursor.close()

    def _count(self, source: str) -> int:
        row = self.con.execute(f"SELECT count(*) FROM {source}").fetchone()
        return int(row[0]) if row else 0

    def _forget_reading(self) -> None:
        """Drop what an earlier file left behind."""
        for name, kind in self.con.execute(
            "SELECT table_name, table_type FROM information_schema.tables "
            "WHERE table_name IN ('raw', 'lines', 'surplus') ORDER BY table_type DESC"
        ).fetchall():
            self.con.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")


def _headers(cells: Sequence[str]) -> list[str]:
    """The headers as written, without blank ones at the end and without the columns an error file adds."""
    names = list(cells)
    while names and not names[-1].strip():
        names.pop()
    if len(names) > 3:
        behind = tuple(spelling.normal(name) for name in names[-3:])
        if behind in _ERROR_HEADERS or behind == tuple(spelling.normal(str(label)) for label in ERROR_COLUMNS):
            del names[-3:]
    return names
