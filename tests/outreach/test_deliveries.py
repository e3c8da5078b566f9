"""What comes back: delivery reports, bounces, answers, and the wish to be left alone."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest

from liangqing.kit import clock
from liangqing.outreach.actions import deliveries, incoming, mailboxes, providers, sending
from liangqing.outreach.channels import carriers, inbox
from liangqing.outreach.channels.inbox import Kind
from liangqing.outreach.channels.sms import Delivery, Reply, Report
from liangqing.outreach.models import AttemptEvent, Incoming, Message, Provider
from liangqing.parties.models import Contact, Restraint
from liangqing.trail.models import Entry
from tests.outreach.posts import TODAY, Hand, Post
from tests.outreach.servers import imap as imap_server
from tests.outreach.servers.gateway import signed
from tests.outreach.servers.imap import ImapServer
from tests.outreach.servers.smtp import SmtpServer

NUMBER = "+8613800000001"


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def texts(post, monkeypatch):
    provider = post.gateway(9)
    monkeypatch.setattr(carriers, "of", lambda _provider: Hand())
    return provider


@pytest.fixture
def sent(post, texts):
    """A reminder to 李 that left."""
    message = post.write(post.customer("李", sms=NUMBER), "sms", case="LQ-1")
    sending.go()
    return fresh(message)


def fresh(message: Message) -> Message:
    return Message.objects.select_related("attempt").get(pk=message.pk)


def report(message: Message, state: Delivery = Delivery.DELIVERED, **more) -> Report:
    return Report(provider_id=message.their_id, to=NUMBER, state=state, **more)


def answer(text: str, **more) -> Reply:
    return Reply(sender=NUMBER, text=text, at=clock.now(), **more)


class TestReports:
    def test_a_delivered_message_and_its_receipt_say_so(self, texts, sent):
        deliveries.reported(texts, report(sent, code="DELIVRD"))
        message = fresh(sent)
        assert (message.state, message.attempt.outcome) == ("delivered", "delivered")
        assert [event.told for event in AttemptEvent.objects.order_by("id")] == ["sent", "delivered"]

    def test_the_same_report_again_changes_nothing(self, texts, sent):
        for _again in range(2):
            deliveries.reported(texts, report(sent))
        assert Entry.objects.filter(event="message moved").count() == 2, "sent, delivered"

    def test_a_failed_one_is_told_as_failed(self, texts, sent):
        deliveries.reported(texts, report(sent, Delivery.FAILED, code="MK:0001"))
        assert (fresh(sent).state, fresh(sent).reason, fresh(sent).attempt.outcome) == ("failed", "MK:0001", "failed")

    def test_a_report_that_is_faster_than_the_worker_is_not_lost(self, post, texts):
        message = post.write(post.customer("李", sms=NUMBER), "sms")

        def faster(point, row):
            if point == "handed over":
                deliveries.reported(texts, Report(key=str(row.key), provider_id="", to="", state=Delivery.DELIVERED))

        sending.go(faster)
        assert (fresh(message).state, fresh(message).attempt.outcome) == ("delivered", "delivered")

    def test_a_report_of_what_was_never_sent_is_none_of_ours(self, texts, sent):
        assert deliveries.reported(texts, Report(provider_id="other", to="", state=Delivery.DELIVERED)) is None
        assert deliveries.reported(texts, Report(key="7", provider_id="", to="", state=Delivery.DELIVERED)) is None
        assert fresh(sent).state == "sent"

    def test_a_report_settles_a_doubt(self, post, texts, sent):
        Message.objects.filter(pk=sent.pk).update(state="doubtful", due_at=None)
        deliveries.reported(texts, report(sent))
        assert fresh(sent).state == "delivered"


class TestMails:
    def read(self, message: Message, **more) -> inbox.Incoming:
        return inbox.Incoming(key=str(message.key), **more)

    @pytest.fixture
    def mailed(self, post, texts):
        self.provider = post.mail_server(9)
        message = post.write(post.customer("李", email="li@example.org"), "email")
        sending.go()
        return fresh(message)

    def test_a_bounce_for_good_marks_the_contact(self, mailed):
        told = self.read(mailed, kind=Kind.BOUNCE, status="5.1.1", permanent=True, diagnostic="user unknown")
        deliveries.mailed(self.provider, told)
        assert (fresh(mailed).state, fresh(mailed).attempt.outcome) == ("bounced", "failed")
        assert Contact.objects.get().validity == "invalid"

    @pytest.mark.parametrize(("status", "permanent"), [("4.4.7", False), ("5.2.2", True), ("5.7.1", True), ("", None)])
    def test_any_other_bounce_leaves_the_contact_as_it_is(self, mailed, status, permanent):
        deliveries.mailed(self.provider, self.read(mailed, kind=Kind.BOUNCE, status=status, permanent=permanent))
        assert fresh(mailed).state == "bounced" and Contact.objects.get().validity == "unknown"

    def test_a_delayed_mail_is_under_way_still(self, mailed):
        deliveries.mailed(self.provider, self.read(mailed, kind=Kind.DELAYED, status="4.4.1"))
        assert fresh(mailed).state == "sent"
        assert AttemptEvent.objects.filter(told="delayed").exists()

    def test_a_bounce_after_delivery_counts(self, mailed):
        deliveries.mailed(self.provider, self.read(mailed, kind=Kind.DELIVERED))
        deliveries.mailed(self.provider, self.read(mailed, kind=Kind.BOUNCE, status="5.1.1", permanent=True))
        assert (fresh(mailed).state, fresh(mailed).attempt.outcome) == ("bounced", "failed")


class TestAnswers:
    def test_an_answer_stands_sealed_with_the_customer_and_is_told(self, texts, sent):
        row = incoming.texted(texts, answer("周五付款"))
        assert (row.party_id, row.message, row.case) == (sent.party_id, sent, "LQ-1")
        assert row.text == "周五付款" and "周五" not in row.text_stored
        told = Entry.objects.get(event="reply received")
        assert told.party_id == sent.party_id and told.facts["silence"] is False

    def test_a_push_that_is_repeated_is_one_answer(self, texts, sent):
        assert incoming.texted(texts, answer("周五付款", reply_id="7")) is not None
        assert incoming.texted(texts, answer("周五付款", reply_id="7")) is None
        assert Incoming.objects.count() == 1

    @pytest.mark.parametrize("words", ["TD", "退订", "R", "stop", "请别再发了！", "Please STOP texting me"])
    def test_who_wants_no_more_gets_one_confirmation_and_nothing_else(self, post, texts, sent, words):
        incoming.texted(texts, answer(words))
        incoming.texted(texts, answer(words, reply_id="again"))
        placed = Restraint.objects.get()
        assert (placed.kind, placed.channel, placed.source[:9]) == ("opt_out", "sms", "incoming/")
        confirmed = Message.objects.get(content="confirm")
        later = post.write(type("C", (), {"party": sent.party, "creditor": sent.creditor}), "sms", "demand", step="2")
        with clock.at("2026-11-24T10:00:00+08:00"):
            post.entered("2026-11-24")
            sending.go()
        assert (fresh(confirmed).state, fresh(later).state) == ("sent", "refused")

    @pytest.mark.parametrize("words", ["周五付款", "工资停发了", "不是我的账单", "我要投诉", "收到"])
    def test_an_ordinary_answer_places_nothing(self, texts, sent, words):
        incoming.texted(texts, answer(words))
        assert not Restraint.objects.exists()

    def test_a_third_person_who_refuses_is_left_alone_for_good(self, post, texts):
        li = post.customer("李", sms="")
        friend = post.contact(li, "sms", NUMBER, role="friend")
        row = incoming.texted(texts, answer("别再发短信给我"))
        placed = Restraint.objects.get()
        assert (placed.kind, bytes(placed.value_index), placed.channel) == ("stop_word", bytes(friend.value_index), "")
        assert row.restraint == placed.pk and not Message.objects.filter(content="confirm").exists()

    def test_a_number_of_two_customers_is_put_with_neither_until_somebody_says(self, post, texts):
        first, second = (post.customer(name, sms=NUMBER) for name in "甲乙")
        row = incoming.texted(texts, answer("TD"))
        assert row.party is None and not Restraint.objects.exists()
        incoming.belongs_to(row, second.party, by=post.cast.lin)
        assert Restraint.objects.get().party == second.party
        assert first.party != second.party

    def test_what_was_dealt_with_is_so_once(self, post, texts, sent):
        row = incoming.texted(texts, answer("周五付款"))
        incoming.handle(row, by=post.cast.lin)
        with pytest.raises(Exception, match="handled_already"):
            incoming.handle(row, by=post.cast.mei)


class TestMailbox:
    @pytest.fixture
    def mailbox(self, post, tmp_path):
        """A mail server whose answers come into a mailbox we read."""
        with SmtpServer(tmp_path) as out, ImapServer(tmp_path) as box:
            post.mail_server(out.port)
            config = {
                "host": "127.0.0.1", "port": box.port, "security": "none", "username": imap_server.USERNAME,
                "password": imap_server.PASSWORD, "domain": "mail.example.com", "bounces": "bounces@example.com",
                "tagged": True,
            }  # fmt: skip
            yield providers.add("imap", "收件箱", config, by=None)

    def test_bounces_answers_and_holiday_notices_find_their_messages(self, post, mailbox):
        wrote = {
            name: post.write(post.customer(name, email=f"{name}@example.org"), "email")
            for name in ("bounced", "answers", "away", "quiet")
        }
        sending.go()
        assert mailboxes.read_all() == {"read": 3, "failed": 0}
        assert mailboxes.read_all() == {"read": 0, "failed": 0}
        states = {name: fresh(message).state for name, message in wrote.items()}
        assert states == {"bounced": "bounced", "answers": "sent", "away": "sent", "quiet": "sent"}
        kinds = dict(Incoming.objects.values_list("message__value_index", "kind"))
        assert sorted(kinds.values()) == ["automatic", "reply"]
        row = Incoming.objects.get(kind="reply")
        assert row.message == wrote["answers"] and row.text == "周五付款，谢谢。"

    def test_a_mailbox_that_is_down_keeps_no_other_waiting(self, post, mailbox):
        config = {**Provider.objects.get(kind="imap").config, "port": 9}
        Provider.objects.create(kind="imap", channel="email", name="旧", config=config, order=0)
        assert mailboxes.read_all() == {"read": 0, "failed": 1}

    def test_the_unsubscribe_mail_of_a_client_is_heard(self, post, mailbox):
        message = post.write(post.customer("quiet", email="quiet@example.org"), "email")
        sending.go()
        asked = inbox.Incoming(kind=Kind.OTHER, sender="other@example.org", subject=f"unsubscribe {message.key}")
        incoming.wrote(mailbox, asked)
        assert Restraint.objects.get().channel == "email"
        assert Incoming.objects.get().message == message


class TestCallbacks:
    def test_a_signed_callback_of_the_gateway_is_taken_in_and_an_unsigned_is_not(self, texts, sent):
        body = json.dumps([{"key": str(sent.key), "id": "x", "state": "delivered"}, {"from": NUMBER, "text": "TD"}])
        with clock.at(dt.datetime.fromtimestamp(time.time(), dt.UTC)):
            headers = {name.lower(): value for name, value in signed(body.encode()).items()}
            deliveries.called(texts, token="", headers=headers, body=body.encode())
            assert fresh(sent).state == "delivered"
            with pytest.raises(carriers.NotFromProvider):
                deliveries.called(texts, token="", headers={}, body=body.encode())
