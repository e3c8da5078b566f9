"""Pictures of every page of the demo institution, in Chinese and English; the collector's also as a phone shows them.

    make screenshots                 into docs/screenshots
    make screenshots ARGS=FOLDER     elsewhere

Serves the demo house of LIANGQING_HOME (made by ``make screenshots`` when it is empty) on a free port, signs in as its
people one after the other, and walks: the places of the bar, the first line of each list, and what a page offers at
its head. A place is pictured with the first person who has it, those first whose daily work it is.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from scripts.browser import MISSING, find, launched, window

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = ("lin", "wang", "zhou", "qian", "gao", "shen", "admin")
"""Collector, seller, head of a department, finance, risk, manager, administrator."""
COLLECTOR = "lin"
LANGUAGES = {"zh-hans": "zh-CN", "en": "en-GB"}
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
DEEPER = {
    "lin": {
        "customers-applications": "/customers/KH10056/applications/",
        "customers-found": "/customers/?q=sh",
    },
    "qian": {
        "bills-entry": "/bills/entry/",
        "receipts-entry": "/receipts/entry/",
        "receipts-unapplied": "/receipts/?unapplied=1",
        "approvals-mine": "/approvals/mine/",
    },
    "gao": {
        "policy-drafting": "/policy/drafting/",
        "policy-version-problems": "/policy/versions/v3/?part=problems",
        "policy-withdrawal": "/policy/versions/v3/withdrawal/",
        "campaigns-found": "/campaigns/selection/?number=20&order=points&days_from=1",
        "approvals-answered": "/approvals/answered/",
        "policy-version-terms": "/policy/versions/v1/",
        "policy-version-tables": "/policy/versions/v3/?part=tables",
        "policy-version-changes": "/policy/versions/v1/?part=changes",
        "policy-version-trials": "/policy/versions/v3/?part=trials",
        "policy-version-approval": "/policy/versions/v1/?part=approval",
        "policy-term": "/policy/versions/v3/terms/warning.mild_until_days/",
        "policy-table": "/policy/versions/v3/tables/case.action/",
        "policy-table-test": "/policy/versions/v3/tables/warning.level/test/",
        "policy-trial": "/policy/trials/1/",
        "policy-trial-nights": "/policy/trials/3/",
        "policy-arms": "/policy/versions/v2/arms/",
        "policy-calendar": "/policy/calendar/?year=2026",
        "oversight-clause": "/oversight/clauses/P3%203.2.2/",
        "oversight-printed": "/oversight/policy/",
        "oversight-comparison": "/oversight/comparison/",
    },
    "shen": {
        "approvals-policy": "/approvals/LQ-A-2026-000001/",
        "approvals-all": "/approvals/all/",
        "overview-all": "/overview/",
    },
    "zhou": {
        "approvals-request": "/approvals/LQ-A-2026-000005/",
        "approvals-waiting": "/approvals/",
        "approvals-delegations": "/approvals/delegations/",
    },
    "admin": {
        "people-entry": "/people/entry/",
        "people-department": "/people/departments/1/",
        "people-person": "/people/1/",
        "programs": "/programs/",
    },
}
"""What is not reached from the places of the bar in one step, by who looks at it."""
_SETTLED = "() => document.fonts.ready.then(() => true)"


def take(folder: Path) -> int:
    """Take all pictures; how many there are. Raises ``SystemExit`` when there is no browser or the house won't open."""
    path = find()
    if path is None:
        sys.exit(MISSING)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangqing.house.settings")
    import django

    django.setup()  # for the cast; the house itself is another process
    count = 0
    with _served() as address, launched(path) as chromium:
        for language in LANGUAGES:
            seen: set[str] = set()
            for username in PEOPLE:
                count += _walk(chromium, address, folder / language, username, language, seen)
            count += _walk(chromium, address, folder / language / "phone", COLLECTOR, language, set(), phone=True)
    return count


def _walk(
    chromium: Browser, address: str, folder: Path, username: str, language: str, seen: set[str], *, phone: bool = False
) -> int:
    """What one person sees that nobody before did; how many pictures that made."""
    from liangqing.house.demo.cast import PASSWORD

    folder.mkdir(parents=True, exist_ok=True)
    context = window(
        chromium,
        base_url=address,
        locale=LANGUAGES[language],
        viewport=PHONE if phone else DESK,
        device_scale_factor=2 if phone else 1,
        has_touch=phone,
    )
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "liangqing_language", "value": language, "url": address}])
    page = context.new_page()
    count = 0

    def picture(url: str) -> bool:
        """Go there and take the picture, unless that kind of page has one."""
        nonlocal count
        name = _name(url)
        if name in seen:
            return False
        answer = page.goto(url)
        if answer is None or answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
            return False
        seen.add(name)
        _shoot(page, folder / f"{name}.png")
        count += 1
        return True

    picture("/accounts/login/")
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit].btn-primary").click()
    page.wait_for_selector("header.lq-bar")
    places = page.eval_on_selector_all("header.lq-bar a[href^='/']", "links => links.map(a => a.getAttribute('href'))")
    for place in dict.fromkeys(str(each) for each in places):
        if place == "/" or place.startswith("/api/") or not picture(place):
            continue
        if page.locator("tr[data-row] a[hx-target='#drawer-body']").count():
            page.locator("tr[data-row] a[hx-target='#drawer-body']").first.click()
            page.wait_for_selector("#drawer:not([hidden])")
            _shoot(page, folder / f"{_name(place)}-drawer.png")
            count += 1
        for url in _ways_on(page):
            if not url.startswith("/api/"):  # plain, for programmers, in whatever font the browser has
                picture(url)
    for name, url in {} if phone else DEEPER.get(username, {}).items():
        answer = page.goto(url)
        if answer is None or answer.status != 200:
            raise SystemExit(f"{url} answered {answer.status if answer else 'nothing'}")
        _shoot(page, folder / f"{name}.png")
        count += 1
    context.close()
    return count


def _ways_on(page: Page) -> list[str]:
    """The first line of the page's list, and what stands at its head."""
    lines = page.locator("tr[data-row] a[data-open]")
    found = [lines.first.get_attribute("href")] if lines.count() else []
    found += [link.get_attribute("href") for link in page.locator(".lq-head a[href^='/']").all()]
    return [url for url in found if url]


def _name(url: str) -> str:
    """The kind of page an address shows: what it is about is left out, so that one case is pictured once."""
    parts = [part for part in url.partition("?")[0].split("/") if part]
    return "-".join("one" if re.search(r"\d|[^\x00-\x7f]", part) else part for part in parts) or "start"


def _shoot(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate(_SETTLED)
    page.wait_for_timeout(300)  # charts draw themselves in
    page.screenshot(path=path, animations="disabled")


@contextmanager
def _served() -> Iterator[str]:
    """The demo house on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from liangqing.house.commands import main; main()"]
    command += ["serve", "--demo", "--no-worker", "--port", str(port)]
    house = subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if house.poll() is not None:
                sys.exit("✗ The demo house did not open; it said why above.")
            try:
                with urllib.request.urlopen(f"{address}/health/", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        else:
            sys.exit("✗ The demo house did not open within two minutes.")
        yield address
    finally:
        house.terminate()
        house.wait(timeout=30)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    print(f"{take(place)} pictures in {place}.")
