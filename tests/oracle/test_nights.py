"""Nights over generated portfolios: everything stored and reported is what the oracle says."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.oracle.compare import differences
from tests.oracle.portfolio import FIRST, Portfolio


@pytest.mark.parametrize("seed", range(8))
def test_three_nights_decide_what_the_oracle_decides(books, seed):
    portfolio = Portfolio(seed)
    portfolio.found()
    for number in range(3):
        date = FIRST + dt.timedelta(days=number)
        if number:
            portfolio.live(date)
        assert differences(date) == []
