"""A statement of the bills somebody has open, as PDF or as a sheet: for reading beside their own books."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import xlsxwriter

from liangqing.kit import clock, typeset
from liangqing.kit.actions import clause
from liangqing.kit.money import Money, plain
from liangqing.outreach.content import letters, saying
from liangqing.outreach.content.values import BillLine, Values

LAYOUT = letters.LAYOUT.parent / "statement.typ"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {"pdf": letters.PDF, "xlsx": XLSX}
"""In which forms there is one, with their media types."""
_SAFE: dict[str, Any] = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def title(language: str) -> str:
    """What it is called, also as a file."""
    return str(_words(language)["title"])


@clause("P2 3.2")
def made(values: Values, media_type: str) -> bytes:
    """The statement of ``values.bills``, all in the currency of ``values.amount``; ``media_type`` one of ``FORMS``. Raises
    ``typeset.TypesetError`` as ``letters.pdf`` does."""
    return _sheet(values) if media_type == XLSX else typeset.pdf(LAYOUT, _data(values))


def _words(language: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = letters.words(language)["statement"]
    return found


def _bills(values: Values) -> tuple[BillLine, ...]:
    assert values.bills and values.amount is not None
    return values.bills


def _late(values: Values) -> Money:
    bills = _bills(values)
    return Money(sum(each.amount.amount for each in bills if each.days_late), bills[0].amount.currency)


def _facts(values: Values) -> list[tuple[str, str]]:
    words = _words(values.language)
    day = saying.day(values.today or clock.today(), values.language)
    found = [(words["to"], values.customer), (words["as_of"], day), (words["ask"], values.complaint_phone)]
    return [(name, value) for name, value in found if value]


def _data(values: Values) -> dict[str, Any]:
    written, assumed = values.written(), values.amount
    assert assumed is not None
    return {
        "language": values.language,
        "words": _words(values.language),
        "institution": values.institution or "",
        "facts": _facts(values),
        "lines": [
            [str(place), line["number"], line["contract"], line["due_on"], line["days_late"], line["amount"]]
            for place, line in enumerate(written["bills"], 1)
        ],
        "total": saying.amount(assumed, values.language),
        "late": saying.amount(_late(values), values.language),
    }


def _sheet(values: Values) -> bytes:
    """Amounts and days as values, so that they can be summed and sorted; nothing in a cell is a formula or a link."""
    words, bills, buffer = _words(values.language), _bills(values), io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        book.set_properties({"author": values.institution or "", "created": clock.now().replace(tzinfo=None)})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        amount = book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet(words["title"])
        currency = saying.currency(bills[0].amount.currency, values.language)
        facts = [(words["title"], values.institution or ""), *_facts(values)]
        for row, (name, value) in enumerate(facts):
            sheet.write_string(row, 0, name, bold)
            sheet.write_string(row, 1, value)
        head = len(facts) + 1
        for column, name in enumerate((*words["columns"][:-1], f"{words['columns'][-1]} ({currency})")):
            sheet.write_string(head, column, name, bold)
        for place, bill in enumerate(bills, 1):
            sheet.write_number(head + place, 0, place)
            sheet.write_string(head + place, 1, bill.number)
            sheet.write_string(head + place, 2, bill.contract)
            sheet.write_datetime(head + place, 3, dt.datetime.combine(bill.due_on, dt.time()), day)
            sheet.write_number(head + place, 4, bill.days_late)
            sheet.write_number(head + place, 5, _figure(bill.amount), amount)
        assert values.amount is not None
        for row, (name, sum_) in enumerate(((words["total"], values.amount), (words["late"], _late(values))), 1):
            sheet.write_string(head + len(bills) + row, 4, name, bold)
            sheet.write_number(head + len(bills) + row, 5, _figure(sum_), amount)
        sheet.write_string(head + len(bills) + 4, 0, words["note"])
        sheet.set_column(1, 3, 18)
        sheet.set_column(4, 5, 16)
    return buffer.getvalue()


def _figure(money: Money) -> float:
    return float(plain(money.amount, money.currency))
