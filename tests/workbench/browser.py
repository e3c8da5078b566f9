"""A real browser over the real pages: how they are served to it, and what they must never do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from scripts.browser import window

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / ".venv" / "axe.min.js"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Requests are not news."""


@contextmanager
def serving() -> Iterator[str]:
    """The pages as they are served, assets and headers included, from threads of this process; yields the address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class Watch:
    """Everything a window asked for and complained of."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.statuses = {422}
        self.left: list[str] = []
        self.complaints: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(f"a script failed: {error.error}"))

    def expects(self, *statuses: int) -> None:
        """Answers the test means to provoke: the console's word about them is no complaint."""
        self.statuses |= set(statuses)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.left.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        status = re.search(r"status of (\d{3})", message.text)
        if not (status and int(status[1]) in self.statuses):
            self.complaints.append(f"{message.type} in the console: {message.text}")


class Opened:
    """The windows of one test."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium = chromium
        self._address = address
        self._windows: list[tuple[BrowserContext, Watch]] = []
        self._kept: dict[object, Page] = {}

    def page(self, client: Client | None, *, language: str = "", **options: Any) -> Page:
        """A new window in which the person of ``client`` is signed in; ``page.watch`` tells what it does."""
        context = window(self._chromium, base_url=self._address, **options)
        watch = Watch(self._address)
        watch.follow(context)
        self._windows.append((context, watch))
        cookies = {settings.LANGUAGE_COOKIE_NAME: language} if language else {}
        if client is not None:
            cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": name, "value": value, "url": self._address} for name, value in cookies.items()])
        page = context.new_page()
        page.watch = watch  # type: ignore[attr-defined]
        return page

    def kept(self, client: Client | None, *, key: object, language: str) -> Page:
        """The window opened under this key before, or a new one that lets axe in."""
        if key not in self._kept:
            self._kept[key] = self.page(client, language=language, bypass_csp=True)
        return self._kept[key]

    def check(self) -> None:
        """Nothing left this machine and nothing went wrong in any window since the last check."""
        left = [url for _context, watch in self._windows for url in watch.left]
        complaints = [text for _context, watch in self._windows for text in watch.complaints]
        for _context, watch in self._windows:
            watch.left.clear()
            watch.complaints.clear()
        assert not left, f"the page asked another machine: {left}"
        assert not complaints, complaints

    def close(self) -> None:
        for context, _watch in self._windows:
            context.close()


def barriers(page: Page) -> list[str]:
    """What axe finds on this page that keeps people out: serious and critical findings, one line each.

    The window needs ``bypass_csp=True``, since the policy lets no foreign script in.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [
        f"{each['impact']} {each['id']}: {each['help']}: {each['nodes'][0]['target']} {each['nodes'][0]['html'][:150]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
