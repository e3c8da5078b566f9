"""The browser in which pages are tried and pictured: the one of the machine, never one that is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "no Chromium was found: install one (Debian, as root: apt-get install chromium) or name it in LIANGQING_CHROMIUM; "
    f"looked on PATH for {', '.join(NAMES)}"
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The browser named in LIANGQING_CHROMIUM, else the first one on PATH."""
    named = os.environ.get("LIANGQING_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), chromium_sandbox=False)
        try:
            yield chromium
        finally:
            chromium.close()


def window(chromium: Browser, **options: Any) -> BrowserContext:
    """A window as a person in China has it: Chinese, Shanghai time, a common laptop's size; ``options`` say otherwise."""
    usual = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": 1366, "height": 768}}
    context = chromium.new_context(**{**usual, **options})
    context.set_default_timeout(5_000)
    return context
