"""Jobs: asked for in a transaction, done by a worker, done again when their worker was killed."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from liangqing.house import jobs
from liangqing.kit.refusal import Refusal
from liangqing.nightly.models import Run
from liangqing.trail.models import Entry
from liangqing.workbench import orders
from liangqing.workbench.models import NightOrder
from tests.cast import Cast, day


def states(task: str = "run_night") -> list[str]:
    return list(ProcrastinateJob.objects.filter(task_name=task).order_by("id").values_list("status", flat=True))


@pytest.fixture
def cast(books: str) -> Cast:
    cast = Cast()
    cast.customer("华信").bill(800, due="2026-03-10")
    return cast


class TestNights:
    def test_a_night_asked_for_is_run_by_a_worker_in_the_name_of_who_asked(self, cast):
        orders.order(day("2026-03-11"), by=cast.zhao)
        assert not Run.objects.exists()
        jobs.work(wait=False)
        assert Run.objects.get().status == "done"
        assert Entry.objects.get(event="night run").actor_id == cast.zhao.pk
        assert states() == ["succeeded"]

    def test_the_same_night_is_not_asked_for_twice(self, cast):
        orders.order(day("2026-03-11"), by=cast.zhao)
        with pytest.raises(Refusal) as refused:
            orders.order(day("2026-03-11"), by=cast.zhao)
        assert refused.value.code == "night_ordered"
        assert states() == ["todo"]
        orders.order(day("2026-03-12"), by=cast.zhao)
        assert states() == ["todo", "todo"]

    def test_what_is_rolled_back_was_never_asked_for(self, cast):
        with transaction.atomic():
            orders.order(day("2026-03-11"), by=cast.zhao)
            transaction.set_rollback(True)
        assert states() == []

    def test_one_job_runs_nights_whoever_asks(self):
        running = [name for name in jobs.app.tasks if "night" in name]
        assert running == ["run_night"]

    def test_the_night_of_a_job_that_is_given_up_can_be_asked_for_again(self, cast):
        orders.order(day("2026-03-11"), by=cast.zhao)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [jobs.MOST_ATTEMPTS - 1])
        assert asyncio.run(_rescue()) == 0
        assert states() == ["failed"]
        given_up = NightOrder.objects.get()
        assert given_up.state == NightOrder.State.REFUSED and given_up.refusal
        orders.order(day("2026-03-11"), by=cast.zhao)
        assert states() == ["failed", "todo"]


@pytest.fixture
def worker(books: str, data_folder: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start the real command in a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{books}").geturl()
        program = "from liangqing.house.commands import main; main(['worker'])"
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "DATABASE_URL": address, "LIANGQING_HOME": str(data_folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def stuck(books: str) -> Iterator[Callable[[], None]]:
    """Somebody holds the trail, so that a night can't land; call it to let go."""
    parameters = {**connection.get_connection_params()}
    known = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if parameters.get(name)}
    with psycopg.connect(**known) as other:
        other.execute("LOCK TABLE trail_entry IN ACCESS EXCLUSIVE MODE")
        yield other.rollback


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def _landing() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'trail_entry'::regclass AND NOT granted")
        return bool(cursor.fetchone()[0])


class TestWorker:
    def test_a_job_whose_worker_was_killed_is_done_again(self, cast, worker, stuck):
        orders.order(day("2026-03-11"), by=cast.zhao)
        process = worker()
        until(_landing)
        process.send_signal(signal.SIGKILL)
        process.wait()
        stuck()
        assert states() == ["doing"]

        assert asyncio.run(_rescue()) == 0, "its heart was heard of a moment ago"
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
        assert asyncio.run(_rescue()) >= 1
        assert states() == ["todo"]
        jobs.work(wait=False)
        assert states() == ["succeeded"]
        assert Run.objects.get().status == "done"

    def test_told_to_stop_a_worker_finishes_what_it_does(self, cast, worker, stuck):
        orders.order(day("2026-03-11"), by=cast.zhao)
        process = worker()
        until(_landing)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        stuck()
        assert process.wait(timeout=60) == 0
        assert states() == ["succeeded"]

    def test_a_job_that_kills_every_worker_is_given_up(self, cast):
        orders.order(day("2026-03-11"), by=cast.zhao)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [jobs.MOST_ATTEMPTS - 1])
        assert asyncio.run(_rescue()) == 0
        assert states() == ["failed"]

    def test_the_dead_are_looked_for_every_minute(self):
        tasks = {name for name, _id in jobs.app.periodic_registry.periodic_tasks}
        assert {"rescue_jobs", "deliver_webhooks", "tidy_up"} <= tasks

    def test_old_jobs_go(self, cast):
        orders.order(day("2026-03-11"), by=cast.zhao)
        jobs.work(wait=False)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_events SET at = at - interval '15 days'")
        jobs.tidy_up.defer(timestamp=int(dt.datetime(2026, 3, 12, tzinfo=dt.UTC).timestamp()))
        jobs.work(wait=False)
        assert states() == []


async def _rescue() -> int:
    connector = jobs.app.connector.get_worker_connector()
    with jobs.app.replace_connector(connector):
        async with jobs.app.open_async():
            return await jobs.rescue()
