"""A version of the policy: drafted, edited, submitted, approved, in force from its day; and what must not happen to it."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.policy.actions import versions
from liangqing.policy.book import preset_content
from liangqing.policy.bounds import past_bounds
from liangqing.policy.content import complete, problems, shipped
from liangqing.policy.models import Version
from liangqing.policy.queries.versions import lines
from liangqing.policy.rules.difference import as_text, differences
from liangqing.trail.models import Entry
from tests.policy.drafts import approved, draft, person, rows_of

pytestmark = pytest.mark.usefixtures("books")
TODAY = "2026-03-10"


def test_an_approved_version_decides_from_its_first_day_and_not_before():
    approved(on=TODAY, from_on="2026-03-15", warning__moderate_until_days=61)
    with clock.at("2026-03-20"):
        assert policy.in_force(dt.date(2026, 3, 14)).terms["warning.moderate_until_days"] == 91
        after = policy.in_force(dt.date(2026, 3, 15))
        assert (after.version, after.terms["warning.moderate_until_days"]) == ("v1", 61)


def test_a_draft_decides_nothing():
    draft(on=TODAY, from_on="2026-03-11", warning__moderate_until_days=61)
    with clock.at("2026-03-20"):
        assert policy.in_force(dt.date(2026, 3, 20)).version == "preset-1"


def test_the_versions_are_told_with_their_phase_and_until_when():
    approved(on=TODAY, from_on="2026-03-11", case__opens_from_days=2)
    approved(on="2026-03-12", from_on="2026-03-20", case__opens_from_days=3)
    told = {line.name: (line.phase, line.until_on) for line in lines(dt.date(2026, 3, 15))}
    assert told == {
        "preset-1": ("superseded", dt.date(2026, 3, 11)),
        "v1": ("in_force", dt.date(2026, 3, 20)),
        "v2": ("approved", None),
    }


def test_a_version_of_before_a_table_or_term_came_decides_by_what_the_product_ships_for_it():
    made = approved(on=TODAY, from_on="2026-03-11", case__opens_from_days=2)
    older = {
        "terms": {key: value for key, value in made.content["terms"].items() if key != "grace.most_days"},
        "tables": {key: rows for key, rows in made.content["tables"].items() if key != "receipt.order"},
    }
    rules = policy.book.build(older, version="v0", from_on=dt.date(2026, 3, 11))
    shipped = policy.preset()
    assert rules.terms["grace.most_days"] == shipped.terms["grace.most_days"]
    assert rules.tables["receipt.order"] == shipped.tables["receipt.order"]


def test_a_version_of_before_a_column_came_answers_it_as_the_preset_does():
    rows = [
        {**row, "then": {name: value for name, value in row["then"].items() if name != "holds"}}
        for row in complete(preset_content())["tables"]["case.result"]
    ]
    found = complete({"terms": {}, "tables": {"case.result": rows}})["tables"]["case.result"]
    assert {row["row"]: row["then"]["holds"] for row in found}["Z17"] == "deceased"
    rows[0]["then"]["holds"] = "none"
    assert any(
        problem.fault and problem.fault.code == "outputs"
        for problem in problems({"terms": {}, "tables": {"case.result": rows}})
    )


@pytest.mark.parametrize("from_on", ["2026-03-10", "2026-03-09"])
def test_a_version_begins_tomorrow_at_the_earliest(from_on):
    with pytest.raises(Refusal) as refused:
        draft(on=TODAY, from_on=from_on)
    assert refused.value.code == "day_past"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("warning.mild_until_days", 1, "term_bounds"),
        ("warning.mild_until_days", "21", "term_type"),
        ("warning.mild_until_days", [{"for": {"debtor": "person"}, "value": 21}], "term_base"),
        ("warning.mild_until_days", [{"value": 21}, {"value": 22}], "term_twice"),
        ("warning.mild_until_days", [{"value": 21}, {"for": {"mood": "good"}, "value": 22}], "term_scope"),
        ("case.minimum", {"CNY": "1.00"}, "term_currency"),
        ("case.minimum", {"CNY": "1.001", "*": "1"}, "term_places"),
        ("case.minimum", {"CNY": 1.5, "*": "1"}, "term_type"),
        ("case.minimum", {"XYZ": "1.00", "*": "1"}, "term_currency"),
        ("warning.acknowledge_within_days", {"mild": 3}, "term_level"),
        ("no.such", 3, "unknown_term"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_changes(key, value, code):
    made = draft(on=TODAY, from_on="2026-03-11")
    with clock.at(TODAY), pytest.raises(Refusal) as refused:
        versions.set_term(made, key, value, revision=made.revision, by=person())
    assert refused.value.code == code
    made.refresh_from_db()
    assert made.revision == 1


def test_two_people_on_one_draft_do_not_overwrite_each_other():
    made = draft(on=TODAY, from_on="2026-03-11")
    with clock.at(TODAY):
        versions.set_term(made, "case.opens_from_days", 2, revision=1, by=person())
        with pytest.raises(Refusal) as refused:
            versions.set_term(made, "case.opens_from_days", 3, revision=1, by=person("other"))
    assert refused.value.code == "edited"


def test_a_draft_with_a_gap_can_stand_but_not_be_submitted():
    made = draft(on=TODAY, from_on="2026-03-11")
    gap = rows_of(made, "warning.level")[:-1]
    with clock.at(TODAY):
        made = versions.set_rows(made, "warning.level", gap, revision=made.revision, by=person())
        with pytest.raises(Refusal) as refused:
            versions.submit(made, by=person())
    assert refused.value.code == "problems"


def test_a_draft_that_changes_nothing_is_not_submitted():
    made = draft(on=TODAY, from_on="2026-03-11")
    with clock.at(TODAY), pytest.raises(Refusal) as refused:
        versions.submit(made, by=person())
    assert refused.value.code == "no_change"


def test_a_version_based_on_an_outdated_one_is_brought_onto_the_new_one_first():
    late = draft(on=TODAY, from_on="2026-03-20", case__opens_from_days=3, promise__tolerance_days=4)
    approved(on=TODAY, from_on="2026-03-15", case__opens_from_days=2, record__next_most_days=30)
    with clock.at(TODAY):
        with pytest.raises(Refusal) as refused:
            versions.submit(late, by=person())
        assert refused.value.code == "outdated_base"
        merged, both = versions.rebase(late, revision=late.revision, by=person())
        versions.submit(merged, by=person())
    terms = merged.content["terms"]
    assert both == ["case.opens_from_days"]
    assert (terms["case.opens_from_days"], terms["promise.tolerance_days"], terms["record.next_most_days"]) == (
        3,
        4,
        30,
    )


def test_a_bound_of_law_is_not_loosened_without_counsel():
    made = draft(on=TODAY, from_on="2026-03-11", archive__keep_years=3)
    with clock.at(TODAY):
        versions.submit(made, by=person())
        with pytest.raises(Refusal) as refused:
            versions.approve(made, voices=[], by=person())
        assert refused.value.code == "counsel"
        assert versions.approve(made, voices=[], counsel="方律师", by=person()).state == "approved"


def test_the_database_refuses_to_change_an_approved_version():
    made = approved(on=TODAY, from_on="2026-03-11", case__opens_from_days=2)
    for column, value in (
        ("digest", "x"),
        ("from_on", "2026-04-01"),
        ("share", 50),
        ("state", "draft"),
        ("counsel", "x"),
    ):
        with pytest.raises(DatabaseError, match="stands"), transaction.atomic():
            Version.objects.filter(pk=made.pk).update(**{column: value})
    with pytest.raises(DatabaseError, match="stands"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM policy_version")


def test_only_one_version_begins_on_a_day():
    approved(on=TODAY, from_on="2026-03-11", case__opens_from_days=2)
    other = draft(on=TODAY, from_on="2026-03-11", case__opens_from_days=3)
    with clock.at(TODAY), pytest.raises(Refusal) as refused:
        versions.submit(other, by=person())
    assert refused.value.code == "same_day"
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=other.pk).update(state="approved")


def test_a_version_that_decides_already_is_not_withdrawn_one_to_come_is():
    made = approved(on=TODAY, from_on="2026-03-11", case__opens_from_days=2)
    with clock.at("2026-03-11"), pytest.raises(Refusal) as refused:
        versions.withdraw(made, by=person())
    assert refused.value.code == "in_force"
    with clock.at(TODAY):
        assert versions.withdraw(made, by=person()).state == "withdrawn"
    with clock.at("2026-03-20"):
        assert policy.in_force(dt.date(2026, 3, 20)).version == "preset-1"


def test_a_version_goes_out_as_one_file_and_comes_in_again_as_it_was():
    made = draft(
        on=TODAY,
        from_on="2026-03-11",
        warning__mild_until_days=[{"value": 31}, {"for": {"debtor": "person"}, "value": 16}],
    )
    text = as_text(made.content, {"version": made.name})
    other = draft(on=TODAY, from_on="2026-03-12")
    with clock.at(TODAY):
        brought = versions.bring(other, text, revision=other.revision, by=person())
    assert differences(made.content, brought.content) == []
    assert [(each.key, each.after) for each in differences(policy.book.preset_content(), brought.content)] == [
        ("warning.mild_until_days", [{"value": 31}, {"for": {"debtor": "person"}, "value": 16}])
    ]


@pytest.mark.parametrize(
    "text",
    ["terms: [", "- 1", "terms: {no.such: 1}", "tables: {no.such: []}", "terms: {case.minimum: 3}", "tables: {case.desk: [1]}",
     "tables: {case.desk: [{row: K1, when: {level: {from: $no.such}}, then: {}}]}", "!!python/object/apply:os.system [x]"],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_changes_nothing(text):
    made = draft(on=TODAY, from_on="2026-03-11")
    with clock.at(TODAY), pytest.raises(Refusal):
        versions.bring(made, text, revision=made.revision, by=person())
    made.refresh_from_db()
    assert made.revision == 1


def test_the_most_specific_value_wins_a_choice_and_the_strictest_a_bound_of_law():
    scoped = [
        {"value": 31},
        {"for": {"debtor": "person"}, "value": 21},
        {"for": {"line": "A", "debtor": "person"}, "value": 41},
    ]
    kept = [{"value": 10}, {"for": {"line": "A"}, "value": 6}, {"for": {"debtor": "person"}, "value": 30}]
    approved(on=TODAY, from_on="2026-03-11", warning__mild_until_days=scoped, archive__keep_years=kept)
    with clock.at("2026-03-11"):
        rules = policy.in_force(dt.date(2026, 3, 11))
        values = {
            (line, debtor): (found["warning.mild_until_days"], found["archive.keep_years"])
            for line in ("A", "B")
            for debtor in ("person", "company")
            for found in [rules.of(1, line=line, debtor=debtor).terms]
        }
    assert values == {
        ("A", "person"): (41, 30),
        ("B", "person"): (21, 30),
        ("A", "company"): (31, 10),
        ("B", "company"): (31, 10),
    }


def rules(table: str, **changes: Any) -> list[dict[str, Any]]:
    """The rows of a table, some of them changed: by name a dict for ``then``, or None to leave the row out."""
    came = copy.deepcopy(shipped()["tables"][table])
    found = []
    for row in came:
        change = changes.get(row["row"].replace("-", "_"), {})
        if change is not None:
            row["then"].update(change)
            found.append(row)
    return found


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("contact.hours", {"T17": None}),
        ("contact.hours", {"T17": {"until_minute": 1320}}),
        ("contact.hours", {"T17": {"effect": "warn"}}),
        ("contact.hours", {"T17": {"basis": "standard"}}),
        ("contact.cap", {"T18": {"most": 8}}),
        ("contact.cap", {"T18": {"days": 6}}),
        ("contact.cooloff", {"T18_conversation": {"days": 6}}),
        ("contact.condition", {"C12": None}),
        ("contact.restraint", {"R_optout": {"effect": "approval"}}),
        ("contact.regime", {"G2": {"regime": "other"}}),
    ],
)
def test_a_rule_of_law_is_not_weakened_without_counsel(table, change):
    made = draft(on=TODAY, from_on="2026-03-11", rows={table: rules(table, **change)})
    assert past_bounds(made.content) == [table]
    with clock.at(TODAY):
        versions.submit(made, by=person())
        with pytest.raises(Refusal, match="counsel"):
            versions.approve(made, voices=[], by=person())
        assert versions.approve(made, voices=[], counsel="方律师", by=person()).state == "approved"
    assert Entry.objects.filter(event="policy submitted").latest("id").facts["loosens"] == [table]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("contact.hours", {}),
        ("contact.hours", {"T17": {"until_minute": 1200}}),
        ("contact.hours", {"T17": {"from_minute": 0, "until_minute": 0}}),
        ("contact.hours", {"T9": None}),
        ("contact.cap", {"T18": {"most": 3, "days": 14}}),
        ("contact.cap", {"T3": {"most": 9}}),
    ],
)
def test_a_stricter_rule_of_law_and_any_rule_that_is_none_needs_no_counsel(table, change):
    assert past_bounds(draft(on=TODAY, from_on="2026-03-11", rows={table: rules(table, **change)}).content) == []
