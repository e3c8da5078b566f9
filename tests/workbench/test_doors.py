"""Who may open which page: every address, every position, looking and posting, own and foreign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.db.transaction import Atomic
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from liangqing.people.rights import can
from tests.workbench.addresses import EVERYBODYS, OPEN, SAMPLE_ADDRESSES, address, patterns
from tests.workbench.institution import LIMITED, POSITIONS, Customer, Institution

PAGES = {name: pattern for name, _path, pattern in patterns() if name not in OPEN}
FILLED = [name for name in PAGES if name in SAMPLE_ADDRESSES]
_LET_IN = {200, 202, 204, 302, 303}
_HEARD = _LET_IN | {400, 405, 409, 422}
"""Answers to somebody who may post here, but said nothing or nothing that fits."""


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is posted inside never happened. An action that fails inside takes only itself back, as it does outside."""
    with transaction.atomic():
        with patch.object(transaction, "atomic", lambda *_args, **_how: Atomic(None, savepoint=True, durable=False)):
            yield
        transaction.set_rollback(True)


def content(response: Any) -> str:
    """What the browser gets to see: the page's text, or every cell of an exported list."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    if "spreadsheet" in response.headers.get("Content-Type", ""):
        book = CalamineWorkbook.from_filelike(BytesIO(raw))
        cells = (cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row)
        return "\n".join(str(cell) for cell in cells)
    return str(raw.decode(errors="replace"))


def acts(name: str) -> tuple[str, str]:
    """What the door of a page asks of whoever looks, and of whoever posts."""
    view: Any = PAGES[name].callback
    return getattr(view, "act", ""), getattr(view, "post_act", "")


def test_every_address_has_a_name_and_a_sample() -> None:
    nameless = [path for name, path, _pattern in patterns() if not name]
    names = [name for name, _path, _pattern in patterns()]
    assert not nameless
    assert len(names) == len(set(names)), "two pages of one name"
    missing = sorted(set(names) - set(SAMPLE_ADDRESSES) - OPEN)
    assert not missing, f"add a line to tests/workbench/addresses.py for: {missing}"
    assert not sorted(set(SAMPLE_ADDRESSES) - set(names)), "addresses that are gone"


def test_every_page_asks_for_a_right_unless_it_is_the_persons_own() -> None:
    careless = [name for name in PAGES if not acts(name)[0] and name not in EVERYBODYS]
    assert not careless, "wrap them in doors.page"


def test_only_addresses_that_take_an_argument_are_about_a_customer() -> None:
    paths = {name: path for name, path, _pattern in patterns()}
    assert not [name for name, sample in SAMPLE_ADDRESSES.items() if sample.about and "<" not in paths[name]]


@pytest.mark.parametrize("username", POSITIONS, ids=POSITIONS.values())
def test_a_page_opens_for_exactly_those_whose_duties_include_its_act(
    standing_house: Institution, username: str
) -> None:
    person, client = standing_house.user(username), standing_house.client_of(username)
    wrong = []
    for name in FILLED:
        if not SAMPLE_ADDRESSES[name].get:
            continue
        act, _post = acts(name)
        status = client.get(url := address(name, standing_house.of(username)[0])).status_code
        let_in = {404} if SAMPLE_ADDRESSES[name].nothing else _LET_IN
        expected = let_in if not act or can(person, act) else {403}
        if status not in expected:
            wrong.append(f"GET {url} ({name}, {act}): {status}")
    assert not wrong


@pytest.mark.parametrize("username", POSITIONS, ids=POSITIONS.values())
def test_posting_is_heard_from_exactly_those_whose_duties_include_its_act(
    standing_house: Institution, username: str
) -> None:
    person, client = standing_house.user(username), standing_house.client_of(username)
    wrong = []
    for name in FILLED:
        act, post = acts(name)
        url = address(name, standing_house.of(username)[0])
        with undone():
            status = client.post(url).status_code
        heard = _HEARD | {404} if SAMPLE_ADDRESSES[name].nothing else _HEARD
        expected = heard if not act or (can(person, act) and can(person, post)) else {403}
        if status not in expected:
            wrong.append(f"POST {url} ({name}, {post}): {status}")
    assert not wrong


def test_audit_changes_nothing_anywhere(standing_house: Institution) -> None:
    """P2 15, asked of every door: whatever changes something is closed to audit."""
    from liangqing.people.rights import ACTS

    client, customer = standing_house.client_of("luo"), standing_house.customers[0]
    let_in = []
    for name in FILLED:
        _act, post = acts(name)
        if post and ACTS[post].changes:
            with undone():
                if client.post(address(name, customer)).status_code != 403:
                    let_in.append(name)
    assert not let_in


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_gets_no_further_than_the_sign_in_page(standing_house: Institution, method: str) -> None:
    client, customer = Client(), standing_house.customers[0]
    for name in FILLED:
        url = address(name, customer)
        response: HttpResponse = getattr(client, method)(url)
        assert response.status_code == 302, url
        assert response.headers["Location"].startswith(reverse("account_login")), url
        part: HttpResponse = getattr(client, method)(url, headers={"HX-Request": "true"})
        assert part.status_code in (204, 401), url
        assert part.headers["HX-Redirect"].startswith(reverse("account_login")), url
        assert not part.content, url


@pytest.mark.parametrize("username", LIMITED, ids=[POSITIONS[name] for name in LIMITED])
def test_what_is_not_ones_own_is_not_there(standing_house: Institution, username: str) -> None:
    person, client = standing_house.user(username), standing_house.client_of(username)
    strangers = _one_of_each_kind(standing_house.foreign_to(username))
    told = []
    for name in FILLED:
        act, post = acts(name)
        if not SAMPLE_ADDRESSES[name].about or not can(person, act):
            continue
        for customer in strangers:
            url = address(name, customer)
            if SAMPLE_ADDRESSES[name].get and (status := client.get(url).status_code) != 404:
                told.append(f"GET {url}: {status}")
            if can(person, post):
                with undone():
                    if (status := client.post(url).status_code) != 404:
                        told.append(f"POST {url}: {status}")
    assert not told


def _one_of_each_kind(customers: list[Customer]) -> list[Customer]:
    """A colleague's, another department's, the special desk's: by the first letter of the number."""
    return list({str(customer)[0]: customer for customer in customers}.values())


@pytest.mark.parametrize("username", LIMITED, ids=[POSITIONS[name] for name in LIMITED])
def test_no_list_search_or_export_gives_away_what_is_not_ones_own(standing_house: Institution, username: str) -> None:
    person, client = standing_house.user(username), standing_house.client_of(username)
    foreign = standing_house.foreign_to(username)
    marks = {mark for customer in foreign for mark in customer.marks}
    # A warning that was addressed to somebody is shown to them, on the page of warnings and nowhere else.
    addressed = {customer.party.name for customer in foreign if person.pk in customer.alert.recipients}
    name_asked, number_asked = "有限公司", "B"
    told = []
    for name in FILLED:
        sample, (act, _post) = SAMPLE_ADDRESSES[name], acts(name)
        if not sample.get or (act and not can(person, act)):
            continue
        base = address(name, standing_house.of(username)[0])
        searches = () if sample.about else (f"q={name_asked}", f"q={number_asked}", "export=xlsx")
        for url in (base, *(f"{base}{'&' if '?' in base else '?'}{search}" for search in searches)):
            response = client.get(url, follow=True)
            shown = content(response) if response.status_code == 200 else ""
            hidden = marks - addressed if name in ("warnings", "warnings-acknowledgements", "bell") else marks
            if found := sorted(mark for mark in hidden if mark in shown):
                told.append(f"{url}: {found}")
    assert not told


def test_those_who_reach_everything_see_every_customer(standing_house: Institution) -> None:
    """The search above would find nothing to complain of on empty pages; this shows that the pages are not empty."""
    client = standing_house.client_of("gao")
    pages = [
        content(client.get(address(name, standing_house.customers[0])))
        for name in FILLED
        if SAMPLE_ADDRESSES[name].get
        and not SAMPLE_ADDRESSES[name].about
        and can(standing_house.user("gao"), acts(name)[0] or "people.see")
    ]
    if {"customers", "bills", "cases"} & PAGES.keys():
        assert all(any(str(customer) in page for page in pages) for customer in standing_house.customers)


def test_exporting_is_refused_to_those_who_may_not(standing_house: Institution) -> None:
    client = standing_house.client_of("lin")
    for name in {"cases", "customers", "bills", "receipts", "warnings"} & PAGES.keys():
        assert client.get(reverse(name) + "?export=xlsx").status_code == 403, name
