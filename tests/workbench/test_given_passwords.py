"""A password that somebody else gave opens one page: the one to choose another."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.trail.models import Entry
from tests.workbench.addresses import OPEN, SAMPLE_ADDRESSES, address
from tests.workbench.institution import PASSWORD, Institution

CHANGE = "/accounts/password/change/"
GIVEN, CHOSEN = "corn-beam-fork-2468", "only-lin-knows-1357"


@pytest.fixture
def newcomer(house_of_people: Institution) -> Client:
    """A browser in which lin has signed in with a password that the administrator gave."""
    staff.set_password(house_of_people.user("lin"), GIVEN, house_of_people.user("admin"))
    client = Client(headers={"accept-language": "en"})
    client.post("/accounts/login/", {"login": "lin", "password": GIVEN})
    return client


def change(client: Client, new: str, old: str = GIVEN):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


def test_no_other_page_opens_before_another_password_is_chosen(newcomer, house_of_people):
    customer = house_of_people.of("lin")[0]
    opened = [
        (name, answer.status_code)
        for name in set(SAMPLE_ADDRESSES) - OPEN
        for answer in (newcomer.get(address(name, customer)), newcomer.post(address(name, customer)))
        if (answer.status_code, answer.headers.get("Location")) != (302, CHANGE)
    ]
    assert not opened
    for elsewhere in ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/password/", "/nothing/"):
        assert newcomer.get(elsewhere).headers.get("Location") == CHANGE, elsewhere


def test_a_part_of_a_page_takes_the_whole_page_there(newcomer):
    answer = newcomer.get("/day/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, CHANGE)


@pytest.mark.parametrize(("language", "said"), [("en", "Choose a password"), ("zh-hans", "密码")])
def test_the_page_says_why_in_both_languages_and_offers_nothing_else(newcomer, language, said):
    newcomer.cookies["liangqing_language"] = language
    page = newcomer.get(CHANGE).content.decode()
    assert said in page and "lq-bar" not in page
    assert page.count('type="password"') == 3
    assert {"/language/", "/accounts/logout/", CHANGE} == set(re.findall(r'action="([^"]+)"', page))


def test_once_another_is_chosen_everything_opens_and_the_trail_tells_it(newcomer, house_of_people):
    answer = change(newcomer, CHOSEN)
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("start"))
    assert newcomer.get("/day/").status_code == 200
    lin = User.objects.get(username="lin")
    assert lin.check_password(CHOSEN) and not lin.password_given
    entry = Entry.objects.filter(event="password set").latest("id")
    assert (entry.actor_id, entry.thing_id, entry.facts["to_change"]) == (lin.pk, lin.pk, False)
    assert CHOSEN not in str(entry.facts)


def test_the_given_password_is_not_chosen_again(newcomer):
    answer = change(newcomer, GIVEN)
    assert answer.status_code in (200, 422) and "Choose another one" in answer.content.decode()
    assert User.objects.get(username="lin").password_given
    assert newcomer.get("/day/").headers["Location"] == CHANGE


def test_a_wrong_old_password_changes_nothing(newcomer):
    assert change(newcomer, CHOSEN, old="not this one").status_code in (200, 422)
    assert User.objects.get(username="lin").check_password(GIVEN)


def test_signing_out_is_possible_before(newcomer):
    newcomer.post("/accounts/logout/")
    assert newcomer.get("/day/").headers["Location"].startswith("/accounts/login/")


def test_who_chose_the_password_is_not_asked(house_of_people):
    client = Client()
    client.post("/accounts/login/", {"login": "wang", "password": PASSWORD})
    assert client.get("/customers/").status_code == 200
