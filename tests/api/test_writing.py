"""Rows pushed in, records and promises written, and the same request asked twice."""

from __future__ import annotations

import threading

import pytest

from liangqing.api.actions import answers
from liangqing.api.models import Answer
from liangqing.cases.models import Promise, Record
from liangqing.imports.models import Import
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Contact, Party
from liangqing.receivables.models import Bill, Receipt
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries import proof

CUSTOMERS = [
    {"customer_id": "C1", "name": "华信机械有限公司", "kind": "business", "phone": "021-12345678", "terms_days": 30},
    {"customer_id": 2, "name": "张三", "kind": "consumer", "email": "z@example.com"},
]
BILLS = [
    {"bill_id": "B1", "customer_id": "C1", "bill_date": "2026-01-01", "due_date": "2026-01-31", "amount": "1234.56"},
    {"bill_id": "B2", "customer_id": 2, "bill_date": "2026-01-02", "due_date": "2026-02-01", "amount": 0.1},
    {"bill_id": "B3", "customer_id": 2, "due_date": "2026-02-01", "amount": 7, "currency": "JPY", "reference": "a\nb"},
]
PAYMENTS = [
    {"payment_id": "P1", "customer_id": "C1", "bill_id": "B1", "payment_date": "2026-02-03", "amount": "234.56"},
    {"payment_id": "P2", "customer_id": "C1", "payment_date": "2026-02-03", "amount": "5"},
]


@pytest.fixture
def ledger(issue):
    """A program that keeps the ledger."""
    return issue("finance")


class TestPush:
    def test_customers_bills_and_payments_land_as_those_of_files_do(self, ledger):
        counts = [
            ledger.push("/customers", CUSTOMERS, "1").json(),
            ledger.push("/bills", BILLS, "2", currency="CNY").json(),
            ledger.push("/payments", PAYMENTS, "3", currency="CNY").json(),
        ]
        assert [(told["rows"], told["created"], told["rejected"]) for told in counts] == [
            (2, 2, 0),
            (3, 3, 0),
            (2, 2, 0),
        ]
        assert set(Party.objects.values_list("number", flat=True)) == {"C1", "2"}
        assert list(Bill.objects.order_by("number").values_list("number", "principal", "currency")) == [
            ("B1", 123_456, "CNY"),
            ("B2", 10, "CNY"),
            ("B3", 7, "JPY"),
        ]
        assert Receipt.objects.get(number="P1").allocations.get().amount == 23_456
        assert Contact.objects.filter(party__number="C1").get().value.endswith("12345678")

    def test_a_push_is_told_to_the_trail_in_the_name_of_the_program_and_sealed(self, ledger):
        ledger.push("/customers", CUSTOMERS)
        entry = Entry.objects.get(event="file imported")
        assert entry.actor_id == ledger.client.user_id
        assert Import.objects.get().actor_id == ledger.client.user_id
        assert Block.objects.latest("number").last_id >= entry.pk
        assert list(proof.flaws()) == []

    def test_good_rows_land_and_bad_ones_are_told_by_place_and_column(self, ledger):
        ledger.push("/customers", CUSTOMERS, "1")
        rows = [
            BILLS[0],
            {"bill_id": "B4", "customer_id": "C9", "due_date": "2026-02-01", "amount": "1"},
            {"bill_id": "B5", "customer_id": "C1", "due_date": "the day after", "amount": "1"},
        ]
        answer = ledger.push("/bills", rows, "2", currency="CNY")
        told = answer.json()
        assert answer.status_code == 200
        assert (told["created"], told["rejected"]) == (1, 2)
        assert [(error["row"], error["field"], error["code"]) for error in told["errors"]] == [
            (2, "customer_id", "unknown_customer"),
            (3, "due_date", "bad_date"),
        ]
        assert all(error["message"] for error in told["errors"])

    def test_when_no_row_lands_the_answer_says_so(self, ledger):
        answer = ledger.push("/bills", [{**BILLS[0], "customer_id": "C9"}], currency="CNY")
        told = answer.json()
        assert (answer.status_code, told["error"]["code"]) == (422, "nothing_landed")
        assert (told["rejected"], told["errors"][0]["row"]) == (1, 1)
        assert not Bill.objects.exists()

    def test_every_row_with_an_error_is_told_not_only_the_first(self, ledger):
        rows = [{**BILLS[0], "bill_id": f"B{place}", "customer_id": "C9"} for place in range(150)]
        assert len(ledger.push("/bills", rows, currency="CNY").json()["errors"]) == 150

    def test_pushed_again_nothing_changes(self, ledger):
        ledger.push("/customers", CUSTOMERS, "1")
        told = ledger.push("/customers", CUSTOMERS, "2").json()
        assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 2)

    @pytest.mark.parametrize("body", [{"rows": []}, {"rows": [{"customer_id": "C1"}]}, {}, {"rows": "x"},
                                      {"rows": [{**CUSTOMERS[0], "colour": "red"}]},
                                      {"rows": [{**CUSTOMERS[0], "name": "a\0b"}]},
                                      {"rows": [{**CUSTOMERS[0], "customer_id": True}]}])  # fmt: skip
    def test_a_body_of_another_form_is_refused_whole(self, ledger, body):
        answer = ledger.post("/customers", body, idempotency_key="k")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        assert not Party.objects.exists()

    @pytest.mark.parametrize("body", [b"{", b"\xff", b'{"rows": NaN}', b"[" * 100_000])
    def test_what_is_no_json_is_refused(self, ledger, body):
        answer = ledger.post("/customers", body, idempotency_key="k")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")

    def test_more_than_ten_thousand_rows_are_refused(self, ledger, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
        answer = ledger.push("/customers", [{"customer_id": str(place), "name": "x"} for place in range(10_001)])
        assert answer.status_code == 422

    def test_a_body_without_end_is_refused(self, ledger, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        answer = ledger.push("/customers", [*CUSTOMERS, *CUSTOMERS])
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    def test_nothing_is_left_lying_about(self, ledger, data_folder):
        ledger.push("/bills", [{**BILLS[0], "customer_id": "C9"}], currency="CNY")
        assert list((data_folder / "tmp").iterdir()) == []
        assert not (data_folder / "errors").exists()


class TestOnce:
    def test_a_push_needs_a_key(self, ledger):
        answer = ledger.post("/customers", {"rows": CUSTOMERS})
        assert answer.status_code == 422
        assert not Party.objects.exists()

    def test_the_same_request_under_the_same_key_is_answered_the_same(self, ledger):
        first = ledger.push("/customers", CUSTOMERS)
        again = ledger.push("/customers", CUSTOMERS)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert Import.objects.count() == 1

    def test_another_request_under_the_same_key_is_refused(self, ledger):
        ledger.push("/customers", CUSTOMERS)
        for answer in (ledger.push("/customers", CUSTOMERS[:1]), ledger.push("/bills", BILLS)):
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_reused")
        assert Import.objects.count() == 1

    def test_the_key_of_one_program_means_nothing_to_another(self, ledger, issue):
        ledger.push("/customers", CUSTOMERS)
        assert issue("finance").push("/customers", CUSTOMERS).json()["unchanged"] == 2

    def test_asked_while_it_is_worked_on_it_is_refused_and_done_once(self, ledger):
        """Two at once, over connections of their own: the second comes while the first is in its work."""
        from django.db import connection

        working, goes_on, told = threading.Event(), threading.Event(), []

        def work():
            working.set()
            assert goes_on.wait(10)
            return 200, {"done": 1}

        def first():
            try:
                told.append(answers.once(ledger.client, "k", b"x", work))
            finally:
                connection.close()

        thread = threading.Thread(target=first)
        thread.start()
        assert working.wait(10)
        with pytest.raises(Refusal) as refused:
            answers.once(ledger.client, "k", b"x", lambda: (200, {"done": 2}))
        goes_on.set()
        thread.join()
        assert refused.value.code == "key_busy"
        assert told == [(200, {"done": 1})]
        assert answers.once(ledger.client, "k", b"x", lambda: (200, {"done": 3})) == (200, {"done": 1})

    def test_what_was_refused_may_be_asked_again(self, ledger):
        def refuse():
            raise Refusal("no", "No.")

        with pytest.raises(Refusal):
            answers.once(ledger.client, "k", b"x", refuse)
        assert answers.once(ledger.client, "k", b"x", lambda: (200, {})) == (200, {})

    def test_answers_are_forgotten_after_thirty_days(self, ledger):
        with clock.at("2026-01-01"):
            ledger.push("/customers", CUSTOMERS)
        with clock.at("2026-01-31"):
            answers.tidy()
            assert Answer.objects.exists()
        with clock.at("2026-02-01"):
            answers.tidy()
        assert not Answer.objects.exists()


class TestCases:
    @pytest.fixture
    def collector(self, institution, issue):
        return issue("risk")

    def test_a_promise_is_recorded_in_the_name_of_the_program(self, institution, collector):
        number = institution.huaxin.live_case.number
        body = {"amount": "12.30", "currency": "CNY", "due_on": "2026-03-20"}
        with clock.at("2026-03-12"):
            answer = collector.post(f"/cases/{number}/promises", body)
        assert answer.status_code == 201
        assert (answer.json()["case"], answer.json()["amount"], answer.json()["state"]) == (number, "12.30", "open")
        promise = Promise.objects.get()
        assert (promise.amount, promise.by) == (1230, collector.client.user)

    def test_asked_twice_under_one_key_it_is_recorded_once(self, institution, collector):
        path = f"/cases/{institution.huaxin.live_case.number}/promises"
        body = {"amount": "12.30", "currency": "CNY", "due_on": "2026-03-20"}
        with clock.at("2026-03-12"):
            told = [collector.post(path, body, idempotency_key="k").json() for _turn in range(2)]
        assert told[0] == told[1]
        assert Promise.objects.count() == 1

    @pytest.mark.parametrize(("change", "code"), [
        ({"due_on": "2026-03-01"}, "promise_in_the_past"), ({"amount": "0"}, "promise_of_nothing"),
        ({"amount": "1.234"}, "too_many_decimals"), ({"currency": "XXX"}, "unknown_currency"),
        ({"amount": 12}, "invalid"), ({"amount": "-1"}, "invalid")])  # fmt: skip
    def test_a_promise_that_can_not_be_is_refused(self, institution, collector, change, code):
        body = {"amount": "12.30", "currency": "CNY", "due_on": "2026-03-20", **change}
        with clock.at("2026-03-12"):
            answer = collector.post(f"/cases/{institution.huaxin.live_case.number}/promises", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
        assert not Promise.objects.exists()

    def test_the_case_of_another_department_is_not_there(self, institution, issue):
        from liangqing.people.models import Department

        program = issue("head", department=Department.objects.get(code="sales"))
        body = {"amount": "1", "currency": "CNY", "due_on": "2999-03-20"}
        path = f"/cases/{institution.huaxin.live_case.number}"
        assert program.post(f"{path}/promises", body).status_code == 404
        contact = {"channel": "phone", "result": "no_answer", "reached": "nobody"}
        assert program.post(f"{path}/records", contact).status_code == 404

    def test_a_contact_is_recorded_and_read_back(self, institution, collector):
        number = institution.zhang.live_case.number
        contact = Contact.objects.get(party=institution.zhang.party)
        body = {
            "channel": "phone",
            "result": "promised",
            "reached": "self",
            "note": "他说发工资就还",
            "contact": contact.pk,
            "promise": {"amount": "100", "currency": "CNY", "due_on": "2026-03-20"},
        }
        with clock.at("2026-03-12"):
            answer = collector.post(f"/cases/{number}/records", body, idempotency_key="r")
        assert answer.status_code == 201, answer.content
        row = Record.objects.get()
        assert (row.by, row.note, row.promise) == (collector.client.user, "他说发工资就还", Promise.objects.get())
        (told,) = collector.get(f"/records?case={number}").json()["items"]
        assert (told["id"], told["note"], told["promise"]) == (row.pk, "***", row.promise_id)
        (told,) = collector.get(f"/records?case={number}&reveal=复核").json()["items"]
        assert told["note"] == "他说发工资就还"

    def test_records_of_other_departments_are_not_in_the_list(self, institution, collector, issue):
        from liangqing.people.models import Department

        for customer in (institution.zhang, institution.huaxin):
            body = {"channel": "phone", "result": "no_answer", "reached": "nobody"}
            with clock.at("2026-03-12"):
                answer = collector.post(f"/cases/{customer.live_case.number}/records", body)
            assert answer.status_code == 201, answer.content
        program = issue("head", department=Department.objects.get(code="sales"))
        seen = program.get("/records").json()["items"]
        assert [row["customer"] for row in seen] == [institution.zhang.party.number]
        assert len(collector.get("/records").json()["items"]) == 2

    def test_the_contact_of_another_customer_is_refused(self, institution, collector):
        contact = Contact.objects.get(party=institution.zhang.party)
        body = {"channel": "phone", "result": "no_answer", "reached": "nobody", "contact": contact.pk}
        with clock.at("2026-03-12"):
            answer = collector.post(f"/cases/{institution.huaxin.live_case.number}/records", body)
        assert answer.status_code == 422
        assert not Record.objects.exists()
