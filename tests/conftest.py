"""What every test stands on: a data folder, a key, and for those that ask an institution with books of its own."""

from __future__ import annotations

import copy
import datetime as dt
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from liangqing.nightly.actions.run import Report
    from tests.files import Desk


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """A data folder of its own for each test: keys, nights, seals, error files."""
    home = tmp_path / "home"
    home.mkdir()
    settings.HOME = home
    return home


@pytest.fixture(autouse=True)
def no_policy_remembered() -> None:
    """What policy is in force is read once a day and process; a test has books, and days, of its own."""
    from liangqing.policy import book

    book.forget()


@pytest.fixture(scope="session", autouse=True)
def master_key() -> None:
    """One key for the run, given by the environment as in a production of several machines."""
    os.environ["LIANGQING_KEY"] = "bGlhbmdxaW5nLXRlc3Rpbmcta2V5LTMyLWJ5dGVzLW8="


@pytest.fixture(scope="session")
def migrated(django_db_blocker: Any, worker_id: str) -> Iterator[str]:
    """The name of this worker's migrated and empty database, from which others are copied."""
    from django.core.management import call_command
    from django.db import connection

    name = f"template_{uuid.uuid4().hex[:8]}_{worker_id}"
    with django_db_blocker.unblock():
        _administer(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        connection.settings_dict["NAME"] = name
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        yield name
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def books(migrated: str, django_db_blocker: Any) -> Iterator[str]:
    """An empty institution in a database of its own (its name is returned): commits are real commits.

    A test's transaction could not be rolled back here: the night reads through connections of its own, and the
    append-only tables refuse to be emptied.
    """
    from django.db import connection

    own = f"t_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        connection.close()
        _administer(f'CREATE DATABASE "{own}" TEMPLATE "{migrated}" STRATEGY FILE_COPY')
        connection.settings_dict["NAME"] = own
        try:
            yield own
        finally:
            connection.close()
            connection.settings_dict["NAME"] = migrated
            _administer(f'DROP DATABASE "{own}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _stages(django_db_blocker: Any) -> Iterator[dict[str, tuple[str, Path, Any]]]:
    """What ``prepared`` has made so far: database, data folder and what was returned, by the name of what made it."""
    made: dict[str, tuple[str, Path, Any]] = {}
    yield made
    for database, _home, _returned in made.values():
        _administer(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture
def prepared(
    books: str,
    data_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    _stages: dict[str, tuple[str, Path, Any]],
) -> Callable[..., Any]:
    """``prepared(build, …)`` is ``build(…)`` in the books of this test. What takes nights is done once a run: whoever asks
    for the same again gets a copy of the books, of the data folder and of what was returned. ``build`` must make the
    same whenever it is called, and whatever it is given must have been made by the same hands."""
    from django.db import connection

    from liangqing.policy import book

    def prepare(build: Callable[..., Any], *given: Any) -> Any:
        key = f"{build.__module__}.{build.__qualname__}"
        if key not in _stages:
            returned = build(*given)
            database, home = f"stage_{uuid.uuid4().hex[:12]}", tmp_path_factory.mktemp("stage") / "home"
            connection.close()
            _administer(f'CREATE DATABASE "{database}" TEMPLATE "{books}" STRATEGY FILE_COPY')
            shutil.copytree(data_folder, home)
            _stages[key] = (database, home, copy.deepcopy(returned))
            return returned
        database, home, returned = _stages[key]
        connection.close()
        _administer(f'DROP DATABASE "{books}" WITH (FORCE)')
        _administer(f'CREATE DATABASE "{books}" TEMPLATE "{database}" STRATEGY FILE_COPY')
        shutil.copytree(home, data_folder, dirs_exist_ok=True)
        book.forget()
        return copy.deepcopy(returned)

    return prepare


@contextmanager
def copied(template: str) -> Iterator[str]:
    """The connection looks into a copy of a database; at the end the copy is gone and all is as before."""
    from django.db import connection

    own, before = f"t_{uuid.uuid4().hex[:12]}", connection.settings_dict["NAME"]
    connection.close()
    _administer(f'CREATE DATABASE "{own}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    connection.settings_dict["NAME"] = own
    try:
        yield own
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        _administer(f'DROP DATABASE "{own}" WITH (FORCE)')


def _administer(statement: str) -> None:
    """Run a statement on the server that belongs to no database."""
    from django.db import connection

    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    known = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if parameters.get(name)}
    with psycopg.connect(**known, autocommit=True) as server:
        server.execute(statement)


@pytest.fixture
def night(books: str) -> Callable[[str], Report]:
    """Run the night of a date, as ``night("2026-03-11")``; returns its report."""
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    return lambda date: run(dt.date.fromisoformat(date), PLAN)


@pytest.fixture
def desk(books: str, tmp_path: Path) -> Desk:
    """A clerk's desk in an empty institution."""
    from tests.files import Desk

    return Desk(tmp_path)


@pytest.fixture
def english() -> Iterator[None]:
    """Speak English inside the test."""
    from django.utils import translation

    with translation.override("en"):
        yield
