"""Every worked example of the rules of contact, in the form for one contact."""

from __future__ import annotations

import pytest

from liangqing.outreach.queries import days
from liangqing.outreach.rules.facts import Debtor
from liangqing.outreach.rules.guard import judge
from liangqing.outreach.rules.zones import zones
from liangqing.policy import book
from tests.outreach.examples import EXAMPLES, Example
from tests.outreach.histories import china


def debtor(example: Example) -> Debtor:
    kind = china if example.country == "CN" else days.weekday
    names = zones(example.country, example.zone, "Asia/Shanghai")
    return Debtor(example.regime, names, kind, example.past, example.held)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.claim)
def test_worked_example(example: Example) -> None:
    verdict = judge(example.asked, debtor(example), book.preset())

    assert verdict.answer == example.answer, verdict.rules
    assert set(example.rules) <= set(verdict.rules)
    if example.earliest == "never":
        assert verdict.earliest is None
    elif example.earliest is not None:
        assert verdict.earliest == example.earliest
    if verdict.answer != "allowed":
        assert verdict.deciding, "no refusal without a rule"
