"""A day of work before a night, the same night undisturbed, and a night in a process that can be killed."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cast import Cast

_undisturbed: dict[str, Any] = {}


def _work_through_a_day() -> None:
    """The night of the 11th is done; on the day after, money came, promises ran out, a bill fell due, somebody left."""
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    cast = Cast()
    names = ("华信", "大河", "远东", "金陵", "三和", "同方")
    huaxin, dahe, yuandong, jinling, sanhe, tongfang = (cast.customer(name) for name in names)
    paid = huaxin.bill(800, due="2026-03-10", seller=cast.wang)
    dahe.bill(80_000, due="2026-02-09")
    yuandong.bill(500, due="2026-03-01")
    part = jinling.bill(900, due="2026-03-05")
    sanhe.bill(700, due="2026-03-11")
    tongfang.bill(600, due="2026-03-01", seller=cast.wang)
    run(dt.date(2026, 3, 11), PLAN)
    huaxin.pays(800, on="2026-03-12", bill=paid)
    jinling.pays(400, on="2026-03-12", bill=part)
    broken = yuandong.promises(500, on="2026-03-11", due="2026-03-11")
    type(broken).objects.filter(pk=broken.pk).update(promised_on="2026-03-05", due_on="2026-03-08")
    dahe.promises(100, on="2026-03-12", due="2026-03-20")
    jinling.promises(400, on="2026-03-12", due="2026-03-20")
    cast.leaves(cast.wang)


@pytest.fixture
def working_day(books: str, prepared: Callable[..., Any]) -> str:
    prepared(_work_through_a_day)
    return books


@pytest.fixture
def undisturbed(working_day: str, django_db_blocker: Any, tmp_path: Path, settings: Any) -> dict[str, Any]:
    """What the night of the 12th leaves in a copy of these books, run without any trouble (worked out once)."""
    from django.db import connection

    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run
    from tests.conftest import _administer
    from tests.nightly.state import stored

    if not _undisturbed:
        copy, home = f"{working_day}_copy", settings.HOME
        connection.close()
        _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{working_day}" STRATEGY FILE_COPY')
        connection.settings_dict["NAME"], settings.HOME = copy, tmp_path / "elsewhere"
        try:
            run(dt.date(2026, 3, 12), PLAN)
            _undisturbed.update(stored())
        finally:
            connection.close()
            connection.settings_dict["NAME"], settings.HOME = working_day, home
            _administer(f'DROP DATABASE "{copy}" WITH (FORCE)')
    return _undisturbed


@pytest.fixture
def process(data_folder: Path, books: str) -> Callable[..., subprocess.Popen[bytes]]:
    """Start a night in a process of its own, as ``process("2026-03-12", "land")``."""

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{books}").geturl()
        root = Path(__file__).parent.parent.parent
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "process.py"), *arguments],
            env={
                **os.environ,
                "DATABASE_URL": address,
                "LIANGQING_HOME": str(data_folder),
                "PYTHONPATH": str(root),
            },
            cwd=root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return start
