"""``python -m bench.guard``: how long the contact guard takes, in both its forms.

The set form decides 100,000 contacts with 50,000 debtors who each have some ten attempts of the last thirty days. The
form for one contact is asked over and over of a scratch database with ten million attempts, which is dropped at the end.
Wall and CPU seconds, peak memory and the machine's load are told: others may be using it too.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)  # 11:00 in China
SEED = 20_261_123
MOST_SECONDS, MOST_MS = 5.0, 10.0
"""What both forms are held to."""


@dataclass(frozen=True)
class Used:
    """Wall seconds, CPU seconds of this process, its peak memory so far in MiB, the machine's load at the end."""

    wall: float
    cpu: float
    peak_mib: int
    load: float


def measured(work: Callable[[], Any]) -> tuple[Any, Used]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    used = Used(time.perf_counter() - wall, time.process_time() - cpu, _peak(), os.getloadavg()[0])
    return made, used


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# many at once --------------------------------------------------------------------------------------------------------


def facts(asks: int, debtors: int, past_each: int) -> dict[str, pa.Table]:
    """Generated facts: nine in ten debtors in China, most of them companies; a twentieth held back by something."""
    from liangqing.outreach.queries import days as calendar
    from liangqing.outreach.rules import zones as clocks
    from liangqing.policy.calendar import announced_kind

    draw = np.random.default_rng(SEED)
    now_s = int(NOW.timestamp())

    def pick(values: list[str], size: int, weights: list[float]) -> pa.Array:
        return pa.array(np.array(values, dtype=object)[draw.choice(len(values), size, p=weights)], pa.string())

    person = np.arange(1, debtors + 1)
    place = draw.choice(3, debtors, p=[0.9, 0.05, 0.05])
    company = draw.random(debtors) < 0.6
    keys = np.array(["CN", "US", "GB"], dtype=object)[place]
    keys = np.where((place == 1) & (draw.random(debtors) < 0.8), "US/America/Chicago", keys)
    regime = np.where(
        place == 0, np.where(company, "cn_business", "cn_consumer"), np.where(place == 1, "us_consumer", "uk_consumer")
    )
    named = {
        "CN": clocks.zones("CN", "", ""),
        "US": clocks.zones("US", "", ""),
        "GB": clocks.zones("GB", "", ""),
        "US/America/Chicago": ("America/Chicago",),
    }
    whom = draw.integers(0, debtors, asks)
    rows = pa.table(
        {
            "ask_id": np.arange(asks),
            "person_id": person[whom],
            "debt": draw.integers(1, 4, asks),
            "number": pa.array([f"n{n}" for n in draw.integers(0, 3, asks)]),
            "channel": pick(["phone", "sms", "email", "letter", "visit"], asks, [0.5, 0.25, 0.15, 0.05, 0.05]),
            "content": pick(["reminder", "demand", "formal", "locate", "notice"], asks, [0.4, 0.4, 0.1, 0.05, 0.05]),
            "recipient": pick(["self", "guarantor", "spouse", "contact"], asks, [0.9, 0.04, 0.02, 0.04]),
            "at_s": now_s + draw.integers(0, 86_400, asks),
            "route": pick(["own", "shared"], asks, [0.99, 0.01]),
            "exempt": pick(["", "cap:T5 "], asks, [0.99, 0.01]),
            "regime": pa.array(regime[whom], pa.string()),
            "variant": np.zeros(asks, np.int16),
            "place": pick(["", "self", "employer"], asks, [0.8, 0.1, 0.1]),
            **{
                name: draw.random(asks) < share
                for name, share in {
                    "attended": 0.5, "automated": 0.1, "line_registered": 0.99, "certified": 0.99, "proof": 0.3,
                    "reserved": 0.99, "barred": 0.02, "unreachable": 0.02, "answering": 0.95,
                }.items()
            },
        }
    )  # fmt: skip
    before = debtors * past_each
    past = pa.table(
        {
            "person_id": person[draw.integers(0, debtors, before)],
            "at_s": now_s - draw.integers(0, 30 * 86_400, before),
            "debt": draw.integers(1, 4, before),
            "channel": pick(["phone", "sms", "email", "letter", "visit"], before, [0.6, 0.25, 0.1, 0.03, 0.02]),
            "content": pick(["reminder", "demand", "notice"], before, [0.4, 0.5, 0.1]),
            "recipient": pick(["self", "contact", "spouse"], before, [0.92, 0.05, 0.03]),
            "number": pa.array([f"n{n}" for n in draw.integers(0, 3, before)]),
            "outcome": pick(["unanswered", "effective", "not_connected", "sent", "delivered"], before, [0.3, 0.2, 0.1, 0.2, 0.2]),
        }
    )  # fmt: skip
    some = debtors // 20
    kinds = ["dispute", "promise", "complaint", "opt_out", "hours", "consent", "agreement", "hospital"]
    kind = draw.choice(len(kinds), some)
    timed = np.isin(kind, [4, 5])
    held = pa.table(
        {
            "person_id": person[draw.integers(0, debtors, some)],
            "kind": np.array(kinds, dtype=object)[kind],
            "since_s": now_s - draw.integers(0, 60 * 86_400, some),
            "until_s": pa.array(now_s + draw.integers(1, 60, some) * 86_400, mask=draw.random(some) < 0.5),
            "channel": pick(["", "phone", "sms"], some, [0.8, 0.1, 0.1]),
            "number": pick([""], some, [1.0]),
            "debt": draw.integers(0, 3, some),
            "from_minute": pa.array(np.full(some, 1080), mask=~timed),
            "until_minute": pa.array(np.full(some, 1440), mask=~timed),
            "whole": draw.random(some) < 0.5,
            "place": pick([""], some, [1.0]),
        }
    )
    start, end = NOW - dt.timedelta(days=33), NOW + dt.timedelta(days=3)
    shifts = clocks.offsets(frozenset(zone for zones in named.values() for zone in zones), start, end)
    dates = [start.date() + dt.timedelta(days=n) for n in range(38)]
    epoch = dt.date(1970, 1, 1)
    kind_of: dict[str, Callable[[dt.date], str]] = {"": calendar.weekday, "CN": announced_kind}
    return {
        "asked": rows,
        "persons": pa.table(
            {
                "person_id": person,
                "zone_key": pa.array(keys, pa.string()),
                "calendar": pa.array(np.where(place == 0, "CN", ""), pa.string()),
            }
        ),
        "zones": pa.table(
            {name: [row[place] for row in _zone_rows(named)] for place, name in enumerate(("zone_key", "zone", "main"))}
        ),
        "offsets": pa.table(
            {
                name: [row[place] for row in shifts]
                for place, name in enumerate(("zone", "from_s", "until_s", "offset_s"))
            }
        ),
        "days": pa.table(
            {
                "calendar": [name for name in kind_of for _day in dates],
                "day": [(day - epoch).days for _name in kind_of for day in dates],
                "kind": [kind(day) for kind in kind_of.values() for day in dates],
            }
        ),
        "past": past,
        "held": held,
    }


def _zone_rows(named: dict[str, tuple[str, ...]]) -> list[tuple[str, str, bool]]:
    return [(key, zone, place == 0) for key, zones in named.items() for place, zone in enumerate(zones)]


def set_form(arguments: argparse.Namespace) -> Used:
    """Everything a run needs once its facts are tables: the expression, its compilation, and the answers."""
    import ibis

    from liangqing.outreach.rules import portfolio
    from liangqing.policy import book

    con = ibis.duckdb.connect(threads=2)
    given = facts(arguments.asks, arguments.debtors, arguments.past)
    for name, rows in given.items():
        con.con.register("incoming", rows)
        con.con.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming").fetchall()
    asked = portfolio.Facts(**{name: con.table(name) for name in given})

    def decide() -> pa.Table:
        return con.to_pyarrow(portfolio.verdicts(asked, book.preset()))

    book.preset()
    answers, used = measured(decide)
    counted = {name: answers["answer"].to_pylist().count(name) for name in ("allowed", "approval", "refused")}
    if answers.num_rows != arguments.asks or min(counted.values()) == 0:
        sys.exit(f"the facts drawn are no measure of anything: {counted}")
    con.disconnect()
    return used


# one by one ----------------------------------------------------------------------------------------------------------

FILL = (
    """INSERT INTO parties_creditor (code, name, kind) SELECT 'C' || n, 'C' || n, 'own' FROM generate_series(1, 3) n""",
    """INSERT INTO parties_party (number, kind, name_stored, name_index, identity_stored, identity_index, customer_class,
                                  area, country, language, zone, search)
       SELECT 'K' || n, CASE WHEN n % 5 < 3 THEN 'company' ELSE 'person' END, '', '', '', '', '', '',
              CASE WHEN n % 20 = 0 THEN 'US' WHEN n % 20 = 1 THEN 'GB' ELSE 'CN' END, '', '', '{{}}'
       FROM generate_series(1, {parties}) n""",
    """INSERT INTO parties_contact (party_id, kind, role, person_stored, value_stored, value_index, validity, source, proof)
       SELECT p.id, k.kind, 'self', '', '', sha256((k.kind || p.id)::bytea), 'valid', 'contract', ''
       FROM parties_party p, (VALUES ('phone'), ('email'), ('address')) k (kind)""",
    """INSERT INTO receivables_bill (party_id, creditor_id, number, kind, currency, due_on, principal, interest, penalty, fee,
                                     reference)
       SELECT p.id, 1 + p.id % 3, 'B' || p.id || '-' || n, 'invoice', 'CNY',
              date '2026-11-20' - (p.id * 7 % 400 + CASE WHEN p.id % 50 = 0 THEN 1200 ELSE 0 END)::int, 10000, 0, 0, 0, ''
       FROM parties_party p, generate_series(1, {bills}) n""",
    """INSERT INTO parties_restraint (party_id, kind, channel, value_index, about, currency, since_at, reason_stored, source,
                                      lifted_reason_stored)
       SELECT id, (ARRAY['dispute', 'promise', 'complaint', 'opt_out'])[1 + id % 4], '', '', '', '', '2026-10-01', '', '', ''
       FROM parties_party WHERE id % 20 = 7""",
    """INSERT INTO outreach_attempt (party_id, creditor_id, "case", channel, content, recipient, value_stored, value_index,
              line, at, asked_at, ahead, source, regime, answer, rules, findings, facts, policy, code, outcome)
       SELECT p, 1 + p % 3, '', c, 'demand', 'self', repeat('x', 60), sha256((k || p)::bytea), '', at, at, true, 'person',
              'cn_consumer', CASE WHEN n % 11 = 0 THEN 'refused' ELSE 'allowed' END, '{{}}', '[]',
              '{{"asked": {{"channel": "phone", "content": "demand", "recipient": "self"}}, "regime": "cn_consumer"}}',
              '2000-01-01/000000000000', sha256('x'), CASE WHEN n % 5 = 0 THEN 'effective' ELSE 'unanswered' END
       FROM (SELECT n, 1 + (random() * ({parties} - 1))::bigint AS p, '2026-11-23'::timestamptz - interval '730 days'
                    + n * (interval '730 days' / {attempts}) AS at,
                    (ARRAY['phone', 'phone', 'phone', 'sms', 'email'])[1 + n % 5] AS c,
                    (ARRAY['phone', 'phone', 'phone', 'phone', 'email'])[1 + n % 5] AS k
             FROM generate_series(1, {attempts}) n) drawn""",
)
"""A portfolio with two years of attempts, as they come: in the order of time, spread over everybody."""


def fill(arguments: argparse.Namespace) -> None:
    """Attempts without their indexes and references first, which are then built once."""
    from django.db import connection, transaction

    from liangqing.kit.bulk import large_load

    numbers = {"parties": arguments.parties, "bills": arguments.bills, "attempts": arguments.attempts}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in FILL[:-1]:
            cursor.execute(statement.format(**numbers))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        attempts = FILL[-1].format(**numbers)
        large_load(cursor, "outreach_attempt", arguments.attempts, lambda _fresh: cursor.execute(attempts))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@dataclass(frozen=True)
class Single:
    """Milliseconds of one decision after the other, CPU milliseconds of each (this process, the database's server), and
    how many queries each took."""

    name: str
    ms: list[float]
    cpu_ms: float
    server_ms: float
    queries: int
    scans: tuple[str, ...]
    """Tables that were read from end to end."""

    def at(self, percent: int) -> float:
        return sorted(self.ms)[max(len(self.ms) * percent // 100 - 1, 0)]


def single_form(arguments: argparse.Namespace) -> list[Single]:
    """Random customers, contacts and channels; each of ``look`` (nothing kept) and ``ask`` (locked, kept, told)."""
    from django.core.management import call_command

    from liangqing.outreach.actions import guard
    from liangqing.outreach.models import Source

    call_command("migrate", verbosity=0, interactive=False)
    fill(arguments)
    return [
        _one("look", guard.look, arguments),
        _one("ask", lambda wish: guard.ask(wish, source=Source.NIGHT), arguments),
    ]


def _one(name: str, decide: Callable[[Any], Any], arguments: argparse.Namespace) -> Single:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from liangqing.kit import clock
    from liangqing.outreach.queries.facts import Wish
    from liangqing.parties.models import Contact, Creditor, Party

    draw = np.random.default_rng(SEED)
    creditors = list(Creditor.objects.order_by("id"))
    ids = draw.integers(1, arguments.parties, arguments.times + 20)
    kinds = {"phone": "phone", "sms": "phone", "email": "email", "letter": "address"}
    ms: list[float] = []
    own = server_s = 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    with clock.at(NOW):
        for place, party_id in enumerate(ids):
            party = Party.objects.get(pk=int(party_id))
            channel = str(draw.choice(list(kinds)))
            contact = Contact.objects.get(party=party, kind=kinds[channel])
            wish = Wish(
                party, channel, str(draw.choice(["demand", "reminder", "formal"])),
                creditor=creditors[party.pk % 3], contact=contact,
            )  # fmt: skip
            started, used, theirs = time.perf_counter(), time.process_time(), _cpu_of(server)
            decide(wish)
            if place >= 20:  # the first few make connections and read the policy
                ms.append((time.perf_counter() - started) * 1000)
                own += time.process_time() - used
                server_s += _cpu_of(server) - theirs
        party = Party.objects.get(pk=int(ids[0]))
        wish = Wish(
            party, "phone", "demand", creditor=creditors[0], contact=Contact.objects.get(party=party, kind="phone")
        )
        with CaptureQueriesContext(connection) as asked:
            decide(wish)
    statements = [each["sql"] for each in asked.captured_queries if each["sql"].strip().startswith(("SELECT", "WITH"))]
    each = 1000 / len(ms)
    return Single(name, ms, own * each, server_s * each, len(asked.captured_queries), tuple(_scans(statements)))


def _cpu_of(process: int) -> float:
    """CPU seconds a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _scans(statements: list[str]) -> list[str]:
    """Which large tables the statements read from end to end, by the planner's word."""
    from django.db import connection

    found: set[str] = set()
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement.replace('%', '%%')}")
            plan = [row[0] for row in cursor.fetchall()]
        found |= {line.split("Seq Scan on ")[1].split()[0] for line in plan if "Seq Scan on " in line}
    return sorted(
        found & {"outreach_attempt", "parties_party", "parties_contact", "receivables_bill", "parties_restraint"}
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.guard", description=__doc__)
    parser.add_argument("--form", choices=("set", "single", "both"), default="both")
    parser.add_argument("--asks", type=int, default=100_000, help="decisions of the set form")
    parser.add_argument("--debtors", type=int, default=50_000)
    parser.add_argument("--past", type=int, default=10, help="attempts a debtor in the last thirty days")
    parser.add_argument("--attempts", type=int, default=10_000_000, help="stored, for the form for one contact")
    parser.add_argument("--parties", type=int, default=200_000)
    parser.add_argument("--bills", type=int, default=5, help="bills a customer")
    parser.add_argument("--times", type=int, default=2_000, help="decisions one by one")
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="liangqing-bench-"))
    home.chmod(0o755)
    os.environ["LIANGQING_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "liangqing.house.settings"
    os.environ.pop("DATABASE_URL", None)
    try:
        run(arguments, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def run(arguments: argparse.Namespace, home: Path) -> None:
    import django

    from liangqing.house import postgres

    console = Console(stderr=True)
    if arguments.form != "set":
        os.environ["DATABASE_URL"] = postgres.start_embedded(home)
    else:
        os.environ["DATABASE_URL"] = "postgres://none@localhost/none"  # never asked
    django.setup()
    table = Table(title=f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for column in ("form", "what", "measured", "held to"):
        table.add_column(column)
    if arguments.form != "single":
        with console.status("the set form"):
            used = set_form(arguments)
        told = f"{used.wall:.2f} s, CPU {used.cpu:.2f} s, peak {used.peak_mib} MiB, load {used.load:.1f}"
        table.add_row(
            "set", f"{arguments.asks:,} decisions, {arguments.debtors:,} debtors", told, f"{MOST_SECONDS:.0f} s"
        )
    if arguments.form != "set":
        with console.status(f"the form for one contact, over {arguments.attempts:,} attempts"):
            found = single_form(arguments)
        for one in found:
            told = ", ".join(f"p{percent} {one.at(percent):.1f} ms" for percent in (50, 95, 99))
            told += f", CPU {one.cpu_ms:.1f} + {one.server_ms:.1f} ms (own, server)"
            told += f", {one.queries} queries, read whole: {' '.join(one.scans) or 'nothing'}"
            told += f", load {os.getloadavg()[0]:.1f}"
            table.add_row("single", f"{one.name}, {arguments.times:,} times", told, f"p95 {MOST_MS:.0f} ms")
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
