"""Warnings and requests for approval leave the house once for each robot and mailbox of staff."""

from __future__ import annotations

import email
from email import policy

import pytest

from liangqing.kit import clock
from liangqing.outreach.actions import providers, switches, words
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.sending import Fault, rejected, unknown
from liangqing.outreach.models import Word
from liangqing.people.models import User
from liangqing.warning.models import Alert
from tests.cast import day
from tests.outreach.posts import TODAY, Hand, Post
from tests.outreach.servers import sms as stub
from tests.outreach.servers.smtp import SmtpServer


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def alert(post):
    """华信 has reached the level severe; 赵 and 王 are told."""
    User.objects.filter(pk=post.cast.zhao.pk).update(email="zhao@example.com")
    huaxin = post.customer("华信机械", kind="company")
    return Alert.objects.create(
        party=huaxin.party, creditor=huaxin.creditor, currency="CNY", level="severe", row="D3", policy="preset-1",
        raised_on=day("2026-11-23"), amount=80_000, days_late=54, recipients=[post.cast.zhao.pk, post.cast.wang.pk],
    )  # fmt: skip


def robot(**more):
    return providers.add("wecom_robot", "风控群", {"key": stub.WECOM_KEY, **more}, by=None)


def test_a_warning_is_told_once_to_each_group_and_mailbox(alert, tmp_path):
    with stub.SmsServer(tmp_path) as chat, SmtpServer(tmp_path) as mails:
        robot(endpoint=f"{chat.url}/wecom")
        post_mail = {"host": "127.0.0.1", "port": mails.port, "security": "none", "sender": "a@b.cn", "domain": "b.cn"}
        providers.add("smtp", "邮件", post_mail, by=None)
        assert words.collect() == 2
        assert words.send() == {"sent": 2}
        assert (words.collect(), words.send()) == (0, {})
        (mailed,) = mails.journal.lines()
    assert mailed["recipient"] == "zhao@example.com"
    text = email.message_from_string(mailed["raw"], policy=policy.default).get_body(("plain",)).get_content()
    assert alert.party.number in text and "800.00" in text
    assert "华信" not in text, "who it is, is read in the house"
    assert {row.state for row in Word.objects.all()} == {"sent"}


def test_the_guard_and_the_stop_for_debtors_concern_no_staff(post, alert, monkeypatch):
    robot()
    hand = Hand()
    monkeypatch.setattr(carriers, "of", lambda _provider: hand)
    switches.stop(reason="投诉集中", by=post.cast.zhao)
    with clock.at("2026-11-23T23:30:00+08:00"):
        words.collect()
        assert words.send() == {"sent": 1}


@pytest.mark.parametrize("answer", [rejected("45009", "", Fault.BUSY, retry=True, after_s=60), unknown("timeout")])
def test_what_did_not_arrive_is_tried_again_and_given_up_some_day(alert, monkeypatch, answer):
    robot()
    hand = Hand(*[answer] * 20)
    monkeypatch.setattr(carriers, "of", lambda _provider: hand)
    words.collect()
    words.send()
    assert Word.objects.get().state == "waiting"
    assert words.send() == {}, "not before its time"
    for hour in range(11, 24):
        with clock.at(f"2026-11-23T{hour}:00:00+08:00"):
            words.send()
    row = Word.objects.get()
    assert (row.state, row.tries, len(hand.taken)) == ("failed", 6, 6)


def test_a_word_left_by_a_dead_worker_is_sent(alert, monkeypatch):
    robot()
    hand = Hand()
    monkeypatch.setattr(carriers, "of", lambda _provider: hand)
    words.collect()
    words._claim(set())
    assert words.send() == {}
    with clock.at("2026-11-23T10:06:00+08:00"):
        assert words.send() == {"sent": 1}


def test_a_robot_keeps_to_twenty_a_minute(post, alert, monkeypatch):
    robot()
    hand = Hand()
    monkeypatch.setattr(carriers, "of", lambda _provider: hand)
    Alert.objects.bulk_create(
        Alert(
            party=post.customer(f"客户{n}", owes=0).party, creditor=alert.creditor, currency="CNY", level="mild",
            row="D1", policy="p", raised_on=alert.raised_on, amount=1, days_late=1,
        )
        for n in range(30)
    )  # fmt: skip
    words.collect()
    words.send()
    assert 0 < len(hand.taken) <= 20


def test_with_nobody_to_tell_nothing_is_written(alert):
    assert words.collect() == 0 and not Word.objects.exists()
