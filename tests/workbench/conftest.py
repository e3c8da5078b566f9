"""The small institution for the pages (one for the run, a copy for each test), and a browser to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from scripts.browser import MISSING, find, launched
from tests.conftest import copied
from tests.workbench import browser, institution
from tests.workbench.institution import Institution


@pytest.fixture(scope="session")
def founded(
    migrated: str, master_key: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The institution's database and data folder, made once; nobody writes into them."""
    from django.conf import settings
    from django.db import connection

    home, before = tmp_path_factory.mktemp("institution"), settings.HOME
    with django_db_blocker.unblock(), copied(migrated) as name:
        settings.HOME = home
        try:
            institution.found(tmp_path_factory.mktemp("files"))
        finally:
            settings.HOME = before
        connection.close()
        yield name, home


@pytest.fixture
def house_of_people(
    founded: tuple[str, Path], django_db_blocker: Any, data_folder: Path, settings: Any
) -> Iterator[Institution]:
    """An institution of its own for a test, on the morning of 2026-06-30: people, customers, bills, cases, warnings."""
    template, home = founded
    _settle(home, data_folder, settings)
    with django_db_blocker.unblock(), copied(template):
        yield Institution()


@pytest.fixture(scope="module")
def _standing(founded: tuple[str, Path], django_db_blocker: Any) -> Iterator[Institution]:
    with django_db_blocker.unblock(), copied(founded[0]):
        yield Institution()


@pytest.fixture
def standing_house(_standing: Institution, founded: tuple[str, Path], data_folder: Path, settings: Any) -> Institution:
    """The same institution for all tests of a file that only look, or leave nothing behind."""
    _settle(founded[1], data_folder, settings)
    return _standing


def _settle(home: Path, data_folder: Path, settings: Any) -> None:
    from django.core.cache import cache

    shutil.copytree(home, data_folder, dirs_exist_ok=True)
    settings.TODAY = (
        f"{institution.TODAY}T14:00"  # an hour at which every debtor may be reached, whatever the true one is
    )
    cache.clear()  # attempts to sign in are counted there


@pytest.fixture
def client_of(house_of_people: Institution) -> Callable[..., Client]:
    """A signed-in client: ``client_of("lin")``, ``client_of("lin", "en")``."""
    return house_of_people.client_of


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The pages on a port of this machine, over whatever institution the running test has; their address."""
    with browser.serving() as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of one file. Closed after it: while it runs, this thread has an event loop."""
    path = find()
    if path is None:
        if os.environ.get("LIANGQING_BROWSER") == "required":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    unsafe = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread; nothing awaits
    try:
        with launched(path) as chromium:
            yield chromium
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if unsafe is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = unsafe


@pytest.fixture
def browser_page(chromium: Any, served: str, house_of_people: Institution) -> Iterator[Callable[..., Any]]:
    """A page of a browser: ``browser_page("lin")`` is signed in, ``browser_page()`` is not; ``page.goto("/cases/")``.

    ``language="en"``, ``viewport={"width": 390, "height": 844}``, ``bypass_csp=True`` as needed. Afterwards the test fails if a request
    left this machine, a script failed, the content policy was broken or the console complained (``page.watch.expects(404)``
    for an answer that is meant).
    """
    opened = browser.Opened(chromium, served)
    try:
        yield lambda username=None, **options: opened.page(
            house_of_people.client_of(username) if username else None, **options
        )
        opened.check()
    finally:
        opened.close()
