"""Whatever went before and whatever holds back: both forms of the guard agree, and nothing is refused without a rule."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.outreach.rules.guard import judge
from liangqing.policy import Policy
from tests.outreach import histories
from tests.outreach.columns import Answer, Person, Sets

POLICIES = 4
SEED = 451_252_025
MANY = 400
"""Debtors of the larger run, for each policy."""


@functools.cache
def sets() -> Sets:
    return Sets()


@functools.cache
def policies() -> list[Policy]:
    return histories.policies(SEED, POLICIES)


def one_by_one(persons: Sequence[Person], policy: Policy) -> list[list[Answer]]:
    found = []
    for each in persons:
        verdicts = [
            judge(asked, each.debtor, policy.variant(variant))
            for asked, variant in zip(each.asked, each.variants, strict=True)
        ]
        for verdict in verdicts:
            if verdict.answer != "allowed":
                assert verdict.deciding, "no refusal without a rule"
                assert all(one.reason["zh"] and one.reason["en"] for one in verdict.deciding)
        found.append([(verdict.answer, verdict.rules) for verdict in verdicts])
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(which=st.integers(0, POLICIES - 1), draw=st.randoms(use_true_random=False))
def test_both_forms_say_the_same(which: int, draw: random.Random) -> None:
    policy = policies()[which]
    persons = [histories.person(draw, len(policy.variants)) for _n in range(3)]

    assert sets().answers(persons, policy) == one_by_one(persons, policy)


@pytest.mark.parametrize("which", range(POLICIES))
def test_both_forms_say_the_same_of_many(which: int) -> None:
    draw, policy = random.Random(SEED + which), policies()[which]
    persons = [histories.person(draw, len(policy.variants)) for _n in range(MANY)]

    singly = one_by_one(persons, policy)
    together = sets().answers(persons, policy)
    differ = [
        (person, asked, one, other)
        for person, many, more in zip(persons, singly, together, strict=True)
        for asked, one, other in zip(person.asked, many, more, strict=True)
        if one != other
    ]
    assert not differ, differ[0]
    if which == 0:  # the preset; a drawn policy may never ask for an approval, or have no quiet time
        answers = Counter(answer for many in singly for answer, _rules in many)
        assert set(answers) == {"allowed", "approval", "refused"}, "all answers were drawn"
        rules = Counter(rule.partition(":")[0] for many in singly for _answer, named in many for rule in named)
        assert set(rules) == {"hours", "cap", "cooloff", "condition", "restraint"}, "every table spoke"
