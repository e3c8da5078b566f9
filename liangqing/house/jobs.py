"""Work done outside requests: jobs that stand in the database and are done by ``liangqing worker``.

A job is a row in the transaction that asks for it: rolled back, it was never asked for. Each waits in line under a name
(its queueing lock), so that the same work is not asked for twice, and runs alone under its lock. What somebody asks for
(a night, an import, taking one back) is a row of its own that tells where it stands; the job gets its number. A job whose worker was
killed is found by the silence of that worker's heart and done again; every job must therefore bear being done twice.

To add one::

    @app.task(name="land_upload", queue="imports", lock="import")
    @opened
    def land_upload(number: int) -> None:
        uploads.land(number)

and ask for it with ``liangqing.workbench.worker.ask("land_upload", upload.pk, queue="imports", lock="import")``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.utils import translation
from procrastinate import exceptions, jobs
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from liangqing.people.models import User

P = ParamSpec("P")
R = TypeVar("R")

SILENT_S = 60.0
"""A worker that has not been heard of for so many seconds is dead."""
MOST_ATTEMPTS = 5
"""A job that has cost so many workers their lives is given up."""
_KEPT_HOURS = 24 * 14
_LOOKS_EVERY_S = 4
"""How often a call is looked at while people talk."""

_log = logging.getLogger(__name__)


def opened(work: Callable[P, R]) -> Callable[P, R]:
    """In the house's language. The database connection of the thread is opened at need and looked after by the worker."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with translation.override(settings.LANGUAGE_CODE):
            return work(*args, **kwargs)

    return run


def _person(number: int | None) -> User | None:
    return User.objects.get(pk=number) if number is not None else None


# what the pages ask for (``liangqing.workbench.worker.ask``) ---------------------------------------------------------


@app.task(name="check_upload", queue="imports", lock="import")
@opened
def check_upload(number: int) -> None:
    """Check a file that was put down on the pages, without landing it."""
    from liangqing.workbench import uploads

    uploads.check(number)


@app.task(name="land_upload", queue="imports", lock="import")
@opened
def land_upload(number: int) -> None:
    """Land a file that was confirmed on the pages. Done twice, the second landing changes nothing."""
    from liangqing.workbench import uploads

    uploads.land(number)


@app.task(name="undo_import", queue="imports", lock="import")
@opened
def undo_import(number: int) -> None:
    """Take back an import for which somebody asked on the pages. Done twice, the second time changes nothing."""
    from liangqing.workbench import undoings

    undoings.carry_out(number)


@app.task(name="run_night", queue="nights", lock="night")
@opened
def run_night(number: int) -> None:
    """Run the night somebody asked for (``liangqing.workbench.orders.order``), and those missed before it."""
    from liangqing.house.night import PLAN
    from liangqing.workbench import orders

    orders.carry_out(number, PLAN)


@app.task(name="try_policy", queue="nights", lock="trial")
@opened
def try_policy(number: int) -> None:
    """Try a version of the policy on the portfolio; nothing lands. Done twice, it is worked out anew."""
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions import trial
    from liangqing.policy.models import Trial

    trial.carry_out(Trial.objects.select_related("version__base").get(pk=number), PLAN)


# webhooks -------------------------------------------------------------------------------------------------------------


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="deliver_webhooks", queue="webhooks", lock="webhooks", queueing_lock="webhooks")
@opened
def deliver_webhooks(timestamp: int) -> dict[str, int]:
    """Make messages of what the trail tells, and send what is due."""
    from liangqing.api.actions import deliveries

    made = deliveries.collect()
    return {"made": made, **deliveries.deliver()}


# outreach ---------------------------------------------------------------------------------------------------------------


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="send_messages", queue="outreach", lock="outreach", queueing_lock="outreach")
@opened
def send_messages(timestamp: int) -> dict[str, int]:
    """Send what is due to customers. Done twice, or after a worker died, nothing is sent twice where that can be known."""
    from liangqing.outreach.actions import dispatches, sending

    return {**sending.go(), "dispatches_done": dispatches.finish_done()}


@app.task(name="send_now", queue="outreach", lock="outreach")
@opened
def send_now(number: int) -> dict[str, int]:
    """The same at once, for whoever does not want to wait a minute; ``number`` is that of what they wrote."""
    from liangqing.outreach.actions import sending

    return sending.go()


@app.task(name="look_at_dispatch", queue="outreach", lock="looking")
@opened
def look_at_dispatch(number: int) -> dict[str, int]:
    """Ask the guard about everybody of a large dispatch. Done twice, it is asked anew; once it is being sent, not at all."""
    from liangqing.outreach.actions import dispatches
    from liangqing.outreach.models import Dispatch

    dispatch = Dispatch.objects.select_related("by", "template").get(pk=number)
    return dispatches.look(dispatch, by=dispatch.by).figures


@app.task(name="print_letters", queue="outreach", lock="letters")
@opened
def print_letters(number: int) -> int:
    """Print a batch of letters somebody ordered. Done twice, it is printed anew."""
    from liangqing.outreach.actions import letters

    return letters.carry_out(number).count


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="read_mailboxes", queue="outreach", lock="mailboxes", queueing_lock="mailboxes")
@opened
def read_mailboxes(timestamp: int) -> dict[str, int]:
    """Take in what came into the mailboxes. A mail is known by its Message-ID: read twice, it is taken once."""
    from liangqing.outreach.actions import mailboxes

    return mailboxes.read_all()


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="tell_staff", queue="outreach", lock="staff", queueing_lock="staff")
@opened
def tell_staff(timestamp: int) -> dict[str, int]:
    """Warnings and requests for approval go to group robots and mailboxes of staff, each once."""
    from liangqing.outreach.actions import words

    return {"made": words.collect(), **words.send()}


@app.task(name="place_call", queue="calls")
@opened
def place_call(number: int) -> None:
    """Dial a call somebody asked for, and look after it. Done twice, it is dialled once."""
    from liangqing.outreach.actions import calls

    if calls.place(number):
        _look_again(number)


@app.task(name="follow_call", queue="calls")
@opened
def follow_call(number: int) -> None:
    """Look how a call goes on, a moment only, so that other jobs get their turn while people talk; then again."""
    from liangqing.outreach.actions import calls

    if calls.follow(number):
        _look_again(number)


def _look_again(number: int) -> None:
    with contextlib.suppress(exceptions.AlreadyEnqueued):
        app.configure_task(
            name="follow_call", queue="calls", lock=f"call {number}", queueing_lock=f"follow call {number}",
            schedule_in={"seconds": _LOOKS_EVERY_S},
        ).defer(number=number)  # fmt: skip


@app.periodic(cron="11 * * * *", periodic_id="every hour")
@app.task(name="remind_of_open_calls", queue="upkeep", lock="open calls", queueing_lock="open calls")
@opened
def remind_of_open_calls(timestamp: int) -> int:
    """Tell of calls nobody wrote a record of; each once."""
    from liangqing.outreach.actions import calls

    return calls.remind_of_open()


# approvals ------------------------------------------------------------------------------------------------------------


@app.periodic(cron="7 * * * *", periodic_id="every hour")
@app.task(name="remind_of_approvals", queue="upkeep", lock="approvals", queueing_lock="approvals")
@opened
def remind_of_approvals(timestamp: int) -> dict[str, int]:
    """Remind of what waits for approval and ask the next higher, once a working day. Asked for every hour, so that no
    day is missed, wherever the house stands and however long no worker ran; the second time on a day changes nothing."""
    from liangqing.approvals.actions.upkeep import remind_and_escalate
    from liangqing.kit import clock

    return dataclasses.asdict(remind_and_escalate(clock.today()))


# the trail ------------------------------------------------------------------------------------------------------------


@app.task(name="check_trail", queue="upkeep", lock="check_trail")
@opened
def check_trail(by: int | None = None) -> dict[str, int]:
    """Compute every code and seal of the trail anew, and tell what was found."""
    from liangqing.trail.actions.check import check

    checked = check(by=_person(by))
    return {"until": checked.until, "flaws": checked.flaws}


# the workers themselves -----------------------------------------------------------------------------------------------


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="seal_trail", queue="upkeep", lock="seal", queueing_lock="seal")
@opened
def seal_trail(timestamp: int) -> None:
    """Seal what people did since; nights and imports seal their own."""
    from liangqing.trail.actions.seal import seal

    seal()


@app.periodic(cron="* * * * *", periodic_id="every minute")
@app.task(name="rescue_jobs", queue="upkeep", lock="rescue", queueing_lock="rescue")
async def rescue_jobs(timestamp: int) -> int:
    """Let the jobs of dead workers be done again; returns how many."""
    return await rescue()


async def rescue() -> int:
    """Put the jobs of dead workers back in line. One that is waiting in line again already, or has killed too many
    workers, is given up."""
    rescued = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_S):
        _log.warning("Job %s (%s) lost its worker", job.id, job.task_name)
        if job.attempts + 1 < MOST_ATTEMPTS:
            try:
                await app.job_manager.retry_job(job)
            except exceptions.UniqueViolation:
                pass
            else:
                rescued += 1
                continue
        await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=False)
        await sync_to_async(_give_up)(job.task_name, job.task_kwargs)
    return rescued


def _give_up(task: str, arguments: dict[str, Any]) -> None:
    """What somebody asked for says that it was given up, so that it can be asked for again."""
    from liangqing.workbench import orders, undoings

    givers = {"run_night": orders.give_up, "undo_import": undoings.give_up}
    if task not in givers:
        return
    try:
        with translation.override(settings.LANGUAGE_CODE):
            givers[task](int(arguments["number"]))
    finally:
        connection.close()  # of a thread beside the worker's: nobody else looks after it


@app.periodic(cron="17 3 * * *", periodic_id="every night")
@app.task(name="tidy_up", queue="upkeep", lock="tidy", queueing_lock="tidy")
async def tidy_up(timestamp: int) -> None:
    """Forget jobs done 14 days ago, what the API need not remember any more, and files nobody imported."""
    from liangqing.api.actions import answers
    from liangqing.workbench import uploads

    await app.job_manager.delete_old_jobs(nb_hours=_KEPT_HOURS, include_failed=True, include_cancelled=True)
    await sync_to_async(answers.tidy)()
    await sync_to_async(uploads.sweep)()


def work(*, wait: bool = True, at_once: int = 2) -> None:
    """Do jobs, ``at_once`` of them beside each other, until told to stop (SIGTERM, SIGINT): what is being done then is
    done to its end. Without ``wait`` only until there is nothing left to do."""
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector):
        app.run_worker(
            wait=wait,
            concurrency=at_once,
            listen_notify=wait,
            install_signal_handlers=wait,
            stalled_worker_timeout=SILENT_S,
        )
