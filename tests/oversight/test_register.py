"""The register asks the books, and says honestly what ran and what was left undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from liangqing import policy
from liangqing.kit import clock
from liangqing.nightly.models import Run
from liangqing.oversight.queries import evidence, printed
from liangqing.oversight.queries.evidence import DAYS, MOST
from liangqing.oversight.queries.register import Line, register
from liangqing.oversight.rules.clauses import clauses
from liangqing.parties.models import Creditor
from liangqing.people.actions import staff
from liangqing.people.actions.institution import describe
from liangqing.trail.actions.tell import write
from liangqing.warning.models import Alert

TODAY = dt.date(2026, 7, 1)
COUNTS = {"alerts": {"mild": 3, "severe": 1}, "cases_opened": 2, "tasks": 40, "late_bills": 900}


@pytest.fixture
def morning(books: str) -> Any:
    with clock.at("2026-07-01"):
        yield


def night(date: str, **counts: Any) -> Run:
    return Run.objects.create(
        date=dt.date.fromisoformat(date),
        status=Run.Status.DONE,
        policy="preset-1/x",
        started_at=clock.now(),
        finished_at=clock.now(),
        counts={**COUNTS, **counts},
    )


def tell(event: str, day: str, times: int = 1) -> None:
    with transaction.atomic():
        write([(event, None, "case", number, None, {}) for number in range(times)], day=dt.date.fromisoformat(day))


def line(code: str) -> Line:
    return next(each for each in register(TODAY) if each.clause.code == code)


def alert(number: int, level: str, raised: str, creditor: Creditor, **more: Any) -> Alert:
    from liangqing.parties.models import Party

    party = Party.objects.create(number=f"A{number}", kind="company", name_stored="甲", name_index=b"x")
    return Alert.objects.create(
        party=party,
        creditor=creditor,
        currency="CNY",
        level=level,
        row="D1",
        policy="preset-1/x",
        raised_on=dt.date.fromisoformat(raised),
        amount=1,
        days_late=1,
        **more,
    )


def test_in_an_empty_house_nothing_ran_and_nothing_is_said_to_have_run(morning):
    found = register(TODAY)
    assert [each.clause.code for each in found] == list(clauses())
    assert line("P3 3.2.2").state == "silent"
    assert line("P3 3.2.2").last_on is None
    unmanned = [each for each in found if each.state == "none"]
    assert unmanned == [each for each in found if not each.marks]
    assert unmanned
    assert all(each.last_on is None and not each.counts and not each.told for each in unmanned)
    assert [each.definition.key for each in line("P3 7.3.1").settings] == ["archive.keep_years"]


def test_nights_of_the_last_days_are_added_up_and_what_stands_is_not(morning):
    night("2026-05-01")
    night("2026-06-29")
    night("2026-06-30", tasks=45)
    assert line("P3 3.2.2").counts == (("alerts", 8),)
    assert line("P1 2.1.1").counts == (("late_bills", 900), ("cases_opened", 4))
    assert line("P4-4 worklist").counts == (("tasks", 45),)
    assert line("P3 3.2.2").last_on == dt.date(2026, 6, 30)
    assert line("P3 3.2.2").state == "runs"


def test_a_night_that_did_not_come_is_left_undone(morning):
    night("2026-06-28")
    assert dict(line("P3 3.2.2").open) == {"night_missing": 1}
    assert line("P3 3.2.2").state == "open"
    assert line("P2 2.2").open == ()


def test_a_night_of_long_ago_is_still_the_last_one(morning):
    night("2026-03-01")
    assert line("P3 3.2.2").last_on == dt.date(2026, 3, 1)
    assert line("P3 3.2.2").counts == (("alerts", 0),)


def test_the_trail_shows_how_often_and_when_last(morning):
    tell("contact recorded", "2026-04-01", 3)
    tell("contact recorded", "2026-06-20", 2)
    (recorded,) = line("P2 3.4.2").told
    assert (recorded.count, recorded.last_on) == (2, dt.date(2026, 6, 20))
    assert line("P2 3.4.2").state == "runs"
    assert line("P2 3.4.2").last_on == dt.date(2026, 6, 20)


def test_what_was_told_long_ago_counts_for_nothing_but_was_the_last(morning):
    tell("contact recorded", "2026-04-01", 3)
    (recorded,) = line("P2 3.4.2").told
    assert (recorded.count, recorded.last_on) == (0, dt.date(2026, 4, 1))


def test_counting_stops_at_a_limit(morning):
    tell("contact recorded", "2026-06-20", MOST + 50)
    (recorded,) = line("P2 3.4.2").told
    assert recorded.count == MOST + 1


def test_a_warning_is_unheard_once_its_time_is_over(morning):
    creditor = Creditor.objects.create(code="C", name="甲公司")
    alert(1, "severe", "2026-06-29", creditor)
    alert(2, "severe", "2026-06-30", creditor)
    alert(3, "mild", "2026-06-25", creditor)
    alert(4, "mild", "2026-06-01", creditor, escalated_on=dt.date(2026, 6, 12))
    assert evidence.alerts_unheard(policy.in_force(TODAY), TODAY) == 2
    night("2026-06-30")
    assert dict(line("P3 3.3.2").open) == {"alerts_unheard": 2}


def test_a_department_nobody_heads_is_left_undone(morning):
    staff.found_department("risk", name="风险管理部", kind="risk")
    assert dict(line("P2 2.1").open) == {"departments_headless": 1}


def test_an_event_no_index_finds_is_refused(morning):
    with pytest.raises(ValueError, match="case opened"):
        evidence.told(["case opened"], TODAY)


def test_the_register_asks_few_questions_however_many_clauses_there_are(morning):
    night("2026-06-30")
    register(TODAY)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        register(TODAY)
    assert len(asked) <= 9


def test_every_question_of_the_trail_walks_an_index(morning):
    tell("contact recorded", "2026-06-20", 3000)
    tell("money applied", "2026-06-21", 3000)
    with CaptureQueriesContext(connection) as asked:
        evidence.told(["contact recorded", "money applied"], TODAY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE trail_entry")
        cursor.execute(f"EXPLAIN {asked[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "trail_event" in plan
    assert "trail_day" in plan
    assert "Seq Scan on trail_entry" not in plan


@pytest.mark.parametrize("code", ["alerts_unheard", "cases_over_cycle", "approvals_overdue"])
def test_what_is_left_undone_is_found_by_an_index_and_stops_at_a_limit(morning: None, code: str):
    rules = policy.in_force(TODAY)
    with CaptureQueriesContext(connection) as asked:
        evidence.OPEN[code](rules, TODAY)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        for query in asked:
            assert f"LIMIT {MOST + 1}" in query["sql"]
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Index" in plan and "Seq Scan" not in plan, plan


def test_days_looked_at_end_today(morning):
    tell("contact recorded", str(TODAY - dt.timedelta(days=DAYS)))
    tell("contact recorded", str(TODAY - dt.timedelta(days=DAYS + 1)))
    assert evidence.told(["contact recorded"], TODAY)["contact recorded"].count == 1


# what a document is made from --------------------------------------------------------------------------------------


def test_the_institution_is_called_as_entered_else_as_its_only_creditor(morning):
    assert printed.facts(language="zh").institution == ""
    Creditor.objects.create(code="C", name="甲公司")
    assert printed.facts(language="zh").institution == "甲公司"
    Creditor.objects.create(code="D", name="乙公司")
    assert printed.facts(language="zh").institution == ""
    describe(None, name="丙公司", name_en="C Ltd.")
    assert printed.facts(language="zh").institution == "丙公司"
    assert printed.facts(language="en").institution == "C Ltd."


def test_a_closed_department_is_not_named(morning):
    staff.found_department("risk", name="风险管理部", kind="risk")
    old = staff.found_department("risk2", name="旧风险部", kind="risk")
    old.closed_on = TODAY
    old.save(update_fields=["closed_on"])
    assert printed.facts(language="zh").departments == {"risk": ["风险管理部"]}
