"""What can be wrong with a row, and what deserves a word about a file: codes, and sentences that say what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.imports.rules.amounts import LIMIT
from liangqing.imports.rules.identifiers import LONGEST
from liangqing.imports.rules.words import LONGEST_TEXT, MOST_DIGITS

Sentence = str | Promise

_SENTENCES: dict[str, Sentence] = {
    # Problems of rows: {field} is the label of the field, {detail} what the cell shows.
    "missing": _("{field} is empty. Fill it in."),
    "missing_currency": _("{field} is empty. Fill it in, or name the currency of the file when importing."),
    "wrong_number_of_cells": _(
        "The row has more cells than there are headers (surplus: {detail}). "
        "Put cells that contain the delimiter in double quotes."
    ),
    "spreadsheet_error": _("{field} holds the spreadsheet error {detail}. Correct the formula or type the value."),
    "bad_date": _("{field}: “{detail}” is not a date. Write it as 2020-01-31."),
    "date_out_of_range": _("{field}: the year of “{detail}” is not between 1900 and 2200. Correct the date."),
    "date_with_zone": _(
        "{field}: “{detail}” is a moment in a time zone, so its day is in doubt. Write only the date, as 2020-01-31."
    ),
    "identifier_truncated": _(
        "{field}: “{detail}” has lost digits to scientific notation. "
        "Format the column as text in the spreadsheet and export again."
    ),
    "identifier_control": _("{field}: “{detail}” contains control characters. Remove them."),
    "identifier_too_long": _("{field}: “{detail}” is longer than {limit} characters. Shorten it."),
    "bad_amount": _("{field}: “{detail}” is not an amount. Write it as 1234.56."),
    "amount_scientific": _(
        "{field}: “{detail}” is in scientific notation and may have lost digits. "
        "Format the column as a number in the spreadsheet and export again."
    ),
    "bad_decimal_mark": _(
        "{field}: “{detail}” uses a decimal comma, but the column does not do so throughout. Write it as 1234.56."
    ),
    "ambiguous_amount": _(
        "{field}: “{detail}” may be thousands or decimals; points mean both in this column. Write it as 1234.56."
    ),
    "too_many_decimals": _("{field}: “{detail}” has more decimals than its currency. Round it."),
    "amount_out_of_range": _("{field}: “{detail}” is too large; an amount stays below {limit} minor units. Check it."),
    "currency_disagrees": _("{field}: “{detail}” shows another currency than the row. Correct one of the two."),
    "unknown_currency": _("{field}: “{detail}” is not a known currency. Write its ISO code, such as CNY."),
    "bad_integer": _("{field}: “{detail}” is not a whole number. Write only digits."),
    "integer_out_of_range": _("{field}: “{detail}” has more than {limit} digits. Check it."),
    "unknown_choice": _("{field}: “{detail}” is not one of the values known. Use one of them."),
    "too_long": _("{field} has {detail} characters, {limit} at most are kept. Shorten it."),
    # Warnings about files: {count} rows or columns, {detail} the header or the values in question.
    "total_row": _("{count} total rows were left out (rows {detail})."),
    "repeated_row": _("{count} rows repeat an earlier row cell by cell and were left out (rows {detail})."),
    "identifier_restored": _(
        "In column “{detail}”, {count} identifiers had been turned into numbers (.0) and were restored."
    ),
    "leading_zeros_lost": _(
        "Column “{detail}” came as numbers of different lengths; {count} identifiers have probably lost leading zeros. "
        "Format the column as text and export again."
    ),
    "columns_ignored": _("{count} columns were not used: {detail}."),
    "unit_applied": _("The amounts of column “{detail}” were multiplied by {count}, as its unit says."),
    "decimal_comma": _("Column “{detail}” was read with a decimal comma."),
    "day_first": _("Column “{detail}” was read with the day before the month."),
    "month_first": _("Column “{detail}” was read with the month before the day."),
}

_LIMITS = {
    "identifier_too_long": f"{LONGEST}",
    "amount_out_of_range": f"{LIMIT:,}",
    "too_long": f"{LONGEST_TEXT:,}",
    "integer_out_of_range": f"{MOST_DIGITS}",
}


def register(sentences: Mapping[str, Sentence]) -> None:
    """Let a room add its own codes. A code means one thing in the whole house."""
    for code, sentence in sentences.items():
        if code in _SENTENCES and str(_SENTENCES[code]) != str(sentence):
            raise ValueError(f"the problem code {code!r} is already taken")
        _SENTENCES[code] = sentence


def message(code: str, field_label: str | Promise = "", detail: str = "", count: int = 0) -> str:
    """The sentence of a problem or a warning, in the language of the reader."""
    return str(_SENTENCES[code]).format(field=field_label, detail=detail, count=count, limit=_LIMITS.get(code, ""))
