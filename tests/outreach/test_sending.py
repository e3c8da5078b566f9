"""Messages that leave: once, after everything was asked again, and what becomes of those that do not."""

from __future__ import annotations

import datetime as dt
import email
from email import policy

import pytest

from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import messages, preparing, sending, switches
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.sending import Fault, accepted, not_found, rejected, unknown
from liangqing.outreach.models import Attempt, Message, Provider, Source
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Restraint
from liangqing.trail.models import Entry
from tests.outreach.posts import TODAY, Hand, Post
from tests.outreach.servers.gateway import CallServer
from tests.outreach.servers.smtp import SmtpServer


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def hand(post, monkeypatch):
    """One provider for text messages and one for mail, both in the test's hand."""
    carrier = Hand()
    post.gateway(9)
    post.mail_server(9)
    monkeypatch.setattr(carriers, "of", lambda provider: carrier)
    return carrier


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def later(moment: str):
    return clock.at(f"2026-11-{moment}+08:00")


class TestWriting:
    def test_the_same_step_day_and_bills_are_one_message_however_often_wanted(self, post):
        li = post.customer("李", sms="")
        for _again in range(2):
            messages.write_many([post.want(li, "sms"), post.want(li, "sms")], by=None, source=Source.NIGHT)
        assert Message.objects.count() == 1
        assert Entry.objects.filter(event="message written").count() == 1
        messages.write_many([post.want(li, "sms", bills=[1])], by=None, source=Source.NIGHT)
        assert Message.objects.count() == 2

    def test_an_address_is_no_way_for_a_text_message(self, post):
        li = post.customer("李", email="")
        contact = Contact.objects.get()
        with pytest.raises(Refusal, match="wrong_contact"):
            messages.write_many([post.want(li, "sms", contact=contact)], by=None, source=Source.NIGHT)

    def test_a_person_hears_a_no_for_good_at_once(self, post):
        li = post.customer("李", sms="")
        restraints.place(li.party, "opt_out", channel="sms", reason="不要短信", by=None)
        with pytest.raises(Refusal, match="contact_refused"):
            messages.send(post.want(li, "sms"), by=post.cast.lin)

    def test_what_a_person_writes_may_not_threaten_and_asks_for_no_money(self, post):
        li = post.customer("李", sms="")
        with pytest.raises(Refusal, match="language_forbidden"):
            messages.send(post.want(li, "sms", "reply", body="再不还钱就让你坐牢"), by=post.cast.lin)
        with pytest.raises(Refusal, match="words_need_approval"):
            messages.send(post.want(li, "sms", "demand", body="请付款"), by=post.cast.lin)

    def test_who_neither_collects_nor_sells_sends_nothing(self, post):
        post.cast.lin.duties = ["audit", "collect"]
        with pytest.raises(Refusal, match="not_allowed"):
            messages.send(post.want(post.customer("李", sms=""), "sms"), by=post.cast.lin)


class TestAnswers:
    """An answer may go where a reminder may not, so it must be one."""

    @pytest.fixture
    def li(self, post):
        return post.customer("李", sms="")

    def reply(self, post, li, body="发票已重新寄出。"):
        return messages.send(post.want(li, "sms", "reply", body=body, step=f"person:{clock.now()}"), by=post.cast.lin)

    def test_to_who_has_said_nothing_there_is_no_answer(self, post, li):
        with pytest.raises(Refusal, match="contact_refused"):
            self.reply(post, li)

    def test_who_wrote_is_answered_also_at_night_and_for_some_days(self, post, li, hand):
        post.hears(li, "sms")
        with later("23T22:30"):
            self.reply(post, li)
            sending.go()
        assert [each.body for each in hand.taken] == ["发票已重新寄出。"]
        with later("30T22:30"), pytest.raises(Refusal, match="contact_refused"):
            self.reply(post, li)

    def test_who_opted_out_is_answered_only_where_they_wrote_since(self, post, li, hand):
        post.hears(li, "sms")
        restraints.place(li.party, "opt_out", channel="sms", reason="不要短信", by=None)
        with later("23T15:00"), pytest.raises(Refusal, match="contact_refused"):
            self.reply(post, li)
        with later("24T10:00"):
            post.hears(li, "sms", "还欠多少")
            self.reply(post, li)

    def test_a_wish_for_silence_is_nothing_to_answer(self, post, li, hand):
        post.hears(li, "sms", "别再发短信")
        with later("23T15:00"), pytest.raises(Refusal, match="contact_refused"):
            self.reply(post, li)

    @pytest.mark.parametrize(
        "body", ["请尽快还款。", "今天必须把钱还上。", "请立即归还，别让我们再催", "Please pay today."]
    )
    def test_what_asks_for_money_is_no_answer_whatever_it_is_called(self, post, li, hand, body):
        post.hears(li, "sms")
        with pytest.raises(Refusal, match="words_need_approval"):
            self.reply(post, li, body)
        assert not Message.objects.exists()

    def test_a_wish_is_confirmed_once(self, post, li, hand):
        post.hears(li, "sms", "TD")
        sending.go()
        assert [each.content for each in Message.objects.all()] == ["confirm"] and len(hand.taken) == 1
        with later("24T10:00"), pytest.raises(Refusal, match="contact_refused"):
            messages.send(post.want(li, "sms", "confirm", body="已为您退订。", step="again"), by=post.cast.lin)

    def test_who_asks_that_calls_stop_is_called_no_more_and_still_written_to(self, post, li, hand):
        post.hears(li, "sms", "别再打了")
        held = Restraint.objects.get(party=li.party)
        assert (held.kind, held.channel) == ("opt_out", "phone")


class TestLeaving:
    def test_a_mail_and_a_text_message_arrive_and_say_what_is_owed_now(self, post, tmp_path):
        with SmtpServer(tmp_path) as mails, CallServer(tmp_path) as texts:
            post.mail_server(mails.port)
            post.gateway(texts.port)
            li = post.customer("李", sms="", email="")
            mail, text = post.write(li, "email"), post.write(li, "sms")
            sending.go()
            (mailed,), (texted,) = mails.journal.lines(), texts.journal.lines()
        assert state(mail) == state(text) == ("sent", "")
        letter = email.message_from_string(mailed["raw"], policy=policy.default)
        assert "800.00元" in letter.get_body(("plain",)).get_content()
        assert str(mail.key) in letter["List-Unsubscribe"]
        assert str(mail.key) in letter["Message-ID"]
        assert "800.00元" in texted["said"]["text"] and texted["key"] == str(text.key)
        assert mail.attempt.outcome == "sent" and mail.attempt.answer == "allowed"
        assert "800.00元" in mail.text["body"] and mail.text_stored.startswith("~1:")
        assert (mail.amount, mail.currency) == (80_000, "CNY")

    def test_what_was_paid_meanwhile_is_neither_asked_for_nor_sent(self, post, hand):
        li = post.customer("李", owes=0, sms="")
        bill, other = li.bill(800, due="2026-09-30"), li.bill(50, due="2026-10-30")
        both, one = post.write(li, "sms", bills=[bill.pk, other.pk]), post.write(li, "sms", "demand", bills=[bill.pk])
        li.pays(800, on="2026-11-23", bill=bill)
        sending.go()
        assert state(one) == ("settled", "settled")
        assert state(both) == ("sent", "")
        assert "50.00元" in hand.taken[0].body and "800.00" not in hand.taken[0].body

    def test_what_is_disputed_is_left_out(self, post, hand):
        li = post.customer("李", owes=0, kind="company", sms="")
        bill, _other = li.bill(800, due="2026-09-30"), li.bill(50, due="2026-10-30")
        restraints.place(
            li.party, "dispute", about=bill.number, amount=Money(20_000, "CNY"), reason="数量不符", by=None
        )
        message = post.write(li, "sms")
        sending.go()
        assert state(message) == ("sent", "")
        assert message.amount == 65_000

    def test_the_guard_is_asked_at_the_moment_of_leaving(self, post, hand):
        li = post.customer("李", sms="")
        message = post.write(li, "sms")
        restraints.place(li.party, "opt_out", channel="sms", reason="不要短信", by=None)
        sending.go()
        assert state(message) == ("refused", "guard_refused")
        assert message.attempt.answer == "refused" and message.attempt.rules == ["restraint:R-optout"]
        assert "不再以此方式联系" in message.reason_said
        assert hand.taken == []

    def test_at_night_it_is_held_until_morning_and_leaves_then(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        with later("23T22:30"):
            sending.go()
        assert state(message) == ("held", "guard_later")
        assert message.due_at == dt.datetime.fromisoformat("2026-11-24T08:00+08:00")
        with later("24T07:59"):
            sending.go()
        assert hand.taken == []
        with later("24T08:00"):
            sending.go()
        assert state(message)[0] == "sent"

    def test_what_could_not_leave_for_a_week_is_dropped(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        post.entered("2026-12-01")
        with clock.at("2026-12-01"):
            sending.go()
        assert state(message) == ("expired", "expired")

    def test_a_contact_that_turned_out_wrong_is_not_used(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        Contact.objects.update(validity="invalid")
        sending.go()
        assert state(message) == ("refused", "contact_invalid")

    def test_without_an_approved_wording_nothing_leaves(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms", "notice", source=Source.PERSON)
        sending.go()
        assert state(message) == ("refused", "no_template")

    def test_the_night_presses_nobody_while_money_received_stands_unentered(self, post, hand):
        li = post.customer("李", sms="")
        with later("27T10:00"):
            stale, told = post.write(li, "sms"), post.write(li, "sms", source=Source.PERSON, step="lin")
            sending.go()
            assert state(stale) == ("held", "receipts_stale")
            assert state(told)[0] == "sent"
            post.entered("2026-11-27")
        with later("28T10:00"):
            sending.go()
        assert state(stale)[0] == "sent"


class TestOneMailADay:
    def test_the_bills_of_several_steps_leave_in_one_mail_in_the_strongest_words(self, post, hand):
        li = post.customer("李", owes=0, email="")
        bill, other = li.bill(800, due="2026-09-30"), li.bill(50, due="2026-10-30")
        mild = post.write(li, "email", "reminder", bills=[bill.pk], step="night:1")
        strong = post.write(li, "email", "demand", bills=[other.pk], step="night:2")
        sending.go()
        assert state(strong) == ("sent", "") and state(mild) == ("merged", "merged")
        assert mild.into == strong and strong.amount == 85_000
        assert len(hand.taken) == 1

    def test_what_is_not_due_yet_is_no_part_of_it(self, post, hand):
        li = post.customer("李", email="")
        due = post.write(li, "email", "reminder")
        tomorrow = clock.now() + dt.timedelta(days=1)
        later = post.write(li, "email", "demand", step="night:2", not_before=tomorrow)
        sending.go()
        assert state(due) == ("sent", "") and state(later) == ("waiting", "")

    def test_what_comes_later_that_day_waits_for_the_next(self, post, hand):
        li = post.customer("李", email="")
        post.write(li, "email", "bill")
        sending.go()
        second = post.write(li, "email", "reminder", step="night:2")
        sending.go()
        assert state(second) == ("held", "mailed_today")
        assert second.due_at == dt.datetime.fromisoformat("2026-11-24T00:00+08:00")


class TestProviders:
    def test_a_busy_provider_is_tried_again_later_and_the_contact_did_not_take_place(self, post, hand):
        hand.answers = [rejected("450", "later", Fault.BUSY, retry=True, after_s=600)]
        message = post.write(post.customer("李", sms=""), "sms")
        sending.go()
        assert state(message) == ("waiting", "450")
        assert message.due_at >= clock.now() + dt.timedelta(seconds=600)
        assert message.attempt.outcome == "called_off"
        with later("23T12:00"):
            sending.go()
        assert state(message)[0] == "sent" and Attempt.objects.count() == 2

    def test_after_as_many_tries_as_the_term_says_a_person_looks(self, post, hand):
        hand.answers = [rejected("450", "later", Fault.BUSY, retry=True)] * 20
        message = post.write(post.customer("李", sms=""), "sms", "bill", occasion="before_due")
        for hour in range(10, 20):
            with later(f"24T{hour}:00"):
                sending.go()
        assert state(message) == ("failed", "450")
        assert len(hand.taken) == message.tries == 6

    def test_the_next_provider_is_tried_for_the_faults_the_settings_name(self, post, hand, monkeypatch):
        second = post.gateway(9, "备用", order=2)
        other = Hand()
        monkeypatch.setattr(carriers, "of", lambda provider: other if provider.pk == second.pk else hand)
        hand.answers = [rejected("x", "", Fault.CONTENT)]
        message = post.write(post.customer("李", sms=""), "sms")
        sending.go()
        assert state(message)[0] == "sent" and message.provider == second
        assert hand.taken[0].key == other.taken[0].key
        assert [attempt.outcome for attempt in Attempt.objects.order_by("id")] == ["called_off", "sent"]

    def test_an_account_without_balance_stops_the_provider_and_keeps_the_messages(self, post, hand):
        hand.answers = [rejected("balance", "", Fault.ACCOUNT)]
        message = post.write(post.customer("李", sms=""), "sms")
        sending.go()
        assert state(message) == ("waiting", "no_provider")
        assert message.provider.stopped_at is not None
        assert len(hand.taken) == 1

    def test_a_wrong_address_ends_it_and_marks_the_contact(self, post, hand):
        hand.answers = [rejected("5.1.1", "no such user", Fault.RECIPIENT)]
        message = post.write(post.customer("李", email=""), "email")
        sending.go()
        assert state(message) == ("failed", "5.1.1")
        assert Contact.objects.get().validity == "invalid" and message.attempt.outcome == "failed"

    def test_a_shared_cloud_route_is_not_used_for_what_presses(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        Provider.objects.filter(kind="http_sms").update(own_route=False)
        sending.go()
        assert state(message) == ("refused", "no_route")

    def test_the_limit_of_a_provider_is_kept(self, post, hand):
        Provider.objects.filter(kind="http_sms").update(per_day=2)
        for name in "甲乙丙":
            post.write(post.customer(name, sms=""), "sms")
        sending.go()
        assert len(hand.taken) == 2
        assert sorted(Message.objects.values_list("state", flat=True)) == ["sent", "sent", "waiting"]
        assert Attempt.objects.count() == 2


class TestDoubt:
    def test_an_idempotent_provider_that_did_not_answer_gets_the_same_key_again(self, post, hand):
        hand.idempotent, hand.answers, hand.asked = True, [unknown("timeout", retry=True)], not_found()
        message = post.write(post.customer("李", sms=""), "sms")
        sending.go()
        assert state(message) == ("doubtful", "timeout")
        with later("23T10:02"):
            sending.go()
        assert state(message)[0] == "sent" and not message.doubled
        assert hand.taken[0].key == hand.taken[1].key
        assert [attempt.outcome for attempt in Attempt.objects.order_by("id")] == ["called_off", "sent"]

    def test_a_provider_that_knows_it_settles_the_doubt_without_sending(self, post, hand):
        hand.answers, hand.asked = [unknown("timeout")], accepted("their-7")
        message = post.write(post.customer("李", sms=""), "sms")
        sending.go()
        with later("23T10:02"):
            sending.go()
        assert state(message)[0] == "sent" and message.their_id == "their-7"
        assert len(hand.taken) == 1

    def test_a_provider_that_does_not_know_it_is_asked_thrice_and_then_a_person(self, post, hand):
        hand.answers, hand.asked = [unknown("timeout")], not_found()
        message = post.write(post.customer("李", sms=""), "sms")
        for minute in (0, 2, 5, 20, 40):
            with later(f"23T10:{minute:02d}"):
                sending.go()
        assert state(message) == ("doubtful", "unknown")
        assert message.due_at is None and message.asked == 2 and len(hand.taken) == 1

    def test_a_mail_nobody_knows_of_goes_once_more_when_the_guard_lets_it_and_is_marked(self, post, hand):
        hand.answers = [unknown("no_answer"), unknown("no_answer")]
        message = post.write(post.customer("李", email=""), "email")
        sending.go()
        with later("23T10:02"):
            sending.go()
        assert state(message) == ("doubtful", "guard_later"), "the first may have arrived: one demand a day"
        post.entered("2026-11-24")
        with later("24T09:00"):
            sending.go()
        assert len(hand.taken) == 2 and message.doubled is False
        assert state(message)[0] == "doubtful" and message.doubled is True
        post.entered("2026-11-25")
        with later("25T09:00"):
            sending.go()
        assert len(hand.taken) == 2, "once more, and no oftener"
        assert message.due_at is not None and state(message) == ("doubtful", "unknown") and message.due_at is None

    def test_a_person_says_what_became_of_it_or_sends_it_again(self, post, hand):
        hand.answers = [unknown("timeout")] * 3
        first, second, third = (post.write(post.customer(name, sms=""), "sms") for name in "甲乙丙")
        sending.go()
        for each in (first, second, third):
            each.refresh_from_db()
        messages.call_sent(first, sent=True, reason="对方说收到了", by=post.cast.lin)
        messages.call_sent(second, sent=False, reason="网关没有记录", by=post.cast.lin)
        messages.send_again(third, by=post.cast.lin)
        assert (state(first)[0], state(second)[0]) == ("sent", "failed")
        assert Attempt.objects.get(message=second).outcome == "called_off"
        assert state(third)[0] == "waiting" and third.doubled
        with pytest.raises(Refusal, match="moved_on"):
            messages.call_sent(first, sent=False, reason="x", by=post.cast.lin)


class TestStopping:
    @pytest.mark.parametrize("scope", [{}, {"channel": "sms"}])
    def test_nothing_leaves_while_a_stop_holds_and_all_does_after(self, post, hand, scope):
        message = post.write(post.customer("李", sms=""), "sms")
        switch = switches.stop(reason="投诉集中", by=post.cast.zhao, **scope)
        sending.go()
        assert state(message) == ("waiting", "") and hand.taken == []
        switches.resume(switch, by=post.cast.zhao)
        sending.go()
        assert state(message)[0] == "sent"

    def test_the_stop_of_another_channel_stops_nothing_here(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        switches.stop(reason="退信多", channel="email", by=post.cast.zhao)
        sending.go()
        assert state(message)[0] == "sent"

    def test_a_stop_between_claiming_and_handing_over_is_heard(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")

        def stop(point, _message):
            if point == "claimed":
                switches.stop(reason="投诉集中", by=post.cast.zhao)

        sending.go(stop)
        assert state(message) == ("waiting", "stopped") and hand.taken == []
        assert message.attempt.outcome == "called_off"

    def test_one_stop_of_a_scope_at_a_time_and_only_by_who_may(self, post):
        switches.stop(reason="x", by=post.cast.zhao)
        with pytest.raises(Refusal, match="stopped_already"):
            switches.stop(reason="y", by=post.cast.chen)
        with pytest.raises(Refusal, match="not_allowed"):
            switches.stop(reason="y", channel="sms", by=post.cast.lin)

    def test_what_waits_can_be_called_off(self, post, hand):
        message = post.write(post.customer("李", sms=""), "sms")
        messages.call_off(message, reason="客户已来访", by=post.cast.lin)
        sending.go()
        assert state(message) == ("stopped", "called_off") and hand.taken == []


class TestOthersGoOn:
    def test_one_message_that_breaks_is_left_to_a_person(self, post, hand, monkeypatch):
        broken, sound = (post.write(post.customer(name, sms=""), "sms") for name in "甲乙")
        write = preparing.write

        def breaks(message, *given, **named):
            if message.pk == broken.pk:
                raise RuntimeError("out of paper")
            return write(message, *given, **named)

        monkeypatch.setattr(preparing, "write", breaks)
        sending.go()
        assert state(broken) == ("failed", "broken") and state(sound)[0] == "sent"

    def test_a_carrier_that_breaks_leaves_a_doubt(self, post, hand, monkeypatch):
        message = post.write(post.customer("李", sms=""), "sms")

        def breaks(_parcel):
            raise RuntimeError

        monkeypatch.setattr(hand, "send", breaks)
        sending.go()
        assert state(message) == ("doubtful", "broken")

    def test_a_provider_whose_settings_cannot_be_used_is_stopped_and_its_messages_wait(self, post, hand, monkeypatch):
        message = post.write(post.customer("李", sms=""), "sms")

        def broken(_provider):
            raise KeyError("secret")

        monkeypatch.setattr(carriers, "of", broken)
        sending.go()
        assert state(message) == ("waiting", "no_provider")
        assert Provider.objects.get(kind="http_sms").stopped_at is not None

    def test_a_doubt_that_cannot_be_resolved_keeps_no_other_waiting(self, post, hand, monkeypatch):
        hand.answers = [unknown("timeout")]
        doubtful = post.write(post.customer("甲", sms=""), "sms")
        sending.go()
        sound = post.write(post.customer("乙", sms=""), "sms")

        def breaks(*_given, **_named):
            raise RuntimeError

        monkeypatch.setattr(hand, "asks", breaks)
        with later("23T10:05"):
            sending.go()
        assert state(doubtful) == ("doubtful", "broken") and state(sound)[0] == "sent"
