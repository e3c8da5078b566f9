"""Run the night for a date: snapshot, steps, landing, invariants, seal, report.

1. One run at a time: a database-wide lock, which dies with its holder.
2. A date before the last one is refused. An interrupted date is run again; missed dates are caught up, in order.
3. The snapshot is read in one transaction; the steps work on it and touch nothing.
4. All decisions land in one transaction together with the run's own record: killed at any moment before its commit,
   nothing has happened; killed after, the next start repeats the date, finds nothing to change and closes it.
5. Invariants are checked, the trail is sealed, the day's tables are kept as Parquet, the run is done.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import database_uri
from liangqing.nightly.events import NightRun
from liangqing.nightly.models import Run
from liangqing.nightly.night import INPUTS, Night, nights_folder
from liangqing.nightly.plan import Plan, Tables
from liangqing.trail.actions.seal import seal
from liangqing.trail.actions.tell import Actor, tell

Engine = Callable[[Night], AbstractContextManager[Tables]]
"""Gives the steps of a night the tables they see."""
Progress = Callable[[dt.date, str], None]
"""Hears which step of which date is beginning. What it raises stops the run there."""


class InvariantBroken(Exception):
    """Something that must always hold does not. What landed stands; the run is not closed until it is mended."""


@dataclass(frozen=True)
class Report:
    """What a run did, as people and programs are told."""

    date: dt.date
    policy: str
    status: str
    counts: dict[str, Any]
    changed_rows: int
    seconds: dict[str, float]
    cpu: dict[str, float] = dataclasses.field(default_factory=dict)
    caught_up: tuple[dt.date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "date": self.date.isoformat(),
            "policy": self.policy,
            "status": self.status,
            **self.counts,
            "changed_rows": self.changed_rows,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu,
            "caught_up": [date.isoformat() for date in self.caught_up],
        }


def run(
    date: dt.date, plan: Plan, *, by: Actor | None = None, progress: Progress | None = None, spark: str = ""
) -> Report:
    """Run the night of ``date`` and of every missed date before it, its steps on the Spark master ``spark`` (else the one
    the house is set to, else here).

    Raises ``Refusal``: ``night_busy`` while another run is going on, ``night_past`` for a date before the last run,
    ``no_policy`` when no policy was in force. Raises ``InvariantBroken`` with the sentences of what is wrong.
    """
    hear = progress or (lambda _date, _step: None)
    with _alone():
        _clear_up()
        dates = dates_to_run(date)
        with _engine(spark or settings.SPARK) as engine:
            reports = [_run_one(each, plan, by=by, hear=hear, engine=engine) for each in dates]
    return dataclasses.replace(reports[-1], caught_up=tuple(dates[:-1]))


@contextmanager
def _alone() -> Iterator[None]:
    with psycopg.connect(database_uri(), autocommit=True) as lock:
        row = lock.execute("SELECT pg_try_advisory_lock(hashtext('liangqing night'))").fetchone()
        if not row or not row[0]:
            raise Refusal("night_busy", _("Another night is running. Wait until it is done, then start again."))
        try:
            yield
        finally:  # closing the connection would let go too, but only some time later
            lock.execute("SELECT pg_advisory_unlock(hashtext('liangqing night'))")


@contextmanager
def _engine(spark: str) -> Iterator[Engine]:
    """What gives the steps of a night their tables: the night itself, or a cluster."""
    if not spark:
        yield nullcontext
        return
    from liangqing.nightly import cluster

    with cluster.opened(spark) as engine:
        yield engine


def dates_to_run(date: dt.date) -> list[dt.date]:
    """The missed nights and the one of ``date``, in order. Raises ``Refusal`` (``night_past``)."""
    last = Run.objects.order_by("-date").first()
    if last is None or last.date == date:
        return [date]
    if date < last.date:
        raise Refusal(
            "night_past",
            _(
                "The night of {last} has been run; {date} is before it and can't be run any more. Choose {last} or later."
            ),
            last=last.date,
            date=date,
        )
    first = last.date if last.status != Run.Status.DONE else last.date + dt.timedelta(days=1)
    return [first + dt.timedelta(days=days) for days in range((date - first).days + 1)]


def _run_one(date: dt.date, plan: Plan, *, by: Actor | None, hear: Progress, engine: Engine) -> Report:
    rules = policy.in_force(date)
    version = rules.stamp
    record, made = Run.objects.get_or_create(
        date=date, defaults={"status": Run.Status.RUNNING, "policy": version, "started_at": clock.now()}
    )
    landed_before = record.status != Run.Status.RUNNING
    if not made:
        Run.objects.filter(pk=record.pk).update(
            status=Run.Status.RUNNING, policy=version, started_at=clock.now(), runs=record.runs + 1
        )
    with Night(date, rules, purpose="run") as night, engine(night) as tables:
        hear(date, "snapshot")
        with night.timed("snapshot"):
            night.read(plan.sources, books=plan.books)
        for step in plan.steps:
            hear(date, step.name)
            with night.timed(step.name):
                step.run(tables)
        checksums = {name: night.checksum(name, without=plan.volatile) for name in plan.keep}
        hear(date, "land")
        with night.timed("land"), transaction.atomic():
            with connection.cursor() as cursor:
                changed = sum(landing.land(night, cursor) for landing in plan.landings)
            hear(date, "landed, not committed")
            counts = {**night.figures, **plan.counts(date)}
            Run.objects.filter(pk=record.pk).update(status=Run.Status.LANDED, counts=counts, checksums=checksums)
            if changed or not landed_before:
                event = NightRun(
                    thing_id=record.pk,
                    date=date.isoformat(),
                    policy=version,
                    changed_rows=changed,
                    counts=counts,
                    checksums=checksums,
                )
                tell(event, by=by, day=date)
        hear(date, "close")
        with night.timed("close"):
            if wrong := list(plan.invariants(night)):
                raise InvariantBroken(wrong)
            hear(date, "seal")
            seal()
            hear(date, "keep")
            _keep(night, plan)
            if plan.books:
                plan.books.settle(night)
            hear(date, "kept")
        Run.objects.filter(pk=record.pk).update(status=Run.Status.DONE, finished_at=clock.now(), seconds=night.seconds)
    return Report(date, version, Run.Status.DONE, counts, changed, night.seconds, night.cpu)


def _keep(night: Night, plan: Plan) -> None:
    """The day's tables as Parquet, put in place in one move so that a half-written day is never seen."""
    final = nights_folder() / night.date.isoformat()
    draft = final.with_name(f".{final.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name in plan.keep:
        night.save(name, draft / f"{name}.parquet")
    (draft / INPUTS).mkdir()
    for name in plan.inputs:
        night.save(name, draft / INPUTS / f"{name}.parquet")
    if final.exists():
        shutil.rmtree(final)
    draft.rename(final)


def _clear_up() -> None:
    """What a killed run left lying about; nobody else is running, so it belongs to nobody."""
    for left in [*(Path(settings.HOME) / "tmp").glob("run-*"), *nights_folder().glob(".*")]:
        shutil.rmtree(left, ignore_errors=True)
