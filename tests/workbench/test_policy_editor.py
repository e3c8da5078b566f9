"""The table editor in a real browser: keys, the check while typing, nothing stored before Save."""

from __future__ import annotations

from typing import Any

import pytest

from liangqing.policy.models import Version
from tests.workbench import browser
from tests.workbench.test_accessibility import needs_axe

DESK = "/policy/versions/v1/tables/case.desk/"


def stored() -> list[str]:
    return [row["row"] for row in Version.objects.get(number=1).content["tables"]["case.desk"]]


def names(page: Any) -> list[str]:
    return page.locator("button.lq-name").all_inner_texts()  # type: ignore[no-any-return]


def test_a_table_is_edited_with_the_keyboard_and_checked_while_it_is_typed(browser_page: Any) -> None:
    page = browser_page("gao", language="en", viewport={"width": 1366, "height": 768})
    page.goto(DESK)
    page.keyboard.press("j")
    page.keyboard.press("Alt+ArrowDown")
    page.locator("#faults").get_by_text("Every account is decided").wait_for()
    page.wait_for_function("() => document.querySelectorAll('button.lq-name')[1].innerText === 'K1'")
    assert names(page) == ["K2", "K1", "K3"]
    assert page.evaluate("document.activeElement.id") == "down-1", "the keyboard stays with the row that moved"

    page.locator("tr#row-K1 td[data-column=when-level]").click()
    panel = page.locator("tr.lq-panel")
    panel.wait_for()
    assert page.evaluate("document.activeElement.name") == "when-level", "a click on a cell opens its field"
    panel.get_by_label("mild").uncheck()
    page.locator("#faults").get_by_text("No row decides this account: warning level: mild").wait_for()
    assert stored() == ["K1", "K2", "K3"], "nothing is stored while it is typed"

    page.keyboard.press("Escape")
    panel.wait_for(state="detached")
    page.locator("#faults").get_by_text("Every account is decided").wait_for()
    page.keyboard.press("d")
    panel.wait_for()
    assert names(page) == ["K2", "K1", "K4", "K3"]
    page.locator("#fault-2").get_by_text("Never matches: K1").wait_for()
    page.keyboard.press("Enter")
    panel.wait_for(state="detached")
    page.keyboard.press("Delete")
    page.wait_for_function("() => document.querySelectorAll('button.lq-name').length === 3")
    page.locator("button#save").click()
    page.get_by_text("was saved").wait_for()
    assert stored() == ["K2", "K1", "K3"]


def test_leaving_with_changes_that_are_not_saved_asks_first(browser_page: Any) -> None:
    page = browser_page("gao", language="en")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(DESK)
    page.locator("button#down-0").click()
    page.get_by_text("not saved yet").wait_for()
    page.goto("/policy/")
    assert asked == ["beforeunload"]
    page.goto(DESK)
    page.goto("/policy/")
    assert asked == ["beforeunload"]


@needs_axe
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_part_of_the_policy_keeps_anybody_out(browser_page: Any, language: str) -> None:
    page = browser_page("gao", language=language, bypass_csp=True)
    page.set_default_timeout(20_000)
    version = "/policy/versions/v1/"
    found = {}
    for address in (
        *(f"{version}?part={part}" for part in ("terms", "tables", "changes", "problems")),
        "/policy/versions/preset-1/tables/case.action/",
        f"{version}terms/warning.share_floor/?debtor=person",
        f"{version}tables/warning.level/test/?q=X1",
        f"{version}tables/case.result/test/",
        "/policy/calendar/?day=2026-10-01",
    ):
        page.goto(address)
        found[address] = browser.barriers(page)
    page.goto(f"{version}tables/case.action/")
    page.locator("tr#row-A03 td[data-column=when-days]").click()
    page.locator("tr.lq-panel").wait_for()
    found["an open row"] = browser.barriers(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("[data-drops]").click()
    assert not {address: wrong for address, wrong in found.items() if wrong}
