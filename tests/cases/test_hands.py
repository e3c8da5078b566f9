"""Cases that change hands: one or many, by campaign, and back; tasks that wait and stand first; lists and the file."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.cases.actions import assign, campaigns, records, tasks
from liangqing.cases.models import Campaign, Case, Task
from liangqing.cases.queries import file, lists
from liangqing.house.invariants import broken
from liangqing.kit import clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.cast import Cast, day, yuan

MORNING = "2026-03-11"


def five_late(night) -> Cast:
    """Five customers late since yesterday, all with 林: the more, the higher their number."""
    cast = Cast()
    cast.leaves(cast.mei)
    cast.customers = [cast.customer(name) for name in ("华信", "大河", "远大", "明珠", "金桥")]
    for place, customer in enumerate(cast.customers, 1):
        customer.bill(1000 * place, due="2026-03-10")
    night(MORNING)
    User.objects.filter(pk=cast.mei.pk).update(is_active=True)
    cast.mei.refresh_from_db()
    return cast


@pytest.fixture
def cast(night, prepared) -> Cast:
    return prepared(five_late, night)


def live() -> list[Case]:
    return list(Case.objects.filter(stage="open").order_by("id"))


@pytest.fixture
def now():
    with clock.at(MORNING):
        yield


class TestAssign:
    def test_cases_go_with_their_tasks_and_each_is_told(self, cast, now):
        assert assign.assign(live()[:3], cast.mei, by=cast.zhao, reason="林休假") == 3
        assert Case.objects.filter(owner=cast.mei).count() == Task.objects.filter(owner=cast.mei).count() == 3
        told = Entry.objects.filter(event="case assigned")
        assert told.count() == 3
        assert told.first().facts == {"owner": cast.mei.pk, "before": cast.lin.pk, "reason": "林休假"}
        assert list(broken()) == []

    def test_who_has_it_already_gets_it_not_again(self, cast, now):
        assert assign.assign(live(), cast.lin, by=cast.zhao, reason="重复") == 0
        assert not Entry.objects.filter(event="case assigned").exists()

    def test_a_pin_was_the_former_owners(self, cast, now):
        tasks.pin(cast.customers[0].task, by=cast.lin)
        assign.assign(live()[:1], cast.mei, by=cast.zhao, reason="林休假")
        assert cast.customers[0].task.pinned_at is None

    @pytest.mark.parametrize(("to", "code"), [("gone", "cannot_take_cases"), ("finance", "cannot_take_cases")])
    def test_somebody_who_left_or_works_no_cases_gets_none(self, cast, now, to, code):
        change = {"is_active": False} if to == "gone" else {"duties": ["finance"]}
        User.objects.filter(pk=cast.mei.pk).update(**change)
        cast.mei.refresh_from_db()
        with pytest.raises(Refusal) as refused:
            assign.assign(live(), cast.mei, by=cast.zhao, reason="林休假")
        assert (refused.value.code, refused.value.facts["field"]) == (code, "to")

    def test_a_head_deals_out_only_the_own_departments_cases_to_the_own_people(self, cast, now):
        with pytest.raises(Refusal) as refused:
            assign.assign(live(), cast.wang, by=cast.chen, reason="拿来")
        assert (refused.value.code, refused.value.status) == ("out_of_reach", 403)
        with pytest.raises(Refusal) as refused:
            assign.assign(live(), cast.mei, by=cast.chen, reason="推走")
        assert refused.value.code == "out_of_reach_person"

    def test_a_collector_deals_out_nothing(self, cast, now):
        with pytest.raises(Refusal) as refused:
            assign.assign(live(), cast.mei, by=cast.lin, reason="太多")
        assert refused.value.status == 403


class TestCampaign:
    def shared(self, cast) -> Campaign:
        portions = campaigns.preview([case.pk for case in live()], [cast.lin, cast.mei], by=cast.zhao)
        assert sorted(portion.count for portion in portions) == [2, 3]
        assert sum(money.amount for portion in portions for money in portion.amounts) == 1_500_000
        assert not Entry.objects.filter(event="case assigned").exists(), "a preview changes nothing"
        return campaigns.confirm("三月清收", portions, by=cast.zhao)

    def test_a_campaign_is_looked_at_and_confirmed_as_it_was_looked_at(self, cast, now):
        campaign = self.shared(cast)
        assert {Case.objects.filter(owner=who).count() for who in (cast.lin, cast.mei)} == {2, 3}
        assert campaign.shares.count() == Case.objects.filter(owner=cast.mei).count()
        assert Entry.objects.filter(event="campaign confirmed").count() == 1

    def test_undone_it_gives_back_what_nobody_has_touched_since(self, cast, now):
        campaign = self.shared(cast)
        count = campaign.shares.count()
        User.objects.filter(pk=cast.wang.pk).update(duties=["sell", "collect"])
        cast.wang.refresh_from_db()
        touched = Case.objects.filter(owner=cast.mei).first()
        assign.assign([touched], cast.wang, by=cast.zhao, reason="熟悉客户")
        assert campaigns.undo(campaign, by=cast.zhao) == (count - 1, 1)
        assert Case.objects.filter(owner=cast.lin).count() == 4
        assert Case.objects.get(pk=touched.pk).owner == cast.wang
        with pytest.raises(Refusal) as refused:
            campaigns.undo(campaign, by=cast.zhao)
        assert refused.value.code == "undone_already"


class TestTasks:
    def test_a_postponed_task_comes_back_on_its_day(self, cast, night):
        huaxin = cast.customers[0]
        with clock.at(MORNING):
            tasks.postpone(huaxin.task, day("2026-03-13"), "等对账单", by=cast.lin)
        assert night("2026-03-12").counts["skipped"] == {"next_date": 1}
        night("2026-03-13")
        assert (huaxin.action, "N1" in huaxin.task.reasons) == ("ask_and_remind", True)
        told = Entry.objects.get(event="task postponed").facts
        assert "等对账单" not in str(told), "what may tell of a person is sealed in the trail"
        assert sealing.unseal(told["reason"]) == "等对账单"

    @pytest.mark.parametrize(
        ("until", "reason", "field"),
        [("2026-03-11", "等", "until"), ("2026-03-26", "等", "until"), ("2026-03-12", " ", "reason")],
    )
    def test_it_waits_at_most_two_weeks_and_for_a_reason(self, cast, now, until, reason, field):
        with pytest.raises(Refusal) as refused:
            tasks.postpone(cast.customers[0].task, day(until), reason, by=cast.lin)
        assert (refused.value.status, refused.value.facts["field"]) == (422, field)
        assert cast.customers[0].task is not None

    def test_pinned_stands_first_and_survives_the_night(self, cast, night):
        with clock.at(MORNING):
            tasks.pin(cast.customers[0].task, by=cast.lin)
            tasks.pin(cast.customers[0].task, by=cast.lin)
        night("2026-03-12")
        first = lists.worklist(cast.lin, day("2026-03-12"))[0]
        assert first.task.party == cast.customers[0].party
        assert Entry.objects.filter(event="task pinned").count() == 1
        with clock.at("2026-03-12"):
            tasks.unpin(first.task, by=cast.lin)
        assert cast.customers[0].task.pinned_at is None


class TestLists:
    def test_pages_of_a_list_are_the_list(self, cast, now):
        whole = [line.task.pk for line in lists.worklist(cast.lin, day(MORNING))]
        pages = [lists.worklist(cast.lin, day(MORNING), offset=start, limit=2) for start in (0, 2, 4)]
        assert [line.task.pk for page in pages for line in page] == whole
        assert [line.place for page in pages for line in page] == [1, 2, 3, 4, 5]

    def test_a_page_asks_the_database_few_questions(self, cast, now, django_assert_max_num_queries):
        with django_assert_max_num_queries(8):
            for line in lists.worklist(cast.lin, day(MORNING), limit=5):
                assert line.task.party.name
                assert line.task.case.level == "mild"

    def test_a_list_is_narrowed_by_level_action_and_area(self, cast, now):
        assert len(lists.worklist(cast.lin, day(MORNING), level="mild", action="ask_and_remind")) == 5
        assert lists.worklist(cast.lin, day(MORNING), level="severe") == []
        assert lists.worklist(cast.lin, day(MORNING), area="江苏省") == []

    def test_neighbours_follow_the_list_pins_and_all(self, cast, now):
        tasks.pin(cast.customers[3].task, by=cast.lin)
        with clock.at("2026-03-11T10:00"):
            tasks.pin(cast.customers[1].task, by=cast.lin)
        order = [line.task for line in lists.worklist(cast.lin, day(MORNING))]
        assert [order[0].party, order[1].party] == [cast.customers[3].party, cast.customers[1].party]
        for before, task, after in zip([None, *order], order, [*order[1:], None], strict=False):
            assert lists.neighbours(task) == (before, after)


class TestFile:
    def test_the_file_of_a_case_tells_all_that_happened_latest_first(self, cast, now):
        huaxin = cast.customers[0]
        how = {"channel": "phone", "reached": "self", "by": cast.lin}
        old = records.record(huaxin.live_case, result="call_back", **how)
        new = records.record(
            huaxin.live_case, result="promised", promise=(yuan(5), day("2026-03-20")), corrects=old, **how
        )
        lines = file.timeline(huaxin.live_case)
        assert [line.event for line in lines] == [
            "contact recorded",
            "restraint placed",
            "promise recorded",
            "task finished",
            "contact concluded",
            "contact recorded",
            "contact decided",
            "case opened",
            "alert raised",
        ]
        assert (lines[0].record, lines[5].record.corrected_by, lines[2].promise) == (new, new, new.promise)
        assert (lines[8].alert.level, lines[0].by) == ("mild", cast.lin)
        assert [line.entry for line in file.timeline(huaxin.party, 2, before=lines[2].entry)] == [
            line.entry for line in lines[3:5]
        ]

    def test_the_file_of_a_case_leaves_out_the_customers_other_cases(self, cast, night):
        huaxin = cast.customers[0]
        closed = huaxin.live_case
        bill = closed.party_id and next(iter(type(huaxin.bill(1, due="2026-12-31")).objects.filter(party=huaxin.party)))
        huaxin.pays(1000, on="2026-03-12", bill=bill)
        night("2026-03-12")
        huaxin.bill(500, due="2026-03-12")
        night("2026-03-13")
        other = huaxin.live_case
        assert other != closed
        mine = [(line.kind, line.facts.get("number")) for line in file.timeline(other)]
        assert ("case", closed.number) not in mine
        assert ("case", other.number) in mine

    def test_today_counts_what_i_did_was_promised_and_came_in(self, cast, now):
        how = {"channel": "phone", "by": cast.lin}
        records.record(cast.customers[0].live_case, result="no_answer", reached="nobody", **how)
        records.record(
            cast.customers[1].live_case, result="promised", reached="self", promise=(yuan(70), day("2026-03-20")), **how
        )
        cast.customers[2].pays(300, on=MORNING)
        cast.customers[2].pays(40, on=MORNING, currency="USD")
        cast.customers[3].pays(999, on="2026-03-10")
        done = file.today(cast.lin)
        assert (done.records, done.contacts, done.finished) == ({"no_answer": 1, "promised": 1}, 2, 2)
        assert (done.promises, done.promised) == (1, (yuan(70),))
        assert done.collected == (yuan(300), yuan(40, "USD"))
        assert file.today(cast.mei).collected == ()
        assert file.today(cast.lin, dt.date(2026, 3, 10)).contacts == 0
