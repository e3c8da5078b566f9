"""Sharing evenly: by number to within one, by amount to within the largest."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.cases.rules.sharing import Item, share

items = st.lists(
    st.tuples(st.integers(0, 10**9), st.sampled_from(["CNY", "CNY", "CNY", "USD", "JPY"])), max_size=60
).map(lambda drawn: [Item(key, amount, currency) for key, (amount, currency) in enumerate(drawn)])
people = st.lists(st.integers(1, 99), min_size=1, max_size=7, unique=True)


@given(items=items, people=people)
def test_everything_is_given_once_and_numbers_differ_by_one_at_most(items, people):
    given_to = share(items, people)
    assert given_to.keys() == {item.key for item in items}
    counts = Counter(dict.fromkeys(people, 0))
    counts.update(given_to.values())
    assert max(counts.values()) - min(counts.values()) <= 1


@given(items=items, people=people)
def test_in_each_currency_sums_differ_by_no_more_than_its_largest_amount(items, people):
    given_to = share(items, people)
    for currency in {item.currency for item in items}:
        amounts = {item.key: item.amount for item in items if item.currency == currency}
        sums = Counter(dict.fromkeys(people, 0))
        for key, amount in amounts.items():
            sums[given_to[key]] += amount
        assert max(sums.values()) - min(sums.values()) <= max(amounts.values())


@given(items=items, people=people, data=st.data())
def test_the_order_of_the_question_does_not_change_the_answer(items, people, data):
    other = share(data.draw(st.permutations(items)), data.draw(st.permutations(people)))
    assert other == share(items, people)


def test_four_cases_of_two_sizes_go_one_large_and_one_small_to_each():
    given_to = share([Item(key, amount, "CNY") for key, amount in enumerate((900, 800, 200, 100))], [1, 2])
    assert [given_to[key] for key in range(4)] == [1, 2, 2, 1]


def test_without_people_there_is_nobody_to_share_among():
    with pytest.raises(ValueError, match="nobody"):
        share([Item(1, 1, "CNY")], [])
