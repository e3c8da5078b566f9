"""How money paid on a bill falls on its parts."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from liangqing import policy
from liangqing.policy.book import build, preset_content
from liangqing.receivables.rules.allocation import COMPONENTS, TABLE, fall, order_facts

part = st.integers(0, 10**12)
orders = st.sampled_from(sorted(COMPONENTS))
CARDS = build(
    {
        **preset_content(),
        "terms": {
            "allocation.principal_first_from_days": [
                {"value": 36500},
                {"for": {"debtor": "person", "line": "CARD"}, "value": 91},
            ]
        },
    },
    version="cards",
    from_on=dt.date(2026, 1, 1),
)
DUE = dt.date(2026, 1, 1)


def order(debtor: str, days: int, *, line: str = "", rules: policy.Policy = CARDS) -> str:
    facts = order_facts(debtor, [DUE], DUE + dt.timedelta(days=days))
    return str(rules.of(1, line=line, debtor=debtor).tables[TABLE].decide(facts).then["components"])


@given(st.data(), part, part, part, part)
def test_the_parts_sum_to_what_was_paid_and_none_gets_more_than_it_asks(data, principal, interest, penalty, fee):
    asked = {"principal": principal, "interest": interest, "penalty": penalty, "fee": fee}
    paid = data.draw(st.integers(0, sum(asked.values())))
    cut = data.draw(st.integers(0, paid))
    parts = fall([(cut, data.draw(orders)), (paid - cut, data.draw(orders))], **asked)
    assert sum(parts.values()) == paid
    assert all(0 <= parts[name] <= asked[name] for name in asked)


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), orders), max_size=6), part, part)
def test_what_is_taken_back_and_what_is_over_is_not_lost(payments, principal, interest):
    parts = fall(payments, principal=principal, interest=interest, penalty=0, fee=0)
    assert sum(parts.values()) == sum(amount for amount, _order in payments)
    assert 0 <= parts["interest"] <= interest


def test_taking_a_payment_back_leaves_the_parts_as_they_were():
    asked = {"principal": 100, "interest": 10, "penalty": 5, "fee": 3}
    before = fall([(12, "costs_first")], **asked)
    assert fall([(12, "costs_first"), (40, "costs_first"), (-40, "costs_first")], **asked) == before


def test_costs_come_first_then_interest_then_the_principal():
    asked = {"principal": 100, "interest": 10, "penalty": 5, "fee": 3}
    assert fall([(2, "costs_first")], **asked) == {"fee": 2, "interest": 0, "penalty": 0, "principal": 0}
    assert fall([(14, "costs_first")], **asked) == {"fee": 3, "interest": 10, "penalty": 1, "principal": 0}
    assert fall([(20, "costs_first")], **asked) == {"fee": 3, "interest": 10, "penalty": 5, "principal": 2}


def test_ten_thousand_pay_costs_600_interest_2400_and_7000_of_the_principal():
    """The worked example of 民法典 561."""
    asked = {"principal": 50_000_00, "interest": 2_400_00, "penalty": 0, "fee": 600_00}
    for debtor in ("company", "person"):
        parts = fall([(10_000_00, order(debtor, 95, rules=policy.preset()))], **asked)
        assert parts == {"fee": 600_00, "interest": 2_400_00, "penalty": 0, "principal": 7_000_00}
        assert asked["principal"] - parts["principal"] == 43_000_00


def test_on_a_card_debt_of_a_person_95_days_late_all_of_it_pays_the_principal():
    """The worked example of 信用卡业务监督管理办法 57, and its edge: interest and fees first up to 90 days."""
    asked = {"principal": 50_000_00, "interest": 2_400_00, "penalty": 0, "fee": 600_00}
    parts = fall([(10_000_00, order("person", 95, line="CARD"))], **asked)
    assert parts == {"fee": 0, "interest": 0, "penalty": 0, "principal": 10_000_00}
    assert [order("person", days, line="CARD") for days in (-5, 0, 1, 90, 91)] == [
        *["costs_first"] * 4,
        "principal_first",
    ]
    assert order("company", 95, line="CARD") == order("person", 95, line="GOODS") == "costs_first"
