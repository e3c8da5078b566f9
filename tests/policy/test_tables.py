"""Decision tables: a gap, a row that can never match or a word not known is an error when the table is read."""

from __future__ import annotations

from typing import Any

import pytest

from liangqing.policy.tables import Input, OneOf, Range, Row, Table, TableError

DAYS = Input("days", domain=Range(1, None))
LEVEL = Input("level", values=("mild", "severe"))


def row(name: str, /, **when: Any) -> Row:
    return Row(row=name, when=when, then={"action": name})


def table(*rows: Row, inputs: tuple[Input, ...] = (DAYS, LEVEL), **more: Any) -> Table:
    return Table(key="t", name={}, clause="", inputs=inputs, outputs=("action",), rows=rows, **more)


def words(*values: str) -> OneOf:
    return OneOf(frozenset(values))


def test_the_first_row_that_matches_decides():
    made = table(row("soon", days=Range(None, 8)), row("mild", level=words("mild")), row("rest"))
    assert made.decide({"days": 7, "level": "mild"}).row == "soon"
    assert made.decide({"days": 8, "level": "mild"}).row == "mild"
    assert made.decide({"days": 8, "level": "severe"}).row == "rest"


@pytest.mark.parametrize(
    "rows",
    [
        (row("a", days=Range(1, 10)), row("b", days=Range(11, None))),
        (row("a", days=Range(2, None)),),
        (row("a", days=Range(1, 10)),),
        (row("a", level=words("mild")),),
        (row("a", days=Range(1, 5)), row("b", days=Range(5, None), level=words("mild"))),
    ],
    ids=["between", "at the start", "at the end", "a word", "one corner"],
)
def test_a_gap_is_an_error(rows):
    with pytest.raises(TableError, match="no row matches"):
        table(*rows)


@pytest.mark.parametrize(
    "rows",
    [
        (row("all"), row("never")),
        (row("a", days=Range(1, 10)), row("never", days=Range(3, 7)), row("rest")),
        (row("never", days=Range(-5, 1)), row("rest")),
        (row("a", level=words("mild")), row("b", level=words("severe")), row("never")),
    ],
    ids=["after everything", "covered", "outside the domain", "after all words"],
)
def test_a_row_that_can_never_match_is_an_error(rows):
    with pytest.raises(TableError, match="never match"):
        table(*rows)


@pytest.mark.parametrize(
    ("faulty", "says"),
    [
        (row("a", levle=words("mild")), "no input"),
        (row("a", level=words("midl")), "can't be"),
        (row("a", days=words("mild")), "can't be"),
        (Row("a", {}, {"acton": "x"}), "outputs must be"),
        (Row("a", {}, {}), "outputs must be"),
    ],
)
def test_a_word_that_is_not_known_is_an_error(faulty, says):
    with pytest.raises(TableError, match=says):
        table(faulty, row("rest"))


@pytest.mark.parametrize("adds_up", [False, True])
def test_a_range_of_numbers_over_words_is_an_error(adds_up):
    with pytest.raises(TableError):
        table(row("a", level=Range(1, 2)), row("rest"), adds_up=adds_up)


def test_two_rows_of_one_name_are_an_error():
    with pytest.raises(TableError, match="one name"):
        table(row("a", level=words("mild")), row("a"))


def test_a_fact_that_is_missing_matches_no_condition():
    made = table(row("soon", days=Range(None, 8)), row("late", days=Range(8, None)))
    with pytest.raises(TableError, match="no row matches"):
        made.decide({"days": None, "level": "mild"})


def test_in_a_table_of_points_every_matching_row_counts():
    made = table(row("a", days=Range(1, 8)), row("b", level=words("mild")), row("c", days=Range(3, 5)), adds_up=True)
    assert [match.row for match in made.matching({"days": 4, "level": "mild"})] == ["a", "b", "c"]
