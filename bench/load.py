"""``python -m bench.load``: many people at once in the house that is there (LIANGQING_HOME), through the real server.

Starts ``liangqing serve`` on the morning after the last night and lets ``--users`` collectors do what collectors do, one
thing after another, with a ``--pause`` where one is given, for ``--seconds``: look at their list, open a case, search a
customer, write a record, take a promise. Told are requests a second, p50, p95 and p99 of each kind in milliseconds, refusals
(409, 422: another was faster, a rule said no) and errors (anything else but 200 and the redirect after a post), and the
memory of the server's processes at the beginning, after each tenth of the time and at the end. Everybody looks at a first
page before anything counts. With ``--night`` the next
night runs meanwhile: what it locks, people feel. With ``--only customers`` everybody turns the pages of the debtor list.
What it writes stays in the house: give it a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

MIX = {"list": 35, "case": 35, "search": 15, "record": 10, "promise": 5}
"""Of a hundred things somebody does."""
_CASES = re.compile(r'href="/cases/(LQ-[0-9-]+)/"')
_WORDS = ("sch", "an", "er", "mar", "li", "ton", "华", "东", "金", "er 1")


@dataclass
class Told:
    """What was measured of one kind: milliseconds, refusals, errors."""

    took: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        took = sorted(self.took)
        at = (
            (lambda share: round(took[min(int(len(took) * share), len(took) - 1)], 1))
            if took
            else (lambda _share: None)
        )
        return {
            "requests": len(took), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "most_ms": at(1),
            "refused": self.refused, "errors": len(self.errors), "first_errors": self.errors[:3],
        }  # fmt: skip


class Somebody:
    """One collector at a browser."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        draw: random.Random,
        told: dict[str, Told],
        due: str,
        pause: float,
        mix: dict[str, int],
    ) -> None:
        self.client, self.draw, self.told, self.due, self.pause, self.mix = client, draw, told, due, pause, mix
        self.cases: list[str] = []

    async def work(self, until: float) -> None:
        await asyncio.sleep(self.draw.uniform(0, 2 * self.pause))
        while time.monotonic() < until:
            await asyncio.sleep(self.draw.uniform(0, 2 * self.pause))
            (what,) = self.draw.choices(list(self.mix), list(self.mix.values()))
            await getattr(self, what)()

    async def list(self) -> None:
        page = await self._ask("list", "GET", "/day/", params={"page": self.draw.randint(1, 5)})
        self.cases = _CASES.findall(page) or self.cases

    async def case(self) -> None:
        if self.cases:
            await self._ask("case", "GET", f"/cases/{self.draw.choice(self.cases)}/")

    async def search(self) -> None:
        await self._ask("search", "GET", "/customers/", params={"q": self.draw.choice(_WORDS)})

    async def customers(self) -> None:
        await self._ask("customers", "GET", "/customers/", params={"page": self.draw.randint(1, 20)})

    async def record(self) -> None:
        if self.cases:
            said = {
                "channel": "phone",
                "reached": "nobody",
                "result": "no_answer",
                "address": "13800000000",
                "note": "无人接听",
            }
            await self._ask("record", "POST", f"/cases/{self.draw.choice(self.cases)}/records/", data=said)

    async def promise(self) -> None:
        if self.cases:
            said = {"p-amount": "1.00", "p-currency": "EUR", "p-due_on": self.due}
            await self._ask("promise", "POST", f"/cases/{self.draw.choice(self.cases)}/promises/", data=said)

    async def _ask(self, kind: str, method: str, address: str, **given: Any) -> str:
        told, started = self.told[kind], time.perf_counter()
        if method == "POST":
            token = self.client.cookies.get("csrftoken", "")
            given["headers"] = {"X-CSRFToken": token, "Referer": str(self.client.base_url)}
        try:
            answer = await self.client.request(method, address, **given)
        except httpx.HTTPError as error:
            told.errors.append(f"{type(error).__name__} {error}")
            return ""
        told.took.append((time.perf_counter() - started) * 1000)
        if answer.status_code in (409, 422):
            told.refused += 1
        elif answer.status_code not in (200, 302):
            told.errors.append(f"{answer.status_code} {address}")
        return answer.text


def sessions(users: int) -> tuple[list[str], str, str]:
    """Cookies of so many signed-in collectors, the morning, and the day promises are for."""
    from django.test import Client

    from liangqing.cases.models import Task
    from liangqing.nightly.models import Run
    from liangqing.people.models import User

    owners = Task.objects.filter(state="open", owner__isnull=False).values_list("owner", flat=True).distinct()
    people = list(User.objects.filter(pk__in=list(owners[:500]), is_active=True).order_by("id"))
    User.objects.filter(pk__in=[person.pk for person in people]).update(password_given=False)
    cookies = []
    for place in range(users):
        client = Client()
        client.force_login(people[place % len(people)])
        cookies.append(client.cookies["sessionid"].value)
    last = Run.objects.filter(status="done").latest("date").date
    return cookies, last.isoformat(), (last.replace(day=28)).isoformat()


async def crowd(
    arguments: argparse.Namespace, cookies: list[str], due: str, begin: Callable[[], None], look: Callable[[], None]
) -> dict[str, Told]:
    told: dict[str, Told] = defaultdict(Told)
    address = f"http://127.0.0.1:{arguments.port}"
    limits = httpx.Limits(max_connections=arguments.users)
    clients = [
        httpx.AsyncClient(base_url=address, cookies={"sessionid": each}, timeout=60, limits=limits) for each in cookies
    ]
    mix = {arguments.only: 1} if arguments.only else MIX
    people = [
        Somebody(client, random.Random(place), told, due, arguments.pause, mix) for place, client in enumerate(clients)
    ]
    for each in people:
        await each.list()
    told.clear()
    begin()
    until = time.monotonic() + arguments.seconds
    everybody = [each.work(until) for each in people]

    async def looks() -> None:
        for _tenth in range(9):
            await asyncio.sleep(arguments.seconds / 10)
            look()

    await asyncio.gather(*everybody, looks())
    for client in clients:
        await client.aclose()
    return told


def memory(pid: int) -> int:
    """MiB of a process and those it started, shared pages counted once for each."""
    total = 0
    for each in (pid, *_children(pid)):
        try:
            status = Path(f"/proc/{each}/smaps_rollup").read_text("ascii")
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]
    return total // 1024


def _children(pid: int) -> list[int]:
    try:
        own = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []
    return own + [each for child in own for each in _children(child)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.load", description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two things, in the middle")
    parser.add_argument("--only", default="", choices=["", *MIX, "customers"], help="everybody does only this")
    parser.add_argument("--night", action="store_true", help="run the next night meanwhile")
    parser.add_argument("--port", type=int, default=8077)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    from liangqing.house import start

    start.start()
    cookies, morning, due = sessions(arguments.users)
    program = str(Path(sys.executable).parent / "liangqing")
    command = [program, "serve", "--port", str(arguments.port), "--workers", str(arguments.workers), "--no-worker"]
    server = subprocess.Popen(command, env={**os.environ, "LIANGQING_TODAY": morning}, stdout=subprocess.DEVNULL)
    try:
        _wait(arguments.port)
        held: list[int] = []
        began: list[float] = []
        beside: list[subprocess.Popen[str]] = []

        def look() -> None:
            held.append(memory(server.pid))

        def begin() -> None:
            look()
            began.append(time.monotonic())
            if arguments.night:
                beside.append(_night(program, morning))

        told = asyncio.run(crowd(arguments, cookies, due, begin, look))
        night = json.loads(beside[0].communicate()[0]) if beside else None
        wall = time.monotonic() - began[0]
        look()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    everything = Told([took for each in told.values() for took in each.took])
    found = {
        "users": arguments.users,
        "seconds": round(wall, 1),
        "requests_a_second": round(len(everything.took) / wall, 1),
        "mean_ms": round(statistics.fmean(everything.took), 1),
        "all": everything.row() | {"errors": sum(len(each.errors) for each in told.values())},
        "kinds": {kind: each.row() for kind, each in told.items()},
        "server_mib": held,
        "night": night and {"changed_rows": night["changed_rows"], "seconds": night["seconds"]},
    }
    json.dump(found, sys.stdout, indent=1, ensure_ascii=False)


def _night(program: str, morning: str) -> subprocess.Popen[str]:
    date = dt.date.fromisoformat(morning) + dt.timedelta(days=1)
    return subprocess.Popen([program, "night", "--date", str(date), "--json"], stdout=subprocess.PIPE, text=True)


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/", timeout=5)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    sys.exit("the server does not answer")


if __name__ == "__main__":
    main()
