"""Spreadsheets: read as a person sees them, and harmless when hostile."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from liangqing.imports.actions.bring import bring
from liangqing.imports.reading import child, spreadsheet
from liangqing.kit.refusal import Refusal
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Bill
from tests.imports.conftest import DAY, Desk

HEAD = ["账单编号", "到期日", "金额", "备注"]


def book(path: Path, *sheets: list[list[Any]], hide: tuple[int, ...] = ()) -> Path:
    """A spreadsheet with a sheet per table."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        for place, rows in enumerate(sheets):
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write(number, column, cell)
            if place in hide:
                sheet.hide()
        if 0 in hide:
            workbook.worksheets()[1].activate()
            workbook.worksheets()[1].set_first_sheet()
    return path


def edited(path: Path, part: str, old: str, new: str) -> Path:
    """The spreadsheet with some XML of one part replaced."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def test_a_spreadsheet_is_read_as_a_person_sees_it(desk: Desk) -> None:
    path = book(
        desk.folder / "file.xlsx",
        [
            ["应收账款明细表"],
            [],
            HEAD,
            [1930438491, datetime(2026, 1, 31), 0.1 + 0.2, "甲\n乙"],
            ["B2", 46053, "1,000", True],
        ],
    )
    rows = desk.take(path)
    assert desk.sheet and (desk.sheet.format, desk.sheet.header_row) == ("xlsx", 3)
    assert [(row["row"], row["number"], row["due_on"], row["amount"], row["note"]) for row in rows] == [
        (4, "1930438491", DAY, 30, "甲\n乙"),
        (5, "B2", DAY, 100000, "TRUE"),
    ]
    assert desk.codes() == []


def test_a_table_away_from_the_corner_keeps_its_row_numbers(desk: Desk) -> None:
    path = book(desk.folder / "file.xlsx", [[], [], ["", "", *HEAD], ["", "", "B1", DAY.isoformat(), 5, "x"]])
    assert [(row["row"], row["amount"]) for row in desk.take(path)] == [(4, 500)]


def test_the_sheet_with_known_headers_wins_over_earlier_and_hidden_ones(desk: Desk) -> None:
    def table(number: str) -> list[list[Any]]:
        return [HEAD, [number, "2026-01-31", 1, "x"]]

    path = book(
        desk.folder / "file.xlsx", table("hidden"), [["说明"], ["文字"]], [], table("B1"), table("later"), hide=(0,)
    )
    assert [row["number"] for row in desk.take(path)] == ["B1"]


def test_numbers_of_different_lengths_are_suspected_of_lost_zeros(desk: Desk) -> None:
    desk.take(
        book(
            desk.folder / "file.xlsx",
            [HEAD, [200706844, DAY.isoformat(), 1, "x"], [1930438491, DAY.isoformat(), 1, "y"]],
        )
    )
    assert desk.warned()["leading_zeros_lost"] == 1


def test_an_identifier_beyond_fifteen_digits_has_lost_some(desk: Desk) -> None:
    desk.take(book(desk.folder / "file.xlsx", [HEAD, [91320100123456789, DAY.isoformat(), 1, "x"]]))
    assert desk.codes() == [(2, "number", "identifier_truncated")]


def test_a_quotient_has_too_many_decimals_and_is_not_taken_for_noise(desk: Desk) -> None:
    desk.take(
        book(
            desk.folder / "file.xlsx",
            [HEAD, ["B1", DAY.isoformat(), 100 / 3, "x"], ["B2", DAY.isoformat(), 1e300, "x"]],
        )
    )
    assert [code for _row, _field, code in desk.codes()] == ["too_many_decimals", "amount_scientific"]


def test_formulas_come_with_the_value_they_had(desk: Desk) -> None:
    path = desk.folder / "file.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ["B1", DAY.isoformat(), "", "x"])
        sheet.write_formula(1, 2, "=SUM(1,2)", None, 3)
    assert desk.take(path)[0]["amount"] == 300


@pytest.fixture
def small(desk: Desk) -> Path:
    return book(desk.folder / "file.xlsx", [HEAD, ["B1", DAY.isoformat(), 5, "x"]])


def refusal(desk: Desk, path: Path) -> str:
    with pytest.raises(Refusal) as refused:
        desk.take(path)
    assert refused.value.sentence
    return refused.value.code


def test_a_cell_at_the_far_corner_is_refused(desk: Desk, small: Path) -> None:
    path = edited(small, SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert refusal(desk, path) in ("spreadsheet_too_large", "too_many_columns")


def test_a_cell_far_down_is_a_row_like_any_other(desk: Desk, small: Path) -> None:
    path = edited(small, SHEET, "</sheetData>", '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')
    assert [row["row"] for row in desk.take(path)] == [2, 1048576]
    assert {row for row, _field, _code in desk.codes()} == {1048576}


def test_a_cell_far_right_is_refused(desk: Desk, small: Path) -> None:
    assert (
        refusal(desk, edited(small, SHEET, "</row></sheetData>", '<c r="XFD2"><v>1</v></c></row></sheetData>'))
        == "too_many_columns"
    )


def test_a_sheet_that_claims_to_be_huge_is_still_read(desk: Desk, small: Path) -> None:
    rows = desk.take(edited(small, SHEET, '<dimension ref="A1:D2"/>', '<dimension ref="A1:XFD1048576"/>'))
    assert [row["number"] for row in rows] == ["B1"]


def test_entities_that_multiply_do_no_harm(desk: Desk, small: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a0 "' + "ha" * 50 + '">'
    bomb += "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 12)) + "]>"
    edited(small, "xl/sharedStrings.xml", "<sst", bomb + "<sst")
    edited(small, "xl/sharedStrings.xml", "<t>x</t>", "<t>&a11;</t>")
    try:
        assert len(desk.take(small)) <= 1
    except Refusal as refused:
        assert refused.code == "spreadsheet_damaged"  # noqa: PT017  either is right: refused, or read as one row


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_unpacking(desk: Desk, small: Path) -> None:
    with zipfile.ZipFile(small, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/zeros", "w") as part:
        for _megabyte in range(100):
            part.write(bytes(1 << 20))
    assert refusal(desk, small) == "spreadsheet_too_large"


def test_a_sheet_beyond_the_memory_of_its_reader_is_refused(desk: Desk, tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="GR{n}"><v>1</v></c></row>' for n in range(3, 60_000))
    path = edited(
        book(tmp_path / "wide.xlsx", [HEAD, ["B1", "", 5, "x"]]), SHEET, "</sheetData>", rows + "</sheetData>"
    )
    with pytest.raises(Refusal, match="spreadsheet_too_large"):
        spreadsheet.to_csv(path, tmp_path, frozenset(), memory=256 << 20)


def test_a_reader_that_takes_too_long_is_stopped(small: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="spreadsheet_too_slow"):
        spreadsheet.to_csv(small, tmp_path, frozenset(), seconds=0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_spreadsheet_is_refused(desk: Desk, small: Path, share: float) -> None:
    content = small.read_bytes()
    small.write_bytes(content[: int(len(content) * share)])
    assert refusal(desk, small) in ("spreadsheet_damaged", "not_a_spreadsheet")


def test_an_archive_that_is_no_spreadsheet_is_refused(desk: Desk) -> None:
    path = desk.folder / "file.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert refusal(desk, path) == "not_a_spreadsheet"


def test_an_old_spreadsheet_is_read_as_a_new_one(books: str, tmp_path: Path) -> None:
    """``ledger.xls`` (BIFF8): a title, merged, above the head; a number, a text and dates as cells; a total below."""
    path = tmp_path / "ledger.xls"
    path.write_bytes((Path(__file__).parent / "ledger.xls").read_bytes())
    result = bring(path, IMPORTABLES)

    assert (result.kind, result.created, result.warnings["total_row"]) == ("bills", 3, 1)
    found = Bill.objects.order_by("number").values_list("number", "party__number", "principal", "due_on")
    assert [(*row[:3], row[3].isoformat()) for row in found] == [
        ("F0001", "K001", 1_250_050, "2026-02-05"),
        ("F0002", "K002", 320_000, "2026-03-09"),
        ("F0003", "930438491", -15_000, "2026-03-01"),
    ]


def test_an_old_spreadsheet_that_is_none_is_refused(desk: Desk) -> None:
    path = desk.file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000), "file.xls")
    assert refusal(desk, path) == "spreadsheet_damaged"


def test_an_empty_spreadsheet_is_refused(desk: Desk) -> None:
    assert refusal(desk, book(desk.folder / "file.xlsx", [])) == "empty_file"


@pytest.mark.parametrize(
    ("cell", "text"),
    [(1930438491.0, "1930438491"), (12.300000000000001, "12.3"), (0.00001, "0.00001"), (1e17, "1.00000000000000E+17"),
     (-5.0, "-5"), (float("nan"), "NAN"), (datetime(2026, 1, 31, 9, 30), "2026-01-31 09:30:00"), (False, "FALSE"),
     (None, ""), ("a\r\nb", "a\nb"), (1e-300, "0")],
)  # fmt: skip
def test_cells_are_rendered_as_their_spreadsheet_means_them(cell: object, text: str) -> None:
    assert child.render(cell) == text
