"""``python -m bench.landing``: what it costs to change a row, as a landing does it and as the ORM's ``bulk_update`` does.

In the house in ``LIANGQING_HOME``, rolled back afterwards: ``--rows`` open tasks are changed in what a night changes of them,
once staged by COPY and changed by one statement, as ``cases.actions.landing`` does, once by ``bulk_update`` as it comes (all
rows in one statement), and once in batches of a thousand, which is its best. Told are microseconds of CPU a row, of this
process and the database's together, and of wall.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa


class _Undo(Exception):
    pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.landing", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    arguments = parser.parse_args()
    from liangqing.house import start

    start.start()
    from django.conf import settings
    from django.db import connection, transaction

    from bench.__main__ import Server
    from liangqing.cases.models import Task
    from liangqing.kit import bulk

    server = Server(settings.HOME)
    tasks = list(Task.objects.filter(state="open").order_by("?")[: arguments.rows])

    def landed() -> None:
        rows = pa.table(
            {
                "task_id": [each.pk for each in tasks],
                "action_row": [each.action_row for each in tasks],
                "points": [each.points + 1 for each in tasks],
                "reasons": [" ".join(each.reasons) for each in tasks],
                "owner_id": pa.array([each.owner_id for each in tasks], pa.int64()),
                "policy": [each.policy for each in tasks],
            }
        )
        columns = "task_id bigint, action_row text, points int, reasons text, owner_id bigint, policy text"
        with connection.cursor() as cursor:
            bulk.stage(cursor, "staged_task", columns, rows)
            cursor.execute(
                """UPDATE cases_task t SET action_row = n.action_row, points = n.points, policy = n.policy,
                          reasons = string_to_array(n.reasons, ' '), owner_id = n.owner_id
                   FROM staged_task n WHERE t.id = n.task_id AND t.state = 'open'"""
            )

    def by_orm(batch: int | None = None) -> None:
        for each in tasks:
            each.points += 1
        Task.objects.bulk_update(tasks, ["action_row", "points", "policy", "reasons", "owner"], batch_size=batch)

    def measured(work: Callable[[], None]) -> dict[str, Any]:
        cpu, wall = time.process_time() + server.cpu(), time.perf_counter()
        try:
            with transaction.atomic():
                work()
                raise _Undo
        except _Undo:
            pass
        spent, took = time.process_time() + server.cpu() - cpu, time.perf_counter() - wall
        return {"cpu_us_a_row": round(spent / len(tasks) * 1e6, 1), "wall_us_a_row": round(took / len(tasks) * 1e6, 1)}

    found: dict[str, Any] = {"rows": len(tasks), "landing": measured(landed)}
    for name, batch in (("bulk_update", None), ("bulk_update by a thousand", 1000)):
        told = found[name] = measured(partial(by_orm, batch))
        told["times"] = round(told["cpu_us_a_row"] / max(found["landing"]["cpu_us_a_row"], 0.1), 1)
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
