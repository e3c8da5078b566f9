"""Spark in one process decides row by row what DuckDB decides."""

from __future__ import annotations

import datetime as dt
import random

from liangqing.policy import Policy
from tests.cast import Cast, day
from tests.nightly.cluster.both import Engine, decided, differences
from tests.oracle.portfolio import FIRST, Portfolio
from tests.outreach import histories
from tests.outreach.test_outlook import MONDAY, mixed


def test_the_golden_day_is_decided_alike(working_day: str, local: Engine) -> None:
    date = dt.date(2026, 3, 12)
    here = decided(date)
    assert {"broken", "kept"} <= set(here["promise_fates"]["state"].to_pylist())
    assert here["rolls"].num_rows and here["collected"].num_rows, "the night before is known"
    assert differences(here, decided(date, local)) == []


def test_a_generated_portfolio_is_decided_alike_under_a_policy_of_many_variants(books: str, local: Engine) -> None:
    Portfolio(3).found()
    rules = _many_variants()
    here = decided(FIRST, rules=rules)
    assert len(set(here["accounts"]["variant"].to_pylist())) > 2
    assert here["escalations"].num_rows and here["signs"].num_rows and here["owners"].num_rows
    assert differences(here, decided(FIRST, local, rules)) == []


def test_who_may_be_asked_for_payment_is_decided_alike(books: str, local: Engine) -> None:
    mixed(Cast())
    here = decided(day(MONDAY))
    assert here["outlook"].num_rows and here["outlook_changes"].num_rows
    assert differences(here, decided(day(MONDAY), local)) == []


def test_a_generated_portfolio_is_decided_alike(books: str, local: Engine) -> None:
    Portfolio(0).found()
    assert differences(decided(FIRST), decided(FIRST, local)) == []


def _many_variants() -> Policy:
    """A policy of other numbers for persons than for companies, tried on half of the customers."""
    drawn = (histories.policy(random.Random(seed)) for seed in range(50))
    return next(policy for policy in drawn if policy.rollout is not None)
