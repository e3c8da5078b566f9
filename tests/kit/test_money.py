"""Money: whole minor units, split without loss, rounded once and half-up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.kit.money import CURRENCIES, Money, digits, plain

amounts = st.integers(-(2**63), 2**63 - 1)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_parts_sum_to_the_whole(amount, weights):
    assert sum(part.amount for part in Money(amount, "CNY").share(weights)) == amount


@given(amounts, weights)
def test_each_part_is_its_share_give_or_take_less_than_one_unit(amount, weights):
    for part, weight in zip(Money(amount, "CNY").share(weights), weights, strict=True):
        assert abs(part.amount - Fraction(amount * weight, sum(weights))) < 1


@given(amounts, weights)
def test_a_negative_whole_is_shared_like_a_positive_one(amount, weights):
    there, back = Money(amount, "CNY").share(weights), Money(-amount, "CNY").share(weights)
    assert [part.amount for part in there] == [-part.amount for part in back]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        Money(1, "CNY").share(weights)


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        ("0.005", "CNY", 1), ("0.0049", "CNY", 0), ("-0.005", "CNY", -1), ("1.005", "CNY", 101), ("0.5", "JPY", 1),
        ("1.5", "JPY", 2), ("2.5", "JPY", 3), ("0.0005", "KWD", 1), ("1.2345", "KWD", 1235), ("12", "CNY", 1200),
    ],
)  # fmt: skip
def test_major_units_are_rounded_half_up_to_the_minor_unit(value, currency, amount):
    assert Money.of(value, currency).amount == amount


@given(amounts, st.sampled_from(sorted(CURRENCIES)))
def test_major_units_lead_back_to_the_same_money(amount, currency):
    money = Money(amount, currency)
    assert Money.of(money.major, currency) == money
    assert Money.of(plain(amount, currency), currency) == money
    assert money.major == Decimal(amount) / 10 ** digits(currency)


def test_two_currencies_are_never_combined():
    yuan, yen = Money(1, "CNY"), Money(1, "JPY")
    for combine in (lambda: yuan + yen, lambda: yuan - yen, lambda: yuan < yen, lambda: yuan <= yen):
        with pytest.raises(ValueError, match="combined"):
            combine()
    assert yuan != yen


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1)])
def test_only_whole_numbers_are_money(amount):
    with pytest.raises(TypeError):
        Money(amount, "CNY")


def test_an_unknown_currency_is_no_money():
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "RMB")
