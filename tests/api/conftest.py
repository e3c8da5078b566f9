"""An institution with a night behind it, and programs that ask it."""

from __future__ import annotations

import copy
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from liangqing.api.actions import clients
from liangqing.api.models import Client
from liangqing.people.actions import staff
from liangqing.people.models import Department, User
from tests.cast import Cast, Customer
from tests.conftest import _administer, copied


@dataclass
class Program:
    """A program with a key, and what it is answered."""

    client: Client
    key: str

    def get(self, path: str, **headers: str) -> Any:
        return Browser().get(f"/api/v1{path}", headers=self._headers(headers))

    def post(self, path: str, body: Any, **headers: str) -> Any:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Browser().post(
            f"/api/v1{path}", data=text, content_type="application/json", headers=self._headers(headers)
        )

    def push(self, path: str, rows: list[dict[str, Any]], key: str = "k1", **body: Any) -> Any:
        return self.post(path, {"rows": rows, **body}, idempotency_key=key)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.key}", "Accept-Language": "en", **named}


Issue = Callable[..., Program]


@pytest.fixture(scope="session")
def founded(
    migrated: str, master_key: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Institution]]:
    """The institution's database and data folder, made once; each test gets a copy."""
    from django.conf import settings

    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    home, before = tmp_path_factory.mktemp("programs"), settings.HOME
    with django_db_blocker.unblock(), copied(migrated) as name:
        settings.HOME = home
        try:
            made = _found(lambda date: run(dt.date.fromisoformat(date), PLAN))
        finally:
            settings.HOME = before
        connection.close()
        yield name, home, made


@pytest.fixture
def books(books: str, request: pytest.FixtureRequest, data_folder: Path) -> str:
    """An empty institution; where a test asks for ``institution``, a copy of that one."""
    if "institution" in request.fixturenames:
        name, home, _made = request.getfixturevalue("founded")
        connection.close()
        _administer(f'DROP DATABASE "{books}" WITH (FORCE)')
        _administer(f'CREATE DATABASE "{books}" TEMPLATE "{name}" STRATEGY FILE_COPY')
        shutil.copytree(home, data_folder, dirs_exist_ok=True)
    return books


@pytest.fixture
def admin(books: str) -> User:
    return staff.join("root", name="管", department=None, duties=("admin",))


@pytest.fixture
def issue(admin: User) -> Issue:
    """Give a program a key, as ``issue("finance", rate=5)``."""

    def make(*duties: str, rate: int = 1000, department: Department | None = None) -> Program:
        return Program(*clients.issue("程序", duties, rate, admin, department=department))

    return make


@dataclass
class Institution:
    """Two departments with a late customer each: 华信 is lin's (collection), 张三 a person is of wang's (sales)."""

    cast: Cast
    huaxin: Customer
    zhang: Customer


@pytest.fixture
def institution(books: str, founded: tuple[str, Path, Institution]) -> Institution:
    return copy.deepcopy(founded[2])


def _found(night: Callable[[str], Any]) -> Institution:
    from liangqing.cases.models import Case, Task
    from liangqing.kit import sealing
    from liangqing.parties.models import Contact, Party

    cast = Cast()
    huaxin, zhang = cast.customer("华信机械"), cast.customer("张三丰")
    Party.objects.filter(pk=zhang.party.pk).update(kind="person", name_stored=sealing.seal("张三丰"))
    Contact.objects.create(party=zhang.party, kind="phone", value_stored=sealing.seal("13800001234"), value_index=b"1")
    huaxin.bill(800, due="2026-03-01")
    zhang.bill("1234.56", due="2026-03-02")
    night("2026-03-11")
    Case.objects.filter(party=zhang.party).update(owner=cast.wang)
    Task.objects.filter(party=zhang.party).update(owner=cast.wang)
    Case.objects.filter(party=huaxin.party).update(owner=cast.lin)
    Task.objects.filter(party=huaxin.party).update(owner=cast.lin)
    return Institution(cast, huaxin, zhang)
