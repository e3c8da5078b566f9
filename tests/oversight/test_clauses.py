"""The list of clauses is complete, and each clause knows honestly what runs it."""

from __future__ import annotations

import re

import pytest

from liangqing.oversight.queries import evidence
from liangqing.oversight.queries.register import marks
from liangqing.oversight.rules.clauses import KINDS, SOURCES, Clause, clauses, known, run_by, stem, tables_of, terms_of
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions

BLANKS = {"P3 3.2.2": 2, "P3 3.2.3": 4, "P3 3.2.4": 2, "P3 4.1.2": 1, "P3 7.3.1": 1}
"""How many "[X]" the sources leave in which clause: all of them."""

CHAPTERS = {
    "P1": {"2.1": 3, "2.2": 2, "3.1": 2, "3.2": 2},
    "P2": {
        "1": 3, "2": 3, "3.1": 2, "3.2": 2, "3.3": 2, "3.4": 2, "4": 3, "5": 3, "6": 2, "7": 2, "8": 3, "9": 3, "10": 3,
        "11": 3, "12": 3, "13": 3, "14": 3, "15": 3,
    },
    "P3": {
        "1.3": 4, "2.1": 3, "2.2": 3, "3.1": 2, "3.2": 4, "3.3": 3, "4.1": 3, "4.2": 4, "4.3": 4, "5.1": 3, "5.2": 2,
        "5.3": 2, "6.1": 2, "6.2": 3, "7.1": 2, "7.2": 2, "7.3": 2, "8.1": 2, "8.2": 3,
    },
}  # fmt: skip
"""How many clauses each section of the sources has."""


def clause(code: str) -> Clause:
    return clauses()[code]


@pytest.mark.parametrize(
    ("source", "section", "count"), [(s, k, n) for s, each in CHAPTERS.items() for k, n in each.items()]
)
def test_every_clause_of_the_sources_is_listed(source: str, section: str, count: int):
    listed = [code for code in clauses() if re.fullmatch(rf"{source} {re.escape(section)}\.\d+", code)]
    assert listed == [f"{source} {section}.{place}" for place in range(1, count + 1)]


def test_every_code_a_mark_uses_is_in_the_list():
    assert len(marks()) > 30
    assert [code for code in marks() if not known(code)] == []


def test_a_code_that_is_in_no_source_is_not_known():
    assert not known("P3 9.9")
    assert not known("P2 3.1.7")
    assert known("P3 2.1.1 by hand")
    assert known("P3 3.2")


def test_every_blank_of_the_sources_is_filled_by_a_term():
    filled: dict[str, int] = {}
    for definition in definitions().values():
        for blank in definition.blanks:
            assert "[X]" in blank
            filled[stem(blank)] = filled.get(stem(blank), 0) + 1
    assert filled == BLANKS


def test_a_clause_with_a_blank_is_a_parameter_and_names_the_term_that_fills_it():
    for code in BLANKS:
        assert clause(code).kind == "parameter"
        assert [term for term in terms_of(clause(code)) if term.blanks], code


def test_every_term_and_every_table_is_used_by_a_clause():
    used = {term.key for each in clauses().values() for term in terms_of(each)}
    assert set(definitions()) <= used
    assert set(blank_tables()) <= {table.key for each in clauses().values() for table in tables_of(each)}


def test_every_clause_is_said_in_both_languages_and_of_a_known_kind():
    for each in clauses().values():
        assert each.source in SOURCES and each.kind in KINDS
        assert each.summary["zh"] and each.summary["en"]
        assert not re.search("[一-鿿]", each.summary["en"])


def test_a_clause_is_run_by_marks_of_its_own_and_of_the_clause_above():
    given = {"P3 3.2": ["levels"], "P3 3.2.2": ["mild"], "P3 3.3.2": ["told"], "P3 4.3": ["work"], "P2 6.2": ["mask"]}
    assert run_by(clause("P3 3.2.2"), given) == ["levels", "mild"]
    assert run_by(clause("P3 3.2.1"), given) == ["levels"]
    assert run_by(clause("P3 2.1.1"), given) == []


def test_a_clause_that_stands_alone_is_not_run_from_above_but_by_what_it_names():
    given = {"P3 4.3": ["work"], "P3 4.2": ["work"], "P2 6.2": ["mask"]}
    assert run_by(clause("P3 4.3.2"), given) == []
    assert run_by(clause("P3 4.2.4"), given) == ["mask"]


def test_a_mark_that_says_more_belongs_to_its_clause_unless_that_is_listed_itself():
    given = {"P3 2.1.1 by hand": ["enter"], "P4-4 worklist": ["list"]}
    assert run_by(clause("P3 2.1.1"), given) == ["enter"]
    assert run_by(clause("P4-4"), given) == []
    assert run_by(clause("P4-4 worklist"), given) == ["list"]


def test_what_a_clause_names_exists():
    for each in clauses().values():
        assert set(each.open) <= set(evidence.OPEN), each.code
        for mark in each.by:
            assert mark in marks(), (each.code, mark)


def test_events_named_as_evidence_are_told_somewhere():
    from liangqing.trail.actions.tell import Event
    from liangqing.trail.models.entry import FREQUENT

    def below(cls: type) -> set[str]:
        return {getattr(cls, "name", "")} | {name for sub in cls.__subclasses__() for name in below(sub)}

    marks()
    named = {event for each in clauses().values() for event in each.told}
    nightly = {"alert escalated", "alert acknowledged"}
    assert named - below(Event) - nightly == set()
    assert not named & set(FREQUENT)
