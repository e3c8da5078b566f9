"""Sending on pages: from a case, the outbox, to many, providers, lines, the stop switch, answers, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from liangqing.approvals.actions import votes
from liangqing.approvals.models import Request
from liangqing.approvals.queries import inbox
from liangqing.cases.models import Case
from liangqing.kit import clock, sealing
from liangqing.outreach.actions import incoming, providers, sending
from liangqing.outreach.actions import lines as registered
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.sending import unknown
from liangqing.outreach.channels.sms import Reply
from liangqing.outreach.models import Attempt, Dispatch, Incoming, Line, Message, Provider, Review, Switch
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Restraint
from liangqing.people.models import Certificate, User
from liangqing.people.models import Institution as Home
from liangqing.trail.models import Entry
from liangqing.workbench import bell
from tests.outreach.posts import Hand
from tests.workbench.institution import Institution

AFTERNOON = "2026-06-30T14:00:00"


@pytest.fixture
def house(house_of_people: Institution) -> Iterator[Institution]:
    """The institution at two in the afternoon, with a gateway for text messages; nothing is due."""
    with clock.at(AFTERNOON):
        Home.objects.create(
            pk=1, name="杭州两清商业管理有限公司", signer="应收账款管理部", callback_phone="0571-88880001",
            complaint_phone="0571-88880002", email="service@example.com", account_name="两清", bank="中国工商银行",
            account="1202020109900012345",
        )  # fmt: skip
        yield house_of_people


@pytest.fixture
def hand(house: Institution, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Every provider is in the test's hand."""
    carrier = Hand()
    monkeypatch.setattr(carriers, "of", lambda _provider: carrier)
    return carrier


@pytest.fixture
def case(house: Institution) -> Case:
    """One of 林's."""
    return house.of("lin")[0].case


def written() -> QuerySet[Message]:
    """What was written since: the night's own wait for tomorrow."""
    return Message.objects.exclude(source="night")


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def way(case: Case) -> str:
    return f"sms-{Contact.objects.filter(party=case.party, kind='phone').earliest('id').pk}"


def send(client: Client, case: Case, **more: Any) -> Any:
    given = {"way": way(case), "content": "reminder", "template": "", **more}
    return client.post(reverse("cases-messages", args=[case.number]), given)


@pytest.fixture
def mailed(case: Case) -> str:
    """The case's customer has an e-mail address, and mail can leave."""
    config = {
        "host": "127.0.0.1",
        "port": 9,
        "security": "none",
        "sender": "a@example.com",
        "domain": "mail.example.com",
    }
    providers.add("smtp", "邮件", config, by=None)
    contact = Contact.objects.create(
        party=case.party, kind="email", role="self", source="contract", value_stored=sealing.seal("li@example.org"),
        value_index=sealing.index("li@example.org"),
    )  # fmt: skip
    return f"email-{contact.pk}"


class TestFilesWithAMail:
    def test_they_are_chosen_on_the_page_go_with_it_and_stand_with_the_message(
        self, house: Institution, case: Case, hand: Hand, mailed: str
    ) -> None:
        client = house.client_of("lin", "en")
        address = reverse("cases-messages", args=[case.number])
        page = text_of(client.get(address, {"way": mailed, "content": "demand"}))
        assert 'name="letter"' in page and 'name="statement"' in page and 'type="file"' in page
        assert 'name="letter"' not in text_of(client.get(address, {"way": mailed, "content": "bill"}))
        assert 'type="file"' not in text_of(client.get(address, {"way": way(case), "content": "demand"}))
        paper = SimpleUploadedFile("contract.pdf", b"%PDF-1.7 x")
        more = {"letter": "on", "statement": "xlsx", "files": [paper]}
        answer = send(client, case, way=mailed, content="demand", **more)
        message = written().get()
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("messages-one", args=[message.pk]))
        assert "made when it leaves" in text_of(client.get(reverse("messages-one", args=[message.pk])))
        sending.go()
        assert [each.name.rpartition(".")[2] for each in hand.taken[0].attachments] == ["pdf", "xlsx", "pdf"]
        page = text_of(client.get(reverse("messages-one", args=[message.pk])))
        for kept, gone in zip(message.files.order_by("id"), hand.taken[0].attachments, strict=True):
            assert kept.sha256 in page
            taken = client.get(reverse("messages-file", args=[message.pk, kept.pk]))
            assert b"".join(taken.streaming_content) == gone.content

    def test_what_may_not_go_is_told_at_the_field(self, house: Institution, case: Case, mailed: str) -> None:
        voice = SimpleUploadedFile("call.mp3", b"ID3\x03 voice")
        answer = send(house.client_of("lin", "en"), case, way=mailed, content="demand", files=[voice])
        assert answer.status_code == 422 and "recordings stay in the house" in text_of(answer)
        assert not written().exists()


class TestFromACase:
    def test_the_wording_that_fits_is_shown_with_the_values_of_the_case(self, house: Institution, case: Case) -> None:
        page = text_of(
            house.client_of("lin").get(reverse("cases-messages", args=[case.number]), {"content": "reminder"})
        )
        assert "杭州两清商业管理有限公司" in page and "0571-88880001" in page
        assert not written().exists() and not Attempt.objects.filter(source="person", channel="sms").exists()

    def test_it_is_sent_and_stands_in_the_outbox_with_what_it_said(
        self, house: Institution, case: Case, hand: Hand
    ) -> None:
        client = house.client_of("lin")
        answer = send(client, case)
        message = written().get()
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("messages-one", args=[message.pk]))
        with clock.at("2026-06-30T14:00:05"):
            send(client, case)
        assert written().count() == 1, "clicked twice, sent once"
        sending.go()
        page = text_of(client.get(reverse("messages-one", args=[message.pk])))
        message.refresh_from_db()
        assert (message.state, message.by) == ("sent", house.user("lin"))
        assert hand.taken[0].body.splitlines()[0] in page.replace("<br>", "\n")
        assert Attempt.objects.get(message=message).number in page, "the guard's receipt"
        assert message.value not in page and "138****" in page, "the number stays masked"

    def test_who_opted_out_gets_nothing_and_the_page_says_why(self, house: Institution, case: Case) -> None:
        restraints.place(case.party, "opt_out", channel="sms", reason="不要短信", by=None)
        answer = send(house.client_of("lin"), case)
        assert answer.status_code == 409 and "不再以此方式联系" in text_of(answer)
        assert not written().exists()

    def test_at_night_it_is_written_and_waits_and_the_page_says_until_when(
        self, house: Institution, case: Case, hand: Hand
    ) -> None:
        with clock.at("2026-06-30T23:10:00"):
            client = house.client_of("lin")
            restraints.lift(
                Restraint.objects.get(party=case.party, kind="promise"), reason="已付", by=house.user("lin")
            )
            page = text_of(client.get(reverse("cases-messages", args=[case.number]), {"content": "reminder"}))
            assert "2026-07-01 12:00" in page
            assert send(client, case).status_code == 302
            sending.go()
            assert written().get().state == "held" and not hand.taken

    def test_what_may_leave_only_when_it_would_be_dropped_is_not_taken(self, house: Institution, case: Case) -> None:
        with clock.at("2026-06-30T23:10:00"):
            client = house.client_of("lin")
            page = text_of(client.get(reverse("cases-messages", args=[case.number]), {"content": "reminder"}))
            assert "2026-07-08 12:00" in page, "a promise is open until then"
            assert send(client, case).status_code == 409 and not written().exists()

    def test_what_may_not_be_said_is_refused_while_typing_and_when_sent(self, house: Institution, case: Case) -> None:
        client, words = house.client_of("lin"), {"body": "再不还钱就让你坐牢"}
        live = client.post(reverse("cases-messages-checks", args=[case.number]), words)
        assert "<mark" in text_of(live)
        answer = send(client, case, content="reply", **words)
        assert answer.status_code == 422 and "再不还钱就让你坐牢" in text_of(answer).replace("<mark", "\n<mark")
        assert not written().exists()

    def test_an_answer_in_ones_own_words_leaves_as_written(self, house: Institution, case: Case, hand: Hand) -> None:
        client = house.client_of("lin")
        for body in ("您好，发票已经重新寄出。", "您好，账户信息见合同第八条。"):
            assert send(client, case, content="reply", body=body).status_code == 302
        assert [each.written["body"] for each in written().order_by("id")] == [
            "您好，发票已经重新寄出。", "您好，账户信息见合同第八条。",
        ]  # fmt: skip
        assert not Review.objects.filter(kind="message").exists()

    def test_a_contact_of_somebody_else_can_not_be_written_to(self, house: Institution, case: Case) -> None:
        other = Contact.objects.exclude(party=case.party).earliest("id")
        assert send(house.client_of("lin"), case, way=f"sms-{other.pk}").status_code == 422


class TestOutbox:
    @pytest.fixture
    def doubtful(self, house: Institution, case: Case, hand: Hand) -> Message:
        hand.answers = [unknown("timeout")]
        send(house.client_of("lin"), case)
        sending.go()
        message = written().get()
        Message.objects.filter(pk=message.pk).update(due_at=None)
        assert message.state == "doubtful"
        return message

    def test_a_doubtful_one_is_settled_by_who_found_out(self, house: Institution, doubtful: Message) -> None:
        client, url = house.client_of("lin"), reverse("messages-settlement", args=[doubtful.pk])
        assert doubtful.number in text_of(client.get(reverse("messages"), {"mine": "1"}))
        assert client.post(url, {"went": "yes"}).status_code == 422, "how does one know?"
        assert client.post(url, {"went": "yes", "reason": "客户说收到了"}).status_code == 302
        doubtful.refresh_from_db()
        assert (doubtful.state, doubtful.reason_said) == ("sent", "客户说收到了")

    def test_or_sent_again_and_marked_as_perhaps_doubled(self, house: Institution, doubtful: Message) -> None:
        client = house.client_of("lin")
        assert client.post(reverse("messages-repetition", args=[doubtful.pk])).status_code == 302
        doubtful.refresh_from_db()
        assert (doubtful.state, doubtful.doubled) == ("waiting", True)

    def test_what_waits_is_called_off_with_a_reason(self, house: Institution, case: Case) -> None:
        client = house.client_of("lin")
        send(client, case)
        message = written().get()
        url = reverse("messages-cancellation", args=[message.pk])
        assert client.post(url, {"reason": " "}).status_code == 422
        assert client.post(url, {"reason": "客户来电说已付"}).status_code == 302
        assert "客户来电说已付" not in Entry.objects.latest("id").facts.values(), "the trail holds codes"
        message.refresh_from_db()
        assert message.state == "stopped"
        assert client.post(url, {"reason": "再一次"}).status_code == 409

    def test_nobody_sees_a_message_to_somebody_elses_customer(self, house: Institution, case: Case) -> None:
        send(house.client_of("lin"), case)
        message = written().get()
        assert house.client_of("wang").get(reverse("messages-one", args=[message.pk])).status_code == 404
        assert message.number not in text_of(house.client_of("wang").get(reverse("messages")))


class TestToMany:
    def made(self, house: Institution, who: str = "gao", **more: Any) -> Dispatch:
        client = house.client_of(who)
        page = text_of(client.get(reverse("dispatches-selection"), {"number": "50", "order": "age"}))
        cases = page.split('name="cases" value="')[1].split('"')[0]
        given = {"name": "六月底提醒", "channel": "sms", "content": "reminder", "template": "", "cases": cases, **more}
        answer = client.post(reverse("dispatches"), given)
        assert answer.status_code == 302, text_of(answer)
        return Dispatch.objects.latest("id")

    def test_chosen_looked_at_sent_and_followed(self, house: Institution, hand: Hand) -> None:
        opted = house.customer("C1").case
        restraints.place(opted.party, "opt_out", channel="sms", reason="不要短信", by=None)
        dispatch, client = self.made(house), house.client_of("gao")
        url = reverse("dispatches-one", args=[dispatch.pk])
        page = text_of(client.get(url))
        assert dispatch.figures["refused"] >= 1 and "restraint:R-optout" in page and "不再以此方式联系" in page
        assert not written().exists()
        assert client.post(reverse("dispatches-start", args=[dispatch.pk])).status_code == 302
        count = written().count()
        assert count == dispatch.figures["allowed"] + dispatch.figures["later"] > 0
        part = client.get(url, headers={"HX-Request": "true", "HX-Target": "progress"})
        assert "<progress" in text_of(part) and "<html" not in text_of(part)
        assert not written().filter(party=opted.party).exists()

    def test_stopped_it_rests_and_ended_it_leaves_nothing(self, house: Institution, hand: Hand) -> None:
        dispatch, client = self.made(house), house.client_of("gao")
        client.post(reverse("dispatches-start", args=[dispatch.pk]))
        assert client.post(reverse("dispatches-stop", args=[dispatch.pk]), {"reason": ""}).status_code == 422
        client.post(reverse("dispatches-stop", args=[dispatch.pk]), {"reason": "措辞有误"})
        sending.go()
        assert not hand.taken
        assert "措辞有误" in text_of(client.get(reverse("dispatches-one", args=[dispatch.pk])))
        client.post(reverse("dispatches-cancellation", args=[dispatch.pk]), {"reason": "作废"})
        assert set(written().values_list("state", flat=True)) == {"stopped"}

    def test_so_many_need_an_approval(self, house: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
        from liangqing.outreach.actions import dispatches

        monkeypatch.setattr(dispatches, "needs_approval", lambda row: row.state != "approved")
        dispatch, client = self.made(house), house.client_of("gao")
        refused = client.post(reverse("dispatches-start", args=[dispatch.pk]))
        assert refused.status_code == 409 and not written().exists()
        client.post(reverse("dispatches-request", args=[dispatch.pk]), {"reason": "月底统一提醒"})
        asked = Request.objects.get(act="outreach.dispatch")
        assert asked.number in text_of(client.get(reverse("dispatches-one", args=[dispatch.pk])))
        while Request.objects.get(pk=asked.pk).state == "open":
            votes.approve(asked, by=next(user for user in User.objects.all() if inbox.asked(user).filter(pk=asked.pk)))
        dispatch.refresh_from_db()
        assert dispatch.state == "approved"

    def test_a_wording_of_another_channel_is_no_choice(self, house: Institution) -> None:
        from liangqing.outreach.models import TemplateVersion

        letter = TemplateVersion.objects.filter(template__channel="email", state="approved").earliest("id")
        client = house.client_of("gao")
        page = text_of(client.get(reverse("dispatches-selection"), {"number": "5", "order": "age"}))
        cases = page.split('name="cases" value="')[1].split('"')[0]
        given = {"name": "x", "channel": "sms", "content": "reminder", "template": letter.pk, "cases": cases}
        assert client.post(reverse("dispatches"), given).status_code == 422

    def test_a_choice_that_was_tampered_with_is_none(self, house: Institution) -> None:
        given = {"name": "x", "channel": "sms", "content": "reminder", "cases": "[1]"}
        assert house.client_of("gao").post(reverse("dispatches"), given).status_code == 422


class TestChannels:
    def test_a_secret_is_never_shown_and_stays_when_left_empty(self, house: Institution) -> None:
        client = house.client_of("admin")
        given = {
            "kind": "smtp", "name": "邮件", "set_host": "127.0.0.1", "set_port": "25", "set_security": "none",
            "set_sender": "bill@example.com", "set_domain": "example.com", "set_username": "u",
            "set_password": "very secret", "order": "1", "moves_on": ["unreachable"], "own_route": "on",
        }  # fmt: skip
        assert client.post(reverse("channels-new"), given).status_code == 302
        provider = Provider.objects.get(name="邮件")
        url = reverse("channels-one", args=[provider.pk])
        assert "very secret" not in text_of(client.get(url))
        client.post(url, {**given, "set_password": "", "set_host": "mail.example.com"})
        provider.refresh_from_db()
        assert (provider.setting("host"), provider.setting("password")) == ("mail.example.com", "very secret")
        assert "very secret" not in text_of(house.client_of("luo").get(url)), "audit sees settings, no secrets"

    def test_what_is_missing_is_said_at_its_field(self, house: Institution) -> None:
        answer = house.client_of("admin").post(reverse("channels-new"), {"kind": "smtp", "name": "x", "order": "1"})
        assert answer.status_code == 422 and 'id="id_set_host_error"' in text_of(answer)

    def test_it_is_stopped_with_a_reason_and_resumed(self, house: Institution) -> None:
        client, provider = house.client_of("admin"), Provider.objects.get()
        assert client.post(reverse("channels-stop", args=[provider.pk]), {}).status_code == 422
        client.post(reverse("channels-stop", args=[provider.pk]), {"reason": "余额不足"})
        assert "余额不足" in text_of(client.get(reverse("channels")))
        client.post(reverse("channels-resumption", args=[provider.pk]))
        provider.refresh_from_db()
        assert provider.sends

    def test_testing_an_unreachable_one_says_so(self, house: Institution) -> None:
        client, provider = house.client_of("admin"), Provider.objects.get()
        client.post(reverse("channels-test", args=[provider.pk]))
        provider.refresh_from_db()
        assert provider.test_passed is False
        assert provider.test_code in text_of(client.get(reverse("channels")))

    def test_a_template_there_waits_and_is_approved(self, house: Institution) -> None:
        client, there = house.client_of("admin"), Provider.objects.get().templates.get()
        client.post(reverse("channels-template", args=[there.pk]), {"approved": "yes"})
        there.refresh_from_db()
        assert there.state == "approved"

    def test_a_line_is_registered_once_and_closed(self, house: Institution) -> None:
        client, given = house.client_of("admin"), {"channel": "sms", "value": "10690000", "contracted": "on"}
        assert client.post(reverse("channels-lines"), given).status_code == 302
        assert client.post(reverse("channels-lines"), given).status_code == 422
        line = Line.objects.get(value="10690000")
        client.post(reverse("channels-line", args=[line.pk]), {"do": "close"})
        line.refresh_from_db()
        assert (line.active, line.closed_on) == (False, clock.today())
        assert list(Entry.objects.filter(thing="line", thing_id=line.pk).order_by("id").values_list("event", flat=True)) == [
            "line registered", "line closed",
        ]  # fmt: skip

    def test_what_is_sent_from_a_registered_line_passes_and_from_another_does_not(
        self, house: Institution, case: Case
    ) -> None:
        client, other = house.client_of("lin"), registered.register("sms", "10691111", by=None)
        assert send(client, case).status_code == 409
        assert "10690000" in text_of(house.client_of("admin").get(reverse("channels-lines"))), (
            "said on the page of lines"
        )
        registered.close(other, by=None)
        registered.register("sms", "10690000", by=None)
        assert send(client, case).status_code == 302

    def test_one_button_stops_everything_and_the_page_says_who_and_why(
        self, house: Institution, case: Case, hand: Hand
    ) -> None:
        send(house.client_of("lin"), case)
        xu = house.client_of("xu")
        assert xu.post(reverse("channels-switches"), {"channel": "", "reason": ""}).status_code == 422
        xu.post(reverse("channels-switches"), {"channel": "", "reason": "措辞有误"})
        sending.go()
        assert not hand.taken
        page = text_of(xu.get(reverse("channels-switches")))
        assert "措辞有误" in page and house.user("xu").name in page
        xu.post(reverse("channels-release", args=[Switch.objects.latest("id").pk]))
        sending.go()
        assert len(hand.taken) == 1

    def test_a_collector_sees_none_of_it(self, house: Institution) -> None:
        assert house.client_of("lin").get(reverse("channels")).status_code == 403


class TestAnswers:
    def reply(self, case: Case, text: str, sender: str = "") -> Incoming:
        number = Contact.objects.filter(party=case.party, kind="phone").earliest("id").value
        made = incoming.texted(Provider.objects.get(), Reply(sender=sender or number, text=text, at=clock.now()))
        assert made is not None
        return made

    def test_an_answer_puts_the_case_on_the_list_rings_and_is_dealt_with(
        self, house: Institution, case: Case, hand: Hand
    ) -> None:
        lin, client = house.user("lin"), house.client_of("lin")
        send(client, case)
        sending.go()
        Case.objects.filter(pk=case.pk).update(next_on="2026-07-20")
        row = self.reply(case, "周五付款")
        case.refresh_from_db()
        assert case.next_on == clock.today()
        assert [each.pk for each in bell.waiting(lin).answers] == [row.pk]
        assert "周五付款" in text_of(client.get(reverse("bell")))
        page = text_of(client.get(reverse("messages-incoming-one", args=[row.pk])))
        assert "周五付款" in page and case.number in page and written().earliest("id").number in page
        assert reverse("messages-incoming-one", args=[row.pk]) in text_of(
            client.get(reverse("cases-case", args=[case.number]))
        ), "it stands in the timeline"
        client.post(reverse("messages-incoming-handling", args=[row.pk]))
        assert bell.waiting(lin).answers == []

    def test_a_holiday_notice_moves_nothing(self, house: Institution, case: Case) -> None:
        Case.objects.filter(pk=case.pk).update(next_on="2026-07-20")
        number = Contact.objects.filter(party=case.party, kind="phone").earliest("id").value
        incoming.take(Provider.objects.get(), kind="automatic", named="1", at=clock.now(), sender=number, text="休假中")
        case.refresh_from_db()
        assert str(case.next_on) == "2026-07-20" and bell.waiting(house.user("lin")).answers == []

    def test_what_nobody_knows_the_sender_of_is_put_with_a_customer_and_its_wish_heard(
        self, house: Institution, case: Case
    ) -> None:
        row = self.reply(case, "退订", sender="+8613999999999")
        assert row.party is None
        assert house.client_of("lin").get(reverse("messages-incoming-one", args=[row.pk])).status_code == 404
        xu, url = house.client_of("xu"), reverse("messages-incoming-owner", args=[row.pk])
        assert xu.post(url, {"customer": "E9999"}).status_code == 422
        assert xu.post(url, {"customer": case.party.number}).status_code == 302
        known = Incoming.objects.get(pk=row.pk)
        assert known.party == case.party and known.restraint is not None


class TestCertificates:
    def test_it_is_entered_listed_when_it_runs_out_and_ended(self, house: Institution) -> None:
        client, lin = house.client_of("admin"), house.user("lin")
        given = {"kind": "collection", "from_on": "2026-06-01", "last_day": "2026-07-15", "note": "第12号"}
        url = reverse("people-person-certificates", args=[lin.pk])
        assert client.post(url, {**given, "last_day": "2026-05-01"}).status_code == 422
        assert client.post(url, given).status_code == 302
        assert client.post(url, given).status_code == 422, "one of a kind at a time"
        assert lin.name in text_of(client.get(reverse("people-certificates")))
        held = Certificate.objects.get(user=lin)
        assert str(held.until_on) == "2026-07-16"
        client.post(reverse("people-certificate-end", args=[held.pk]), {"reason": "调岗"})
        held.refresh_from_db()
        assert held.until_on == clock.today()

    def test_who_does_not_change_people_enters_none(self, house: Institution) -> None:
        url = reverse("people-person-certificates", args=[house.user("lin").pk])
        assert house.client_of("xu").post(url, {}).status_code == 403
