"""How money paid on a bill falls on its parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from liangqing.receivables.rules.allocation import split

part = st.integers(0, 10**12)


@given(st.data(), part, part, part, part)
def test_the_parts_sum_to_what_was_paid_and_none_gets_more_than_it_asks(data, principal, interest, penalty, fee):
    asked = {"principal": principal, "interest": interest, "penalty": penalty, "fee": fee}
    paid = data.draw(st.integers(0, sum(asked.values())))
    parts = split(paid, **asked)
    assert sum(parts.values()) == paid
    assert all(0 <= parts[name] <= asked[name] for name in asked)


def test_costs_come_first_then_interest_then_the_principal():
    asked = {"principal": 100, "interest": 10, "penalty": 5, "fee": 3}
    assert split(2, **asked) == {"fee": 2, "interest": 0, "penalty": 0, "principal": 0}
    assert split(14, **asked) == {"fee": 3, "interest": 10, "penalty": 1, "principal": 0}
    assert split(20, **asked) == {"fee": 3, "interest": 10, "penalty": 5, "principal": 2}
