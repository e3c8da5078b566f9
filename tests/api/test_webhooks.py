"""Webhooks: what is told, to whom, signed, in order, again when it did not arrive, and never into private places."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import transaction

from liangqing.api.actions import clients, deliveries, webhooks
from liangqing.api.models import Delivery, Webhook
from liangqing.api.rules import addresses, retries, signature
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.events import MessageMoved, ReplyReceived
from liangqing.people.models import Department
from liangqing.trail.actions.tell import tell, write
from liangqing.trail.models import Entry


@dataclass
class Receiver:
    """A server on this machine that keeps what it gets and answers as it is told."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _headers, body in self.got for event in json.loads(body)["events"]]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((dict(self.headers), body))
            kept.at.append(time.monotonic())
            status = kept.answers.pop(0) if kept.answers else 204
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{kept.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}/hook?x=1")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hook(institution, issue, admin, receiver):
    """A webhook that hears everything, with its secret."""
    return webhooks.register(issue("risk").client, receiver.url, webhooks.EVENTS, admin)


@contextmanager
def slow_receiver(drips: bytes) -> Iterator[tuple[str, list[float]]]:
    """A server that takes a request and never comes to the end of its answer; its address, and when it was called."""
    came: list[float] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)

        def answer(taken: socket.socket) -> None:
            with taken, suppress(OSError):
                taken.sendall(drips)
                while not over.wait(0.2):
                    if drips:
                        taken.sendall(b"x")

        def listen() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    taken = listening.accept()[0]
                    came.append(time.monotonic())
                    threads.append(threading.Thread(target=answer, args=(taken,)))
                    threads[-1].start()

        threads = [threading.Thread(target=listen)]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/", came
        finally:
            over.set()
            for thread in threads:
                thread.join()


def send() -> dict[str, int]:
    deliveries.collect()
    return deliveries.deliver()


class TestTold:
    def test_a_promise_arrives_signed_with_what_it_says(self, institution, hook, receiver):
        promise = institution.huaxin.promises("12.30", on="2026-03-12", due="2026-03-20")
        with clock.at("2026-03-12T10:00:00"):
            assert send() == {"sent": 1, "failed": 0}
            at = int(clock.now().timestamp())
        ((headers, body),) = receiver.got
        _webhook, secret = hook
        assert signature.holds(secret, headers["Liangqing-Signature"], body, now=at)
        assert not signature.holds(secret, headers["Liangqing-Signature"], body + b" ", now=at)
        assert not signature.holds("whsec_other", headers["Liangqing-Signature"], body, now=at)
        assert not signature.holds(secret, headers["Liangqing-Signature"], body, now=at + 301)
        (event,) = receiver.events
        entry = Entry.objects.get(event="promise recorded")
        assert event == {
            "id": entry.pk,
            "event": "promise.recorded",
            "at": entry.at.astimezone(clock.zone()).isoformat(),
            "day": "2026-03-12",
            "customer": institution.huaxin.party.number,
            "case": promise.case.number,
            "data": {"amount": "12.30", "currency": "CNY", "due_on": "2026-03-20"},
        }
        message = Delivery.objects.get()
        assert headers["Liangqing-Delivery"] == str(message.pk)
        assert (message.state, message.tries, message.last_status) == ("sent", 1, 204)

    def test_a_night_tells_its_alerts_and_cases_in_one_message_and_in_order(self, institution, hook, receiver, night):
        late = institution.cast.customer("大河")
        late.bill(500, due="2026-03-11")
        institution.huaxin.promises(5, on="2026-03-11", due="2026-03-11")
        night("2026-03-12")
        night("2026-03-15")
        assert send()["sent"] == 1
        told = receiver.events
        assert [event["id"] for event in told] == sorted(event["id"] for event in told)
        names = {event["event"] for event in told}
        assert {"alert.raised", "case.opened", "promise.recorded", "promise.broken", "night.run"} <= names
        alert = next(event for event in told if event["event"] == "alert.raised")
        assert (alert["customer"], alert["data"]["amount"]) == (late.party.number, "500.00")
        night_run = next(event for event in told if event["event"] == "night.run")
        assert night_run["data"]["date"] == "2026-03-12"
        assert "checksums" not in night_run["data"]

    def test_what_became_of_a_message_is_told_to_whom_may_see_its_customer(self, institution, issue, admin, receiver):
        limited = issue("head", department=institution.cast.chen.department)
        webhooks.register(limited.client, receiver.url, ["message.moved", "reply.received"], admin)
        with transaction.atomic():
            for number, customer in enumerate((institution.zhang, institution.huaxin), 1):
                about = {"thing_id": number, "party_id": customer.party.pk, "case": "LQ-1", "channel": "sms"}
                tell(MessageMoved(state="delivered", reason="", doubled=False, digest="d", **about), by=None)
            facts = {"case": "", "channel": "sms", "kind": "reply", "message": 1, "silence": True}
            reply = (ReplyReceived.name, None, "incoming", 1, institution.zhang.party.pk, facts)
            write([reply], day=clock.today())
        assert send() == {"sent": 1, "failed": 0}
        moved, replied = receiver.events
        assert (moved["event"], moved["customer"], moved["case"]) == (
            "message.moved", institution.zhang.party.number, "LQ-1"
        )  # fmt: skip
        assert moved["data"] == {
            "number": 1, "channel": "sms", "state": "delivered", "reason": "", "doubled": False
        }  # fmt: skip
        assert (replied["event"], replied["case"], replied["data"]["silence"]) == ("reply.received", None, True)

    def test_a_message_holds_so_many_events_at_most(self, institution, hook, receiver, monkeypatch):
        monkeypatch.setattr(deliveries, "MOST_EVENTS", 2)
        monkeypatch.setattr(deliveries, "_CHUNK", 3)
        for turn in range(7):
            institution.huaxin.promises(turn + 1, on="2026-03-12", due="2026-03-20")
        send()
        assert [event["data"]["amount"] for event in receiver.events] == [f"{turn + 1}.00" for turn in range(7)]
        assert all(len(json.loads(body)["events"]) <= 2 for _headers, body in receiver.got)

    def test_what_was_rolled_back_is_not_told(self, institution, hook, receiver):
        with transaction.atomic():
            institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
            transaction.set_rollback(True)
        assert send() == {"sent": 0, "failed": 0}
        assert receiver.got == []
        assert not Delivery.objects.exists()

    def test_nothing_is_told_twice_nor_before_it_was_registered(self, institution, hook, receiver):
        assert deliveries.collect() == 0, "the night before was not asked for"
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        assert [deliveries.collect(), deliveries.collect()] == [1, 0]

    def test_only_the_events_asked_for_are_told(self, institution, issue, admin, receiver):
        webhooks.register(issue("risk").client, receiver.url, ["promise.broken"], admin)
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        assert send() == {"sent": 0, "failed": 0}

    def test_what_the_program_may_not_see_it_is_not_told(self, institution, issue, admin, receiver, night):
        program = issue("head", department=Department.objects.get(code="sales"))
        webhooks.register(program.client, receiver.url, webhooks.EVENTS, admin)
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        institution.zhang.promises(7, on="2026-03-12", due="2026-03-20")
        send()
        assert [event["customer"] for event in receiver.events] == [institution.zhang.party.number]

    def test_no_name_and_no_way_to_reach_anybody_leaves_the_house(self, institution, hook, receiver, night):
        institution.zhang.promises(7, on="2026-03-12", due="2026-03-12")
        night("2026-03-15")
        send()
        text = b"".join(body for _headers, body in receiver.got).decode()
        assert "promise.broken" in text
        assert not any(part in text for part in ("张", "华信", "1380000"))

    def test_an_act_that_commits_late_is_told_all_the_same(self, institution, hook, receiver):
        """While somebody is in the middle of an act nothing is sealed, so that no entry is passed over."""
        held, goes_on = threading.Event(), threading.Event()

        def slow() -> None:
            from django.db import connection

            with transaction.atomic():
                institution.zhang.promises(7, on="2026-03-12", due="2026-03-20")
                held.set()
                goes_on.wait(10)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        assert held.wait(10)
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        send()
        assert receiver.events == []
        goes_on.set()
        thread.join()
        send()
        assert sorted(event["data"]["amount"] for event in receiver.events) == ["5.00", "7.00"]


class TestTriedAgain:
    def test_what_did_not_arrive_is_sent_again_after_a_minute_and_later_messages_wait(
        self, institution, hook, receiver
    ):
        receiver.answers = [500]
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        with clock.at("2026-03-12T10:00:00"):
            assert send() == {"sent": 0, "failed": 1}
            institution.zhang.promises(7, on="2026-03-12", due="2026-03-20")
            assert send() == {"sent": 0, "failed": 0}
        with clock.at("2026-03-12T10:00:59"):
            assert send() == {"sent": 0, "failed": 0}
        with clock.at("2026-03-12T10:01:00"):
            assert send() == {"sent": 2, "failed": 0}
        first, again, later = (json.loads(body) for _headers, body in receiver.got)
        assert first == again
        assert [message["events"][0]["data"]["amount"] for message in (again, later)] == ["5.00", "7.00"]
        assert list(Delivery.objects.order_by("id").values_list("state", "tries")) == [("sent", 2), ("sent", 1)]

    def test_after_all_its_tries_a_message_is_given_up_and_shown_and_can_be_sent_again(
        self, institution, hook, receiver, admin
    ):
        receiver.answers = [500] * 6
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        at = dt.datetime(2026, 3, 12, 10, tzinfo=clock.zone())
        for wait in (dt.timedelta(), *retries.WAITS):
            at += wait
            with clock.at(at):
                assert send() == {"sent": 0, "failed": 1}
        message = Delivery.objects.get()
        assert (message.state, message.tries, message.last_status, message.last_error) == (
            "failed", 6, 500, "not_accepted",
        )  # fmt: skip
        assert sum(retries.WAITS, dt.timedelta()) == dt.timedelta(hours=14, minutes=36)
        with clock.at(at):
            assert send() == {"sent": 0, "failed": 0}
            deliveries.try_again(message, admin)
            assert send() == {"sent": 1, "failed": 0}

    def test_a_redirect_is_not_followed(self, institution, hook, receiver):
        receiver.answers = [302]
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        assert send() == {"sent": 0, "failed": 1}
        assert len(receiver.got) == 1

    def test_where_nobody_listens_the_failure_is_noted(self, institution, hook):
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        Webhook.objects.update(url="http://127.0.0.1:9/")
        assert send() == {"sent": 0, "failed": 1}
        assert Delivery.objects.get().last_error == "no_connection"

    def test_one_that_does_not_answer_holds_up_nobody_else(self, institution, hook, receiver, issue, admin):
        webhooks.register(issue("risk").client, receiver.url, webhooks.EVENTS, admin)
        Webhook.objects.filter(pk=hook[0].pk).update(url="http://127.0.0.1:9/")
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        assert send() == {"sent": 1, "failed": 1}

    @pytest.mark.parametrize("drips", [b"", b"HTTP/1.1 200 OK\r\nX: "], ids=["silent", "a byte now and then"])
    def test_a_slow_receiver_keeps_no_other_waiting_and_is_given_up_in_time(
        self, institution, hook, receiver, issue, admin, monkeypatch, drips
    ):
        monkeypatch.setattr(deliveries, "_PATIENCE_S", 2.0)
        monkeypatch.setattr(deliveries, "MOST_EVENTS", 1)
        with slow_receiver(drips) as (url, came):
            slow = webhooks.register(issue("risk").client, url, webhooks.EVENTS, admin)[0]
            # The slow one is the first in line.
            Webhook.objects.filter(pk=hook[0].pk).update(url=url)
            Webhook.objects.filter(pk=slow.pk).update(url=receiver.url)
            for turn in range(3):
                institution.huaxin.promises(turn + 1, on="2026-03-12", due="2026-03-20")
            begun = time.monotonic()
            assert send() == {"sent": 3, "failed": 1}
            assert time.monotonic() - begun < 15
        assert len(receiver.at) == 3
        assert max(receiver.at) - came[0] < 1.9, (
            "all of the quick one's arrived while the slow one was being waited for"
        )
        assert hook[0].deliveries.order_by("id").first().last_error == "timeout"

    def test_no_message_is_begun_when_the_go_has_lasted_too_long(self, institution, hook, receiver, monkeypatch):
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        monkeypatch.setattr(deliveries, "_BEGIN_S", -1.0)
        assert send() == {"sent": 0, "failed": 0}
        monkeypatch.setattr(deliveries, "_BEGIN_S", 30.0)
        assert send() == {"sent": 1, "failed": 0}

    def test_switched_off_or_revoked_nothing_is_sent(self, institution, hook, receiver, admin):
        webhook, _secret = hook
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        deliveries.collect()
        webhooks.switch(webhook, active=False, by=admin)
        assert send() == {"sent": 0, "failed": 0}
        webhooks.switch(webhook, active=True, by=admin)
        clients.revoke(webhook.client, admin)
        assert send() == {"sent": 0, "failed": 0}
        assert receiver.got == []


PUBLIC, PRIVATE = "203.0.114.7", "10.1.2.3"


def resolves(*found: str):
    import ipaddress

    return lambda _host, _port: [ipaddress.ip_address(each) for each in found]


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "found", "code"),
        [
            ("https://a.example/x", [PRIVATE], "private_address"),
            ("https://a.example/x", [PUBLIC, PRIVATE], "private_address"),
            ("https://a.example/x", ["127.0.0.1"], "private_address"),
            ("https://a.example/x", ["169.254.169.254"], "private_address"),
            ("https://a.example/x", ["::1"], "private_address"),
            ("https://a.example/x", ["::ffff:10.1.2.3"], "private_address"),
            ("https://a.example/x", ["fd00::1"], "private_address"),
            ("https://a.example/x", ["0.0.0.0"], "private_address"),
            ("https://a.example/x", ["100.64.0.1"], "private_address"),
            ("https://a.example/x", ["224.0.0.1"], "private_address"),
            ("http://a.example/x", [PUBLIC], "not_encrypted"),
            ("https://a.example/x", [], "unknown_host"),
            ("ftp://a.example/x", [PUBLIC], "bad_url"),
            ("https://u:p@a.example/x", [PUBLIC], "bad_url"),
            ("https:///x", [PUBLIC], "bad_url"),
            ("https://a.example/x#y", [PUBLIC], "bad_url"),
            ("https://a.example:99999/", [PUBLIC], "bad_url"),
            ("https://a.example/\r\nx", [PUBLIC], "bad_url"),
            ("file:///etc/passwd", [PUBLIC], "bad_url"),
        ],
    )
    def test_an_address_that_is_not_public_or_not_encrypted_is_refused(self, url, found, code):
        with pytest.raises(addresses.NotAllowed) as refused:
            addresses.check(url, (), resolves(*found))
        assert str(refused.value) == code

    def test_the_message_goes_to_the_very_address_that_was_checked(self):
        target = addresses.check("https://a.example:8443/x?y=1", (), resolves(PUBLIC))
        assert target.url == f"https://{PUBLIC}:8443/x?y=1"
        assert (target.host, target.host_header) == ("a.example", "a.example:8443")
        assert addresses.check("https://a.example", (), resolves("2606:4700::1")).url == "https://[2606:4700::1]:443/"

    def test_a_network_the_settings_name_is_allowed(self, settings):
        settings.WEBHOOK_NETWORKS = ("10.0.0.0/8",)
        allowed = webhooks.networks()
        assert addresses.check("http://a.example/", allowed, resolves(PRIVATE)).address.is_private
        with pytest.raises(addresses.NotAllowed):
            addresses.check("http://a.example/", allowed, resolves("192.168.0.1"))

    def test_an_address_that_became_private_is_not_sent_to(self, institution, hook, receiver, settings):
        institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
        settings.WEBHOOK_NETWORKS = ()
        assert send() == {"sent": 0, "failed": 1}
        assert receiver.got == []
        assert Delivery.objects.get().last_error == "private_address"


class TestSecret:
    def test_a_new_secret_signs_and_the_one_before_signs_beside_it_for_a_day(self, institution, hook, receiver, admin):
        webhook, old = hook
        with clock.at("2026-03-12T10:00:00"):
            new = webhooks.replace_secret(webhook, admin)
        assert signed_by(institution, receiver, "2026-03-13T09:59:59", old, new) == [True, True]
        assert signed_by(institution, receiver, "2026-03-13T10:00:00", old, new) == [False, True]
        told = Entry.objects.get(event="webhook secret replaced")
        assert told.actor_id == admin.pk and new not in str(told.facts)
        webhook.refresh_from_db()
        assert not any(secret in webhook.secret_stored + webhook.former_stored for secret in (old, new))

    def test_replaced_twice_the_first_signs_nothing_any_more(self, institution, hook, receiver, admin):
        webhook, old = hook
        with clock.at("2026-03-12T10:00:00"):
            between, new = webhooks.replace_secret(webhook, admin), webhooks.replace_secret(webhook, admin)
        assert signed_by(institution, receiver, "2026-03-12T11:00:00", old, between, new) == [False, True, True]

    def test_only_those_who_manage_the_api_replace_it(self, institution, hook):
        with pytest.raises(Refusal) as refused:
            webhooks.replace_secret(hook[0], institution.cast.lin)
        assert refused.value.status == 403
        assert hook[0].secret == hook[1]


def signed_by(institution: Any, receiver: Receiver, at: str, *secrets: str) -> list[bool]:
    """Which of the secrets prove the message that is sent at that instant."""
    institution.huaxin.promises(5, on="2026-03-12", due="2026-03-20")
    with clock.at(at):
        assert send()["sent"] == 1
        now = int(clock.now().timestamp())
    headers, body = receiver.got[-1]
    return [signature.holds(secret, headers["Liangqing-Signature"], body, now=now) for secret in secrets]


class TestRegister:
    def test_the_secret_is_sealed(self, hook):
        webhook, secret = hook
        assert webhook.secret == secret
        assert secret not in webhook.secret_stored

    @pytest.mark.parametrize(("url", "events", "code"), [
        ("http://127.0.0.1/", ["night.run"], "private_address"), ("https://localhost/", ["night.run"], "private_address"),
        ("nonsense", ["night.run"], "bad_url"), ("http://127.0.0.1/", [], "unknown_event"),
        ("http://127.0.0.1/", ["all"], "unknown_event")])  # fmt: skip
    def test_what_can_not_be_is_refused(self, books, issue, admin, url, events, code):
        with pytest.raises(Refusal) as refused:
            webhooks.register(issue("risk").client, url, events, admin)
        assert (refused.value.code, refused.value.status) == (code, 422)
        assert not Webhook.objects.exists()

    def test_only_those_who_manage_the_api_register(self, institution, issue):
        with pytest.raises(Refusal) as refused:
            webhooks.register(issue("risk").client, "https://a.example/", ["night.run"], institution.cast.lin)
        assert refused.value.status == 403
