"""The worker's part: reminding, asking the next higher, and asking others when people changed."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.approvals.actions import requests, upkeep, votes
from liangqing.approvals.models import Request
from liangqing.approvals.queries import inbox
from liangqing.house import wiring
from liangqing.kit import bus, clock
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.approvals.cast import Cast, names, told


def day(number: int) -> dt.date:
    return dt.date(2026, 3, number)


def worked(on: dt.date) -> tuple[int, int]:
    with clock.at(on):
        done = upkeep.remind_and_escalate(on)
    return done.reminded, done.escalated


class TestReminding:
    def test_those_asked_are_reminded_once_when_it_is_due(self, cast):
        request = cast.asks()
        assert worked(day(12)) == (0, 0)
        assert worked(day(13)) == (1, 0)
        assert worked(day(13)) == worked(day(16)) == (0, 0)
        entry = Entry.objects.get(event="approval reminded")
        assert (entry.thing_id, entry.actor_id, entry.facts["recipients"]) == (request.pk, None, [cast.chen.pk])

    def test_nobody_is_reminded_on_a_day_nobody_works(self, cast):
        cast.asks()
        assert worked(day(14)) == worked(day(15)) == (0, 0)
        assert worked(day(16)) == (1, 0)

    def test_each_step_has_its_own_time(self, cast):
        request = cast.asks("test.policy")
        worked(day(13))
        with clock.at(day(16)):
            votes.approve(request, cast.gao)
        assert worked(day(17)) == (0, 0)
        assert worked(day(18)) == (1, 0)

    def test_what_is_decided_is_not_reminded_of(self, cast):
        request = cast.asks()
        votes.approve(request, cast.chen)
        assert worked(day(31)) == (0, 0)

    def test_a_new_round_has_its_own_time(self, cast):
        request = cast.asks()
        worked(day(13))
        votes.send_back(request, cast.chen, "改")
        with clock.at(day(16)):
            requests.resubmit(request, cast.lin, reason="改了")
        assert worked(day(17)) == (0, 0)
        assert worked(day(18)) == (1, 0)


class TestEscalating:
    def test_the_next_higher_is_asked_besides_once_and_may_decide(self, cast, done):
        request = cast.asks()
        assert worked(day(17)) == (1, 0)
        assert worked(day(18)) == (0, 1)
        assert worked(day(19)) == (0, 0)
        request.refresh_from_db()
        assert names(request.waiting_for) == ["chen", "shen", "su"]
        entry = Entry.objects.get(event="approval escalated")
        assert entry.facts["escalated_to"] == sorted([cast.shen.pk, cast.su.pk])
        votes.approve(request, cast.su)
        assert done.numbers == [request.number]

    def test_the_step_after_it_is_not_escalated(self, cast):
        request = cast.asks("test.plan")
        worked(day(18))
        with clock.at(day(18)):
            second = votes.approve(request, cast.shen)
        assert names(second.waiting_for) == ["gao", "gao2"]

    def test_who_leads_the_institution_has_nobody_higher(self, cast):
        request = cast.asks(by=cast.chen)
        assert worked(day(18)) == (1, 1)
        assert Entry.objects.get(event="approval escalated").facts["escalated_to"] == []
        request.refresh_from_db()
        assert names(request.waiting_for) == ["shen", "su"]

    def test_the_requester_is_never_asked_however_high(self, cast):
        request = cast.asks(by=cast.su, department=cast.lin.department)
        worked(day(18))
        request.refresh_from_db()
        assert names(request.waiting_for) == ["chen", "shen"]


class TestWhenPeopleChange:
    @pytest.fixture
    def wired(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
        monkeypatch.setattr(bus, "_listeners", {})
        wiring.wire()
        return cast

    def test_a_head_who_leaves_is_followed_by_the_management_at_once(self, wired):
        request = wired.asks()
        staff.change(wired.chen, None, active=False)
        request.refresh_from_db()
        assert names(request.waiting_for) == ["shen", "su"]
        assert [each.request for each in inbox.inbox(wired.su)] == [request]

    def test_a_new_head_is_asked_at_once(self, wired):
        request = wired.asks()
        mei = staff.change(wired.mei, None, duties=["collect", "head"])
        request.refresh_from_db()
        assert request.waiting_for == [mei.pk]
        assert set(request.asked) == {wired.chen.pk, mei.pk}

    def test_somebody_who_joins_is_asked_what_their_duty_is_asked(self, wired):
        request = wired.asks("test.policy")
        new = staff.join("new", name="新", department=None, duties=("risk",))
        request.refresh_from_db()
        assert new.pk in request.waiting_for

    def test_the_worker_finds_changes_nobody_told(self, cast):
        request = cast.asks()
        User.objects.filter(pk=cast.chen.pk).update(is_active=False)
        with clock.at(day(11)):
            assert upkeep.remind_and_escalate(day(11)) == upkeep.Upkeep(1, 0, 0)
            assert upkeep.remind_and_escalate(day(11)) == upkeep.Upkeep(0, 0, 0)
        request.refresh_from_db()
        assert names(request.waiting_for) == ["shen", "su"]

    def test_many_requests_are_gone_through_part_by_part(self, cast, monkeypatch):
        monkeypatch.setattr(upkeep, "_AT_ONCE", 2)
        for _time in range(5):
            cast.asks()
        User.objects.filter(pk=cast.chen.pk).update(is_active=False)
        assert upkeep.ask_all_anew() == 5
        assert all(names(request.waiting_for) == ["shen", "su"] for request in Request.objects.all())
        assert told(Request.objects.first()) == ["approval requested"], "being asked anew is no act"
