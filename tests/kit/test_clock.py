"""The clock: one place that knows today, in the institution's own time zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from liangqing.kit import clock

MOMENT = dt.timedelta(minutes=1)


def test_a_day_begins_at_midnight_of_the_institution():
    with clock.at("2026-03-09T15:59:59+00:00"):
        assert clock.today() == dt.date(2026, 3, 9)
    with clock.at("2026-03-09T16:00:00+00:00"):
        assert clock.today() == dt.date(2026, 3, 10)


def test_a_date_means_that_day():
    with clock.at(dt.date(2026, 3, 10)):
        assert clock.today() == dt.date(2026, 3, 10)
        assert clock.now() == dt.datetime(2026, 3, 10, 1, tzinfo=dt.UTC)


def test_a_moved_clock_goes_back_even_after_an_error():
    before = clock.now()
    try:
        with clock.at("2001-01-01"), clock.at("2002-01-01"):
            raise KeyError
    except KeyError:
        pass
    assert clock.now() >= before


def test_clocks_may_be_moved_within_each_other():
    with clock.at("2026-03-10"):
        with clock.at("2026-03-11"):
            assert clock.today().day == 11
        assert clock.today().day == 10


def test_a_house_plays_a_day_at_the_true_hour_or_at_an_hour_of_its_own(settings: Any):
    settings.TODAY = "2020-02-29"
    true = dt.datetime.now(clock.zone())
    assert clock.today() == dt.date(2020, 2, 29)
    assert (
        abs(clock.now().astimezone(clock.zone()).replace(year=true.year, month=true.month, day=true.day) - true)
        < MOMENT
    )
    settings.TODAY = "2020-02-29T14:00"
    began = dt.datetime(2020, 2, 29, 14, tzinfo=clock.zone())
    assert abs(clock.now() - began) < MOMENT
