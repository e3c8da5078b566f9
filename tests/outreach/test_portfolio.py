"""Every worked example of the rules of contact, in the form for many at once."""

from __future__ import annotations

import functools

import pytest

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
