"""No term of sending without effect: each is changed once, and what is sent changes with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import attaching, dispatches, incoming, sending
from liangqing.outreach.actions.attaching import Enclosed
from liangqing.outreach.actions.dispatches import To
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.sending import Fault, rejected
from liangqing.outreach.channels.sms import Reply
from liangqing.outreach.models import Incoming, Message, Provider, Source
from liangqing.outreach.queries.freshness import demand_fresh
from liangqing.policy import book
from tests.outreach.posts import TODAY, Hand, Post
from tests.policy.drafts import approved


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def hand(post, monkeypatch):
    carrier = Hand()
    post.gateway(9)
    post.mail_server(9)
    monkeypatch.setattr(carriers, "of", lambda _provider: carrier)
    return carrier


def changed(**term: Any) -> None:
    approved(on="2026-11-20", from_on="2026-11-21", **term)
    book.forget()


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_outreach_receipts_within_days(post):
    """outreach.receipts_within_days"""
    with clock.at("2026-11-25"):
        demand_fresh("demand")
        changed(outreach__receipts_within_days=1)
        with pytest.raises(Refusal, match="receipts_stale"):
            demand_fresh("demand")
        demand_fresh("notice")


def test_outreach_message_expires_days(post, hand):
    """outreach.message_expires_days"""
    changed(outreach__message_expires_days=1)
    message = post.write(post.customer("李", sms=""), "sms", source=Source.PERSON)
    with clock.at("2026-11-25T10:00:00+08:00"):
        sending.go()
    assert fresh(message).state == "expired"


@pytest.mark.parametrize("most", [1, 2])
def test_outreach_most_tries(post, hand, most):
    """outreach.most_tries"""
    changed(outreach__most_tries=most)
    hand.answers = [rejected("450", "", Fault.BUSY, retry=True)] * 9
    message = post.write(post.customer("李", sms=""), "sms", source=Source.PERSON)
    for hour in (10, 12, 14, 16):
        with clock.at(f"2026-11-23T{hour}:30:00+08:00"):
            sending.go()
    assert (fresh(message).state, len(hand.taken)) == ("failed", most)


def test_outreach_first_retry_minutes(post, hand):
    """outreach.first_retry_minutes"""
    changed(outreach__first_retry_minutes=60)
    hand.answers = [rejected("450", "", Fault.BUSY, retry=True)]
    message = post.write(post.customer("李", sms=""), "sms")
    sending.go()
    wait = fresh(message).due_at - clock.now()
    assert dt.timedelta(minutes=45) <= wait <= dt.timedelta(minutes=75)


def test_outreach_emails_a_day(post, hand):
    """outreach.emails_a_day"""
    changed(outreach__emails_a_day=2)
    li = post.customer("李", email="")
    for step in ("1", "2", "3"):
        message = post.write(li, "email", "bill", step=step)
        sending.go()
    assert len(hand.taken) == 2 and fresh(message).reason == "mailed_today"


def test_outreach_attachments_mb(post, hand):
    """outreach.attachments_mb"""
    changed(outreach__attachments_mb=1)
    want = post.want(post.customer("李", email=""), "email")
    large = Enclosed(uploads=(Upload("a.txt", b"a" * 600_000), Upload("b.txt", b"b" * 600_000)))
    with pytest.raises(Refusal, match="files_too_large"):
        attaching.send(want, large, by=post.cast.lin)
    attaching.send(want, Enclosed(uploads=large.uploads[:1]), by=post.cast.lin)
    sending.go()
    assert [len(each.content) for each in hand.taken[0].attachments] == [600_000]


def test_outreach_pay_by_days(post, hand):
    """outreach.pay_by_days"""
    changed(outreach__pay_by_days=10)
    post.write(post.customer("李", email=""), "email", "demand")
    sending.go()
    assert "2026年12月3日" in hand.taken[0].body


def test_outreach_approved_from_recipients(post):
    """outreach.approved_from_recipients"""
    li = post.customer("李", sms="")
    made = dispatches.make(
        "x", channel="sms", content="bill", to=[To(li.party.pk, li.creditor.pk)], by=post.cast.zhao
    )  # fmt: skip
    assert not dispatches.needs_approval(made)
    changed(outreach__approved_from_recipients=1)
    assert dispatches.needs_approval(made)


def test_outreach_reply_within_days(post, hand):
    """outreach.reply_within_days"""
    number = "+8613800000007"
    message = post.write(post.customer("李", sms=number), "sms", source=Source.PERSON)
    sending.go()
    provider = Provider.objects.get(channel="sms")

    def about(text: str) -> Message | None:
        incoming.texted(provider, Reply(sender=number, text=text, at=clock.now()))
        return Incoming.objects.latest("id").message

    with clock.at("2026-12-12"):
        assert about("一") == message
        changed(outreach__reply_within_days=10)
        assert about("二") is None
