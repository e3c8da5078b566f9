"""Sending to many: who would get it and who not, approval, progress, stop, results."""

from __future__ import annotations

import time

import pytest

from liangqing.approvals.actions import votes
from liangqing.approvals.models import Request
from liangqing.house import wiring
from liangqing.kit import clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import dispatches, incoming, previews, sending, switches
from liangqing.outreach.actions.dispatches import To
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.sms import Reply
from liangqing.outreach.models import Addressee, Attempt, Dispatch, Message, Provider
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Party
from liangqing.people.actions import staff
from liangqing.receivables.models import Bill
from liangqing.trail.models import Entry
from tests.cast import day
from tests.outreach.posts import TODAY, Hand, Post

NUMBER = "+8613800000009"


@pytest.fixture
def post(books):
    wiring.wire()
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def hand(post, monkeypatch):
    carrier = Hand()
    post.gateway(9)
    monkeypatch.setattr(carriers, "of", lambda _provider: carrier)
    return carrier


@pytest.fixture
def several(post):
    """甲 and 乙 owe and can be reached; 丙 opted out, 丁 has no number, 戊 owes nothing."""
    made = {name: post.customer(name, sms="") for name in "甲乙丙"}
    made["丁"] = post.customer("丁")
    made["戊"] = post.customer("戊", owes=0, sms="")
    restraints.place(made["丙"].party, "opt_out", channel="sms", reason="不要短信", by=None)
    return made


def draft(post, customers, **more) -> Dispatch:
    to = [To(each.party.pk, each.creditor.pk, given={"level": "mild"}) for each in customers]
    given = {"channel": "sms", "content": "reminder", **more}
    return dispatches.make("十一月提醒", to=to, by=post.cast.zhao, **given)


def started(post, customers, **more) -> Dispatch:
    made = draft(post, customers, **more)
    dispatches.look(made, by=post.cast.zhao)
    dispatches.start(made, by=post.cast.zhao)
    return made


class TestLooking:
    def test_it_says_how_many_would_get_it_and_why_not_the_rest(self, post, several):
        made = draft(post, several.values())
        shown = dispatches.look(made, by=post.cast.zhao)
        assert shown.figures == {
            "total": 5, "allowed": 2, "later": 0, "refused": 1, "approval": 0, "no_contact": 1, "nothing_owed": 1,
        }  # fmt: skip
        assert [(each.rule, each.count) for each in shown.why] == [("restraint:R-optout", 1)]
        assert "不再以此方式联系" in shown.why[0].sentence
        assert len(shown.samples) == 2 and "800.00元" in shown.samples[0].body
        assert not Attempt.objects.exists() and not Message.objects.exists()

    def test_at_night_they_would_get_it_in_the_morning(self, post, several):
        with clock.at("2026-11-23T23:00:00+08:00"):
            shown = dispatches.look(draft(post, several.values()), by=post.cast.zhao)
        assert (shown.figures["allowed"], shown.figures["later"]) == (0, 2)
        assert shown.why[0].rule == "hours:T1"

    def test_who_only_collects_sends_to_nobody_in_bulk(self, post, several):
        with pytest.raises(Refusal, match="not_allowed"):
            dispatches.make("x", channel="sms", content="reminder", to=[To(1, 1)], by=post.cast.lin)

    @pytest.mark.parametrize(
        ("code", "more"),
        [("name_missing", {"name": " "}), ("unknown_channel", {"channel": "phone"}), ("nobody_chosen", {"to": []})],
    )
    def test_what_is_missing_is_said(self, post, code, more):
        given = {"name": "x", "channel": "sms", "content": "bill", "to": [To(1, 1)], **more}
        with pytest.raises(Refusal, match=code):
            dispatches.make(given.pop("name"), by=post.cast.zhao, **given)


class TestSending:
    def test_it_leaves_to_those_the_guard_lets_through_and_ends(self, post, several, hand):
        made = started(post, several.values())
        assert dispatches.progress(made).open == 2
        sending.go()
        assert dispatches.progress(made).states == {"sent": 2} and len(hand.taken) == 2
        assert set(Attempt.objects.values_list("source", flat=True)) == {"campaign"}
        assert dispatches.finish_done() == 1
        made.refresh_from_db()
        assert made.state == "done" and made.ended_at is not None

    def test_its_answers_are_counted(self, post, hand):
        made = started(post, [post.customer("甲", sms=NUMBER)])
        sending.go()
        incoming.texted(Provider.objects.get(), Reply(sender=NUMBER, text="周五付款", at=clock.now()))
        assert dispatches.progress(made).answers == 1

    def test_nothing_goes_without_a_look_of_today(self, post, several):
        made = draft(post, several.values())
        with pytest.raises(Refusal, match="not_looked_at"):
            dispatches.start(made, by=post.cast.zhao)
        dispatches.look(made, by=post.cast.zhao)
        with clock.at("2026-11-24"), pytest.raises(Refusal, match="not_looked_at"):
            dispatches.start(made, by=post.cast.zhao)

    def test_it_is_refused_while_money_received_stands_unentered(self, post, several):
        with clock.at("2026-11-27T10:00:00+08:00"):
            made = draft(post, several.values())
            dispatches.look(made, by=post.cast.zhao)
            with pytest.raises(Refusal, match="receipts_stale") as no:
                dispatches.start(made, by=post.cast.zhao)
            assert "3" in no.value.sentence
            post.entered("2026-11-24")
            assert dispatches.start(made, by=post.cast.zhao) == 2

    def test_it_is_started_once(self, post, several):
        made = started(post, several.values())
        with pytest.raises(Refusal, match="moved_on"):
            dispatches.start(made, by=post.cast.zhao)

    def test_stopped_it_rests_and_resumed_it_goes_on(self, post, several, hand):
        made = started(post, several.values())
        other = post.write(post.customer("己", sms=""), "sms")
        switch = switches.stop(reason="措辞有误", dispatch=made, by=post.cast.zhao)
        sending.go()
        assert dispatches.progress(made).states == {"waiting": 2}
        other.refresh_from_db()
        assert other.state == "sent"
        switches.resume(switch, by=post.cast.zhao)
        sending.go()
        assert dispatches.progress(made).states == {"sent": 2}

    def test_called_off_what_waits_never_leaves(self, post, several, hand):
        made = started(post, several.values())
        assert dispatches.call_off(made, reason="名单有误", by=post.cast.zhao) == 2
        sending.go()
        assert dispatches.progress(made).states == {"stopped": 2} and hand.taken == []
        with pytest.raises(Refusal, match="moved_on"):
            dispatches.call_off(made, reason="x", by=post.cast.zhao)


class TestApproval:
    @pytest.fixture
    def large(self, post, several, monkeypatch):
        monkeypatch.setattr(dispatches, "needs_approval", lambda row: row.state != "approved")
        made = draft(post, several.values())
        dispatches.look(made, by=post.cast.zhao)
        return made

    @pytest.fixture
    def sun(self, post):
        """A second one of risk."""
        return staff.join("sun", name="孙", department=post.cast.zhao.department, duties=("risk",))

    def test_so_many_need_an_approval(self, post):
        made = draft(post, [post.customer(f"客户{number}") for number in range(3)])
        assert not dispatches.needs_approval(made)
        people = Party.objects.bulk_create(
            Party(number=f"N{n}", kind="person", name_stored="x", name_index=b"") for n in range(200)
        )
        Addressee.objects.bulk_create(
            Addressee(dispatch=made, party=each, creditor=post.cast.creditor) for each in people
        )
        assert dispatches.needs_approval(made)

    def test_approved_it_may_be_started(self, post, large, sun):
        with pytest.raises(Refusal, match="approval_needed"):
            dispatches.start(large, by=post.cast.zhao)
        asked = dispatches.ask(large, reason="月末提醒", by=post.cast.zhao)
        votes.approve(asked, by=sun)
        large.refresh_from_db()
        assert large.state == "approved"
        assert dispatches.start(large, by=post.cast.zhao) == 2

    def test_rejected_it_is_a_draft_again(self, post, large, sun):
        asked = dispatches.ask(large, reason="月末提醒", by=post.cast.zhao)
        votes.reject(asked, by=sun, reason="太多")
        large.refresh_from_db()
        assert large.state == "draft" and Request.objects.get().state == "rejected"


def test_three_thousand_are_looked_at_and_written_in_seconds(post, several):
    people = Party.objects.bulk_create(
        Party(number=f"N{n}", kind="person", country="CN", name_stored="x", name_index=b"") for n in range(3000)
    )
    Contact.objects.bulk_create(
        Contact(
            party=each, kind="phone", value_stored=sealing.seal(f"139{each.pk:08d}"), source="contract",
            value_index=sealing.index(f"139{each.pk:08d}"),
        )
        for each in people
    )  # fmt: skip
    Bill.objects.bulk_create(
        Bill(
            party=each, creditor=post.cast.creditor, number=each.number, kind="invoice", currency="CNY",
            due_on=day("2026-09-30"), principal=80_000,
        )
        for each in people
    )  # fmt: skip
    made = dispatches.make(
        "三千", channel="sms", content="reminder", by=post.cast.zhao,
        to=[To(each.pk, post.cast.creditor.pk) for each in people],
    )  # fmt: skip
    began = time.process_time()  # other tests run beside this one
    shown = previews.preview(made)
    looked = time.process_time() - began
    assert shown.figures["allowed"] == 3000
    Dispatch.objects.filter(pk=made.pk).update(state="approved", looked_at=clock.now())
    made.refresh_from_db()
    began = time.process_time()
    assert dispatches.start(made, by=post.cast.zhao) == 3000
    written = time.process_time() - began
    assert Entry.objects.filter(event="message written").count() == 3000
    assert (looked < 15, written < 5) == (True, True), (looked, written)
