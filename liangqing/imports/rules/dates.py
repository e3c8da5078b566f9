"""Dates as people and programs write them. The SQL form and the Python parser agree on every plain date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from liangqing.imports.rules.outcome import Bad, folded, shown, spreadsheet_error

Order = Literal["dmy", "mdy"]

FIRST_YEAR, LAST_YEAR = 1900, 2200
_SERIALS = range(20_000, 80_001)  # Excel's day numbers from 1954 to 2119
_SERIAL_ZERO = date(1899, 12, 30)

_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = {
    name[:length]: number for number, name in enumerate(_MONTH_NAMES.split(), start=1) for length in (3, len(name))
} | {"sept": 9}

_TIME = re.compile(
    r"(?:T| +)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?(?: ?[AaPp][Mm])?(Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_CHINESE = re.compile(r"([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]{1,15})?")
_DAY_NAMED_MONTH = re.compile(r"([0-9]{1,2})[-/ .]?([A-Za-z]{3,9})\.?[-/ .,]{0,2}([0-9]{4}|[0-9]{2})")
_NAMED_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.?[- ]([0-9]{1,2}),? ?([0-9]{4})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_EMPTY = re.compile(r"0(?:\.0+)?|0{8}(?:\.0+)?|0000[-/.]00[-/.]00|00[-/.]00[-/.]0000")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a whole column says about the order of day and month, by example."""

    day_first: str | None = None  # a date that is only possible day first
    month_first: str | None = None  # a date that is only possible month first
    either: str | None = None  # a date that reads both ways, to two different days

    @property
    def order(self) -> Order | None:
        """The order the column decides, if it decides one."""
        if bool(self.day_first) == bool(self.month_first):
            return None
        return "dmy" if self.day_first else "mdy"


def plain_sql(cell: str) -> str:
    """SQL: the date when the cell is a plain ISO date, with or without a plain time; NULL for every other form.

    A date that is written as the cell is needs no pattern, which would take longer than reading and writing it.
    """
    day, date = f"left({cell}, 10)", f"TRY_CAST({cell} AS DATE)"
    in_range = f"{cell} >= '{FIRST_YEAR}' AND {cell} < '{LAST_YEAR + 1}'"
    return (
        f"CASE WHEN {in_range} AND strlen({cell}) = 10 AND {date}::VARCHAR = {cell} THEN {date}"
        f" WHEN {in_range} AND strlen({cell}) >= 10"
        f" AND regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([ T][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}})?)?')"
        f" THEN TRY_CAST({day} AS DATE) END"
    )


def parse(text: str, order: Order | None = None) -> date | Bad | None:
    """The date a cell shows; None for an empty one (SAP's 00000000 included)."""
    cell = folded(text)
    if not cell or _EMPTY.fullmatch(cell):
        return None
    bad = Bad("bad_date", shown(text))
    if len(cell) > 40:
        return bad
    error = spreadsheet_error(cell)
    if error:
        return error
    time = _TIME.search(cell)
    if time:
        zoned_within_the_day = time[4] and (int(time[1]) or int(time[2]) or int(time[3] or 0))
        if zoned_within_the_day:
            return Bad("date_with_zone", shown(text))
        cell = cell[: time.start()]
        if _EMPTY.fullmatch(cell):
            return None
    parts = _parts(cell, order)
    if parts is None:
        return bad
    year, month, day = parts
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return Bad("date_out_of_range", shown(text))
    try:
        return date(year, month, day)
    except ValueError:
        return bad


def _parts(cell: str, order: Order | None) -> tuple[int, int, int] | None:
    """Year, month and day by the first form that fits."""
    if match := _YEAR_FIRST.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _CHINESE.fullmatch(cell) or _COMPACT.fullmatch(cell):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _SERIAL.fullmatch(cell):
        if int(match[1]) not in _SERIALS:
            return None
        day = _SERIAL_ZERO + timedelta(days=int(match[1]))
        return day.year, day.month, day.day
    if match := _YEAR_LAST.fullmatch(cell):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if order is None and first != second:
            return None
        return (year, first, second) if order == "mdy" else (year, second, first)
    if match := _DAY_NAMED_MONTH.fullmatch(cell):
        day_text, name, year_text = match.groups()
    elif match := _NAMED_MONTH_DAY.fullmatch(cell):
        name, day_text, year_text = match.groups()
    else:
        return None
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    year = int(year_text)
    if len(year_text) == 2:  # as POSIX reads two digits
        year += 2000 if year < 69 else 1900
    return year, month, int(day_text)


def evidence(texts: Iterable[str], so_far: Evidence | None = None) -> Evidence:
    """What the odd cells of a column say about the order of day and month."""
    seen = so_far or Evidence()
    day_first, month_first, either = seen.day_first, seen.month_first, seen.either
    for text in texts:
        cell = folded(text)
        cell = _TIME.sub("", cell) if ":" in cell else cell
        match = _YEAR_LAST.fullmatch(cell)
        if not match:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second >= 1:
            day_first = day_first or cell
        elif second > 12 >= first >= 1:
            month_first = month_first or cell
        elif first != second:
            either = either or cell
    return Evidence(day_first, month_first, either)
