"""Decision tables: a gap, a row that can never match or a word not known is an error when the table is read."""

from __future__ import annotations

import itertools
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.policy.tables import Fault, Input, OneOf, Output, Range, Row, Table, TableError

DAYS = Input("days", domain=Range(1, None))
LEVEL = Input("level", values=("mild", "severe"))


def row(name: str, /, **when: Any) -> Row:
    return Row(row=name, when=when, then={"action": name})


def table(*rows: Row, inputs: tuple[Input, ...] = (DAYS, LEVEL), **more: Any) -> Table:
    return Table(key="t", name={}, clause="", inputs=inputs, outputs=(Output("action"),), rows=rows, **more).checked()


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


def test_a_row_that_earlier_rows_take_in_part_is_worth_a_note_and_says_which():
    made = table(row("soon", days=Range(None, 8)), row("mild", level=words("mild")), row("rest"))
    assert made.faults() == [Fault("partly", "mild", by=("soon",)), Fault("partly", "rest", by=("soon", "mild"))]


def test_a_gap_names_an_account_that_nobody_decides():
    rows = (row("a", days=Range(1, 10)), row("b", days=Range(11, None)))
    made = Table(key="t", name={}, clause="", inputs=(DAYS, LEVEL), outputs=(Output("action"),), rows=rows)
    assert made.faults() == [Fault("gap", facts={"days": 10, "level": "mild"})]


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.sets(st.sampled_from(["mild", "severe"]))), max_size=6
    )
)
def test_the_check_finds_just_the_gaps_and_rows_that_trying_every_account_finds(rows):
    made = Table(
        key="t",
        name={},
        clause="",
        inputs=(Input("days", domain=Range(1, 12)), LEVEL),
        outputs=(Output("action"),),
        rows=tuple(
            row(f"r{place}", days=Range(low, low + length + 1), level=words(*(levels or {"mild", "severe"})))
            for place, (low, length, levels) in enumerate(rows)
        ),
    )
    won, open_ones = set(), False
    for days, level in itertools.product(range(1, 12), ("mild", "severe")):
        first = next((each for each in made.rows if each.holds({"days": days, "level": level})), None)
        won.add(first.row if first else None)
        open_ones = open_ones or first is None
    faults = made.faults()
    assert {fault.row for fault in faults if fault.code == "never"} == {each.row for each in made.rows} - won
    assert any(fault.code == "gap" for fault in faults) == open_ones


def test_a_flag_that_is_worked_out_is_read_as_a_whole():
    rows = ibis.memtable({"late": [True, True, False], "large": [False, True, False]})
    worked_out = rows.mutate(either=rows.late | rows.large)
    for wanted in (True, False):
        told = worked_out.mutate(found=OneOf(frozenset((wanted,))).over(worked_out.either)).to_pyarrow()["found"]
        assert told.to_pylist() == [each is wanted for each in (True, True, False)]
