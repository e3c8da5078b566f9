"""Typing: each form of date, amount, identifier, currency, and what is wrong with the others."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from liangqing.imports import typed
from liangqing.imports.rules import amounts, currencies, dates, identifiers, words
from liangqing.imports.rules.outcome import Bad
from liangqing.kit import money
from liangqing.kit.refusal import Refusal
from tests.imports.conftest import DAY, HEAD, Desk, bill

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


# Dates


FORMS = """2026-01-31|20260131|20260131.0|2026/1/31|2026.1.31|31-Jan-26|31-JAN-2026|31/01/2026|31.01.2026|46053
2026-1-31|46053.0|2026年1月31日|2026年01月31号|２０２６-０１-３１|2026-01-31T00:00:00|2026-01-31T09:30:00.000
2026-01-31 00:00:00|2026/1/31 0:00|31 January 2026|Jan 31, 2026| 2026-01-31 |2026-01-31T00:00:00Z""".replace("\n", "|")


@pytest.mark.parametrize("written", FORMS.split("|"))
def test_a_date_is_read_in_every_form(desk: Desk, written: str) -> None:
    assert desk.column("due_date", [written]) == [DAY]
    assert desk.codes() == []


@pytest.mark.parametrize(
    "written", ["soon", "2026-02-30", "20261301", "31-Foo-26", "99999", "1", "1/2/26", "#N/A", "=1+1"]
)
def test_what_is_not_a_date_is_a_problem(desk: Desk, written: str) -> None:
    assert desk.column("due_date", [written]) == [None]
    assert [code for _row, _field, code in desk.codes()] in (["bad_date"], ["spreadsheet_error"])


@pytest.mark.parametrize("written", ["0001-01-01", "1899-12-31", "9999-12-31", "22010101", "0000年1月1日"])
def test_a_year_no_bill_has_is_out_of_range(desk: Desk, written: str) -> None:
    desk.column("due_date", [written])
    assert desk.codes() == [(2, "due_on", "date_out_of_range")]


@pytest.mark.parametrize("written", ["0000-00-00", "00000000", "0", "", "  "])
def test_an_initial_date_is_empty(desk: Desk, written: str) -> None:
    assert desk.column("due_date", [written]) == [None]
    assert desk.codes() == [(2, "due_on", "missing")]


def test_a_moment_in_a_zone_is_a_problem(desk: Desk) -> None:
    desk.column("due_date", ["2026-01-30T16:00:00Z"])
    assert desk.codes() == [(2, "due_on", "date_with_zone")]


def test_the_whole_column_decides_the_order_of_day_and_month(desk: Desk) -> None:
    assert desk.column("due_date", ["01/02/2026", "31/01/2026"]) == [date(2026, 2, 1), DAY]
    assert desk.column("due_date", ["01/02/2026", "01/31/2026"]) == [date(2026, 1, 2), DAY]
    assert "month_first" in desk.warned()


def test_a_column_that_does_not_decide_is_refused_with_both_readings(desk: Desk) -> None:
    with pytest.raises(Refusal) as refused:
        desk.column("due_date", ["01/02/2026", "05/05/2026"])
    assert refused.value.code == "ambiguous_dates"
    assert all(text in refused.value.sentence for text in ("01/02/2026", "2026-01-02", "2026-02-01", "due_date"))
    assert desk.column("due_date", ["01/02/2026"], profile={"date_order": "dmy"}) == [date(2026, 2, 1)]
    assert desk.column("due_date", ["01/02/2026"], profile={"date_order": "mdy"}) == [date(2026, 1, 2)]


def test_a_column_with_both_orders_is_refused(desk: Desk) -> None:
    with pytest.raises(Refusal, match="mixed_dates"):
        desk.column("due_date", ["31/01/2026", "01/31/2026"])


def test_equal_day_and_month_need_no_decision(desk: Desk) -> None:
    assert desk.column("due_date", ["05/05/2026"]) == [date(2026, 5, 5)]


PATTERNS = """%Y-%m-%d %Y%m%d %Y/%m/%d %Y.%m.%d %d-%b-%Y %d/%m/%Y %d.%m.%Y %d-%m-%Y %Y年%m月%d日
%Y-%m-%dT%H:%M:%S"""


@given(DAYS, st.sampled_from(PATTERNS.split()))
def test_every_date_comes_back_from_every_form(day: date, form: str) -> None:
    assert dates.parse(day.strftime(form), "dmy") == day


@given(st.dates(date(1955, 1, 1), date(2119, 1, 1)))
def test_every_serial_comes_back(day: date) -> None:
    assert dates.parse(str((day - date(1899, 12, 30)) // timedelta(days=1))) == day


# Amounts


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("1234.56", 123456), ("1,234.56", 123456), ("1 234.56", 123456), ("1'234.56", 123456), ("¥1,234.56", 123456),
        ("￥1234.56", 123456), ("1234.56元", 123456), ("CNY 1,234.56", 123456), ("RMB1234.56", 123456),
        ("人民币1234.56元", 123456), ("(1,234.56)", -123456), ("（1,234.56）", -123456), ("-1234.56", -123456),
        ("123.45-", -12345), ("－５.００", -500), ("１２３．４５", 12345), ("1.5万元", 1500000), ("0.2 万", 200000),
        ("12.5000", 1250), (".5", 50), ("5.", 500), ("+7", 700), ("-0", 0), ("007.10", 710), ("¥-3", -300),
        ("1,234,567", 123456700), ("9999999999999.99", 999999999999999),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_every_form(desk: Desk, written: str, minor: int) -> None:
    assert desk.column("amount", [written]) == [minor]
    assert desk.codes() == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("x", "bad_amount"), ("1.2.3", "bad_amount"), ("12 34", "bad_amount"), ("1,23,456.00", "bad_amount"),
        ("(-5)", "bad_amount"), ("(5", "bad_amount"), ("5 apples", "bad_amount"), ("NaN", "bad_amount"),
        ("inf", "bad_amount"), ("=1+1", "bad_amount"), ("#REF!", "spreadsheet_error"), ("1e300", "amount_scientific"),
        ("1.5E+05", "amount_scientific"), ("12.3456", "too_many_decimals"), ("10000000000000", "amount_out_of_range"),
        ("9" * 60, "amount_out_of_range"), ("9" * 600, "bad_amount"), ("99999999亿", "amount_out_of_range"),
        ("US$5", "currency_disagrees"), ("€5", "currency_disagrees"), ("", "missing"), ("-", "missing"),
    ],
)  # fmt: skip
def test_what_is_not_an_amount_is_a_problem(desk: Desk, written: str, code: str) -> None:
    assert desk.column("amount", [written]) == [None]
    assert desk.codes() == [(2, "amount", code)]


def test_a_unit_in_the_header_multiplies_unless_the_cell_names_its_own(desk: Desk) -> None:
    rows = desk.take(
        HEAD.replace("金额", "金额（万元）") + bill(amount="1.25") + bill("B2", amount="3元") + bill("B3", amount="2万")
    )
    assert [row["amount"] for row in rows] == [1250000, 300, 2000000]


def test_decimal_commas_are_read_only_when_the_whole_column_has_them(desk: Desk) -> None:
    assert desk.column("amount", ["1.234,56", "7", "1.000"]) == [123456, 700, 100000]
    assert "decimal_comma" in desk.warned()
    assert desk.column("amount", ["1.234,56", "7.50"]) == [None, 750]
    assert desk.codes() == [(2, "amount", "bad_decimal_mark")]
    assert desk.column("amount", ["1.234"], profile={"decimal_mark": "comma"}) == [123400]


@pytest.mark.parametrize(
    "cells",
    [["1.500", "12.500"], ["1.234", "2.500"], ["2.500", "7"], ["-1.500", "(2.000)"], ["1.234"], ["2.500", "1,500"]],
)
def test_a_column_that_leaves_thousands_and_decimals_open_is_refused_with_both_readings(
    desk: Desk, cells: list[str]
) -> None:
    with pytest.raises(Refusal) as refused:
        desk.column("amount", cells, currency="EUR")
    assert refused.value.code == "ambiguous_amounts"
    example = next(cell for cell in cells if cell == refused.value.facts["example"])
    assert refused.value.facts["comma"].lstrip("-") == example.strip("-()").replace(".", "") + ".00"
    assert "--decimal-mark" in refused.value.sentence


def test_one_amount_decides_for_its_column_what_a_point_means(desk: Desk) -> None:
    assert desk.column("amount", ["2.500", "7.25"]) == [250, 725]
    assert desk.column("amount", ["2.500", "1,234.56"]) == [250, 123456]
    assert desk.column("amount", ["2.500", "1,234,567"]) == [250, 123456700]
    assert desk.column("amount", ["2.500", "0.500"]) == [250, 50], "a thousand does not begin with 0"
    assert desk.column("amount", ["2.500", "1.234,56"]) == [250000, 123456]
    assert desk.column("amount", ["2.500", "1.234.567"]) == [250000, 123456700]
    assert desk.column("amount", ["2.500", "7,5"]) == [250000, 750]
    assert desk.column("amount", ["2.500"], profile={"decimal_mark": "point"}) == [250]
    assert desk.column("amount", ["2.500"], profile={"decimal_mark": "comma"}) == [250000]


def test_where_some_points_set_thousands_apart_no_other_is_trusted(desk: Desk) -> None:
    assert desk.column("amount", ["1.234", "2.500", "2.50"]) == [None, None, 250]
    assert desk.codes() == [(2, "amount", "too_many_decimals"), (3, "amount", "ambiguous_amount")]


def test_three_decimals_are_nothing_strange_where_thousandths_are_amounts(desk: Desk) -> None:
    head = "bill_id,customer_id,due_date,amount,currency\n"
    assert desk.take(head + "B1,C1,2026-01-31,1.500,KWD\n")[0]["amount"] == 1500
    rows = desk.take(HEAD.replace("金额", "金额（万元）") + bill(amount="1.234") + bill("B2", amount="2.500"))
    assert [row["amount"] for row in rows] == [1234000, 2500000]
    assert desk.column("amount", ["1.234万"]) == [1234000]


@pytest.mark.parametrize("written", ["0,500", "0.500"])
def test_what_begins_with_zero_has_no_thousands(desk: Desk, written: str) -> None:
    assert desk.column("amount", [written]) == [50]


@given(st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "JPY", "KWD"]))
@settings(deadline=None)
def test_an_amount_is_shown_as_money(minor: int, currency: str) -> None:
    assert in_sql(amounts.shown_sql(str(minor), repr(currency)), "") == money.plain(minor, currency)


def test_each_row_has_the_digits_of_its_currency(desk: Desk) -> None:
    head = "bill_id,customer_id,due_date,amount,currency\n"
    lines = [
        f"B{place},C1,2026-01-31,{text}\n" for place, text in enumerate(["5,JPY", "5.123,KWD", "5.10,", "5.5,JPY"])
    ]
    rows = desk.take(head + "".join(lines))
    assert [(row["amount"], row["currency"]) for row in rows] == [
        (5, "JPY"),
        (5123, "KWD"),
        (510, "CNY"),
        (None, "JPY"),
    ]
    assert desk.codes() == [(5, "amount", "too_many_decimals")]


@given(
    st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from([0, 2, 3]), st.sampled_from(["", ",", " "]), st.booleans()
)
def test_every_amount_comes_back(minor: int, digits: int, separator: str, trailing: bool) -> None:
    text = f"{abs(Decimal(minor).scaleb(-digits)):,.{digits}f}".replace(",", separator)
    text = (text + "-" if trailing else "-" + text) if minor < 0 else text
    currency = {0: "JPY", 2: "CNY", 3: "KWD"}[digits]
    assert amounts.parse(text, currency, digits) == minor


@given(st.integers(-(10**13), 10**13))
def test_every_amount_comes_back_with_a_decimal_comma(minor: int) -> None:
    text = f"{Decimal(minor).scaleb(-2):,.2f}".translate(str.maketrans(",.", ".,"))
    assert amounts.parse(text, "EUR", 2, mark="comma") == minor


@given(st.integers(-(10**11), 10**11))
def test_the_noise_of_binary_numbers_is_rounded_away(minor: int) -> None:
    text = repr(minor / 100 + 1e-12)
    assume("e" not in text)
    assert amounts.parse(text, "CNY", 2, noisy=True) == minor


# Identifiers, currencies, words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" 0012 ", "0012"), ("1930438491.0", "1930438491"), ("１２３", "123"), ("A-1/2", "A-1/2"),
        ('="00123"', "00123"),
        ("'00123", "00123"), ("A\u200b1", "A1"), ("INV.2020.1", "INV.2020.1"), ("1E09", "1E09"), ("00.0", "00"),
    ],
)  # fmt: skip
def test_an_identifier_keeps_its_zeros_and_loses_what_programs_added(written: str, meant: str) -> None:
    assert identifiers.parse(written) == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1.93049E+09", "identifier_truncated"), ("1e+05", "identifier_truncated"), ("x" * 65, "identifier_too_long"),
        ("a\x01b", "identifier_control"), ("a\x00b", "identifier_control"), ("#N/A", "spreadsheet_error"),
    ],
)  # fmt: skip
def test_an_identifier_beyond_repair_is_a_problem(desk: Desk, written: str, code: str) -> None:
    desk.column("bill_id", [written])
    assert desk.codes() == [(2, "number", code)]


def test_restored_identifiers_are_counted_and_lost_zeros_suspected(desk: Desk) -> None:
    assert desk.column("bill_id", ["1930438491.0", "200706844.0"]) == ["1930438491", "200706844"]
    assert desk.warned() == {"identifier_restored": 2, "leading_zeros_lost": 1}


@pytest.mark.parametrize(
    ("written", "code"),
    [("cny", "CNY"), ("RMB", "CNY"), ("人民币", "CNY"), ("￥", "CNY"), ("元", "CNY"), ("美元", "USD"), ("US$", "USD"),
     ("港币", "HKD"), ("欧元", "EUR"), ("日元", "JPY"), (" usd ", "USD")],
)  # fmt: skip
def test_a_currency_is_known_by_code_name_and_sign(written: str, code: str) -> None:
    assert currencies.parse(written) == code


def test_unknown_and_absent_currencies_are_problems(desk: Desk) -> None:
    desk.column("currency", ["XXQ", "CNY"])
    assert desk.codes() == [(2, "currency", "unknown_currency")]
    desk.column("currency", ["", "CNY"], currency=None)
    assert desk.codes() == [(2, "currency", "missing_currency")]
    with pytest.raises(Refusal, match="no_currency"):
        desk.take(HEAD + bill(), currency=None)


def test_a_currency_in_the_header_of_the_amount_is_that_of_its_rows(desk: Desk) -> None:
    assert desk.take(HEAD.replace("金额", "金额(USD)") + bill())[0]["currency"] == "USD"


def test_a_number_of_too_many_digits_is_told_how_many_there_may_be(desk: Desk, english: None) -> None:
    assert desk.column("terms", ["9999999999"]) == [None]
    assert "9 digits" in desk.staging.first_problems()[0]["message"]


def test_whole_numbers_choices_and_texts(desk: Desk) -> None:
    assert desk.column("terms", ["30", "30.0", "1,000", "-5", "x", "9" * 30]) == [30, 30, 1000, -5, None, None]
    assert desk.column("state", ["open", "OPEN", "已清", "1.0", "", "?"]) == [
        "open",
        "open",
        "paid",
        "open",
        None,
        None,
    ]
    assert desk.codes() == [(7, "state", "unknown_choice")]
    assert desk.column("note", [" a\u3000", "y" * 1001, "a\x00b"]) == ["a", None, "ab"]
    assert desk.codes() == [(3, "note", "too_long")]


# SQL and Python agree

ODD = st.text(st.sampled_from("0123456789-/.:, T年月日Ee+'=\"万元¥\u3000\x00AＺ５客"), max_size=24)
NUMBERS = st.from_regex(r"\A-?[0-9]{1,3}(,?[0-9]{3}){0,5}(\.[0-9]{0,4})?\Z")
ISO = st.from_regex(r"\A[0129][0-9]{3}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\Z")
CONNECTION = duckdb.connect()


def in_sql(expression: str, text: str) -> object:
    row = CONNECTION.execute(f"SELECT {expression} FROM (SELECT ?::VARCHAR AS cell)", [text]).fetchone()
    assert row
    return row[0]


@given(ODD | NUMBERS | ISO | DAYS.map(str))
@settings(max_examples=400, deadline=None)
def test_whatever_sql_types_python_types_alike(text: str) -> None:
    pairs = [
        (dates.plain_sql("cell"), dates.parse(text)),
        (identifiers.plain_sql("cell"), identifiers.parse(text)),
        (words.text_sql("cell"), words.parse_text(text)),
        (words.integer_sql("cell"), words.parse_integer(text)),
        *((amounts.plain_sql("cell", digits), amounts.parse(text, "", digits)) for digits in (0, 2, 3)),
    ]
    for expression, parsed in pairs:
        typed = in_sql(expression, text)
        assert typed is None or typed == parsed


@given(NUMBERS)
@settings(deadline=None)
def test_sql_and_python_see_the_same_evidence_for_a_decimal_point(text: str) -> None:
    if in_sql(amounts.plain_sql("cell", 3), text) is not None:
        assert in_sql(amounts.point_evidence_sql("cell"), text) == bool(amounts.evidence([text]).point)


@given(st.text(max_size=80) | ODD)
@settings(max_examples=500)
def test_no_cell_makes_a_parser_fail(text: str) -> None:
    for parsed in (
        dates.parse(text),
        dates.parse(text, "mdy"),
        identifiers.parse(text),
        words.parse_text(text),
        words.parse_integer(text),
        currencies.parse(text),
        amounts.parse(text, "CNY", 2),
        amounts.parse(text, "CNY", 2, mark="comma", factor=10_000, noisy=True),
    ):
        assert parsed is None or isinstance(parsed, str | int | date | Bad)
    dates.evidence([text])
    amounts.evidence([text])


ODD_LATE = {
    "date": ("due_date", "2026-01-31", "20260228", date(2026, 2, 28)),
    "identifier": ("customer_id", "C7", "1001.0000000000", "1001"),
    "amount": ("amount", "12.50", "¥1,234.5", 123450),
}


@pytest.mark.parametrize("kind", ODD_LATE)
def test_an_odd_cell_far_below_plain_ones_is_read_too(desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The first cells give the hope that a column is plain; one behind them that is not has the sheet typed again."""
    monkeypatch.setattr(typed, "_LOOKED_AT", 20)
    header, plain, odd, value = ODD_LATE[kind]
    again = []
    clear = typed.Typing._clear
    monkeypatch.setattr(typed.Typing, "_clear", lambda typing: (again.append(set(typing.doubted)), clear(typing)))
    values = desk.column(header, [plain] * 30 + [odd] + [plain] * 5)
    assert values[30] == value and None not in values and values.count(values[0]) == 35
    assert [len(doubted) for doubted in again] == [0, 1]
    assert desk.codes() == []


def test_a_bad_cell_far_below_plain_ones_is_told_at_its_row(desk: Desk) -> None:
    cells = ["2026-01-31"] * (typed._LOOKED_AT + 10)
    cells[-2] = "soon"
    values = desk.column("due_date", cells)
    assert values[-2] is None and values.count(DAY) == len(cells) - 1
    assert desk.codes() == [(len(cells), "due_on", "bad_date")]
    assert desk.warned() == {}


@pytest.mark.parametrize("total", ["合计", "Total", "grand total", "SUBTOTAL", " 总计：", "　小计", "本月合计"])
def test_a_total_is_known_however_it_begins(desk: Desk, total: str) -> None:
    desk.take(f"账单编号,客户编号,到期日,金额\nB1,C1,2026-01-31,5\n{total},,,5\n")
    assert [row["number"] for row in desk.rows()] == ["B1"] and desk.warned() == {"total_row": 1}


@pytest.mark.parametrize("blank", ["", "　", "\u00a0", " \t"])
def test_a_blank_row_is_no_row_whatever_it_is_blank_with(desk: Desk, blank: str) -> None:
    desk.take(HEAD + bill() + f"{blank},{blank},{blank},{blank}\n" + bill("B2"))
    assert [(row["row"], row["number"]) for row in desk.rows()] == [(2, "B1"), (4, "B2")]
