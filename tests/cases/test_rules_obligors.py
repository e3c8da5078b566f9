"""A customer towards one creditor, over all currencies: what is said does not hang on the order of rows."""

from __future__ import annotations

import itertools

import pytest

from liangqing import policy
from liangqing.cases.rules.obligors import obligors
from tests.oracle.sets import Sets

RULES = policy.preset()
ACCOUNT = {"party_id": "int64", "creditor_id": "int64", "currency": "string"}


@pytest.fixture(scope="module")
def sets():
    made = Sets()
    numbers = ("balance", "credit", "unapplied", "late", "late_bills", "open_bills", "share_bp", "seller_id")
    made.shape("totals", {**ACCOUNT, **dict.fromkeys(numbers, "int64"), "days": "int32", "variant": "int16"})
    made.shape("graded", {**ACCOUNT, "level": "string", "row": "string"})
    made.shape(
        "classes",
        {"party_id": "int64", "creditor_id": "int64", "customer_class": "string", "class_row": "string"},
    )
    yield made
    made.con.disconnect()


def _obligors(sets):
    tables = ("totals", "graded", "classes")
    return lambda: obligors(*(sets.table(name) for name in tables), RULES)


def test_of_two_equal_levels_the_same_row_and_seller_speak_in_whatever_order_they_come(sets):
    totals = [
        (1, 1, code, 10, 0, 0, 10, 1, 1, 0, seller, 40, 0) for code, seller in (("CNY", 7), ("USD", 8), ("EUR", 9))
    ]
    graded = [(1, 1, "CNY", "moderate", "D2"), (1, 1, "USD", "moderate", "D1S"), (1, 1, "EUR", "moderate", "D2")]
    sets.put("classes", [(1, 1, "A", "G1")])
    said = set()
    for some, other in itertools.product(itertools.permutations(totals), itertools.permutations(graded)):
        sets.put("totals", some)
        sets.put("graded", other)
        (row,) = sets.ask("obligors", _obligors(sets))
        said.add((row["level"], row["level_row"], row["seller_id"]))
    assert len(said) == 1, said
