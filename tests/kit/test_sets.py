"""Words for rules over sets are exact, where floating point would not be."""

from __future__ import annotations

import datetime as dt

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.kit.sets import days_between, share_bp
from tests.oracle.sets import Sets

EDGES = [1, 2, 3, 9_999, 10_000, 10_001, 2**53 - 1, 2**53, 2**53 + 1, 2**62, 2**63 - 2, 2**63 - 1]
wide = st.sampled_from(EDGES) | st.integers(0, 2**63 - 1)


@pytest.fixture(scope="module")
def sets():
    made = Sets()
    made.shape("pairs", {"part": "int64", "whole": "int64"})
    made.shape("spans", {"first": "date", "last": "date"})
    yield made
    made.con.disconnect()


def _bp(sets: Sets, part: int, whole: int) -> int:
    sets.put("pairs", [(part, whole)])
    pairs = sets.table("pairs")
    return sets.ask("bp", lambda: pairs.select(bp=share_bp(pairs.part, pairs.whole)))[0]["bp"]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(wide, wide).map(sorted))
def test_a_share_is_rounded_down_exactly_up_to_the_largest_amounts(sets, pair):
    part, whole = pair
    assert _bp(sets, part, whole) == (part * 10_000 // whole if whole else 0)


@pytest.mark.parametrize("whole", [2**53 + 1, 2**63 - 1, 2**63 - 10_000])
def test_one_unit_decides_between_two_shares(sets, whole):
    edge = -(-whole * 6_000 // 10_000)  # the least amount that is 6 000 basis points
    assert (_bp(sets, edge - 1, whole), _bp(sets, edge, whole)) == (5_999, 6_000)


@pytest.mark.parametrize("whole", [0, -1])
def test_there_is_no_share_of_nothing(sets, whole):
    assert _bp(sets, 5, whole) == 0


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)))
def test_days_between_two_days_are_calendar_days(sets, first, last):
    sets.put("spans", [(first, last)])
    spans = sets.table("spans")
    answer = sets.ask("days", lambda: spans.select(days=days_between(spans.first, spans.last)))
    assert answer[0]["days"] == (last - first).days
    assert ibis.literal(0).type().is_integer()
