"""What the cells of a column tell of it when its header tells nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from liangqing.imports.rules import amounts, dates
from liangqing.imports.rules.outcome import folded

_SERIAL = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")
_MONEY = re.compile(r".*(?:[0-9],[0-9]{3}(?![0-9])|[0-9][.,][0-9]{2}(?![0-9])|[0-9]\s*元|[¥$€£]\s*[0-9]).*")


def are_dates(cells: Sequence[str]) -> bool:
    """Whether cells, none of them empty, are all dates, written as such: a bare count of days could be anything.

    >>> are_dates(["2026-01-31", "2026年2月1日"]), are_dates(["46000", "46001"]), are_dates([])
    (True, False, False)
    """
    return bool(cells) and all(
        not _SERIAL.fullmatch(folded(cell)) and isinstance(dates.parse(cell, "dmy") or dates.parse(cell, "mdy"), date)
        for cell in cells
    )


def are_amounts(cells: Sequence[str]) -> bool:
    """Whether cells, none of them empty, are all amounts, and some are written as only money is: with two decimals,
    thousands set apart, or a sign of a currency.

    >>> are_amounts(["1,200", "7"]), are_amounts(["12.50", "7"]), are_amounts(["1", "2"]), are_amounts(["4.5", "31.230416"])
    (True, True, False, False)
    """
    return any(_MONEY.fullmatch(folded(cell)) for cell in cells) and all(
        any(isinstance(amounts.parse(cell, "", 2, mark=mark, noisy=True), int) for mark in amounts.MARKS)
        for cell in cells
    )
