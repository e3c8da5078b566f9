"""Approvals on the pages: what waits, deciding, asking again, deciding together, standing in, and grace for a case."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from liangqing.approvals.actions import requests, upkeep, votes
from liangqing.approvals.models import Delegation, Request, Vote
from liangqing.cases.models import Case, Grace
from liangqing.kit import clock
from tests.workbench.institution import TODAY, Institution


@pytest.fixture
def house(house_of_people: Institution) -> Institution:
    """The institution; every case has a request for grace by whoever has it. E1 and E2 are late, mildly, with the department
    of 周, and with 王 and 孙."""
    return house_of_people


def request_of(house: Institution, customer: str) -> Request:
    return house.customer(customer).request


def mild(house: Institution, customer: str) -> Request:
    """The request of a customer who is mildly late, so that the grace can be given."""
    request = request_of(house, customer)
    Case.objects.filter(pk=request.subject_id).update(level="mild")
    return request


def withdrawn(house: Institution, customer: str) -> Case:
    """The case of a customer, mildly late, with nothing asked for."""
    request = mild(house, customer)
    with clock.at(TODAY):
        requests.withdraw(request, request.requested_by)
    return house.customer(customer).case


def page(answer: Any) -> str:
    return str(answer.content.decode())


def words(answer: Any) -> str:
    """What the page says between its tags."""
    return re.sub(r"<[^>]+>", " ", page(answer))


class TestTheInbox:
    def test_what_waits_stands_by_the_day_it_is_due_and_what_is_late_is_marked(self, house, client_of):
        first, second = request_of(house, "E2"), request_of(house, "E1")
        Request.objects.filter(pk=first.pk).update(due_on=TODAY - dt.timedelta(days=1))
        answer = client_of("zhou").get("/approvals/")
        shown = [line["row"].pk for line in answer.context["lines"]]
        assert shown[0] == first.pk and second.pk in shown
        assert page(answer).count('class="lq-pinned"') == 1
        assert page(client_of("zhou", "en").get("/approvals/")).count(">overdue<") == 1

    def test_nobody_finds_there_what_does_not_wait_for_them(self, house, client_of):
        assert not client_of("wang").get("/approvals/").context["lines"]
        assert request_of(house, "E1").number not in page(client_of("he").get("/approvals/"))

    def test_a_stand_in_sees_whom_they_would_speak_for(self, house, client_of):
        answer = client_of("qian").get("/approvals/")
        assert request_of(house, "E1").number in page(answer)
        assert {line["row"].for_whom for line in answer.context["lines"]} == {house.user("zhou").name}

    def test_each_finds_again_what_they_asked_for_and_what_they_decided(self, house, client_of):
        request = mild(house, "E1")
        zhou, wang = client_of("zhou"), client_of("wang")
        zhou.post(f"/approvals/{request.number}/approval/", {})
        assert request.number in page(wang.get("/approvals/mine/"))
        assert request.number in page(zhou.get("/approvals/answered/"))
        assert request.number not in page(wang.get("/approvals/answered/"))
        assert request.number not in page(zhou.get("/approvals/"))

    def test_the_filters_narrow_by_act_state_and_department(self, house, client_of):
        gao, request = client_of("gao"), mild(house, "E1")
        with clock.at(TODAY):
            votes.reject(request, house.user("zhou"), "不行")
        rejected = gao.get("/approvals/all/", {"state": "rejected", "act": "case.grace"})
        assert [line["row"].pk for line in rejected.context["lines"]] == [request.pk]
        elsewhere = gao.get("/approvals/all/", {"department": house.user("lin").department_id})
        assert {line["row"].department_id for line in elsewhere.context["lines"]} == {house.user("lin").department_id}
        assert not gao.get("/approvals/all/", {"act": "policy.change"}).context["lines"]

    def test_the_number_beside_the_place_is_what_waits_and_falls_at_once_when_one_decides(self, house, client_of):
        zhou, request = client_of("zhou"), mild(house, "E1")
        before = int(re.search(r'href="/approvals/"[^>]*>[^<]*<span class="lq-count">(\d+)', page(zhou.get("/me/")))[1])
        zhou.post(f"/approvals/{request.number}/approval/", {})
        after = int(re.search(r'href="/approvals/"[^>]*>[^<]*<span class="lq-count">(\d+)', page(zhou.get("/me/")))[1])
        assert after == before - 1 > 0

    def test_the_list_asks_as_little_of_many_as_of_few(self, house, client_of):
        zhou = client_of("zhou")
        zhou.get("/approvals/")
        with CaptureQueriesContext(connection) as many:
            assert len(zhou.get("/approvals/").context["lines"]) > 2
        Request.objects.exclude(pk=request_of(house, "E1").pk).update(waiting_for=[])
        with CaptureQueriesContext(connection) as few:
            assert len(zhou.get("/approvals/").context["lines"]) == 1
        assert len(many) <= len(few) <= 15

    def test_nothing_that_waits_is_said(self, house, client_of):
        Request.objects.update(waiting_for=[])
        answer = client_of("zhou").get("/approvals/")
        assert "lq-empty" in page(answer) and "lq-count" not in page(answer).split("/approvals/")[1][:80]


class TestOneRequest:
    def test_it_says_what_for_how_much_why_and_by_whom_it_is_decided(self, house, client_of):
        request = mild(house, "E1")
        told = words(client_of("zhou").get(f"/approvals/{request.number}/"))
        for shown in (house.customer("E1").party.name, "1,100.50", request.reason, "王磊", "周建国", "2026-07-04"):
            assert shown in told, shown

    def test_the_last_yes_gives_the_grace_and_says_so(self, house, client_of):
        request = mild(house, "E1")
        answer = client_of("zhou").post(f"/approvals/{request.number}/approval/", {"reason": "同意"}, follow=True)
        request.refresh_from_db()
        assert (request.state, Grace.objects.get(request=request.number).granted_by.username) == ("approved", "zhou")
        assert answer.redirect_chain and "同意" in page(answer)
        assert "formaction" not in page(answer)

    def test_a_stand_in_decides_in_the_name_of_who_is_away(self, house, client_of):
        request = mild(house, "E1")
        qian = client_of("qian")
        assert "周建国" in words(qian.get(f"/approvals/{request.number}/"))
        qian.post(f"/approvals/{request.number}/approval/", {})
        vote = Vote.objects.get(request=request)
        assert (vote.person.username, vote.on_behalf_of.username) == ("qian", "zhou")

    @pytest.mark.parametrize(("noun", "state"), [("rejection", "rejected"), ("return", "returned")])
    def test_a_no_needs_a_reason_and_keeps_it(self, house, client_of, noun, state):
        request, zhou = mild(house, "E1"), client_of("zhou")
        without = zhou.post(f"/approvals/{request.number}/{noun}/", {"reason": " "})
        assert without.status_code == 422 and without.context["decide_form"].errors["reason"]
        zhou.post(f"/approvals/{request.number}/{noun}/", {"reason": "材料不全"})
        request.refresh_from_db()
        assert request.state == state
        assert "材料不全" in page(client_of("wang").get(f"/approvals/{request.number}/"))

    def test_why_an_act_failed_is_said_at_once_and_stays(self, house, client_of):
        request = mild(house, "E1")
        Case.objects.filter(pk=request.subject_id).update(level="severe")
        zhou = client_of("zhou")
        answer = zhou.post(f"/approvals/{request.number}/approval/", {})
        request.refresh_from_db()
        assert (answer.status_code, request.state) == (409, "open")
        assert request.failure and request.failure in page(answer)
        assert request.failure in page(zhou.get(f"/approvals/{request.number}/"))
        assert not Grace.objects.exists()

    @pytest.mark.parametrize("noun", ["approval", "rejection", "return"])
    def test_whoever_is_not_asked_changes_nothing(self, house, client_of, noun):
        request = mild(house, "E1")
        shown = page(client_of("gao").get(f"/approvals/{request.number}/"))
        assert "formaction" not in shown
        assert client_of("gao").post(f"/approvals/{request.number}/{noun}/", {"reason": "x"}).status_code == 409
        own = client_of("wang").post(f"/approvals/{request.number}/{noun}/", {"reason": "x"})
        assert own.status_code == 409
        assert not Vote.objects.filter(request=request).exists()

    def test_only_the_requester_withdraws(self, house, client_of):
        request = mild(house, "E1")
        assert client_of("zhou").post(f"/approvals/{request.number}/withdrawal/", {}).status_code == 409
        client_of("wang").post(f"/approvals/{request.number}/withdrawal/", {"w-reason": "客户已付"})
        request.refresh_from_db()
        assert request.state == "withdrawn"

    def test_what_was_returned_is_asked_again_with_another_day_and_another_file(self, house, client_of):
        request, wang = mild(house, "E1"), client_of("wang")
        client_of("zhou").post(f"/approvals/{request.number}/return/", {"reason": "太久"})
        assert "g-last_day" in page(wang.get(f"/approvals/{request.number}/"))
        address = f"/approvals/{request.number}/resubmission/"
        assert wang.post(address, {"g-last_day": "2026-06-01", "g-reason": "x"}).status_code == 422
        paper = SimpleUploadedFile("承诺书.txt", "三日内付清".encode())
        wang.post(address, {"g-last_day": "2026-07-02", "g-reason": "三日内付清", "g-attachments": [paper]})
        request.refresh_from_db()
        assert (request.state, request.round, request.facts["until_on"]) == ("open", 2, "2026-07-03")
        assert request.attachments.filter(round=2).get().name == "承诺书.txt"

    def test_its_files_come_back_to_those_who_may_see_it_only(self, house, client_of):
        request = request_of(house, "E1")
        address = reverse("approvals-attachment", args=[request.number, request.attachments.get().pk])
        assert b"".join(client_of("zhou").get(address).streaming_content).decode() == "月底付款"
        assert client_of("lin").get(address).status_code == 404

    def test_reminders_and_the_next_higher_are_told(self, house, client_of):
        request = request_of(house, "E1")
        with clock.at("2026-07-08"):
            upkeep.remind_and_escalate(clock.today())
        request.refresh_from_db()
        assert request.escalated_on is not None
        history = [
            told.entry.event
            for told, _brief in client_of("zhou").get(f"/approvals/{request.number}/").context["history"]
        ]
        assert history == ["approval requested", "approval reminded", "approval escalated"]
        assert request.number in page(client_of("shen").get("/approvals/"))

    def test_a_natural_person_is_masked_for_who_does_not_work_with_customers(self, house, client_of):
        request = request_of(house, "G1")
        name = house.customer("G1").party.name
        assert name in page(client_of("zhou").get(f"/approvals/{request.number}/"))
        for address in (f"/approvals/{request.number}/", "/approvals/all/"):
            assert name not in page(client_of("luo").get(address)), address

    def test_the_page_asks_no_more_than_it_needs(self, house, client_of):
        request, zhou = request_of(house, "E1"), client_of("zhou")
        zhou.get(f"/approvals/{request.number}/")
        with CaptureQueriesContext(connection) as asked:
            zhou.get(f"/approvals/{request.number}/")
        assert len(asked) <= 30

    def test_what_is_changed_elsewhere_is_asked_for_again_there(self, house, client_of, monkeypatch):
        request = mild(house, "E1")
        client_of("zhou").post(f"/approvals/{request.number}/return/", {"reason": "太久"})
        monkeypatch.setattr("liangqing.workbench.pages.approvals.request.ELSEWHERE", frozenset(("case.grace",)))
        client_of("wang").post(
            f"/approvals/{request.number}/resubmission/", {"g-last_day": "2026-07-02", "g-reason": "x"}
        )
        request.refresh_from_db()
        assert request.state == "returned"
        assert "g-last_day" not in page(client_of("wang").get(f"/approvals/{request.number}/"))


class TestTogether:
    def test_each_of_many_is_done_or_says_why_not(self, house, client_of):
        fits, severe = mild(house, "E1"), request_of(house, "E2")
        Case.objects.filter(pk=severe.subject_id).update(level="severe")
        answer = client_of("zhou").post("/approvals/bulk/", {"pick": [fits.pk, severe.pk]})
        outcomes = {each.request.pk: each for each, _act, _about, _state in answer.context["outcomes"]}
        assert outcomes[fits.pk].approved and not outcomes[severe.pk].approved
        assert outcomes[severe.pk].refusal.sentence in page(answer)
        assert set(Grace.objects.values_list("request", flat=True)) == {fits.number}

    def test_what_the_policy_wants_looked_at_one_by_one_has_no_box_and_is_refused(self, house, client_of):
        one = mild(house, "E1")
        Request.objects.filter(pk=one.pk).update(bulk=False)
        zhou = client_of("zhou")
        lines = {line["row"].pk: line["pick"] for line in zhou.get("/approvals/").context["lines"]}
        assert lines[one.pk] is None and any(pick is not None for pick in lines.values())
        answer = zhou.post("/approvals/bulk/", {"pick": [one.pk]})
        assert answer.context["outcomes"][0][0].refusal.code == "one_by_one"

    def test_what_one_may_not_see_is_not_touched(self, house, client_of):
        foreign = request_of(house, "C1")
        client_of("zhou").post("/approvals/bulk/", {"pick": [foreign.pk]})
        assert not Vote.objects.exists()


class TestStandingIn:
    FORM = {"from_on": "2026-06-30", "last_day": "2026-07-03", "reason": "休假"}

    def test_a_head_names_a_stand_in_until_the_last_day_inclusive(self, house, client_of):
        xu, chen = client_of("xu"), house.user("chen")
        answer = xu.post("/approvals/delegations/", {**self.FORM, "delegate": chen.pk, "acts": ["case.grace"]})
        assert answer.status_code == 302
        row = Delegation.objects.get(principal__username="xu")
        assert (row.delegate, row.until_on.isoformat(), row.acts) == (chen, "2026-07-04", ["case.grace"])
        assert "2026-07-03" in page(client_of("chen").get("/approvals/delegations/"))

    def test_only_the_management_does_it_for_somebody_else(self, house, client_of):
        given = {**self.FORM, "principal": house.user("xu").pk, "delegate": house.user("chen").pk}
        client_of("he").post("/approvals/delegations/", given)
        assert not Delegation.objects.filter(principal__username="xu").exists(), "the field is not theirs"
        client_of("shen").post("/approvals/delegations/", given)
        assert Delegation.objects.get(principal__username="xu").made_by.username == "shen"

    def test_nobody_is_named_by_themselves_for_themselves(self, house, client_of):
        answer = client_of("shen").post(
            "/approvals/delegations/",
            {**self.FORM, "principal": house.user("xu").pk, "delegate": house.user("shen").pk},
        )
        assert answer.status_code == 422 and answer.context["form"].errors["delegate"]
        own = client_of("xu").post("/approvals/delegations/", {**self.FORM, "delegate": house.user("xu").pk})
        assert own.status_code == 422

    def test_days_in_the_wrong_order_are_said_at_the_field(self, house, client_of):
        given = {**self.FORM, "delegate": house.user("chen").pk, "last_day": "2026-06-20"}
        answer = client_of("xu").post("/approvals/delegations/", given)
        assert answer.status_code == 422 and answer.context["form"].errors["last_day"]

    def test_it_is_ended_early_by_who_is_back_and_by_nobody_else(self, house, client_of):
        row = Delegation.objects.get(delegate__username="qian")
        assert client_of("wang").post(f"/approvals/delegations/{row.pk}/end/").status_code == 404
        assert client_of("qian").post(f"/approvals/delegations/{row.pk}/end/").status_code == 403
        client_of("zhou").post(f"/approvals/delegations/{row.pk}/end/")
        row.refresh_from_db()
        assert row.ended_by.username == "zhou"
        assert request_of(house, "E1").number not in page(client_of("qian").get("/approvals/"))


class TestTheBell:
    def test_it_tells_who_is_asked_and_then_who_asked(self, house, client_of):
        request = mild(house, "E1")
        assert request.number in page(client_of("zhou").get("/bell/"))
        assert request.number not in page(client_of("wang").get("/bell/"))
        client_of("zhou").post(f"/approvals/{request.number}/rejection/", {"reason": "不行"})
        assert request.number not in page(client_of("zhou").get("/bell/"))
        assert request.number in page(client_of("wang").get("/bell/"))


class TestGraceOnTheCase:
    def test_it_is_asked_for_there_and_then_shown_there(self, house, client_of):
        case, wang = withdrawn(house, "E1"), client_of("wang")
        assert "g-last_day" in page(wang.get(f"/cases/{case.number}/"))
        paper = SimpleUploadedFile("说明.txt", "下周付清".encode())
        given = {"g-last_day": "2026-07-06", "g-reason": "下周付清", "g-attachments": [paper]}
        answer = wang.post(f"/cases/{case.number}/graces/", given)
        assert answer.status_code == 302, answer.context["grace_form"].errors
        asked = Request.objects.get(subject_id=case.pk, state="open")
        assert (asked.facts["until_on"], asked.attachments.get().name) == ("2026-07-07", "说明.txt")
        shown = page(wang.get(f"/cases/{case.number}/"))
        assert asked.number in shown and "g-last_day" not in shown

    def test_grace_that_runs_is_said_with_its_last_day(self, house, client_of):
        request = mild(house, "E1")
        client_of("zhou").post(f"/approvals/{request.number}/approval/", {})
        shown = page(client_of("wang").get(f"/cases/{house.customer('E1').case.number}/"))
        assert "2026-07-04" in shown and "lq-note good" in shown

    @pytest.mark.parametrize("day", ["", "2026-06-29", "2026-07-20"])
    def test_a_day_that_does_not_do_is_said_at_the_field(self, house, client_of, day):
        case = withdrawn(house, "E1")
        answer = client_of("wang").post(f"/cases/{case.number}/graces/", {"g-last_day": day, "g-reason": "x"})
        assert answer.status_code == 422 and answer.context["grace_form"].errors["last_day"]
        assert not Request.objects.filter(subject_id=case.pk, state="open").exists()

    def test_a_customer_who_is_not_mildly_late_is_offered_none(self, house, client_of):
        case = withdrawn(house, "E1")
        Case.objects.filter(pk=case.pk).update(level="moderate")
        wang = client_of("wang")
        assert "g-last_day" not in page(wang.get(f"/cases/{case.number}/"))
        answer = wang.post(f"/cases/{case.number}/graces/", {"g-last_day": "2026-07-02", "g-reason": "x"})
        assert answer.status_code == 409

    def test_somebody_elses_case_is_not_there(self, house, client_of):
        case = withdrawn(house, "E1")
        given = {"g-last_day": "2026-07-02", "g-reason": "x"}
        assert client_of("lin").post(f"/cases/{case.number}/graces/", given).status_code == 404
        assert client_of("luo").post(f"/cases/{case.number}/graces/", given).status_code == 403

    def test_the_timeline_tells_it(self, house, client_of):
        request = mild(house, "E1")
        client_of("zhou").post(f"/approvals/{request.number}/approval/", {})
        shown = page(client_of("wang", "en").get(f"/cases/{house.customer('E1').case.number}/"))
        assert "grace granted" in shown and f"/approvals/{request.number}/" in shown


def test_a_head_approves_grace_in_the_browser_with_the_keyboard(house, browser_page):
    request = mild(house, "E1")
    page = browser_page("zhou")
    page.goto("/approvals/")
    page.locator(f"a[data-open][href='/approvals/{request.number}/']").click()
    page.locator("[data-key=c]").wait_for()
    page.keyboard.press("c")
    page.keyboard.type("同意，按期付款")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".lq-note.good")
    request.refresh_from_db()
    assert request.state == "approved"
    assert Vote.objects.get(request=request).reason == "同意，按期付款"
