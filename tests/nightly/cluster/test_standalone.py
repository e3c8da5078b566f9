"""Two workers of a standalone cluster decide row by row what DuckDB decides."""

from __future__ import annotations

import datetime as dt

from tests.nightly.cluster.both import Engine, decided, differences
from tests.nightly.cluster.conftest import Standalone
from tests.oracle.portfolio import FIRST, Portfolio


def test_the_golden_day_is_decided_alike(working_day: str, distributed: Engine, standalone: Standalone) -> None:
    date = dt.date(2026, 3, 12)
    assert differences(decided(date), decided(date, distributed)) == []
    assert standalone.idle == [], "both workers took part"


def test_a_generated_portfolio_is_decided_alike(books: str, distributed: Engine) -> None:
    Portfolio(1).found()
    assert differences(decided(FIRST), decided(FIRST, distributed)) == []
