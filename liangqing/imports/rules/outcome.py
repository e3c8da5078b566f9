"""What a parser answers when a cell cannot be understood."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

BLANKS = " \t\r\n\u3000\u00a0"
"""What is trimmed from the ends of every cell, in SQL and in Python alike."""

_BLANK_SQL = "[ \\t\\r\\n\\x{3000}\\x{a0}]*"

SPREADSHEET_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that is refused: the code of the problem, and what the sentence about it should show."""

    code: str
    detail: str = ""


def blank_sql(cell: str) -> str:
    """SQL: whether a cell is empty or nothing but blanks. How it begins tells of nearly every cell that it is not."""
    return f"coalesce(({cell} < '!' OR {cell} > '~') AND regexp_full_match({cell}, '{_BLANK_SQL}'), true)"


def shown(text: str, limit: int = 60) -> str:
    """A cell as it may be quoted in a sentence: short, and free of control characters."""
    clean = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text[: limit + 1])
    return clean if len(clean) <= limit else clean[:limit] + "…"


def folded(text: str) -> str:
    """A cell with full-width and compatibility characters made ordinary, and its ends trimmed."""
    return unicodedata.normalize("NFKC", text).strip(BLANKS)


def spreadsheet_error(text: str) -> Bad | None:
    """A cell in which the spreadsheet itself reports an error."""
    return Bad("spreadsheet_error", text) if text.upper() in SPREADSHEET_ERRORS else None
