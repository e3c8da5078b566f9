"""Complaints, claims and agreements as people see and move them: on the customer's page, in the list, at the bell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.parties.actions import restraints
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Agreement, Creditor, Deadline, Party, Restraint
from liangqing.receivables.models import Receipt
from tests.workbench.institution import TODAY, Institution

EARLIER = TODAY - dt.timedelta(days=20)


@pytest.fixture
def house(house_of_people: Institution) -> Institution:
    return house_of_people


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def told(house: Institution, party: Party, kind: str, on: dt.date = EARLIER, **given: Any) -> Restraint:
    with clock.at(dt.datetime.combine(on, dt.time(10), clock.zone())):
        return restraints.place(party, kind, reason="来电称", by=house.user("lin"), given=Particulars(**given))


def mine(house: Institution) -> Party:
    from liangqing.cases.models import Case

    found = Case.objects.filter(owner__username="lin", stage="open").order_by("id").first()
    assert found
    return found.party


def test_a_complaint_shows_its_day_and_that_it_is_overdue_and_is_answered(house: Institution):
    party = mine(house)
    row = told(house, party, "complaint").deadline
    page, client = reverse("customers-restraints", args=[party.number]), house.client_of("lin")
    with clock.at(dt.datetime.combine(TODAY, dt.time(10), clock.zone())):
        shown = text(client.get(page))
        assert str(row.due_on) in shown and "lq-tag red" in shown
        listed = text(client.get(reverse("deadlines")))
        assert str(row.due_on) in listed and str(row.last_on) in listed
        assert text(client.get(reverse("deadlines") + "?state=near")).count(str(row.due_on)) == 0
        answer = client.post(reverse("deadlines-completion", args=[row.pk]), {"reason": "书面答复"})
        assert answer.status_code == 302
        assert text(client.get(reverse("deadlines"))).count(str(row.due_on)) == 0
    row.refresh_from_db()
    assert row.met_on == TODAY


def test_a_collector_does_not_put_it_off_and_risk_does_within_the_last_day(house: Institution):
    party = mine(house)
    row = told(house, party, "complaint").deadline
    where = reverse("deadlines-extension", args=[row.pk])
    with clock.at(dt.datetime.combine(TODAY, dt.time(10), clock.zone())):
        later = {"on": str(EARLIER + dt.timedelta(days=30)), "reason": "须调取录音"}
        assert house.client_of("lin").post(where, later).status_code == 403
        risk = house.client_of("gao")
        assert risk.post(where, {**later, "on": str(EARLIER + dt.timedelta(days=61))}).status_code == 422
        assert risk.post(where, {"on": "", "reason": ""}).status_code == 422
        assert risk.post(where, later).status_code == 302
    row.refresh_from_db()
    assert row.due_on == EARLIER + dt.timedelta(days=30)


def test_what_the_night_found_rings_at_whoever_answers_for_it(house: Institution):
    row = told(house, mine(house), "complaint").deadline
    assert row.responsible is not None
    Deadline.objects.filter(pk=row.pk).update(alarm="overdue")
    with clock.at(dt.datetime.combine(TODAY, dt.time(10), clock.zone())):
        from liangqing.workbench import bell

        assert [each.pk for each in bell.waiting(row.responsible).deadlines] == [row.pk]
        assert bell.waiting(house.user("lin")).deadlines == []
        shown = text(house.client_of(row.responsible.username).get(reverse("bell")))
        assert str(row.due_on) in shown
        Deadline.objects.filter(pk=row.pk).update(responsible=None)
        assert [each.pk for each in bell.waiting(house.user("gao")).deadlines] == [row.pk], (
            "risk, where nobody is named"
        )


def test_an_agreement_is_put_on_record_broken_and_noticed(house: Institution):
    party = mine(house)
    page, client = reverse("customers-restraints", args=[party.number]), house.client_of("lin")
    body = {"kind": "agreement", "reason": "分期", "began_on": str(EARLIER), "pays_day": "10", "form": "spoken"}
    with clock.at(dt.datetime.combine(TODAY, dt.time(10), clock.zone())):
        refused = client.post(page, {**body, "months": "61"})
        assert refused.status_code == 422 and "61" in text(refused)
        assert client.post(page, {**body, "months": "48"}).status_code == 302
        plan = Agreement.objects.get()
        assert (plan.months, plan.pays_day, plan.form, plan.restraint.began_on) == (48, 10, "spoken", EARLIER)
        missed, yesterday = reverse("agreements-breach", args=[plan.pk]), str(TODAY - dt.timedelta(days=1))
        assert client.post(missed, {"on": str(TODAY), "reason": "未到账"}).status_code == 422
        assert client.post(missed, {"on": yesterday, "reason": "未到账"}).status_code == 302
        breach = Restraint.objects.get(kind="breach")
        assert client.post(reverse("restraints-lifting", args=[breach.pk]), {"reason": "催"}).status_code == 409
        assert (
            client.post(reverse("agreements-notice", args=[plan.pk]), {"on": str(TODAY), "reason": "短信"}).status_code
            == 302
        )
        assert yesterday in text(client.get(page))
    breach.refresh_from_db()
    assert breach.lifted_at is not None


def test_a_payment_after_the_bankruptcy_is_entered_and_flagged_wherever_it_is_seen(house: Institution):
    party = mine(house)
    told(house, party, "bankruptcy")
    finance = house.client_of("qian")
    body = {
        "customer": party.number, "creditor": str(Creditor.objects.first().pk), "number": "NR-破产", "currency": "CNY",  # type: ignore[union-attr]
        "amount": "100.00", "received_on": str(TODAY), "method": "transfer",
    }  # fmt: skip
    with clock.at(dt.datetime.combine(TODAY, dt.time(10), clock.zone())):
        entered = finance.post(reverse("receipts-entry"), body, follow=True)
        made = Receipt.objects.get(number="NR-破产")
        assert made.amount == Money.of("100.00", "CNY").amount, "the money is the truth: nothing refuses it"
        assert text(entered).count("企业破产法 16") >= 2, "said when it is entered, and on its own page"
        listed = text(finance.get(reverse("receipts") + "?bankrupt=1"))
        assert "NR-破产" in listed
        assert listed.count("data-row") == Receipt.objects.filter(party=party, received_on__gte=EARLIER).count()
        assert "NR-破产" in text(house.client_of("gao").get(reverse("customers-restraints", args=[party.number])))
