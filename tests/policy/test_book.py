"""The policy book: the preset reads, terms keep within bounds, and an amount is a term of every currency."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing import policy
from liangqing.kit.money import CURRENCIES, digits
from liangqing.kit.refusal import Refusal
from liangqing.policy.book import read
from liangqing.policy.tables import TableError
from liangqing.policy.terms import definitions
from tests.oracle.book import PRESET, Book
from tests.oracle.sets import Sets

TERMS = definitions()
BOUNDED = sorted(key for key, term in TERMS.items() if term.low is not None and term.kind == "number")


def changed(key: str, value: object) -> str:
    book = yaml.safe_load(PRESET.read_text("utf-8"))
    book["terms"][key] = value
    return yaml.safe_dump(book, allow_unicode=True)


@pytest.mark.parametrize("key", BOUNDED)
def test_a_term_out_of_bounds_is_refused(key):
    low, high = TERMS[key].low, TERMS[key].high
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=key):
            read(changed(key, value=value))


@pytest.mark.parametrize("value", ["5000", 400.5, None, True])
def test_a_term_of_days_is_a_whole_number_within_its_bounds_however_it_is_written(value):
    with pytest.raises(TableError, match=r"promise\.tolerance_days: (type|bounds)"):
        read(changed("promise.tolerance_days", value=value))


def test_a_term_that_makes_a_row_unreachable_is_refused():
    """A moderate level that ends before it begins."""
    with pytest.raises(TableError, match="never match"):
        read(changed("warning.moderate_until_days", value=30))


@pytest.mark.usefixtures("books")
def test_the_policy_in_force_is_the_last_that_began():
    assert policy.in_force(dt.date(2000, 1, 1)).version == "preset-1"
    with pytest.raises(Refusal) as refused:
        policy.in_force(dt.date(1999, 12, 31))
    assert refused.value.code == "no_policy"


def test_an_unknown_term_is_an_error_and_never_a_default():
    with pytest.raises(KeyError):
        policy.preset().terms["case.maximum"]


def test_every_term_and_row_says_why_in_two_languages():
    for term in TERMS.values():
        for words in (term.name, term.why, term.basis, term.unit):
            assert words["zh"] and words["en"], term.key
        assert term.clause
    for rows in Book().tables.values():
        for row in rows:
            assert row["reason"]["zh"] and row["reason"]["en"], row["row"]


@pytest.mark.parametrize("key", ["warning.share_floor", "case.minimum", "priority.large_from"])
def test_a_term_of_money_is_the_same_for_one_and_for_a_column(key):
    sets, terms = Sets(), policy.preset().terms
    sets.shape("codes", {"currency": "string"})
    sets.put("codes", ((code,) for code in sorted(CURRENCIES)))
    codes = sets.table("codes")
    found = sets.ask("money", lambda: codes.select("currency", amount=terms.money_over(key, codes.currency)))
    assert len(found) == len(CURRENCIES)
    for row in found:
        given = TERMS[key].default
        major = given.get(row["currency"], given["*"])
        wanted = round(float(major) * 10 ** digits(row["currency"]))
        assert row["amount"] == terms.money(key, row["currency"]) == wanted, row["currency"]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.sampled_from(["1", "0.99", "1.0"]))
def test_the_digest_names_the_exact_content(text):
    one = read(changed("case.minimum", value={"*": text}))
    other = read(changed("case.minimum", value={"*": text + "0"}))
    assert one.digest != other.digest
