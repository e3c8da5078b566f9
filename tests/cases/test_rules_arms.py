"""Two arms are compared with an interval, and nothing is said too early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from liangqing.cases.rules.arms import Share, compare


def test_a_worked_example_of_the_literature():
    """56 of 70 against 48 of 80: a difference of 0.2, from 0.0524 to 0.3339."""
    found = compare(Share(56, 70), Share(48, 80), least=10)
    assert (round(found.difference or 0, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.verdict == "better"
    assert compare(Share(48, 80), Share(56, 70), least=10).verdict == "worse"


def test_small_arms_say_nothing_however_far_apart_they_are():
    assert compare(Share(9, 9), Share(0, 500), least=10).verdict == "early"
    assert compare(Share(0, 0), Share(0, 500), least=10).difference is None


@given(a=st.integers(0, 300), n=st.integers(1, 300), b=st.integers(0, 300), m=st.integers(1, 300))
def test_the_interval_holds_the_difference_and_stays_within_what_can_be(a, n, b, m):
    found = compare(Share(min(a, n), n), Share(min(b, m), m), least=1)
    assert found.difference is not None
    assert -1.0001 <= found.low <= found.difference <= found.high <= 1.0001
    assert (found.verdict == "open") == (found.low <= 0 <= found.high)
