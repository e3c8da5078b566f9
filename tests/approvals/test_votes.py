"""Deciding: who may, in which order, what happens at the last yes, and what when it can't."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from liangqing.approvals import acts
from liangqing.approvals.actions import delegations, votes
from liangqing.approvals.acts import Act
from liangqing.approvals.models import Delegation, Request, Vote
from liangqing.approvals.queries import inbox
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.approvals.cast import DAY, Cast, names, told


def no(request: Request, person: User, how=votes.approve, *words: str) -> str:
    before = Vote.objects.count()
    with pytest.raises(Refusal) as refused:
        how(request, person, *words)
    assert Vote.objects.count() == before
    return refused.value.code


class TestTheWay:
    def test_the_act_happens_with_the_last_yes_and_not_before(self, cast, done):
        request = cast.asks("test.plan")
        for person in (cast.chen, cast.gao, cast.gao2):
            assert votes.approve(request, person).state == "open"
            assert done.numbers == []
        ended = votes.approve(request, cast.su, "同意")
        assert (ended.state, ended.decided_by, ended.waiting_for) == ("approved", cast.su, [])
        assert done.numbers == [request.number]
        assert told(request)[-1] == "request approved"

    def test_each_step_waits_for_those_it_names_with_days_of_its_own(self, cast):
        request = cast.asks("test.plan")
        with clock.at("2026-03-16"):
            second = votes.approve(request, cast.chen)
            assert names(second.waiting_for) == ["gao", "gao2"]
            assert second.due_on.isoformat() == "2026-03-18"
        with clock.at("2026-03-17"):
            third = votes.approve(request, cast.gao)
            assert (names(third.waiting_for), third.due_on) == (["gao2"], second.due_on)

    def test_nobody_speaks_out_of_turn(self, cast):
        assert no(cast.asks("test.plan"), cast.gao) == "not_asked"

    def test_two_of_them_are_two_people(self, cast, done):
        request = cast.asks("test.writeoff")
        votes.approve(request, cast.shen)
        assert no(request, cast.shen) == "voted_already"
        assert done.numbers == []
        votes.approve(request, cast.su)
        assert done.numbers == [request.number]

    def test_an_approved_request_takes_no_more_voices(self, cast, done):
        request = cast.asks()
        votes.approve(request, cast.chen)
        assert no(request, cast.shen) == "moved_on"
        assert no(request, cast.chen) == "moved_on"
        assert done.numbers == [request.number]

    def test_the_route_stays_as_decided_when_the_policy_changes(self, cast, done, monkeypatch):
        request = cast.asks()
        from liangqing import policy

        monkeypatch.setattr(policy, "in_force", None, raising=False)
        votes.approve(request, cast.chen)
        assert done.numbers == [request.number]


class TestWhoMayNot:
    def test_a_head_does_not_approve_what_they_requested(self, cast, done):
        request = cast.asks(by=cast.chen)
        assert names(request.waiting_for) == ["shen", "su"]
        assert no(request, cast.chen) == "own_request"
        votes.approve(request, cast.shen)
        assert done.numbers == [request.number]

    def test_who_left_or_lost_the_duty_speaks_no_more(self, cast):
        request = cast.asks()
        User.objects.filter(pk=cast.chen.pk).update(is_active=False)
        assert no(request, cast.chen) == "not_allowed"
        risky = cast.asks("test.policy")
        User.objects.filter(pk=cast.gao2.pk).update(duties=["collect"])
        assert no(risky, cast.gao2) == "not_asked"

    def test_who_audits_decides_nothing_whatever_else_they_are(self, cast):
        User.objects.filter(pk=cast.gao.pk).update(duties=["head", "risk", "audit"])
        request = cast.asks("test.policy")
        assert names(request.waiting_for) == ["gao2"]
        assert no(request, cast.gao) == "not_allowed"

    def test_a_new_head_decides_at_once(self, cast, done):
        request = cast.asks()
        staff.head(cast.lin.department, None, None)
        assert no(request, cast.chen) == "not_asked"
        User.objects.filter(pk=cast.mei.pk).update(duties=["head", "collect"])
        staff.head(cast.lin.department, User.objects.get(pk=cast.mei.pk), None)
        votes.approve(request, cast.mei)
        assert done.numbers == [request.number]

    @pytest.mark.parametrize("how", [votes.reject, votes.send_back])
    def test_nor_rejects_nor_returns(self, cast, how):
        assert no(cast.asks(), cast.gao, how, "不行") == "not_asked"
        assert no(cast.asks(by=cast.chen), cast.chen, how, "不行") == "own_request"


class TestNo:
    def test_a_rejection_ends_it_with_its_reason(self, cast, done):
        request = cast.asks("test.plan")
        votes.approve(request, cast.chen)
        ended = votes.reject(request, cast.gao, "风险过高")
        assert (ended.state, ended.decided_by) == ("rejected", cast.gao)
        assert Vote.objects.get(decision="reject").reason == "风险过高"
        assert sealing.unseal(Entry.objects.get(event="request rejected").facts["reason"]) == "风险过高"
        assert no(request, cast.gao2) == "moved_on"
        assert done.numbers == []

    @pytest.mark.parametrize("how", [votes.reject, votes.send_back])
    def test_a_no_says_why(self, cast, how):
        request = cast.asks()
        with pytest.raises(Refusal) as refused:
            how(request, cast.chen, "  ")
        assert (refused.value.code, refused.value.status, refused.value.facts["field"]) == (
            "reason_missing",
            422,
            "reason",
        )
        assert Request.objects.get().state == "open"


class TestAnActThatCantHappen:
    def test_nothing_is_done_the_voice_is_not_counted_and_why_is_kept(self, cast, done):
        request = cast.asks("test.writeoff")
        votes.approve(request, cast.shen)
        done.impossible = True
        assert no(request, cast.su) == "too_late"
        request.refresh_from_db()
        assert (request.state, request.decided_at, names(request.waiting_for)) == ("open", None, ["su"])
        assert (request.failure, request.failed_at) == ("It is too late for this.", clock.now())
        assert told(request)[-1] == "approved act failed"
        assert Entry.objects.get(event="approved act failed").facts["code"] == "too_late"
        assert done.numbers == []

    def test_it_can_be_approved_again_once_it_can_happen(self, cast, done):
        request = cast.asks()
        done.impossible = True
        assert no(request, cast.chen) == "too_late"
        done.impossible = False
        ended = votes.approve(request, cast.chen)
        assert (ended.state, ended.failure, done.numbers) == ("approved", "", [request.number])

    def test_what_the_act_had_done_before_it_refused_is_undone(self, cast):
        def half(request: Request) -> None:
            User.objects.filter(username="mei").update(capacity=1)
            raise Refusal("too_late", "no")

        acts._acts["test.grace"] = Act("test.grace", "grace", perform=half)
        request = cast.asks()
        assert no(request, cast.chen) == "too_late"
        assert User.objects.get(username="mei").capacity == 100

    def test_inside_another_action_the_failure_is_told_with_what_that_does(self, cast, done):
        request = cast.asks()
        done.impossible = True

        @action
        def outer() -> None:
            User.objects.filter(username="mei").update(capacity=1)
            with pytest.raises(Refusal):
                votes.approve(request, cast.chen)

        outer()
        assert User.objects.get(username="mei").capacity == 1
        assert Request.objects.get().state == "open"
        assert told(request)[-1] == "approved act failed"

    def test_a_fault_of_the_program_is_no_business_no(self, cast):
        def broken(request: Request) -> None:
            raise ZeroDivisionError

        acts._acts["test.grace"] = Act("test.grace", "grace", perform=broken)
        request = cast.asks()
        with pytest.raises(ZeroDivisionError):
            votes.approve(request, cast.chen)
        assert Request.objects.get().state == "open" and not Vote.objects.exists()
        assert "approved act failed" not in told(request)


class TestMany:
    def test_each_is_approved_or_says_why_not(self, cast, done):
        small, another = cast.asks(yuan=1), cast.asks(yuan=2)
        large, foreign = cast.asks(yuan=60_000), cast.asks(by=cast.wang)
        outcomes = votes.approve_many([small, large, foreign, another], cast.chen, "同意")
        assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [
            None,
            "one_by_one",
            "not_asked",
            None,
        ]
        assert done.numbers == [small.number, another.number]
        assert [outcome.request.state for outcome in outcomes] == ["approved", "open", "open", "approved"]

    def test_not_more_than_two_hundred_at_once(self, cast):
        with pytest.raises(Refusal) as refused:
            votes.approve_many([Request()] * 201, cast.chen)
        assert refused.value.code == "too_many"


class TestStandingIn:
    def test_a_stand_in_decides_and_the_vote_says_for_whom(self, cast, done):
        cast.away(cast.chen, cast.gao)
        request = cast.asks()
        votes.approve(request, cast.gao)
        vote = Vote.objects.get()
        assert (vote.person, vote.on_behalf_of) == (cast.gao, cast.chen)
        assert Entry.objects.get(event="request approved").facts["on_behalf_of"] == cast.chen.pk
        assert done.numbers == [request.number]

    def test_only_on_its_days_and_until_it_is_ended(self, cast):
        away = cast.away(cast.chen, cast.gao, days=2)
        request = cast.asks()
        with clock.at("2026-03-10"):
            assert no(request, cast.gao) == "not_asked"
        with clock.at("2026-03-13"):
            assert no(request, cast.gao) == "not_asked", "the last day is the 12th"
        delegations.end_delegation(away, cast.chen)
        assert no(request, cast.gao) == "not_asked"
        assert Entry.objects.filter(thing="delegation").count() == 2

    def test_only_for_the_acts_it_names(self, cast):
        cast.away(cast.chen, cast.gao, only=("test.plan",))
        assert no(cast.asks(), cast.gao) == "not_asked"
        assert votes.approve(cast.asks("test.plan"), cast.gao).step == 1

    def test_principal_and_stand_in_are_one_voice(self, cast, done):
        cast.away(cast.shen, cast.gao)
        request = cast.asks("test.writeoff")
        votes.approve(request, cast.gao)
        assert no(request, cast.shen) == "voted_already"
        assert no(request, cast.gao) == "voted_already"
        assert done.numbers == []

    def test_nobody_decides_their_own_through_a_stand_in_or_as_one(self, cast):
        cast.away(cast.chen, cast.lin)
        cast.away(cast.gao, cast.lin)
        assert no(cast.asks(), cast.lin) == "own_request", "for the head"
        assert no(cast.asks("test.policy", by=cast.gao), cast.lin) == "own_request", "for the requester"

    def test_a_stand_in_has_no_stand_in(self, cast):
        cast.away(cast.chen, cast.gao)
        cast.away(cast.gao, cast.zhou)
        assert no(cast.asks(), cast.zhou) == "not_asked"

    def test_who_left_is_stood_in_for_no_more(self, cast, done):
        cast.away(cast.chen, cast.gao)
        request = cast.asks()
        staff.change(cast.chen, None, active=False)
        assert no(request, cast.gao) == "not_asked"
        votes.approve(request, cast.su)
        assert done.numbers == [request.number]


class TestDelegating:
    @pytest.mark.parametrize(
        ("principal", "delegate", "by", "more", "code"),
        [
            ("chen", "chen", "chen", {}, "delegate_self"),
            ("chen", "luo", "chen", {}, "delegate_may_not"),
            ("chen", "gao", "lin", {}, "not_yours"),
            ("chen", "su", "su", {}, "self_appointed"),
            ("chen", "gao", "chen", {"until_on": DAY}, "delegation_over"),
            ("chen", "gao", "chen", {"reason": " "}, "reason_missing"),
            ("chen", "gao", "chen", {"acts_only": ["test.unheard"]}, "unknown_act"),
        ],
    )
    def test_what_is_refused(self, cast, principal, delegate, by, more, code):
        given = {"from_on": DAY, "until_on": DAY.replace(day=20), "reason": "休假", **more}
        with pytest.raises(Refusal) as refused:
            delegations.delegate(getattr(cast, principal), getattr(cast, delegate), by=getattr(cast, by), **given)
        assert refused.value.code == code
        assert not Delegation.objects.exists()

    def test_the_management_names_a_stand_in_for_somebody_who_is_away(self, cast, done):
        delegations.delegate(
            cast.chen, cast.gao, from_on=DAY, until_on=DAY.replace(day=20), reason="住院", by=cast.su
        )  # fmt: skip
        votes.approve(cast.asks(), cast.gao)
        assert len(done.numbers) == 1

    def test_what_was_given_stays_as_it_was(self, cast):
        cast.away(cast.chen, cast.gao)
        with pytest.raises(DatabaseError), transaction.atomic():
            Delegation.objects.update(until_on="2027-01-01")
        with pytest.raises(DatabaseError), transaction.atomic():
            Delegation.objects.all().delete()

    def test_it_is_ended_once(self, cast):
        away = cast.away(cast.chen, cast.gao)
        delegations.end_delegation(away, cast.su)
        with pytest.raises(Refusal) as refused:
            delegations.end_delegation(away, cast.chen)
        assert refused.value.code == "moved_on"


class TestTheDatabaseHearsNobodyTwice:
    """Even where somebody goes round the code."""

    def put(self, request: Request, person: User, principal: User | None = None) -> Vote:
        with transaction.atomic():
            return Vote.objects.create(
                request=request, round=1, step=0, person=person, on_behalf_of=principal, decision="approve", at=clock.now()
            )  # fmt: skip

    def test_nor_on_their_own_request(self, cast: Cast):
        request = cast.asks("test.writeoff")
        for person, principal in ((cast.lin, None), (cast.gao, cast.lin), (cast.lin, cast.shen)):
            with pytest.raises(DatabaseError, match="own request"):
                self.put(request, person, principal)

    def test_nor_as_principal_after_the_stand_in(self, cast: Cast):
        request = cast.asks("test.writeoff")
        self.put(request, cast.gao, cast.shen)
        for person, principal in ((cast.shen, None), (cast.gao, None), (cast.su, cast.shen), (cast.su, cast.gao)):
            with pytest.raises(DatabaseError, match="twice"):
                self.put(request, person, principal)

    def test_a_vote_stays_as_it_was_said(self, cast: Cast):
        vote = self.put(cast.asks("test.writeoff"), cast.shen)
        with pytest.raises(DatabaseError), transaction.atomic():
            Vote.objects.filter(pk=vote.pk).update(decision="reject", reason_stored="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            vote.delete()


def test_the_inbox_empties_as_it_is_decided(cast):
    request = cast.asks("test.writeoff")
    assert [each.request for each in inbox.inbox(cast.shen)] == [request]
    votes.approve(request, cast.shen)
    assert inbox.inbox(cast.shen) == []
    assert [each.request for each in inbox.inbox(cast.su)] == [request]
