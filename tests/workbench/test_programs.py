"""Keys of programs and addresses of webhooks, managed on pages: shown once, taken back, switched off, sent once more."""

from __future__ import annotations

import html
import re

import pytest

from liangqing.api.actions import clients
from liangqing.api.models import Client, Delivery, Webhook
from liangqing.api.rules import addresses
from liangqing.people.models import User
from liangqing.trail.models import Entry


@pytest.fixture
def admin(client_of):
    return client_of("admin", "en")


@pytest.fixture
def erp(house_of_people) -> Client:
    return Client.objects.get(name="ERP")


def told(event: str) -> Entry:
    return Entry.objects.filter(event=event).latest("id")


def test_a_key_is_given_shown_once_and_opens_the_api(admin, house_of_people):
    answer = admin.post("/programs/", {"name": "WMS", "rate": 60, "duties": ["finance"]})
    key = html.unescape(re.search(r"<code[^>]*>(lq_[^<…]+)</code>", answer.content.decode()).group(1))
    made = Client.objects.get(name="WMS")
    assert clients.recognise(key) == made and made.by == house_of_people.user("admin")
    assert "no-store" in answer.headers["Cache-Control"]
    assert key not in admin.get(f"/programs/{made.pk}/").content.decode()
    assert told("key issued").thing_id == made.pk and key not in str(told("key issued").facts)


def test_the_list_tells_duties_key_and_when_it_was_last_used(admin, erp):
    assert "not in the last two days" in admin.get("/programs/").content.decode()
    clients.count(erp)
    page = admin.get("/programs/").content.decode()
    assert "ERP" in page and f"lq_{erp.key_id}_" in page and "not in the last two days" not in page


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"duties": []}, {"duties": ["fly"]}, {"rate": 0}, {"rate": 10_000_000}]
)
def test_what_can_not_be_right_comes_back_with_the_form(admin, erp, wrong):
    answer = admin.post("/programs/", {"name": "WMS", "rate": 60, "duties": ["finance"]} | wrong)
    assert answer.status_code == 422 and Client.objects.count() == 1


def test_a_revoked_key_opens_nothing_and_its_person_is_gone(admin, erp):
    assert admin.post(f"/programs/{erp.pk}/revocation/").status_code == 302
    assert not Client.objects.get().active and not User.objects.get(pk=erp.user_id).is_active
    assert told("key revoked").thing_id == erp.pk
    page = admin.get(f"/programs/{erp.pk}/").content.decode()
    assert "revoked" in page and "Register an address" not in page
    assert admin.post(f"/programs/{erp.pk}/revocation/").status_code == 409


def test_an_address_is_registered_with_a_secret_shown_once(admin, erp, monkeypatch):
    monkeypatch.setattr(addresses, "check", lambda url, networks: None)
    form = {"url": "https://erp.example/other", "events": ["case.opened", "night.run"]}
    answer = admin.post(f"/programs/{erp.pk}/webhooks/", form)
    made = Webhook.objects.get(url="https://erp.example/other")
    assert made.secret and made.secret in answer.content.decode()
    assert made.secret not in admin.get(f"/programs/{erp.pk}/").content.decode()
    again = admin.post(f"/programs/webhooks/{made.pk}/secret/").content.decode()
    assert Webhook.objects.get(pk=made.pk).secret in again and made.secret not in again


@pytest.mark.parametrize(
    ("url", "events"),
    [("http://10.0.0.1/x", ["case.opened"]), ("no address", ["case.opened"]), ("https://x.example/", [])],
)
def test_an_address_that_can_not_be_told_is_refused_with_the_form(admin, erp, url, events):
    answer = admin.post(f"/programs/{erp.pk}/webhooks/", {"url": url, "events": events})
    assert answer.status_code == 422 and Webhook.objects.count() == 1
    assert "lq-error" in answer.content.decode() or 'role="alert"' in answer.content.decode()


def test_an_address_is_switched_off_and_on(admin, erp):
    hook = Webhook.objects.get()
    for active, event in (("no", False), ("yes", True)):
        assert admin.post(f"/programs/webhooks/{hook.pk}/switch/", {"active": active}).status_code == 302
        assert Webhook.objects.get().active is event and told("webhook switched").facts["active"] is event
    assert admin.post(f"/programs/webhooks/{hook.pk}/switch/", {"active": "yes"}).status_code == 409


def test_a_message_that_was_given_up_is_sent_once_more(admin, erp):
    message = Delivery.objects.get()
    page = admin.get(f"/programs/{erp.pk}/").content.decode()
    assert "given up" in page and "Send once more" in page
    assert admin.post(f"/programs/deliveries/{message.pk}/retry/").status_code == 302
    assert Delivery.objects.get().state == "waiting"
    assert "Send once more" not in admin.get(f"/programs/{erp.pk}/").content.decode()
    assert admin.post(f"/programs/deliveries/{message.pk}/retry/").status_code == 409


def test_only_who_runs_the_system_comes_in(client_of, erp):
    for who in ("lin", "gao", "luo", "shen"):
        assert client_of(who).get("/programs/").status_code == 403
        assert client_of(who).post(f"/programs/{erp.pk}/revocation/").status_code == 403
    assert Client.objects.get().active
    assert "/programs/" not in client_of("gao").get("/people/").content.decode()
    assert "/programs/" in client_of("admin").get("/people/").content.decode()


def test_what_programs_can_ask_is_one_link_away(admin, erp):
    assert 'href="/api/v1/docs"' in admin.get("/programs/").content.decode()
    assert admin.get("/api/v1/docs").status_code == 200
