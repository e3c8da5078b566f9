"""Headers: which kind of file it is, and which column says what."""

from __future__ import annotations

import pytest

from liangqing.imports.fields import Field, FieldType, Kind
from liangqing.imports.rules import spelling
from liangqing.imports.rules.headers import known_spellings, recognise
from liangqing.kit.refusal import Refusal
from tests.imports.conftest import BILLS, KINDS


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Customer No.", "customerno"),
        ("customer_no", "customerno"),
        ("document_create_date.1", "documentcreatedate"),
        ("金额（万元）", "金额"),
        ("*客户编号(必填)", "客户编号"),
        ("金额/元", "金额"),
        ("客户编号 Customer ID", "客户编号"),
        ("ＫＵＮＮＲ", "kunnr"),
    ],
)
def test_headers_are_compared_without_marks_units_and_width(header: str, form: str) -> None:
    assert form in spelling.forms(header)


@pytest.mark.parametrize(
    ("header", "factor"), [("金额(万元)", 10_000), ("金额（元）", 1), ("金额", None), ("余额亿元", 10**8)]
)
def test_a_header_may_declare_its_unit(header: str, factor: int | None) -> None:
    assert spelling.factor_in(header) == factor


def test_chinese_english_and_sap_headers_are_known() -> None:
    for headers in (["账单编号", "客户编号", "到期日", "金额"], ["bill_id", "customer_id", "due_date", "amount"],
                    ["BELNR", "KUNNR", "FAEDT", "DMBTR"]):  # fmt: skip
        kind, mapping = recognise(headers, KINDS)
        assert (kind.name, mapping) == ("bills", {"number": 0, "customer": 1, "due_on": 2, "amount": 3})


def test_the_better_synonym_wins_and_a_repeated_header_is_used_once() -> None:
    _kind, mapping = recognise(["FAEDT", "due_date.1", "due_date", "bill_id", "amount", "amount", "note"], KINDS)
    assert (mapping["due_on"], mapping["amount"]) == (2, 4)


def test_the_profile_wins_over_the_guess() -> None:
    headers = ["bill_id", "due_date", "paid until", "amount", "note"]
    _kind, mapping = recognise(headers, KINDS, profile={"due_on": "Paid Until", "date_order": "dmy"})
    assert mapping["due_on"] == 2


@pytest.mark.parametrize(
    ("profile", "code"),
    [({"due_on": "elsewhere"}, "profile_header_missing"), ({"colour": "amount"}, "profile_field_unknown")],
)
def test_a_profile_that_does_not_fit_is_refused(profile: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        recognise(["bill_id", "due_date", "amount", "note"], KINDS, profile=profile)


def test_missing_columns_are_named_with_the_headers_found() -> None:
    with pytest.raises(Refusal) as refused:
        recognise(["bill_id", "colour", "amount"], KINDS, wanted="bills")
    assert refused.value.code == "columns_missing"
    assert all(word in refused.value.sentence for word in ("Due date", "Customer number / Note", "colour"))


def test_headers_with_braces_do_not_break_the_sentence() -> None:
    with pytest.raises(Refusal) as refused:
        recognise(["{0}", "{bill}"], KINDS)
    assert "{bill}" in refused.value.sentence


def test_a_kind_nobody_declared_is_refused() -> None:
    with pytest.raises(Refusal, match="unknown_kind"):
        recognise(["bill_id"], KINDS, wanted="letters")


def test_two_kinds_that_explain_a_file_equally_are_told_apart_only_by_the_importer() -> None:
    twin = Kind("twins", "Twins", BILLS.fields, needs=BILLS.needs)
    headers = ["bill_id", "due_date", "amount", "note"]
    with pytest.raises(Refusal, match="kind_ambiguous"):
        recognise(headers, (BILLS, twin))
    assert recognise(headers, (BILLS, twin), wanted="twins")[0].name == "twins"


def test_an_excluded_header_speaks_against_a_kind() -> None:
    field = Field("number", "Number", FieldType.IDENTIFIER, ("no",), required=True)
    plain, wary = Kind("plain", "Plain", (field,)), Kind("wary", "Wary", (field,), excludes=("paid",))
    assert recognise(["no", "paid"], (wary, plain))[0].name == "plain"


def test_known_spellings_hold_the_profile_but_not_its_options() -> None:
    known = known_spellings(KINDS, {"due_on": "Paid Until", "date_order": "dmy"})
    assert "paiduntil" in known and "dmy" not in known


def test_a_kind_is_not_won_while_columns_speak_of_one_that_lacks_a_column() -> None:
    headers = ["customer_id", "name", "bill_id", "due_date", "sum of the period"]
    with pytest.raises(Refusal) as refused:
        recognise(headers, KINDS)
    assert refused.value.code == "kind_in_doubt"
    for word in ("due_date", "Bills", "Amount", "sum of the period", "--kind customers"):
        assert word in refused.value.sentence
    assert recognise(headers, KINDS, wanted="customers")[0].name == "customers", "said is said"
    assert recognise(headers, KINDS, profile={"amount": "sum of the period"})[0].name == "bills"


def test_a_column_of_another_kind_does_no_harm_where_more_speaks_for_this_one() -> None:
    paid = Kind(
        "paid",
        "Paid",
        (
            Field("paid_on", "Paid on", FieldType.DATE, ("paid_on",), required=True),
            Field("amount", "Amount", FieldType.AMOUNT, ("paid_amount",), required=True),
        ),
        excludes=("due_on", "number"),
    )
    bills = Kind("bills", "Bills", BILLS.fields, needs=BILLS.needs, excludes=("paid_on",))
    headers = ["bill_id", "customer_id", "due_date", "amount", "paid_on"]
    assert recognise(headers, (bills, paid))[0].name == "bills"
