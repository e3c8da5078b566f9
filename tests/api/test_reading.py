"""What a program may see: its own rows only, a page at a time, masked."""

from __future__ import annotations

import pytest

from liangqing.kit import clock
from liangqing.people.models import Department
from liangqing.trail.models import Entry

LISTS = ("/customers", "/bills", "/cases", "/tasks", "/alerts")


@pytest.fixture
def sales(institution, issue):
    """A program that reaches what is the sales department's: 张三's, not 华信's."""
    return issue("head", department=Department.objects.get(code="sales"))


@pytest.fixture
def everything(institution, issue):
    return issue("finance")


class TestScope:
    @pytest.mark.parametrize("path", LISTS)
    def test_rows_of_other_departments_are_not_in_any_list(self, institution, sales, everything, path):
        own, other = institution.zhang.party.number, institution.huaxin.party.number
        field = "number" if path == "/customers" else "customer"
        assert {row[field] for row in sales.get(path).json()["items"]} == {own}
        assert {row[field] for row in everything.get(path).json()["items"]} == {own, other}
        name = "number" if path == "/customers" else "customer"
        assert sales.get(f"{path}?{name}={other}").json()["items"] == []

    def test_rows_of_other_departments_are_not_found_by_their_number(self, institution, sales):
        for path in (f"/customers/{institution.huaxin.party.number}", f"/cases/{institution.huaxin.live_case.number}"):
            answer = sales.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert sales.get(f"/customers/{institution.zhang.party.number}").status_code == 200
        assert sales.get(f"/cases/{institution.zhang.live_case.number}").status_code == 200

    def test_what_is_no_duty_of_the_program_is_refused(self, institution, issue):
        program = issue("admin")
        for path in (*LISTS, "/records", "/customers/K1", "/cases/1"):
            assert program.get(path).status_code == 403

    @pytest.mark.parametrize("number", ["a/b", "a%0Ab", "a%20b", "%E5%BC%A0"])
    def test_a_customer_is_found_whatever_its_number_is_made_of(self, institution, everything, number):
        from urllib.parse import unquote

        from liangqing.parties.models import Party

        assert everything.get(f"/customers/{number}").json()["error"]["code"] == "not_found"
        Party.objects.filter(pk=institution.huaxin.party.pk).update(number=unquote(number))
        assert everything.get(f"/customers/{number}").json()["name"] == "华信机械"


class TestPages:
    def test_pages_follow_each_other_without_gap_or_repeat(self, institution, everything):
        for amount in range(1, 8):
            institution.huaxin.bill(amount, due="2026-03-05")
        whole = everything.get("/bills").json()
        assert whole["next"] is None
        seen, cursor = [], 0
        while cursor is not None:
            answer = everything.get(f"/bills?limit=4&cursor={cursor}").json()
            assert len(answer["items"]) <= 4
            seen += answer["items"]
            cursor = answer["next"]
        assert seen == whole["items"]
        assert len(seen) == 9

    @pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=-1", "cursor=99999999999999999999"])
    def test_a_page_out_of_range_is_refused(self, everything, query):
        answer = everything.get(f"/bills?{query}")
        assert answer.status_code == 422
        assert list(answer.json()["error"]["fields"]) == [query.split("=")[0]]

    def test_a_misspelt_filter_is_refused_and_does_not_show_everything(self, everything):
        answer = everything.get("/bills?costumer=K1")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_parameter")

    def test_filters_narrow(self, institution, everything):
        number = institution.huaxin.live_case.number
        assert [row["number"] for row in everything.get("/cases?owner=lin").json()["items"]] == [number]
        assert everything.get("/cases?stage=closed").json()["items"] == []
        assert len(everything.get("/cases?since=2026-03-11").json()["items"]) == 2
        assert everything.get("/alerts?since=2026-03-12").json()["items"] == []
        assert len(everything.get("/bills?due_from=2026-03-02&due_until=2026-03-03").json()["items"]) == 1
        assert everything.get("/cases?level=none").status_code == 422


class TestAmounts:
    def test_amounts_are_texts_in_major_units_with_their_currency(self, institution, everything):
        institution.zhang.pays("34.56", on="2026-03-05", bill=_bill(institution.zhang))
        with clock.at("2026-03-12"):
            (row,) = everything.get(f"/bills?customer={institution.zhang.party.number}").json()["items"]
            assert (row["amount"], row["paid"], row["open"]) == ("1234.56", "34.56", "1200.00")
            assert row["currency"] == "CNY"
            told = everything.get(f"/cases/{institution.zhang.live_case.number}").json()
        assert told["accounts"] == [
            {"creditor": "HOME", "currency": "CNY", "balance": "1200.00", "late": "1200.00", "days_late": 10}
        ]

    def test_money_of_later_days_is_not_counted_yet(self, institution, everything):
        institution.zhang.pays("34.56", on="2026-03-20", bill=_bill(institution.zhang))
        with clock.at("2026-03-12"):
            (row,) = everything.get(f"/bills?customer={institution.zhang.party.number}").json()["items"]
        assert (row["paid"], row["open"]) == ("0.00", "1234.56")


def _bill(customer):
    from liangqing.receivables.models import Bill

    return Bill.objects.get(party=customer.party)


class TestPersonalData:
    def test_a_persons_data_is_masked_and_a_companys_name_is_not(self, institution, everything):
        names = {row["number"]: row["name"] for row in everything.get("/customers").json()["items"]}
        assert names[institution.huaxin.party.number] == "华信机械"
        assert "三丰" not in names[institution.zhang.party.number]
        told = everything.get(f"/customers/{institution.zhang.party.number}").content.decode()
        assert "三丰" not in told
        assert "1380000" not in told
        assert not Entry.objects.filter(event="personal data revealed").exists()

    @pytest.mark.parametrize("path", ["/customers/{number}", "/customers?number={number}"])
    def test_revealed_for_a_purpose_it_is_shown_and_remembered(self, institution, everything, path):
        number = institution.zhang.party.number
        path = path.format(number=number)
        told = everything.get(f"{path}{'&' if '?' in path else '?'}reveal=对账").content.decode()
        assert "张三丰" in told
        entry = Entry.objects.get(event="personal data revealed")
        assert (entry.party_id, entry.actor_id) == (institution.zhang.party.pk, everything.client.user_id)
        assert entry.facts["purpose"] == "对账"

    def test_without_the_right_nothing_is_revealed(self, institution, issue):
        program = issue("manage")
        answer = program.get(f"/customers/{institution.zhang.party.number}?reveal=why")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")

    def test_revealing_needs_a_purpose(self, institution, everything):
        assert everything.get("/customers?reveal=").status_code == 422
        assert everything.get("/customers?reveal=%20%20").status_code == 422
