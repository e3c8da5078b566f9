"""``python -m bench.pages``: server time and queries of the workbench's pages over the house that is there (LIANGQING_HOME).

Pages are asked in this process, one after another, as one person would; each several times with different things. The
first request of each page warms up and is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from liangqing.house import start


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    arguments = parser.parse_args()
    start.start()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
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
    for name, person, addresses in _addresses(collector, manager, times):
        client = Client()
        client.force_login(person)
        seconds, queries, size = [], 0, 0
        for turn, address in enumerate(addresses):
            counted: list[str] = []

            def count(execute: Callable[..., Any], sql: str, *rest: Any, counted: list[str] = counted) -> Any:
                counted.append(sql)
                return execute(sql, *rest)

            with connection.execute_wrapper(count), translation.override("zh-hans"):
                began = time.perf_counter()
                answer = client.get(address)
                took = time.perf_counter() - began
            if answer.status_code != 200:
                sys.exit(f"{address} answered {answer.status_code}")
            size = len(answer.content)
            if turn:
                seconds.append(took * 1000)
                queries = max(queries, len(counted))
        yield {
            "page": name,
            "p50_ms": round(statistics.median(seconds), 1),
            "p95_ms": round(sorted(seconds)[int(len(seconds) * 0.95)], 1),
            "queries": queries,
            "bytes": size,
        }


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


def _addresses(collector: Any, manager: Any, times: int) -> Iterator[tuple[str, Any, list[str]]]:
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
    yield "Bills", manager, ["/bills/", *(f"/bills/?page={turn % 20 + 1}" for turn in range(times))]
    yield "Bills, late", manager, [f"/bills/?state=late&page={turn % 10 + 1}" for turn in range(times)]
    yield "Bills of a collector", collector, [f"/bills/?page={turn % 10 + 1}" for turn in range(times)]
    yield "Receipts", manager, ["/receipts/"] * times
    yield "Warnings", manager, ["/warnings/"] * times
    yield "Overview", manager, ["/overview/"] * times


if __name__ == "__main__":
    main()
