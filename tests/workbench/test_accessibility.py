"""Pages keep nobody out: no serious or critical finding of axe, in Chinese and in English, for those who work there."""

from __future__ import annotations

from typing import Any

import pytest

from liangqing.people.rights import can
from tests.workbench import browser
from tests.workbench.addresses import OPEN, SAMPLE_ADDRESSES, address, patterns
from tests.workbench.institution import Institution

PAGES = {name: pattern for name, _path, pattern in patterns() if name not in OPEN}
WHO = ("gao", "qian", "admin", "lin")
"""Between them they may open every page."""

needs_axe = pytest.mark.skipif(not browser.AXE.exists(), reason="axe is not here: make ui")


def _who(house: Institution, act: str) -> str:
    return next(name for name in WHO if not act or can(house.user(name), act))


@needs_axe
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", [name for name in PAGES if name in SAMPLE_ADDRESSES and SAMPLE_ADDRESSES[name].get])
def test_a_page_has_no_barrier(house_of_people: Institution, browser_page: Any, name: str, language: str) -> None:
    view: Any = PAGES[name].callback
    who = _who(house_of_people, getattr(view, "act", ""))
    url = address(name, house_of_people.of("lin")[0])
    if "text/html" not in house_of_people.client_of(who).get(url, follow=True).headers["Content-Type"]:
        return  # a file
    page = browser_page(who, language=language, bypass_csp=True)
    page.goto(url)
    assert browser.barriers(page) == []


@needs_axe
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/password/change/", "/accounts/2fa/"])
def test_signing_in_has_no_barrier(browser_page: Any, url: str, language: str) -> None:
    page = browser_page(None if "login" in url else "lin", language=language, bypass_csp=True)
    page.goto(url)
    assert browser.barriers(page) == []


@needs_axe
def test_a_refusal_has_no_barrier(browser_page: Any) -> None:
    page = browser_page("admin", bypass_csp=True)
    page.watch.expects(403, 404)
    page.goto("/cases/LQ-2026-000001/")
    assert browser.barriers(page) == []


@needs_axe
def test_axe_does_find_what_is_wrong(browser_page: Any) -> None:
    page = browser_page(bypass_csp=True)
    page.goto("/accounts/login/")
    page.evaluate("document.querySelectorAll('label').forEach((label) => label.remove())")
    assert any("label" in finding for finding in browser.barriers(page))


def test_every_page_is_worked_with_the_keyboard_alone(browser_page: Any) -> None:
    page = browser_page("lin")
    page.goto("/me/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "lq-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
