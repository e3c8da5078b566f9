"""The class of a customer on the list: the one that counts, and where it comes from."""

from __future__ import annotations

import html
import re

from liangqing.cases.models import Case
from liangqing.parties.models import Party
from tests.workbench.institution import Institution


def line(house: Institution, number: str, **filters: str) -> str:
    """What the list says of a customer, as text; empty when it is not there."""
    page = house.client_of("gao", "en").get("/customers/", filters).content.decode()
    row = next((each for each in re.findall(r"<tr data-row.*?</tr>", page, re.DOTALL) if f">{number}<" in each), "")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())


def decided(case: Case, customer_class: str) -> None:
    """As a night would leave it: the ledger says A, what was paid says otherwise."""
    Party.objects.filter(pk=case.party_id).update(customer_class="A")
    Case.objects.filter(pk=case.pk).update(customer_class=customer_class, class_row="H2")


def test_the_class_the_night_decided_is_shown_before_that_of_the_ledger(house_of_people: Institution) -> None:
    case = Case.objects.select_related("party").filter(stage="open").earliest("id")
    decided(case, "C")
    assert "C by the policy" in line(house_of_people, case.party.number)


def test_without_a_case_the_ledger_is_what_is_known(house_of_people: Institution) -> None:
    case = Case.objects.select_related("party").filter(stage="open").earliest("id")
    decided(case, "C")
    Case.objects.filter(pk=case.pk).update(stage="closed", closed_on=case.opened_on)
    assert "A in the ledger" in line(house_of_people, case.party.number)


def test_the_filter_asks_for_the_class_that_is_shown(house_of_people: Institution) -> None:
    case = Case.objects.select_related("party").filter(stage="open").earliest("id")
    decided(case, "C")
    assert line(house_of_people, case.party.number, **{"class": "C"})
    assert not line(house_of_people, case.party.number, **{"class": "A"})
