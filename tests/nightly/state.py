"""What a night leaves behind, without the numbers that may differ from run to run (ids, clocks, timings)."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db import connection

from liangqing.cases.models import Case, Promise, Task
from liangqing.kit.snapshot import database_uri
from liangqing.nightly.models import Run
from liangqing.trail.models import Entry
from liangqing.warning.models import Alert, Standing

_OF_A_RUN = ("checksums", "changed_rows")


def stored() -> dict[str, list[Any]]:
    """All that is decided and remembered, each table in an order of its own."""
    account = ("party_id", "creditor_id", "currency")
    return {
        "standings": sorted(Standing.objects.values_list(*account, "level", "row", "policy", "since_on")),
        "alerts": sorted(
            map(str, Alert.objects.values_list(*account, "level", "row", "raised_on", "amount", "days_late", "recipients"))
        ),
        "cases": sorted(
            map(
                str,
                Case.objects.values_list(
                    "number", "party_id", "stage", "level", "level_row", "owner_id", "desk", "opened_on", "closed_on"
                ),
            )
        ),
        "promises": sorted(map(str, Promise.objects.values_list("case__number", "amount", "state", "judged_on"))),
        "tasks": sorted(
            map(
                str,
                Task.objects.values_list(
                    "party_id", "case__number", "action", "action_row", "owner_id", "points", "reasons", "created_on",
                    "due_on", "state", "ended_on",
                ),
            )
        ),
        "trail": sorted(
            str((event, party, {key: value for key, value in facts.items() if key not in _OF_A_RUN}))
            for event, party, facts in Entry.objects.values_list("event", "party_id", "facts")
        ),
        "runs": list(Run.objects.order_by("date").values_list("date", "status", "counts")),
    }  # fmt: skip


def until_free() -> None:
    """Wait until the server has noticed that a killed process is gone and its locks with it: a moment, 10 s at most."""
    with psycopg.connect(database_uri(), autocommit=True) as server:
        for _ in range(200):
            query = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                       AND pid <> pg_backend_pid() AND pid <> %s"""
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (own,) = cursor.fetchone()
            row = server.execute(query, [own]).fetchone()
            if row is not None and row[0] == 0:
                return
            time.sleep(0.05)
    raise TimeoutError("somebody is still connected to the books")
