"""An institution with a night behind it, and programs that ask it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as Browser

from liangqing.api.actions import clients
from liangqing.api.models import Client
from liangqing.people.actions import staff
from liangqing.people.models import Department, User
from tests.cast import Cast, Customer


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
def institution(books: str, night: Callable[[str], Any]) -> Institution:
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
