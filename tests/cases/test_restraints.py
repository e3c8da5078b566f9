"""What holds a case back is told from its last record that says something, while it holds."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.cases.actions import records
from liangqing.cases.queries.restraints import restraint
from liangqing.kit import clock
from tests.cast import Cast


@pytest.fixture
def case(books, night):
    cast = Cast()
    customer = cast.customer("华信")
    customer.bill(800, due="2026-03-01")
    night("2026-03-08")
    customer.by = cast.lin
    return customer


def said(case, on: str, result: str):
    with clock.at(on):
        return records.record(case.live_case, channel="phone", reached="self", result=result, by=case.by)


@pytest.mark.parametrize(
    ("result", "kind"), [("dispute_claimed", "dispute_claimed"), ("complaint", "complaint"), ("deceased", "special")]
)
def test_a_dispute_a_complaint_and_a_death_hold_back_until_their_days_are_over(case, result, kind):
    written = said(case, "2026-03-09", result)
    found = restraint(case.live_case, dt.date(2026, 3, 10))
    assert found and (found.kind, found.result, found.until_on) == (kind, result, written.says_until_on)
    assert restraint(case.live_case, written.says_until_on) is None


def test_a_settled_doubt_and_a_plain_talk_hold_nothing_back(case):
    assert restraint(case.live_case, dt.date(2026, 3, 9)) is None
    said(case, "2026-03-09", "dispute_claimed")
    said(case, "2026-03-10", "no_answer")
    assert restraint(case.live_case, dt.date(2026, 3, 10)), "what says nothing new leaves it standing"
    said(case, "2026-03-11", "settled_doubt")
    assert restraint(case.live_case, dt.date(2026, 3, 11)) is None
