"""How much the pages ask the database: a customer with everything costs no more queries than one with little."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liangqing.cases.actions import promises, records
from liangqing.cases.models import Case, Task
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.parties.actions import contacts, customers
from liangqing.parties.models import Alias, Contact, Creditor, Party
from liangqing.receivables.actions import bills, receipts
from tests.workbench.institution import TODAY, Institution

MOST = 15
"""Queries a page may ask, signing in and rights among them."""
IDENTITY = "91440300MA5EXAMPL1"


def asked(house: Institution, who: str, address: str) -> int:
    client = house.client_of(who)
    assert client.get(address).status_code == 200  # what the bell says is remembered for a moment
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
    return len(seen)


def crowd(house: Institution, number: str, places: range) -> None:
    """Give a customer as many bills, payments, contacts, records, cases, duplicates and look-alikes."""
    finance, one = house.user("qian"), house.customer(number)
    party, case = one.party, one.case
    Party.objects.filter(pk=party.pk).update(identity_stored=IDENTITY, identity_index=b"same")
    party.refresh_from_db()
    with clock.at(TODAY):
        for place in places:
            mark = f"{number}-{place}"
            contacts.add(party, kind="phone", value=f"1390000{place:04}", role="self", by=finance)
            bills.enter(
                party=party,
                creditor=case.creditor,
                number=f"NB{mark}",
                kind="invoice",
                currency="CNY",
                issued_on=dt.date(2026, 5, 1),
                principal=1000 + place,
                due_on=dt.date(2026, 6, 1),
                by=finance,
            )
            receipts.enter(
                party=party,
                creditor=case.creditor,
                number=f"NR{mark}",
                currency="CNY",
                amount=10,
                received_on=TODAY,
                by=finance,
            )
            records.record(case, channel="phone", result="busy", reached="nobody", by=case.owner)
            promises.record(case, amount=Money(100 + place, "CNY"), due_on=dt.date(2026, 7, 5), by=case.owner)
            Alias.objects.create(party=party, name_stored=f"别名{mark}", name_index=mark.encode())
            other = Creditor.objects.create(code=f"c{mark}", name=f"债权人{mark}")
            Case.objects.create(
                number=f"LQ-{mark}",
                party=party,
                creditor=other,
                stage="open",
                level="mild",
                level_row="x",
                owner=case.owner,
                opened_on=TODAY,
            )
            for kind in ("gone", "like"):
                same = Party.objects.create(
                    number=f"{kind}{mark}",
                    kind=party.kind,
                    name_stored=party.name,
                    name_index=party.name_index,
                    identity_stored=IDENTITY,
                    identity_index=b"same",
                )
                Contact.objects.create(
                    party=same, kind="phone", value_stored=f"1370000{place:04}", value_index=f"{kind}{mark}".encode()
                )
                if kind == "gone":
                    customers.merge(party, same, finance, "同一家")


@pytest.mark.parametrize("who", ["qian", "zhou"])
def test_the_page_of_a_customer_asks_as_little_of_many_rows_as_of_few(house_of_people, who):
    address = "/customers/E1/"
    assert asked(house_of_people, who, address) <= MOST
    crowd(house_of_people, "E1", range(2))
    few = asked(house_of_people, who, address)
    crowd(house_of_people, "E1", range(2, 14))
    assert asked(house_of_people, who, address) == few <= MOST


def test_the_page_of_a_case_asks_as_little_of_many_rows_as_of_few(house_of_people):
    lin = house_of_people.user("lin")
    task = Task.objects.filter(owner=lin, state="open", case__isnull=False).order_by("-points", "due_on", "id")[1]
    address = f"/cases/{task.case.number}/"
    few = asked(house_of_people, "lin", address)
    crowd(house_of_people, task.party.number, range(8))
    assert asked(house_of_people, "lin", address) <= few <= 14


def test_the_page_of_a_customer_shows_what_its_duplicates_owe_and_who_looks_alike(house_of_people):
    crowd(house_of_people, "E1", range(3))
    page = house_of_people.client_of("qian").get("/customers/E1/").content.decode()
    for shown in ("NBE1-0", "goneE1-0", "likeE1-2", "别名E1-1", "LQ-E1-2"):
        assert shown in page, shown
    assert "1370000" not in page, "ways to reach somebody are masked"


LISTS = (
    "day",
    "cases",
    "customers",
    "bills",
    "receipts",
    "warnings",
    "overview",
    "approvals",
    "imports",
    "nights",
    "trail",
)


@pytest.mark.parametrize("who", ["shen", "gao", "zhou", "lin"])
def test_no_list_asks_more_than_a_page_may(standing_house: Institution, who: str) -> None:
    """Whoever opens it: a head sees fewer rows, but is asked more about."""
    client = standing_house.client_of(who)
    opened = [name for name in LISTS if client.get(f"/{name}/").status_code == 200]
    assert "cases" in opened
    counts = {name: asked(standing_house, who, f"/{name}/") for name in opened}
    assert {name: count for name, count in counts.items() if count > MOST} == {}
