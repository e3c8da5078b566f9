"""Texts, whole numbers and choices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from liangqing.imports.rules.outcome import BLANKS, Bad, folded, shown, spreadsheet_error

LONGEST_TEXT = 1000

_INTEGER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0*)?")
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")
_INK = "!-~\\x{3001}-\\x{d7ff}"
_CLEAN = f"[{_INK}]([ {_INK}]*[{_INK}])?"  # nothing to trim, which is seen faster than trimmed
_BLANKS_SQL = "concat(' ', chr(9), chr(13), chr(10), chr(12288), chr(160))"


def text_sql(cell: str) -> str:
    """SQL: a text with its ends trimmed and without NUL; NULL when it is empty or too long."""
    trimmed = f"trim(replace({cell}, chr(0), ''), {_BLANKS_SQL})"
    return (
        f"CASE WHEN strlen({cell}) <= {LONGEST_TEXT} AND regexp_full_match({cell}, '{_CLEAN}') THEN {cell}"
        f" WHEN length({cell}) <= {LONGEST_TEXT} THEN nullif({trimmed}, '') END"
    )


def parse_text(text: str) -> str | Bad | None:
    """The twin of :func:`text_sql`; the one reason to refuse a text is its length."""
    cell = text.replace("\0", "").strip(BLANKS)
    if len(cell) > LONGEST_TEXT:
        return Bad("too_long", str(len(cell)))
    return cell or None


MOST_DIGITS = 9
"""Of a whole number in a file: days and counts, which a database integer holds."""


def integer_sql(cell: str) -> str:
    """SQL: a whole number in plain digits; NULL for every other form, and for more digits than a count has."""
    return f"CASE WHEN regexp_full_match({cell}, '-?[0-9]{{1,{MOST_DIGITS}}}') THEN CAST({cell} AS BIGINT) END"


def parse_integer(text: str) -> int | Bad | None:
    """The whole number a cell shows; ``12.0`` is one, ``12.5`` is not."""
    cell = folded(text)
    if not cell:
        return None
    match = _INTEGER.fullmatch(cell) if len(cell) <= 64 else None
    if match is None:
        return spreadsheet_error(cell) or Bad("bad_integer", shown(text))
    figures = match[2].replace(",", "").lstrip("0") or "0"
    if len(figures) > MOST_DIGITS:
        return Bad("integer_out_of_range", shown(text))
    return -int(figures) if match[1] == "-" else int(figures)


def spellings(choices: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Every spelling of a choice, folded, to its canonical value."""
    found: dict[str, str] = {}
    for value, written in choices.items():
        for spelling in (value, *written):
            found.setdefault(folded(spelling).casefold(), value)
    return found


def parse_choice(text: str, known: Mapping[str, str]) -> str | Bad | None:
    """The canonical value of the choice a cell spells; None for an empty cell."""
    cell = folded(text).casefold()
    if not cell:
        return None
    whole = _WHOLE.fullmatch(cell)
    value = known.get(cell) or (known.get(whole[1]) if whole else None)
    if value is not None:
        return value
    return spreadsheet_error(cell) or Bad("unknown_choice", shown(text))
