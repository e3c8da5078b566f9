"""Every worked example of the rules of contact, in the form for many at once."""

from __future__ import annotations

import datetime as dt
import functools

import pytest

from liangqing.outreach.rules import zones
from liangqing.outreach.rules.guard import judge
from liangqing.policy import book
from tests.outreach.columns import Person, Sets
from tests.outreach.examples import EXAMPLES, Example
from tests.outreach.test_guard_examples import debtor


@functools.cache
def told() -> dict[str, tuple[str, tuple[str, ...]]]:
    """All examples in one run."""
    persons = [Person(debtor(example), (example.asked,)) for example in EXAMPLES]
    found = Sets().answers(persons, book.preset())
    return {example.claim: answer for example, (answer,) in zip(EXAMPLES, found, strict=True)}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.claim)
def test_worked_example(example: Example) -> None:
    answer, rules = told()[example.claim]

    assert answer == example.answer, rules
    assert set(example.rules) <= set(rules)
    single = judge(example.asked, debtor(example), book.preset())
    assert (answer, rules) == (single.answer, single.rules)


@pytest.mark.parametrize("second", [0, 1, 1799, 3599])
def test_clocks_change_at_their_second_whatever_second_the_search_begins_at(second: int) -> None:
    start = dt.datetime(2026, 10, 20, 5, tzinfo=dt.UTC) + dt.timedelta(seconds=second)
    found = zones.offsets(frozenset(("America/New_York", "Europe/London")), start, start + dt.timedelta(days=20))

    changes = {zone: dt.datetime.fromtimestamp(since, dt.UTC) for zone, since, _until, _offset in found}
    assert changes["America/New_York"] == dt.datetime(2026, 11, 1, 6, tzinfo=dt.UTC)
    assert changes["Europe/London"] == dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)
    assert min(since for _zone, since, _until, _offset in found) <= start.timestamp(), "the start is covered"
