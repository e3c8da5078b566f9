"""Large lists leave only with approval: one list, with its filters, for whoever asked, for some days.

Terms: export.most_rows, export.permit_days.
"""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from liangqing.approvals.actions import votes
from liangqing.approvals.models import Request
from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.policy import book
from liangqing.trail.models import Entry
from liangqing.workbench.models import Permit
from tests.policy.drafts import approved
from tests.workbench.institution import Institution

CUSTOMERS = "/customers/"
SEARCH = "&q=%E6%9C%89%E9%99%90"  # 有限


@pytest.fixture
def house(house_of_people: Institution) -> Institution:
    approved(on="2026-06-28", from_on="2026-06-29", export__most_rows=2, export__permit_days=2)
    book.forget()
    return house_of_people


def asking(house: Institution, query: str = "", *, who: str = "shen", language: str = "zh-hans") -> Any:
    """What somebody is answered who exports the customers."""
    return house.client_of(who, language).get(f"{CUSTOMERS}?export=xlsx{query}")


def taken(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.content
    rows = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    return list(rows)


def asked(house: Institution, query: str = "", *, who: str = "shen") -> Request:
    to = asking(house, query, who=who)
    assert to.status_code == 302
    answer = house.client_of(who).post(to.headers["Location"], {"reason": "审计抽样"}, follow=True)
    assert answer.status_code == 200
    return Request.objects.latest("id")


def test_a_list_of_as_many_rows_as_the_policy_says_leaves_freely_and_one_more_asks_for_approval(
    house_of_people: Institution,
) -> None:
    many = len(taken(asking(house_of_people))) - 2
    approved(on="2026-06-28", from_on="2026-06-29", export__most_rows=many)
    book.forget()
    assert len(taken(asking(house_of_people))) == many + 2
    approved(on="2026-06-29", from_on="2026-06-30", export__most_rows=many - 1)
    book.forget()
    before = Entry.objects.filter(event="list exported").count()
    answer = asking(house_of_people)
    assert answer.status_code == 302 and answer.headers["Location"].startswith(reverse("exports-new"))
    assert Entry.objects.filter(event="list exported").count() == before


def test_the_page_that_asks_says_what_is_asked_for_and_leads_back(house: Institution) -> None:
    page = house.client_of("shen").get(asking(house, SEARCH).headers["Location"])
    text = page.content.decode()
    assert "有限" in text and f'href="{CUSTOMERS}?q=%E6%9C%89%E9%99%90"' in text
    assert house.client_of("shen").post(asking(house).headers["Location"], {"reason": ""}).status_code == 422


def test_once_approved_the_list_leaves_for_whoever_asked_with_these_filters_until_the_day_it_ends(
    house: Institution,
) -> None:
    request = asked(house)
    assert asking(house).status_code == 302, "not before it is approved"
    votes.approve(request, User.objects.get(username="gao"))
    assert len(taken(asking(house))) > 4
    assert asking(house, SEARCH).status_code == 302, "no other filters"
    assert asking(house, who="luo").status_code == 302, "nobody else"
    with clock.at(clock.now() + dt.timedelta(days=1)):
        assert asking(house).status_code == 200
    with clock.at(clock.now() + dt.timedelta(days=2)):
        assert asking(house).status_code == 302, "over"


def test_the_trail_tells_who_allowed_it_and_until_when_and_each_time_it_was_taken(house: Institution) -> None:
    request = asked(house)
    votes.approve(request, User.objects.get(username="gao"))
    told = Entry.objects.get(event="export allowed")
    assert (told.actor_id, told.facts["list"]) == (house.user("gao").pk, "customers")
    assert told.facts["until"] == "2026-07-02"
    asking(house)
    asking(house)
    assert Entry.objects.filter(event="list exported", actor_id=house.user("shen").pk).count() == 2


def test_what_is_asked_for_already_is_not_asked_for_twice(house: Institution) -> None:
    asked(house)
    again = house.client_of("shen").post(asking(house).headers["Location"], {"reason": "再要"})
    assert again.status_code == 409 and Permit.objects.count() == 1
    assert Request.objects.latest("id").number in again.content.decode()


def test_an_address_somebody_made_up_asks_for_nothing(house: Institution) -> None:
    for of in ("", "nonsense", asking(house).headers["Location"].partition("=")[2][:-2]):
        assert house.client_of("shen").get(reverse("exports-new"), {"of": of}).status_code == 404


def test_who_decides_finds_the_list_from_the_request(house: Institution) -> None:
    request = asked(house, SEARCH)
    page = house.client_of("gao").get(reverse("approvals-request", args=[request.number]))
    assert f"{CUSTOMERS}?q=%E6%9C%89%E9%99%90" in page.content.decode()
    assert "有限" not in Permit.objects.get().address, "what was searched for is sealed"
