"""Grace: asked for, approved by whom the policy names, heard by the night, and over in time."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from liangqing.approvals import acts
from liangqing.approvals.actions import requests, votes
from liangqing.approvals.models import Request
from liangqing.cases.actions import grace
from liangqing.cases.models import Case, Grace
from liangqing.cases.queries import file
from liangqing.cases.queries import grace as graces
from liangqing.house.explain import explain
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.policy.actions import versions
from liangqing.trail.models import Entry
from tests.cast import Cast, Customer, day

MORNING = "2026-03-11"


@pytest.fixture
def cast(books) -> Cast:
    """The cast, with 沈 who leads the institution."""
    cast = Cast()
    management = staff.found_department("management", name="总经办", kind="management")
    cast.shen = staff.join("shen", name="沈", department=management, duties=("manage",))
    for person in (cast.chen, cast.wang, cast.lin, cast.zhao):
        person.refresh_from_db()
    return cast


def mildly_late(cast, night) -> Customer:
    """Mildly late with 800 yuan since yesterday; 王, who sold to them, has the case."""
    customer = cast.customer("华信")
    customer.bill(800, due="2026-03-10", seller=cast.wang)
    customer.bill(90_000, due="2026-12-31", seller=cast.wang)
    night(MORNING)
    assert (customer.live_case.level, customer.live_case.owner) == ("mild", cast.wang)
    return customer


@pytest.fixture
def huaxin(cast, night, prepared) -> Customer:
    return prepared(mildly_late, cast, night)


def ask(customer: Customer, until: str, *, by: User, on: str = MORNING, reason: str = "月底回款后付清") -> Request:
    with clock.at(on):
        return grace.ask(customer.live_case, day(until), reason, by)


def code(customer: Customer, until: str, *, by: User, on: str = MORNING) -> str:
    """What a request for grace is refused with; nothing is left of it."""
    before = Request.objects.count()
    with pytest.raises(Refusal) as refused:
        ask(customer, until, by=by, on=on)
    assert Request.objects.count() == before
    return refused.value.code


def given(customer: Customer, until: str, cast: Cast, *, on: str = MORNING) -> Grace:
    request = ask(customer, until, by=cast.wang, on=on)
    with clock.at(on):
        votes.approve(request, cast.chen)
    return Grace.objects.get(request=request.number)


class TestTheDiary:
    def test_a_mild_customer_is_given_time_waits_and_comes_back_the_day_it_ends(self, cast, huaxin, night):
        assert huaxin.task is not None
        request = ask(huaxin, "2026-03-16", by=cast.wang)
        assert (request.state, request.amount, request.currency) == ("open", 80_000, "CNY")
        assert (request.department, request.waiting_for) == (cast.wang.department, [cast.chen.pk])
        with clock.at("2026-03-12"):
            votes.approve(request, cast.chen, "同意")
        row = Grace.objects.get()
        assert (row.from_on, row.until_on, row.granted_by) == (day("2026-03-12"), day("2026-03-16"), cast.chen)
        assert (row.request, row.policy.partition("/")[0]) == (request.number, request.policy.partition("/")[0])
        assert huaxin.task is not None, "the list of the day stays as the night made it"

        for date in ("2026-03-13", "2026-03-14", "2026-03-15"):
            night(date)
            assert huaxin.task is None, date
        assert explain(huaxin.live_case.number)["skipped"] == "grace"

        night("2026-03-16")
        assert huaxin.task is not None
        assert huaxin.timeline().count("grace granted") == 1
        told = Entry.objects.get(event="grace granted")
        assert (told.actor_id, told.party_id, told.facts["until"]) == (cast.chen.pk, huaxin.party.pk, "2026-03-16")

    def test_what_the_customer_said_is_not_readable_in_the_grace(self, cast, huaxin):
        row = given(huaxin, "2026-03-16", cast)
        assert "月底" not in row.reason_stored

    def test_the_file_of_the_case_tells_who_asked_and_who_gave(self, cast, huaxin):
        given(huaxin, "2026-03-16", cast)
        told = [item.event for item in file.timeline(huaxin.live_case)]
        assert told[:3] == ["request approved", "grace granted", "approval requested"]

    def test_another_case_of_the_customer_does_not_tell_of_it(self, cast, huaxin):
        given(huaxin, "2026-03-16", cast)
        from liangqing.parties.models import Creditor

        other = Case.objects.create(
            number="LQ-2026-000099",
            party=huaxin.party,
            creditor=Creditor.objects.create(code="OTHER", name="另一家"),
            level="mild",
            level_row="D1",
            opened_on=day(MORNING),
        )
        assert not {"approval requested", "grace granted"} & {item.event for item in file.timeline(other)}

    def test_the_database_keeps_a_grace_as_it_was_given(self, cast, huaxin):
        given(huaxin, "2026-03-16", cast)
        with pytest.raises(DatabaseError), transaction.atomic():
            Grace.objects.update(until_on=day("2027-01-01"))


class TestLimits:
    def test_no_more_days_than_the_term_allows(self, cast, huaxin):
        assert code(huaxin, "2026-03-27", by=cast.wang) == "grace_too_long"
        assert ask(huaxin, "2026-03-26", by=cast.wang).facts["days"] == 15

    def test_earlier_graces_of_the_case_count(self, cast, huaxin):
        given(huaxin, "2026-03-21", cast)
        assert graces.days_left(huaxin.live_case) == 5
        assert code(huaxin, "2026-04-01", by=cast.wang, on="2026-03-25") == "grace_too_long"
        second = ask(huaxin, "2026-03-30", by=cast.wang, on="2026-03-25")
        assert (second.facts["days"], second.facts["days_before"]) == (5, 10)

    def test_a_further_grace_begins_where_the_running_one_ends(self, cast, huaxin):
        given(huaxin, "2026-03-16", cast)
        assert code(huaxin, "2026-03-16", by=cast.wang, on="2026-03-12") == "grace_over"
        second = given(huaxin, "2026-03-20", cast, on="2026-03-12")
        assert (second.from_on, second.until_on) == (day("2026-03-16"), day("2026-03-20"))

    def test_when_all_is_used_up_nothing_more_can_be_asked(self, cast, huaxin):
        given(huaxin, "2026-03-26", cast)
        assert code(huaxin, "2026-04-01", by=cast.wang, on="2026-03-28") == "grace_too_long"

    @pytest.mark.parametrize(
        ("days", "last", "too_late"), [(3, "2026-03-14", "2026-03-15"), (30, "2026-04-10", "2026-04-11")]
    )
    def test_another_term_refuses_other_days(self, cast, huaxin, days, last, too_late):
        with clock.at("2026-03-10"):
            draft = versions.draft(title="宽限", from_on=day(MORNING), by=cast.zhao)
            draft = versions.set_term(draft, "grace.most_days", days, revision=draft.revision, by=cast.zhao)
            versions.submit(draft, by=cast.zhao)
            versions.approve(draft, voices=[{"name": "沈"}], by=cast.shen)
        assert code(huaxin, too_late, by=cast.wang) == "grace_too_long"
        assert ask(huaxin, last, by=cast.wang).state == "open"

    @pytest.mark.parametrize("until", ["2026-03-11", "2026-03-01"])
    def test_a_day_that_is_past_gives_no_time(self, cast, huaxin, until):
        assert code(huaxin, until, by=cast.wang) == "grace_over"

    @pytest.mark.parametrize("level", ["moderate", "severe"])
    def test_grace_is_only_for_the_mildly_late(self, cast, huaxin, level):
        Case.objects.update(level=level)
        assert code(huaxin, "2026-03-16", by=cast.wang) == "grace_not_mild"

    def test_not_twice_at_once(self, cast, huaxin):
        request = ask(huaxin, "2026-03-16", by=cast.wang)
        assert code(huaxin, "2026-03-14", by=cast.chen) == "grace_asked_already"
        with clock.at(MORNING):
            requests.withdraw(request, cast.wang)
        assert ask(huaxin, "2026-03-14", by=cast.wang).state == "open"

    def test_not_for_a_closed_case(self, cast, huaxin):
        case = huaxin.live_case
        Case.objects.update(stage="closed", closed_on=day(MORNING))
        with clock.at(MORNING), pytest.raises(Refusal) as refused:
            grace.ask(case, day("2026-03-16"), "x", cast.wang)
        assert refused.value.code == "case_closed"

    def test_not_without_a_reason(self, cast, huaxin):
        with pytest.raises(Refusal) as refused:
            ask(huaxin, "2026-03-16", by=cast.wang, reason=" ")
        assert (refused.value.code, refused.value.facts["field"]) == ("reason_missing", "reason")


class TestWhoDecides:
    def test_a_head_who_asks_does_not_decide_it(self, cast, huaxin):
        request = ask(huaxin, "2026-03-16", by=cast.chen)
        assert request.waiting_for == [cast.shen.pk]
        with clock.at(MORNING):
            with pytest.raises(Refusal) as refused:
                votes.approve(request, cast.chen)
            assert refused.value.code == "own_request"
            votes.approve(request, cast.shen)
        assert Grace.objects.get().granted_by == cast.shen

    def test_a_larger_amount_also_takes_risk(self, cast, night):
        customer = cast.customer("大河")
        customer.bill(60_000, due="2026-03-10", seller=cast.wang)
        customer.bill(900_000, due="2026-12-31", seller=cast.wang)
        night(MORNING)
        request = ask(customer, "2026-03-16", by=cast.wang)
        with clock.at(MORNING):
            votes.approve(request, cast.chen)
            assert not Grace.objects.exists()
            votes.approve(request, cast.zhao)
        assert Grace.objects.exists()

    def test_of_several_currencies_the_one_that_weighs_most_decides_the_way(self, cast, huaxin, night):
        huaxin.bill(10_000, due="2026-03-10", seller=cast.wang, currency="USD")
        huaxin.bill(900_000, due="2026-12-31", seller=cast.wang, currency="USD")
        night("2026-03-12")
        request = ask(huaxin, "2026-03-16", by=cast.wang, on="2026-03-12")
        assert (request.amount, request.currency, request.steps) == (1_000_000, "USD", ["head", "duty:risk"])

    def test_who_does_not_work_cases_asks_for_none(self, cast, huaxin):
        finance = staff.join("qian", name="钱", department=cast.wang.department, duties=("finance",))
        assert code(huaxin, "2026-03-16", by=finance) == "not_allowed"

    def test_the_act_is_known_with_its_right(self):
        assert acts.named("case.grace").right == "case.work"


class TestAtTheLastApproval:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"level": "severe"}, "grace_not_mild"),
            ({"stage": "closed", "closed_on": dt.date(2026, 3, 12)}, "case_closed"),
        ],
    )
    def test_what_changed_meanwhile_is_looked_at_again(self, cast, huaxin, change, reason):
        request = ask(huaxin, "2026-03-16", by=cast.wang)
        Case.objects.update(**change)
        with clock.at("2026-03-12"), pytest.raises(Refusal) as refused:
            votes.approve(request, cast.chen)
        request.refresh_from_db()
        assert (refused.value.code, request.state, bool(request.failure)) == (reason, "open", True)
        assert not Grace.objects.exists()

    def test_too_late_an_approval_gives_nothing(self, cast, huaxin):
        request = ask(huaxin, "2026-03-16", by=cast.wang)
        with clock.at("2026-03-16"), pytest.raises(Refusal) as refused:
            votes.approve(request, cast.chen)
        assert refused.value.code == "grace_over"

    def test_grace_and_approval_stand_or_fall_together(self, cast, huaxin):
        request = ask(huaxin, "2026-03-16", by=cast.wang)

        @action
        def interrupted() -> None:
            votes.approve(request, cast.chen)
            raise KeyboardInterrupt

        with clock.at(MORNING), pytest.raises(KeyboardInterrupt):
            interrupted()
        request.refresh_from_db()
        assert request.state == "open"
        assert not Grace.objects.exists()
        assert not Entry.objects.filter(event__in=("grace granted", "request approved")).exists()


class TestAgain:
    def test_what_was_returned_is_asked_again_for_other_days(self, cast, huaxin):
        request = ask(huaxin, "2026-03-26", by=cast.wang)
        with clock.at(MORNING):
            votes.send_back(request, cast.chen, "太久")
            paper = Upload("回款计划.txt", "三月底".encode())
            again = grace.ask_again(request, day("2026-03-18"), "一周即可", cast.wang, attachments=[paper])
            assert (again.round, again.facts["days"], again.attachments.count()) == (2, 7, 1)
            votes.approve(again, cast.chen)
        assert Grace.objects.get().until_on == day("2026-03-18")
