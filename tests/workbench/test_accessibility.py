"""Pages keep nobody out: no serious or critical finding of axe, in Chinese and in English, for those who work there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

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


@pytest.fixture(scope="module")
def windows(chromium: Any, served: str) -> Iterator[browser.Opened]:
    """Windows that stay open for the whole file, so that styles and fonts load once."""
    opened = browser.Opened(chromium, served)
    yield opened
    opened.close()


@pytest.fixture
def window(windows: browser.Opened, standing_house: Institution) -> Iterator[Callable[[str, str], Page]]:
    """``window("lin", "en")``: a window in which somebody is signed in (``""``: nobody), the same each time."""
    yield lambda username, language: windows.kept(
        standing_house.client_of(username) if username else None, key=(username, language), language=language
    )
    windows.check()


@needs_axe
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", [name for name in PAGES if name in SAMPLE_ADDRESSES and SAMPLE_ADDRESSES[name].get])
def test_a_page_has_no_barrier(standing_house: Institution, window: Any, name: str, language: str) -> None:
    view: Any = PAGES[name].callback
    who = _who(standing_house, getattr(view, "act", ""))
    url = address(name, standing_house.of("lin")[0])
    if "text/html" not in standing_house.client_of(who).get(url, follow=True).headers["Content-Type"]:
        return  # a file
    page = window(who, language)
    if SAMPLE_ADDRESSES[name].nothing:
        page.watch.expects(404)
    page.goto(url)
    assert browser.barriers(page) == []


@needs_axe
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "url", ["/accounts/login/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/reauthenticate/"]
)
def test_signing_in_has_no_barrier(window: Any, url: str, language: str) -> None:
    page = window("" if "login" in url else "lin", language)
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
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in finding for finding in browser.barriers(page))


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
