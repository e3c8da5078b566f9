"""Programs pass the guard too: they ask it, tell what became of it, hold contact back, and send messages."""

from __future__ import annotations

import pytest

from liangqing.kit import clock
from liangqing.outreach.models import Attempt, Line
from liangqing.parties.models import Contact, Party, Restraint
from liangqing.people.models import Certificate, User
from liangqing.trail.models import Entry

NOW = "2026-03-11T10:00:00+08:00"
NIGHT = "2026-03-11T23:30:00+08:00"


@pytest.fixture
def now(institution):
    with clock.at(NOW):
        Party.objects.update(country="CN")
        yield


@pytest.fixture
def program(issue, now):
    """A call centre's program, trained; it reaches everybody."""
    made = issue("risk")
    Certificate.objects.create(user=made.client.user, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    return made


@pytest.fixture
def zhang(institution):
    return institution.zhang


def call(customer, **more):
    contact = Contact.objects.get(party=customer.party)
    case = customer.live_case.number
    return {
        "customer": customer.party.number, "case": case, "channel": "phone", "content": "demand",
        "contact": contact.pk, **more,
    }  # fmt: skip


class TestDecisions:
    def test_a_yes_counts_and_has_a_receipt(self, program, zhang):
        answer = program.post("/contacts/decisions", call(zhang))
        said = answer.json()
        assert (answer.status_code, said["answer"], said["source"], said["outcome"]) == (
            200,
            "allowed",
            "program",
            "open",
        )
        assert Attempt.objects.get().number == said["receipt"]
        assert program.get("/contacts").json()["items"] == [said]

    def test_a_no_says_why_and_from_when(self, program, zhang):
        with clock.at(NIGHT):
            said = program.post("/contacts/decisions", call(zhang)).json()
        assert said["answer"] == "refused" and said["rules"] and said["reason"]
        assert said["earliest"] == "2026-03-12T00:00:00Z"

    def test_the_same_request_under_its_key_is_decided_once(self, program, zhang):
        first, second = (program.post("/contacts/decisions", call(zhang), idempotency_key="k") for _each in "ab")
        assert first.json() == second.json() and Attempt.objects.count() == 1

    def test_whoever_will_make_the_contact_needs_the_certificate(self, program, zhang):
        said = program.post("/contacts/decisions", call(zhang, agent="lin")).json()
        assert said["answer"] != "allowed" and said["by"] == "lin"
        Certificate.objects.create(
            user=User.objects.get(username="lin"), kind="collection", from_on="2026-01-01", until_on="2027-01-01"
        )
        assert program.post("/contacts/decisions", call(zhang, agent="lin")).json()["answer"] == "allowed"
        assert program.post("/contacts/decisions", call(zhang, agent="nobody")).status_code == 404

    def test_what_cannot_be_seen_cannot_be_asked_about(self, institution, issue, now):
        limited = issue("head", department=institution.cast.chen.department)
        hidden = call(institution.huaxin) if Contact.objects.filter(party=institution.huaxin.party) else {
            "customer": institution.huaxin.party.number, "channel": "phone", "content": "demand", "value": "13800000009"
        }  # fmt: skip
        assert limited.post("/contacts/decisions", hidden).status_code == 404
        assert issue("finance").post("/contacts/decisions", hidden).status_code == 403
        assert issue("audit").post("/contacts/decisions", hidden).status_code == 403


class TestOutcomes:
    def test_what_became_of_it_is_told_and_told_again_changes_nothing(self, program, zhang):
        receipt = program.post("/contacts/decisions", call(zhang)).json()["receipt"]
        for _again in range(2):
            answer = program.post(f"/contacts/{receipt}/outcome", {"outcome": "effective", "duration_s": 61})
            assert (answer.status_code, answer.json()["outcome"], answer.json()["duration_s"]) == (200, "effective", 61)
        assert Entry.objects.filter(event="contact concluded").count() == 1
        assert program.post(f"/contacts/{receipt}/outcome", {"outcome": "unanswered"}).status_code == 409

    def test_a_contact_that_was_refused_cannot_be_told_as_made(self, program, zhang):
        with clock.at(NIGHT):
            receipt = program.post("/contacts/decisions", call(zhang)).json()["receipt"]
            assert program.post(f"/contacts/{receipt}/outcome", {"outcome": "effective"}).status_code == 409
            assert program.post(f"/contacts/{receipt}/outcome", {"outcome": "called_off"}).status_code == 200

    def test_not_before_it_began_nor_in_the_future(self, program, zhang):
        receipt = program.post("/contacts/decisions", call(zhang)).json()["receipt"]
        for at in ("2026-03-11T09:59:59+08:00", "2026-03-11T10:00:01+08:00"):
            answer = program.post(f"/contacts/{receipt}/outcome", {"outcome": "effective", "at": at})
            assert answer.status_code == 422
        assert program.post("/contacts/CR-999999999/outcome", {"outcome": "effective"}).status_code == 404


class TestRecords:
    def record(self, **more):
        return {"channel": "phone", "result": "refused", "reached": "self", **more}

    def test_an_agencys_call_from_an_unregistered_mobile_is_a_violation(self, program, zhang):
        Line.objects.create(channel="phone", value="021-52345678")
        body = self.record(at="2026-03-11T09:00:00+08:00", line="13700000000")
        answer = program.post(f"/cases/{zhang.live_case.number}/records", body)
        attempt = Attempt.objects.get()
        assert (answer.status_code, attempt.source, attempt.ahead) == (201, "agency", False)
        assert "condition:B6" in attempt.rules
        assert Entry.objects.get(event="contact against the rules").facts["receipt"] == attempt.number

    def test_a_record_names_the_receipt_it_belongs_to(self, program, zhang):
        receipt = program.post("/contacts/decisions", call(zhang)).json()["receipt"]
        answer = program.post(f"/cases/{zhang.live_case.number}/records", self.record(receipt=receipt))
        assert (answer.status_code, Attempt.objects.get().outcome) == (201, "effective")

    def test_an_instant_without_its_offset_or_to_come_is_none(self, program, zhang):
        for at in ("2026-03-11T09:00:00", "2026-03-11T10:00:01+08:00", 1_700_000_000, "1999-12-31T00:00:00Z"):
            answer = program.post(f"/cases/{zhang.live_case.number}/records", self.record(at=at))
            assert answer.status_code == 422, at
        assert not Attempt.objects.exists()


class TestRestraints:
    def test_placed_it_holds_the_guard_back_until_it_is_lifted(self, program, zhang):
        body = {"customer": zhang.party.number, "kind": "hospital", "reason": "住院"}
        placed = program.post("/restraints", body)
        assert placed.status_code == 201
        assert program.get(f"/restraints?customer={zhang.party.number}").json()["items"] == [placed.json()]
        number = placed.json()["id"]
        lifted = program.post(f"/restraints/{number}/lifting", {"reason": "出院"})
        assert lifted.status_code == 200 and lifted.json()["lifted_at"]
        assert program.get("/restraints").json()["items"] == []
        assert len(program.get("/restraints?standing=false").json()["items"]) == 1

    def test_a_complaint_tells_its_day_and_an_agreement_needs_its_length(self, program, zhang):
        body = {"customer": zhang.party.number, "reason": "来电", "began_on": "2026-03-02"}
        placed = program.post("/restraints", {**body, "kind": "complaint", "grade": "complex"}).json()
        assert (placed["began_on"], placed["due_on"]) == ("2026-03-02", "2026-04-01")
        assert program.get("/restraints").json()["items"] == [placed]
        refused = program.post("/restraints", {**body, "kind": "agreement", "months": 61})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "agreement_too_long")
        assert program.post("/restraints", {**body, "kind": "agreement", "months": 60}).status_code == 201

    def test_nobody_sees_or_lifts_those_of_others(self, institution, issue, program):
        body = {"customer": institution.huaxin.party.number, "kind": "hospital", "reason": "住院"}
        number = program.post("/restraints", body).json()["id"]
        limited = issue("head", department=institution.cast.chen.department)
        assert limited.get("/restraints").json()["items"] == []
        assert limited.post(f"/restraints/{number}/lifting", {"reason": "x"}).status_code == 404
        assert Restraint.objects.get().lifted_at is None


class TestMessages:
    def test_a_message_is_written_once_and_shown_masked(self, program, zhang):
        body = call(zhang, channel="sms", content="reminder")
        first, second = (program.post("/messages", body) for _each in "ab")
        assert first.status_code == second.status_code == 201, first.json()
        assert first.json()["id"] == second.json()["id"]
        (shown,) = program.get("/messages").json()["items"]
        assert shown["state"] == "waiting" and "13800001234" not in shown["to"]
        (plain,) = program.get("/messages?reveal=核对").json()["items"]
        assert plain["to"] == "13800001234"

    def test_what_the_guard_forbids_for_good_is_refused_now(self, program, zhang):
        program.post("/restraints", {"customer": zhang.party.number, "kind": "deceased", "reason": "已故"})
        answer = program.post("/messages", call(zhang, channel="sms", content="demand"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "contact_refused")

    def test_who_may_not_send_may_not(self, issue, now, zhang):
        assert issue("finance").post("/messages", call(zhang, channel="sms")).status_code == 403
