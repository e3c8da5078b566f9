"""The nightly run: once, again, late, and when killed."""

from __future__ import annotations

import pytest

from liangqing.kit.refusal import Refusal


def test_a_date_before_the_last_run_is_refused(night):
    night("2026-03-02")
    with pytest.raises(Refusal) as refused:
        night("2026-03-01")
    assert refused.value.code == "night_past"


def test_missed_dates_are_caught_up_in_order(night):
    night("2026-03-01")
    report = night("2026-03-04")
    assert [str(day) for day in report.caught_up] == ["2026-03-02", "2026-03-03"]
