"""Asking: numbers, routes kept as decided, withdrawing, asking again."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from liangqing.approvals.actions import files, requests, votes
from liangqing.approvals.models import Attachment, Request
from liangqing.approvals.queries import inbox
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.approvals.cast import DAY, names, told


def test_a_request_is_numbered_routed_and_waits_for_the_head(cast):
    request = cast.asks(yuan=100)
    assert (request.number, request.state, request.round) == ("LQ-A-2026-000001", "open", 1)
    assert (request.row, request.policy, request.steps, request.bulk) == ("small", "test/routes", ["head"], True)
    assert names(request.waiting_for) == ["chen"]
    assert request.department == cast.lin.department
    assert (request.due_on.isoformat(), request.escalates_on.isoformat()) == ("2026-03-13", "2026-03-18")
    assert cast.asks().number == "LQ-A-2026-000002"
    with clock.at("2027-01-04"):
        assert cast.asks().number == "LQ-A-2027-000001"


def test_the_band_of_the_amount_follows_the_terms_of_the_policy_and_its_currency(cast):
    assert cast.asks(yuan=49_999).row == "small"
    assert cast.asks(yuan=50_000).row == "large"
    dollars = requests.request(
        "test.grace", subject_kind="case", subject_id=1, subject="x", reason="y", by=cast.lin, amount=Money.of(7500, "USD")
    )  # fmt: skip
    assert (dollars.row, dollars.currency) == ("large", "USD")


def test_facts_choose_the_way(cast):
    legal = staff.join("fang", name="方", department=None, duties=("legal",))
    request = cast.asks("test.policy", facts={"loosens_law": True})
    assert (request.row, request.waiting_for) == ("law", [legal.pk])


def test_it_is_told_with_whom_it_waits_for_and_without_its_subject(cast):
    request = cast.asks(yuan=100, subject="张若涵的宽限", party_id=99)
    entry = Entry.objects.get(event="approval requested")
    assert (entry.thing, entry.thing_id, entry.party_id, entry.actor_id) == ("approval", request.pk, 99, cast.lin.pk)
    assert (entry.facts["row"], entry.facts["recipients"]) == ("small", [cast.chen.pk])
    assert "张若涵" not in str(entry.facts) and "本月付款" not in str(entry.facts)
    assert request.reason == "本月付款" and "本月付款" not in Request.objects.get().reason_stored
    assert request.subject == "张若涵的宽限" and "张若涵" not in Request.objects.get().subject_stored


class TestRefusals:
    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"reason": "  "}, "reason_missing"),
            ({"act": "test.unheard"}, "unknown_act"),
            ({"attachments": [Upload("a.exe", b"MZ\x00")]}, "file_kind"),
            ({"attachments": [Upload("a.txt", b"x")] * 11}, "too_many_files"),
        ],
    )
    def test_nothing_is_kept_of_what_is_refused(self, cast, more, code):
        with pytest.raises(Refusal) as refused:
            cast.asks(**more)
        assert refused.value.code == code
        assert not Request.objects.exists() and not Entry.objects.filter(thing="approval").exists()

    def test_who_audits_or_runs_the_system_requests_nothing(self, cast):
        for person in (cast.luo, cast.admin):
            with pytest.raises(Refusal) as refused:
                cast.asks(by=person)
            assert refused.value.status == 403

    def test_what_nobody_could_decide_is_refused_at_once(self, cast):
        with pytest.raises(Refusal) as refused:
            cast.asks("test.writeoff", by=cast.shen)
        assert refused.value.code == "nobody_to_decide"
        assert cast.asks("test.writeoff").row == "both"

    def test_an_act_the_policy_names_nobody_for_is_refused(self, cast, monkeypatch):
        from liangqing.approvals import acts
        from liangqing.approvals.acts import Act

        acts.register(Act("test.new", "new", perform=lambda request: None))
        with pytest.raises(Refusal) as refused:
            cast.asks("test.new")
        assert refused.value.code == "no_route"

    def test_an_act_that_can_t_happen_is_not_requested(self, cast, done):
        done.impossible = True
        with pytest.raises(Refusal) as refused:
            cast.asks()
        assert refused.value.code == "too_late"
        assert not Request.objects.exists()

    def test_an_act_may_ask_for_a_right_of_its_own(self, cast):
        from liangqing.approvals import acts
        from liangqing.approvals.acts import Act

        acts._acts["test.grace"] = Act("test.grace", "grace", perform=lambda request: None, right="money.enter")
        with pytest.raises(Refusal) as refused:
            cast.asks()
        assert refused.value.code == "not_allowed"

    def test_two_acts_do_not_share_a_code(self, cast):
        from liangqing.approvals import acts
        from liangqing.approvals.acts import Act

        with pytest.raises(ValueError, match="two acts"):
            acts.register(Act("test.grace", "another", perform=lambda request: None))


class TestChangingOnesMind:
    def test_the_requester_withdraws_and_nobody_is_asked_any_more(self, cast):
        request = requests.withdraw(cast.asks(), cast.lin, "不用了")
        assert (request.state, request.waiting_for) == ("withdrawn", [])
        assert not inbox.asked(cast.chen).exists()
        with pytest.raises(Refusal) as refused:
            votes.approve(request, cast.chen)
        assert refused.value.code == "moved_on"

    def test_nobody_withdraws_what_another_requested(self, cast):
        with pytest.raises(Refusal) as refused:
            requests.withdraw(cast.asks(), cast.mei)
        assert (refused.value.code, refused.value.status) == ("not_yours", 403)

    def test_what_was_returned_is_asked_again_of_everybody_by_the_amount_of_now(self, cast, done):
        request = cast.asks("test.plan", yuan=100)
        votes.approve(request, cast.chen)
        votes.send_back(request, cast.gao, "金额太低")
        again = requests.resubmit(request, cast.lin, reason="改为六万", amount=Money.of(60_000, "CNY"))
        assert (again.state, again.round, again.amount, again.step) == ("open", 2, 6_000_000, 0)
        assert names(again.waiting_for) == ["chen"]
        for person in (cast.chen, cast.gao, cast.gao2, cast.shen):
            votes.approve(request, person)
        assert done.numbers == [request.number]
        assert told(request) == [
            "approval requested", "approval given", "request returned", "request resubmitted", "approval given",
            "approval given", "approval given", "request approved",
        ]  # fmt: skip

    def test_only_what_was_returned_is_asked_again(self, cast):
        with pytest.raises(Refusal) as refused:
            requests.resubmit(cast.asks(), cast.lin, reason="再来")
        assert refused.value.code == "moved_on"

    def test_amount_and_facts_stay_unless_given(self, cast):
        request = cast.asks(yuan=60_000, facts={"loosens_law": False})
        votes.send_back(request, cast.chen, "说明原因")
        again = requests.resubmit(request, cast.lin, reason="客户停产")
        assert (again.amount, again.facts, again.row) == (6_000_000, {"loosens_law": False}, "large")


class TestFiles:
    def test_files_come_back_with_their_round(self, cast):
        request = cast.asks(attachments=[Upload("../申请.txt", "一".encode())])
        votes.send_back(request, cast.chen, "缺合同")
        requests.resubmit(request, cast.lin, reason="补合同", attachments=[Upload("合同.pdf", b"%PDF-1.7")])
        first, second = Attachment.objects.order_by("id")
        assert (first.name, first.round, second.name, second.round) == ("申请.txt", 1, "合同.pdf", 2)
        assert files.read(second).read() == b"%PDF-1.7"
        assert Entry.objects.get(event="request resubmitted").facts["files"] == [second.sha256]


class TestTheDatabaseKeepsIt:
    @pytest.mark.parametrize(
        "change",
        [
            lambda: Request.objects.update(requested_by=User.objects.get(username="chen")),
            lambda: Request.objects.update(act="test.policy"),
            lambda: Request.objects.all().delete(),
            lambda: Attachment.objects.update(name_stored=""),
        ],
    )
    def test_what_was_requested_by_whom_stays(self, cast, change):
        cast.asks(attachments=[Upload("a.txt", b"x")])
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    def test_the_days_are_those_of_the_calendar(self, cast):
        with clock.at("2026-03-13"):
            assert cast.asks().due_on.isoformat() == "2026-03-17", "Friday, Monday, Tuesday"
        assert DAY.isoweekday() == 3
