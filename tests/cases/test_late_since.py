"""Since when a case is late, as the night keeps it beside the case."""

from __future__ import annotations

import pytest

from tests.cast import Cast, day


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def test_a_case_is_late_since_its_oldest_late_bill_fell_due(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-01-20")
    huaxin.bill(900, due="2026-01-05")
    night("2026-02-06")
    assert huaxin.live_case.late_since_on == day("2026-01-05")
    night("2026-02-07")
    assert huaxin.live_case.late_since_on == day("2026-01-05")


def test_when_the_oldest_is_paid_the_next_one_counts(cast, night):
    huaxin = cast.customer("华信")
    oldest = huaxin.bill(900, due="2026-01-05")
    huaxin.bill(800, due="2026-01-20")
    night("2026-02-06")
    huaxin.pays(900, on="2026-02-06", bill=oldest)
    night("2026-02-07")
    assert huaxin.live_case.late_since_on == day("2026-01-20")


def test_a_night_run_twice_lands_nothing_more(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-01-05")
    assert night("2026-02-06").changed_rows > 0
    assert night("2026-02-06").changed_rows == 0
