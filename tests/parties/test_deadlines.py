"""By when the institution must act: complaints answered, claims filed; put off, met, and what the night rings for."""

from __future__ import annotations

import datetime as dt
import doctest
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangqing.approvals.actions import votes
from liangqing.approvals.models import Request
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import deadlines, restraints
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Deadline, Party, Restraint
from liangqing.parties.rules import agreements as agreement_rules
from liangqing.parties.rules import deadlines as rules
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.policy import book
from liangqing.trail.models import Entry
from tests.cast import Cast, day
from tests.policy.drafts import approved

TERMS = rules.Terms(simple=15, complex=30, more=30, warn=3)


@pytest.mark.parametrize("module", [rules, agreement_rules])
def test_what_the_rules_show_of_themselves_is_true(module: Any):
    assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
    assert doctest.testmod(module).attempted


def weekday(on: dt.date) -> bool:
    return on.weekday() < 5


# rules ---------------------------------------------------------------------------------------------------------------


def test_c1_a_complaint_taken_on_2_november_is_due_on_the_17th_and_never_after_1_january():
    window = rules.complaint(day("2026-11-02"), "simple", TERMS, weekday)
    assert (window.due_on, window.last_on) == (day("2026-11-17"), day("2027-01-01"))


def test_c1_it_may_be_put_off_to_2_december_without_an_approval():
    assert rules.alone_until(day("2026-11-02"), TERMS, weekday) == day("2026-12-02")
    assert rules.complaint(day("2026-11-02"), "complex", TERMS, weekday).due_on == day("2026-12-02")


def test_holidays_do_not_put_a_complaint_off_unless_a_term_says_working_days():
    """Taken on 25 September 2026: National Day lies within the fifteen days."""
    import chinese_calendar

    works = chinese_calendar.is_workday
    plain = rules.complaint(day("2026-09-25"), "simple", TERMS, works)
    assert plain.due_on == day("2026-10-10")
    working = rules.complaint(day("2026-09-25"), "simple", rules.Terms(15, 30, 30, 3, working=True), works)
    assert sum(works(day("2026-09-25") + dt.timedelta(days=n)) for n in range(1, 60)) > 15
    assert working.due_on > day("2026-10-10")
    days = (working.due_on - day("2026-09-25")).days
    assert sum(works(day("2026-09-25") + dt.timedelta(days=n)) for n in range(1, days + 1)) == 15


def test_the_day_of_the_court_counts_and_the_shortest_window_until_it_is_known():
    assert rules.claim(day("2026-11-02"), 30, 10).due_on == day("2026-12-02")
    assert rules.claim(day("2026-11-02"), 30, 10, day("2027-01-20")).due_on == day("2027-01-20")


SHAPE = pa.schema([("due_on", pa.date32()), ("warn_on", pa.date32())])
_days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 15))


@settings(deadline=None)
@given(st.lists(st.tuples(_days, st.integers(0, 12)), min_size=1, max_size=20), _days)
def test_the_night_says_of_many_what_the_page_says_of_one(drawn: list[tuple[dt.date, int]], as_of: dt.date):
    rows = [{"due_on": due, "warn_on": due - dt.timedelta(days=warn)} for due, warn in drawn]
    found = rules.states(ibis.memtable(pa.Table.from_pylist(rows, SHAPE)), as_of).to_pyarrow().to_pylist()
    together = sorted((row["due_on"], row["warn_on"], row["state"]) for row in found)
    singly = sorted(
        (row["due_on"], row["warn_on"], str(rules.state(row["due_on"], row["warn_on"], as_of))) for row in rows
    )
    assert together == singly


# acts ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


@pytest.fixture
def party(cast: Cast) -> Party:
    found = cast.customer("张伟").party
    found.kind = "person"
    found.save(update_fields=["kind"])
    return found


@pytest.fixture
def head(cast: Cast) -> User:
    """何 heads the collection department, 林 collects there."""
    assert cast.lin.department
    he = staff.join("he", name="何", department=cast.lin.department, duties=("head",))
    cast.lin.department.head = he
    cast.lin.department.save(update_fields=["head"])
    cast.lin.refresh_from_db()
    return he


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(hour=10, tzinfo=clock.zone())


def complain(party: Party, by: User, on: str = "2026-11-02", **given: Any) -> Restraint:
    with clock.at(at(on)):
        return restraints.place(party, "complaint", reason="称催收骚扰", by=by, given=Particulars(**given))


def code(act: Any, *args: Any) -> str:
    with pytest.raises(Refusal) as refused:
        act(*args)
    return refused.value.code


def test_a_complaint_on_record_has_a_day_and_somebody_above_who_answers(cast: Cast, party: Party, head: User):
    row = complain(party, cast.lin).deadline
    assert (row.due_on, row.last_on, row.warn_on) == (day("2026-11-17"), day("2027-01-01"), day("2026-11-14"))
    assert (row.responsible, row.duty, row.purpose) == (head, "risk", "answer")


def test_a_complaint_told_later_than_it_came_counts_from_the_day_it_came(cast: Cast, party: Party):
    row = complain(party, cast.lin, on="2026-11-10", began_on=day("2026-11-02")).deadline
    assert row.due_on == day("2026-11-17")
    with clock.at(at("2026-11-10")):
        given = Particulars(began_on=day("2026-11-11"))
        assert (
            code(lambda: restraints.place(party, "complaint", reason="x", by=cast.lin, given=given))
            == "restraint_to_come"
        )


def test_the_head_puts_it_off_to_the_days_of_a_complex_one_alone(cast: Cast, party: Party, head: User):
    row = complain(party, cast.lin).deadline
    with clock.at(at("2026-11-16")):
        assert deadlines.extend(row, day("2026-12-02"), "须调取录音", head) is None
    row.refresh_from_db()
    assert (row.due_on, row.warn_on) == (day("2026-12-02"), day("2026-11-29"))
    put_off = row.extensions.get()
    assert (put_off.from_on, put_off.by, put_off.reason) == (day("2026-11-17"), head, "须调取录音")


def test_more_than_that_waits_for_senior_management(cast: Cast, party: Party, head: User):
    boss = staff.join("shen", name="沈", department=cast.zhao.department, duties=("manage",))
    row = complain(party, cast.lin).deadline
    with clock.at(at("2026-11-30")):
        asked = deadlines.extend(row, day("2027-01-01"), "须向监管核实", head)
        assert isinstance(asked, Request)
        row.refresh_from_db()
        assert row.due_on == day("2026-11-17")
        assert code(deadlines.extend, row, day("2026-12-31"), "再问", head) == "deadline_asked"
        votes.approve(asked, boss)
    row.refresh_from_db()
    assert row.due_on == day("2027-01-01")
    assert row.extensions.get().request == asked.number


def test_nobody_puts_it_off_beyond_the_last_day_nor_back_nor_without_the_right(cast: Cast, party: Party, head: User):
    row = complain(party, cast.lin).deadline
    with clock.at(at("2026-11-16")):
        assert code(deadlines.extend, row, day("2027-01-02"), "太忙", head) == "deadline_last"
        assert code(deadlines.extend, row, day("2026-11-17"), "太忙", head) == "deadline_not_later"
        assert code(deadlines.extend, row, day("2026-12-01"), " ", head) == "restraint_reason"
        assert code(deadlines.extend, row, day("2026-12-01"), "太忙", cast.lin) == "not_allowed"


def test_once_answered_the_pause_ends_and_nothing_rings(cast: Cast, party: Party, head: User):
    placed = complain(party, cast.lin)
    with clock.at(at("2026-11-20")):
        met = deadlines.meet(placed.deadline, "书面答复已送达", head)
        assert (met.met_on, met.met_by, met.met_note) == (day("2026-11-20"), head, "书面答复已送达")
        assert code(deadlines.meet, placed.deadline, "再答", head) == "deadline_met"
        assert code(deadlines.extend, placed.deadline, day("2026-12-01"), "x", head) == "deadline_met"
    placed.refresh_from_db()
    assert placed.lifted_at is not None


def test_the_clock_runs_on_when_collection_resumes_before_the_answer(cast: Cast, party: Party):
    placed = complain(party, cast.lin)
    with clock.at(at("2026-11-05")):
        restraints.lift(placed, reason="客户同意继续联系", by=cast.lin)
    assert Deadline.objects.get(restraint=placed).met_on is None


def test_complaint_days(cast: Cast, party: Party):
    """complaint.days, complaint.days_complex, complaint.extension_days, complaint.warn_days"""
    approved(
        on="2026-10-20", from_on="2026-10-21", complaint__days=10, complaint__days_complex=20,
        complaint__extension_days=5, complaint__warn_days=7,
    )  # fmt: skip
    book.forget()
    simple, complicated = (complain(party, cast.lin, grade=grade).deadline for grade in ("simple", "complex"))
    assert (simple.due_on, simple.warn_on, simple.last_on) == (day("2026-11-12"), day("2026-11-05"), day("2026-11-27"))
    assert complicated.due_on == day("2026-11-22")


def test_complaint_working_days(cast: Cast, party: Party):
    """complaint.working_days"""
    approved(on="2026-10-20", from_on="2026-10-21", complaint__working_days=1)
    book.forget()
    assert complain(party, cast.lin).deadline.due_on == day("2026-11-23")


# the night -----------------------------------------------------------------------------------------------------------


def alarms() -> list[str]:
    return list(Deadline.objects.order_by("id").values_list("alarm", flat=True))


def told() -> list[str]:
    return list(
        Entry.objects.filter(event__in=("deadline near", "deadline missed"))
        .order_by("id")
        .values_list("event", flat=True)
    )


def test_the_night_rings_three_days_before_and_again_when_it_is_overdue(
    cast: Cast, party: Party, head: User, night: Any
):
    row = complain(party, cast.lin).deadline
    night("2026-11-13")
    assert alarms() == [""]
    night("2026-11-14")
    assert alarms() == ["near"]
    night("2026-11-17")
    assert (alarms(), told()) == (["near"], ["deadline near"])
    night("2026-11-18")
    assert (alarms(), told()) == (["overdue"], ["deadline near", "deadline missed"])
    row.refresh_from_db()
    assert row.alarmed_on == day("2026-11-18")
    night("2026-11-18")
    assert told() == ["deadline near", "deadline missed"], "running twice changes nothing"


def test_the_night_is_silent_about_what_is_done_or_was_put_off(cast: Cast, party: Party, head: User, night: Any):
    done, put_off = complain(party, cast.lin).deadline, complain(party, cast.lin).deadline
    night("2026-11-15")
    assert alarms() == ["near", "near"]
    with clock.at(at("2026-11-16")):
        deadlines.meet(done, "已答复", head)
        deadlines.extend(put_off, day("2026-12-02"), "复杂", head)
    night("2026-11-18")
    assert alarms() == ["near", ""]
    assert told() == ["deadline near", "deadline near"]
