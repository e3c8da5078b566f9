"""Recordings of calls: linked or played for those who may, once they say what for; the trail knows who listened."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from liangqing.cases.actions import records
from liangqing.cases.actions.files import Upload
from liangqing.cases.models import Attachment, Case
from liangqing.kit import clock
from liangqing.outreach.actions import calls, guard, providers
from liangqing.outreach.actions import recordings as actions
from liangqing.outreach.channels.calls import CallEvent, CallState
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Call, Provider
from liangqing.outreach.queries.facts import Wish
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.workbench.institution import Institution

AT_PROVIDER = "https://calls.example.org/rec/1.mp3?token=abc"
WAVE = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(20))


@pytest.fixture
def exchange(house_of_people: Institution) -> Provider:
    config = {"url": "https://calls.example.org/v1", "secret": "s", "recording_hosts": ["bucket.example.net"]}
    return providers.add("http_call", "总机", config, by=None)


def recorded(house: Institution, exchange: Provider, address: str = AT_PROVIDER) -> Call:
    """A call of 林's that was answered, of which the exchange told where its recording is."""
    lin, customer = house.user("lin"), house.of("lin")[0]
    wish = Wish(
        customer.case.party, Channel.PHONE, Content.DEMAND, customer.case.creditor, value="13812345678", by=lin,
        case=customer.case.number,
    )  # fmt: skip
    made = Call.objects.create(
        attempt=guard.ask(wish), provider=exchange, by=lin, asked_at=clock.now(), state="connected"
    )
    end = CallEvent(key=str(made.key), state=CallState.ENDED, at=clock.now(), duration_s=61, recording=address)
    calls.heard(exchange, end)
    made.refresh_from_db()
    return made


def manager(house: Institution) -> Client:
    """Somebody who sees all cases and may reveal nothing."""
    User.objects.filter(username="shen").update(duties=["manage"])
    return house.client_of("shen")


def looks() -> list[tuple[str, int, str]]:
    found = Entry.objects.filter(event="personal data revealed", facts__what="recording").order_by("id")
    return [(each.facts["of"], each.facts["of_id"], each.facts["purpose"]) for each in found]


class TestAtTheProvider:
    def test_the_case_leads_to_it_and_the_address_is_given_for_a_purpose_the_trail_keeps(
        self, house_of_people: Institution, exchange: Provider
    ) -> None:
        call = recorded(house_of_people, exchange)
        client, receipt = house_of_people.client_of("lin"), reverse("attempts-one", args=[call.attempt_id])
        assert f"{receipt}#recording" in client.get(reverse("cases-case", args=[call.attempt.case])).content.decode()
        before = client.get(receipt).content.decode()
        assert "calls.example.org" not in before, "neither as a link nor among what the channel told"
        listen = reverse("attempts-recording", args=[call.attempt_id])
        assert client.post(listen, {"purpose": " "}).status_code == 422
        assert looks() == []
        after = client.post(listen, {"purpose": "客户投诉，复听"}).content.decode()
        assert f'href="{AT_PROVIDER}" target="_blank" rel="noopener noreferrer"' in after
        assert looks() == [("call", call.attempt_id, "客户投诉，复听")]

    def test_who_may_not_reveal_gets_no_address(self, house_of_people: Institution, exchange: Provider) -> None:
        call = recorded(house_of_people, exchange)
        listen = reverse("attempts-recording", args=[call.attempt_id])
        assert manager(house_of_people).post(listen, {"purpose": "看看"}).status_code == 403
        assert house_of_people.client_of("wang").post(listen, {"purpose": "看看"}).status_code == 404
        assert looks() == []

    @pytest.mark.parametrize(
        ("address", "ours"),
        [
            (AT_PROVIDER, True),
            ("https://CALLS.example.org:8443/1.mp3", True),
            ("https://bucket.example.net/1.mp3", True),
            ("http://calls.example.org/1.mp3", False),
            ("https://169.254.169.254/latest/meta-data", False),
            ("https://calls.example.org.evil.example/1.mp3", False),
            ("https://calls.example.org@evil.example/1.mp3", False),
            ("https://evil.example\\@calls.example.org/1.mp3", False),
            ("https://calls.example.org\\.evil.example/1.mp3", False),
            ("https:///1.mp3", False),
            ("https://[::1/1.mp3", False),
            ("javascript:alert(1)//calls.example.org", False),
        ],
    )
    def test_only_an_https_address_of_a_registered_provider_is_linked(
        self, house_of_people: Institution, exchange: Provider, address: str, ours: bool
    ) -> None:
        assert actions.is_ours(address) is ours

    def test_an_address_elsewhere_is_said_and_not_linked(
        self, house_of_people: Institution, exchange: Provider
    ) -> None:
        call = recorded(house_of_people, exchange, "https://evil.example/1.mp3")
        listen = reverse("attempts-recording", args=[call.attempt_id])
        answer = house_of_people.client_of("lin").post(listen, {"purpose": "复听"})
        assert answer.status_code == 409
        assert "evil.example" in answer.content.decode()
        assert "https://evil.example" not in answer.content.decode()
        assert looks() == []


class TestAttached:
    @pytest.fixture
    def file(self, house_of_people: Institution) -> Attachment:
        return attached(house_of_people.of("lin")[0].case, house_of_people, WAVE)

    def urls(self, file: Attachment) -> tuple[str, str]:
        where = [file.record.case.number, file.pk]
        return reverse("cases-hearing", args=where), reverse("cases-attachment", args=where)

    def player(self, house: Institution, file: Attachment, username: str = "lin") -> str:
        """The address the page plays, once it was said what for."""
        page = house.client_of(username).post(self.urls(file)[0], {"purpose": "质检"}).content.decode()
        return page.partition('<audio controls preload="metadata" src="')[2].partition('"')[0]

    def test_it_plays_in_the_page_once_it_is_said_what_for(
        self, house_of_people: Institution, file: Attachment
    ) -> None:
        client, (hearing, address) = house_of_people.client_of("lin"), self.urls(file)
        assert hearing in client.get(reverse("cases-case", args=[file.record.case.number])).content.decode()
        assert client.get(address).headers["Location"] == hearing, "not past the question"
        assert "<audio" not in client.get(hearing).content.decode()
        assert looks() == []
        answer = client.get(self.player(house_of_people, file))
        assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, WAVE, "audio/wav")
        assert answer["Content-Disposition"].startswith("inline")
        assert looks() == [("attachment", file.pk, "质检")]

    def test_what_was_opened_for_one_person_plays_for_nobody_else(
        self, house_of_people: Institution, file: Attachment
    ) -> None:
        address = self.player(house_of_people, file, "xu")
        assert house_of_people.client_of("lin").get(address).status_code == 302
        assert house_of_people.client_of("xu").get(address).status_code == 200
        assert manager(house_of_people).post(self.urls(file)[0], {"purpose": "看看"}).status_code == 403

    @pytest.mark.parametrize(
        ("wanted", "status", "part"),
        [
            ("bytes=0-", 206, WAVE),
            ("bytes=4-7", 206, WAVE[4:8]),
            ("bytes=30-999", 206, WAVE[30:]),
            ("bytes=-6", 206, WAVE[-6:]),
            ("bytes=-999", 206, WAVE),
            ("bytes=36-", 416, b""),
            ("bytes=7-4", 416, b""),
            ("bytes=-0", 416, b""),
            ("bytes=-", 200, WAVE),
            ("bytes=0-1,4-5", 200, WAVE),
            ("lines=1-2", 200, WAVE),
        ],
    )
    def test_a_browser_gets_the_part_it_asks_for(
        self, house_of_people: Institution, file: Attachment, wanted: str, status: int, part: bytes
    ) -> None:
        assert len(WAVE) == 36
        address = self.player(house_of_people, file)
        answer = house_of_people.client_of("lin").get(address, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (status, part)
        if status == 206:
            first = WAVE.index(part) if part != WAVE else 0
            assert answer["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/36"
        if status == 416:
            assert answer["Content-Range"] == "bytes */36"

    def test_what_browsers_do_not_play_is_saved(self, house_of_people: Institution) -> None:
        file = attached(house_of_people.of("lin")[0].case, house_of_people, b"#!AMR\n1234")
        page = house_of_people.client_of("lin").post(self.urls(file)[0], {"purpose": "质检"}).content.decode()
        assert "<audio" not in page
        assert "save=1" in page


def attached(case: Case, house: Institution, content: bytes) -> Attachment:
    written = records.record(
        case, channel="phone", reached="self", result="call_back", by=house.user("lin"),
        address="13812345678", attachments=[Upload("call", content)],
    )  # fmt: skip
    return Attachment.objects.get(record=written)
