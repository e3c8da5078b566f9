"""``python -m bench.pages``: server time and queries of the workbench's pages over the house that is there (LIANGQING_HOME).

Pages are asked in this process, one after another, as one person would; each several times with different things. The
first request of each page warms up and is not counted. ``cpu_p95_ms`` is the time of the processor, of this process and of
the database's that answers it: what remains of the figure when others use the machine too (where ``/proc`` tells).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from liangqing.house import start


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    arguments = parser.parse_args()
    start.start()
    gc.freeze()  # as the server does
    gc.set_threshold(100_000)
    from django.conf import settings

    from liangqing.kit import clock
    from liangqing.nightly.models import Run

    settings.ALLOWED_HOSTS = ["*"]
    last = Run.objects.filter(status="done").order_by("-date").first()
    with clock.at(f"{last.date if last else clock.today()}T09:00:00+08:00"):  # the morning after the last night
        found = list(measure(arguments.times))
    json.dump(found, sys.stdout, indent=1)


def measure(times: int) -> Iterator[dict[str, Any]]:
    """One row a page: name, p50, p95 in milliseconds, most queries, bytes."""
    from django.db import connection
    from django.test import Client
    from django.utils import translation

    from liangqing.people.models import User

    collector = _busiest()
    manager = User.objects.filter(duties__contains=["manage"], is_active=True).order_by("id").first() or collector
    head = User.objects.filter(duties__contains=["head"], is_active=True).order_by("id").first() or collector
    for name, person, addresses in _addresses(collector, head, manager, times):
        client = Client()
        client.force_login(person)
        seconds, busy, queries, size = [], [], 0, 0
        for turn, address in enumerate(addresses):
            counted: list[str] = []

            def count(execute: Callable[..., Any], sql: str, *rest: Any, counted: list[str] = counted) -> Any:
                counted.append(sql)
                return execute(sql, *rest)

            with connection.execute_wrapper(count), translation.override("zh-hans"):
                began, spent = time.perf_counter(), _cpu()
                answer = client.get(address)
                took, spent = time.perf_counter() - began, _cpu() - spent
            if answer.status_code != 200:
                sys.exit(f"{address} answered {answer.status_code}")
            size = len(answer.content)
            if turn:
                seconds.append(took * 1000)
                busy.append(spent * 1000)
                queries = max(queries, len(counted))
        yield {
            "page": name,
            "p50_ms": round(statistics.median(seconds), 1),
            "p95_ms": round(sorted(seconds)[int(len(seconds) * 0.95)], 1),
            "cpu_p95_ms": round(sorted(busy)[int(len(busy) * 0.95)], 1),
            "queries": queries,
            "bytes": size,
        }


def _cpu() -> float:
    """Seconds of the processor spent so far by this process and by the database's process that answers it."""
    from django.db import connection

    connection.ensure_connection()
    own = time.process_time()
    try:
        stat = (
            Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text("ascii").rpartition(")")[2].split()
        )
    except OSError:
        return own
    return own + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _busiest() -> Any:
    from django.db.models import Count

    from liangqing.cases.models import Task
    from liangqing.people.models import User

    row = (
        Task.objects.filter(state="open", owner__isnull=False)
        .values("owner")
        .annotate(n=Count("id"))
        .order_by("-n")
        .first()
    )
    if row is None:
        sys.exit("Nobody has any task here: add people and run a night first.")
    return User.objects.get(pk=row["owner"])


def _addresses(collector: Any, head: Any, manager: Any, times: int) -> Iterator[tuple[str, Any, list[str]]]:
    from liangqing.cases.models import Case
    from liangqing.parties.models import Party

    numbers = list(
        Case.objects.filter(owner=collector, stage="open").order_by("?").values_list("number", flat=True)[:times]
    )
    parties = list(Party.objects.filter(pk__in=Case.objects.filter(owner=collector).values("party")[:500])[:times])
    names = [party.name for party in parties]
    parts = [name[place % max(len(name) - 3, 1) :][:3] for place, name in enumerate(names)]
    yield "My day", collector, ["/day/", *(f"/day/?page={turn % 20 + 1}" for turn in range(times))]
    yield "Case", collector, [f"/cases/{number}/" for number in numbers]
    yield "Case list", manager, ["/cases/"] * times
    yield "Customer", collector, [f"/customers/{party.number}/" for party in parties]
    yield "Customer search", manager, [f"/customers/?q={part}" for part in parts if part.strip()]
    yield "Customers", manager, [f"/customers/?page={turn % 20 + 1}" for turn in range(times)]
    yield "Bills", manager, ["/bills/", *(f"/bills/?page={turn % 20 + 1}" for turn in range(times))]
    yield "Bills, late", manager, [f"/bills/?state=late&page={turn % 10 + 1}" for turn in range(times)]
    yield "Bills of a collector", collector, [f"/bills/?page={turn % 10 + 1}" for turn in range(times)]
    yield "Bills of a head", head, [f"/bills/?page={turn % 10 + 1}" for turn in range(times)]
    yield "Receipts", manager, ["/receipts/"] * times
    yield "Warnings", manager, ["/warnings/"] * times
    yield "Overview", manager, ["/overview/"] * times


if __name__ == "__main__":
    main()
