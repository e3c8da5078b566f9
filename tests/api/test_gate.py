"""Keys, rates, refusals, and the page that describes it all."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client as Browser

from liangqing.api.actions import clients
from liangqing.api.doors import api
from liangqing.api.models import Client, Usage
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import Department, User
from liangqing.people.rights import can
from liangqing.trail.models import Entry

OPERATIONS = [
    (method, re.sub(r"\{\w+\}", "1", path))
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
]


class TestKeys:
    def test_a_key_is_shown_once_and_not_stored(self, issue):
        program = issue("finance")
        assert re.fullmatch(r"lq_[0-9a-z]+_[\w-]{43}", program.key)
        secret = program.key.split("_", 2)[2].encode()
        assert secret not in bytes(program.client.secret_hash)
        assert clients.recognise(program.key) == program.client

    def test_issuing_and_revoking_are_told_to_the_trail(self, issue, admin):
        program = issue("finance")
        clients.revoke(program.client, admin)
        told = Entry.objects.filter(thing="client").order_by("id")
        assert [(entry.event, entry.actor_id) for entry in told] == [
            ("key issued", admin.pk),
            ("key revoked", admin.pk),
        ]
        assert program.key.split("_", 2)[2] not in str(list(Entry.objects.values_list("facts", flat=True)))

    def test_whom_a_revoked_key_stood_for_has_left(self, issue, admin):
        program, last = issue("finance"), issue("admin")
        clients.revoke(program.client, admin)
        program.client.user.refresh_from_db()
        assert not program.client.user.is_active
        told = Entry.objects.get(event="person left")
        assert (told.thing_id, told.actor_id) == (program.client.user_id, admin.pk)
        User.objects.filter(pk=admin.pk).update(is_active=False)
        clients.revoke(last.client, None)
        assert clients.recognise(last.key) is None, "its key is gone, though nobody else runs the system"

    def test_a_revoked_key_opens_nothing(self, issue, admin):
        program = issue("finance")
        assert program.get("/bills").status_code == 200
        clients.revoke(program.client, admin)
        assert program.get("/bills").status_code == 401
        with pytest.raises(Refusal) as refused:
            clients.revoke(program.client, admin)
        assert refused.value.code == "already_revoked"

    def test_a_key_whose_person_was_deactivated_opens_nothing(self, issue):
        program = issue("finance")
        User.objects.filter(pk=program.client.user_id).update(is_active=False)
        assert program.get("/bills").status_code == 401

    @pytest.mark.parametrize("change", [lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"), lambda key: key[3:],
                                        lambda key: key.replace("_", "-"), lambda _key: "lq_1_", lambda _key: "秘密"])  # fmt: skip
    def test_a_key_that_is_not_right_to_the_last_letter_opens_nothing(self, issue, change):
        assert clients.recognise(change(issue("finance").key)) is None

    def test_only_those_who_manage_the_api_issue_keys(self, books, admin):
        clerk = User.objects.create(username="clerk", name="员", duties=["finance"])
        with pytest.raises(Refusal) as refused:
            clients.issue("x", ("finance",), 10, clerk)
        assert refused.value.status == 403
        assert not Client.objects.exists()

    @pytest.mark.parametrize(("name", "rate", "duties", "code"), [
        (" ", 10, ("finance",), "client_needs_name"), ("x", 0, ("finance",), "rate_out_of_range"),
        ("x", 10, ("king",), "unknown_duty")])  # fmt: skip
    def test_what_can_not_be_is_refused(self, admin, name, rate, duties, code):
        with pytest.raises(Refusal) as refused:
            clients.issue(name, duties, rate, admin)
        assert refused.value.code == code
        assert not Client.objects.exists()

    def test_a_program_with_the_reach_of_a_head_is_nobodys_head_and_gets_no_work(self, institution, issue):
        sales = Department.objects.get(code="sales")
        program = issue("head", department=sales)
        sales.refresh_from_db()
        assert sales.head == institution.cast.chen
        assert program.client.user.capacity == 0
        assert can(program.client.user, "case.see")


class TestDoors:
    @pytest.mark.parametrize(("method", "path"), OPERATIONS)
    @pytest.mark.parametrize("key", ["", "Bearer lq_abc_0123456789012345678901234567890123456789012", "Basic eDp5"])
    def test_without_a_key_every_door_is_closed(self, books, method, path, key):
        headers = {"Authorization": key} if key else {}
        answer = Browser().generic(method.upper(), f"/api/v1{path.removeprefix('/api/v1')}", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "no_key"
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "post"])
    def test_audit_changes_nothing_whatever_its_other_duties(self, institution, issue, path):
        program = issue("audit", "finance", "collect", "admin")
        number = institution.huaxin.live_case.number
        bodies = {
            "customers": {"rows": [{"customer_id": "K9", "name": "x"}]},
            "bills": {"rows": [{"bill_id": "B9", "customer_id": "K1", "amount": "1", "due_date": "2026-03-01"}]},
            "payments": {
                "rows": [{"payment_id": "P9", "customer_id": "K1", "amount": "1", "payment_date": "2026-03-01"}]
            },
            "promises": {"amount": "1", "currency": "CNY", "due_on": "2999-01-01"},
            "records": {"channel": "phone", "result": "no_answer", "reached": "nobody"},
            "decisions": {"customer": "K1", "channel": "phone", "content": "demand"},
            "outcome": {"outcome": "effective"},
            "restraints": {"customer": "K1", "kind": "complaint", "reason": "x"},
            "lifting": {"reason": "x"},
            "messages": {"customer": "K1", "channel": "email", "content": "reminder", "contact": 1, "purpose": "x"},
        }
        path = path.removeprefix("/api/v1").replace("/cases/1/", f"/cases/{number}/")
        path = path.replace("/contacts/1/", "/contacts/CR-000000001/")
        before = Entry.objects.count()
        answer = program.post(path, bodies[path.rsplit("/", 1)[1]], idempotency_key="k")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
        assert Entry.objects.count() == before

    def test_a_refusal_speaks_the_language_asked_for(self, institution, issue):
        program = issue("risk")
        path = f"/cases/{institution.huaxin.live_case.number}/promises"
        nothing = {"amount": "0", "currency": "CNY", "due_on": "2999-01-01"}
        english = program.post(path, nothing).json()["error"]
        chinese = program.post(path, nothing, Accept_Language="zh-CN").json()["error"]
        assert (english["code"], english["message"]) == ("promise_of_nothing", "A promise needs an amount above zero.")
        assert chinese["code"] == english["code"]
        assert not chinese["message"].isascii()

    def test_a_program_may_ask_so_often_a_minute_and_is_told_when_again(self, issue):
        program = issue("finance", rate=2)
        with clock.at("2026-03-11T10:00:20"):
            assert [program.get("/bills").status_code for _turn in range(3)] == [200, 200, 429]
            answer = program.get("/bills")
            assert answer["Retry-After"] == "40"
            assert answer.json()["error"]["code"] == "too_many_requests"
        with clock.at("2026-03-11T10:01:00"):
            assert program.get("/bills").status_code == 200
        assert list(Usage.objects.order_by("minute").values_list("count", flat=True)) == [4, 1]

    def test_a_session_opens_no_door_of_the_api(self, admin):
        browser = Browser()
        browser.force_login(admin)
        assert browser.get("/api/v1/bills").status_code == 401


class TestPage:
    def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(self, books):
        answer = Browser().get("/api/v1/docs")
        text = answer.content.decode()
        assert answer.status_code == 200
        for path, operations in api.get_openapi_schema()["paths"].items():
            for method in operations:
                assert f"{method.upper()} {path}" in text
        assert "promise.broken" in text
        assert not re.search(r"<script|<style|style=|//[a-z]|<link|<img", text)
        assert "script-src 'self'" in answer["Content-Security-Policy"]

    def test_the_description_says_which_answers_each_operation_has(self, books):
        described = json.loads(Browser().get("/api/v1/openapi.json").content)
        for operations in described["paths"].values():
            for method, operation in operations.items():
                wanted = {"401", "403", "404", "422", "429"} | ({"409", "400", "413"} if method == "post" else set())
                assert wanted <= set(operation["responses"])
