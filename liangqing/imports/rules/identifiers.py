"""Identifiers: numbers of customers, bills and accounts. Never numbers to count with; their zeros matter."""

from __future__ import annotations

import re
import unicodedata

from liangqing.imports.rules.outcome import Bad, folded, shown, spreadsheet_error

LONGEST = 64

_RESTORABLE = re.compile(r"([0-9]+)\.0+")
_TRUNCATED = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]{2,3}")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')

_PLAIN = "[A-Za-z0-9_/\\x{4e00}-\\x{9fff}-]{1,64}"
RESTORABLE_SQL = "[0-9]{1,64}\\.0{1,8}"


def plain_sql(cell: str) -> str:
    """SQL: the identifier when the cell is one without doubt, or one with ``.0`` behind it; NULL otherwise."""
    return (
        f"CASE WHEN regexp_full_match({cell}, '{_PLAIN}') THEN {cell}"
        f" WHEN regexp_full_match({cell}, '{RESTORABLE_SQL}') THEN split_part({cell}, '.', 1) END"
    )


def parse(text: str) -> str | Bad | None:
    """The identifier a cell shows; None for an empty cell.

    ``1930438491.0`` is a number some program made of an identifier, and is made whole again; ``1.93049E+09`` has
    lost digits for good.
    """
    cell = folded(text)
    formula = _TEXT_FORMULA.fullmatch(cell)
    cell = formula[1].strip() if formula else cell.removeprefix("'").strip()
    if not cell.isascii():
        cell = "".join(letter for letter in cell if unicodedata.category(letter) != "Cf").strip()
    if not cell:
        return None
    error = spreadsheet_error(cell)
    if error:
        return error
    if any(unicodedata.category(letter) == "Cc" for letter in cell):
        return Bad("identifier_control", shown(text))
    if _TRUNCATED.fullmatch(cell):
        return Bad("identifier_truncated", shown(text))
    restored = _RESTORABLE.fullmatch(cell)
    cell = restored[1] if restored else cell
    return cell if len(cell) <= LONGEST else Bad("identifier_too_long", shown(text))
