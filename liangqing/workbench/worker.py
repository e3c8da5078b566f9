"""What is too long for a request is left to a worker: asked for by name, and whether somebody is there to do it.

The jobs themselves are declared by the house (``liangqing.house.jobs``); they get numbers, never contents.
"""

from __future__ import annotations

from django.db import connection, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

_SILENT_S = 30
"""A worker says every ten seconds that it is alive."""


def alive() -> bool:
    """Whether some worker has been heard of lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [_SILENT_S],
        )
        return bool(cursor.fetchone()[0])


def ask(task: str, number: int, *, queue: str, lock: str) -> None:
    """Let a worker do a task for the thing of that number. Asking again while it waits in line changes nothing."""
    try:
        with transaction.atomic():
            app.configure_task(name=task, queue=queue, lock=lock, queueing_lock=f"{task} {number}").defer(number=number)
    except exceptions.AlreadyEnqueued:
        pass
