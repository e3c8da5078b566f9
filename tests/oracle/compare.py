"""A night by the engine and the same night by the oracle, side by side."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pyarrow.parquet as pq

from liangqing import policy
from liangqing.house.invariants import broken
from liangqing.house.night import PLAN
from liangqing.nightly.actions.run import Report, nights_folder, run
from liangqing.trail.models import Entry
from liangqing.trail.queries import proof
from liangqing.warning.models import Alert
from tests.oracle import facts
from tests.oracle import night as oracle
from tests.oracle.book import Book
from tests.oracle.facts import Books, Obligor


def differences(date: dt.date, book: Book | None = None) -> list[str]:
    """Run the night of ``date`` and tell everything in which books, report and trail differ from the oracle's."""
    book = book or Book()
    before = facts.read()
    last = max(Entry.objects.values_list("id", flat=True), default=0)
    report = run(date, PLAN)
    after = facts.read()
    return [
        *_state(date, before, after, report, book, last),
        *(f"invariant: {sentence}" for sentence in broken()),
        *(f"trail: {sentence}" for sentence in proof.flaws()),
    ]


def kept(date: dt.date, name: str) -> list[dict[str, Any]]:
    """A table the run kept as Parquet."""
    return list(pq.read_table(nights_folder() / date.isoformat() / f"{name}.parquet").to_pylist())


def _state(date: dt.date, before: Books, after: Books, report: Report, book: Book, last: int) -> list[str]:
    rules = policy.in_force(date)
    version = f"{rules.version}/{rules.digest}"
    live = {case.obligor: case for case in after.cases.values() if case.stage == "open"}
    rows = {obligor: case.row for obligor, case in live.items()}
    decided = oracle.decide(before, date, version, book, rows)
    owners: dict[Obligor, int | None] = {
        (row["party_id"], row["creditor_id"]): row["owner_id"] for row in kept(date, "owners")
    }
    rows = {obligor: rows.get(obligor, "?") for obligor in decided.fates}
    new_cases = {case.obligor: key for key, case in after.cases.items() if key not in before.cases}
    new_tasks = {task.obligor: key for key, task in after.tasks.items() if key not in before.tasks}
    cases = oracle.cases_after(decided, before, owners, rows, date, version, book, new_cases)
    case_ids = {case.obligor: key for key, case in cases.items() if case.stage == "open"}
    tasks = oracle.tasks_after(decided, before, owners, date, version, case_ids, new_tasks)
    promises = before.copy().promises
    for key, fate in decided.promises.items():
        promises[key].state, promises[key].judged_on = fate, date
    alerts = Counter(
        oracle.Alert(
            (row.party_id, row.creditor_id, row.currency),
            row.level,
            row.row,
            row.amount,
            row.days_late,
            frozenset(row.recipients),
        )
        for row in Alert.objects.filter(raised_on=date)
    )
    escalated = {
        row.pk: frozenset(row.escalated_to)
        for row in Alert.objects.filter(escalated_on=date)
        if set(row.escalated_to) <= set(row.recipients)
    }
    told = Counter(
        Entry.objects.filter(id__gt=last, day=date).exclude(event="night run").values_list("event", "party_id")
    )
    return [
        *_tables(date, decided, owners),
        *_differ("standing", decided.standings, after.standings),
        *_differ("alert", Counter(decided.alerts), alerts),
        *_differ("escalation", decided.escalated, escalated),
        *_differ("case", cases, after.cases),
        *_differ("promise", promises, after.promises),
        *_differ("task", tasks, after.tasks),
        *oracle.judge_dealing(decided, before.people, owners),
        *_differ("event", oracle.events(decided, before, cases), told),
        *_report(date, decided, owners, after, report),
    ]


def _tables(date: dt.date, decided: oracle.Decided, owners: dict[Obligor, int | None]) -> list[str]:
    """The tables kept with the day."""
    owed = {row["bill_id"]: (row["due_on"], row["owed"], row["days"], row["bucket"]) for row in kept(date, "owed")}
    accounts = {_account(row): row for row in kept(date, "accounts")}
    levels = {_account(row): (row["level"], row["row"], row["share_bp"]) for row in kept(date, "levels")}
    work = {(row["party_id"], row["creditor_id"]): row for row in kept(date, "work")}
    passed = Counter(((row["party_id"], row["creditor_id"]), row["reason"]) for row in kept(date, "skipped"))
    columns = ("balance", "credit", "unapplied", "late", "late_bills", "open_bills", "days", "share_bp")
    own = ("case", "fate", "level", "days", "last_result", "action", "action_row", "due_in_days", "points", "skipped")
    return [
        *_differ("owed", {key: (o.due_on, o.owed, o.days, o.bucket) for key, o in decided.owed.items()}, owed),
        *_differ(
            "account",
            {key: (*(getattr(t, name) for name in columns), t.seller) for key, t in decided.accounts.items()},
            {key: (*(row[name] for name in columns), row["seller_id"]) for key, row in accounts.items()},
        ),
        *_differ("level", {key: (x.level, x.row, x.share_bp) for key, x in decided.levels.items()}, levels),
        *_differ(
            "work",
            {key: (*(getattr(w, name) for name in own), w.reasons) for key, w in decided.work.items()},
            {
                key: (*(row["case_id" if name == "case" else name] for name in own), row["reasons"].split())
                for key, row in work.items()
            },
        ),
        *_differ("skipped", Counter(oracle.skipped(decided, owners)), passed),
        *_differ(
            "facts",
            {key: (p.grade, p.grade_row, p.covered, p.band) for key, p in decided.obligors.items()},
            {
                key: (row["customer_class"], row["class_row"], row["covered"], row["amount_band"])
                for key, row in work.items()
            },
        ),
    ]


def _report(
    date: dt.date, decided: oracle.Decided, owners: dict[Obligor, int | None], after: Books, report: Report
) -> list[str]:
    levels = Counter(alert.level for alert in decided.alerts)
    wanted: dict[str, Any] = {
        **oracle.figures(decided, owners),
        "alerts": {level: levels[level] for level in ("mild", "moderate", "severe")},
        "alerts_escalated": len(decided.escalated),
        "cases_opened": sum(fate == "opens" for fate in decided.fates.values()),
        "cases_closed": sum(fate == "closes" for fate in decided.fates.values()),
        "promises_broken": sum(p.state == "broken" and p.judged_on == date for p in after.promises.values()),
        "tasks": sum(task.state == "open" for task in after.tasks.values()),
    }
    return list(_differ("count", wanted, report.counts))


def _account(row: dict[str, Any]) -> facts.Account:
    return row["party_id"], row["creditor_id"], row["currency"]


def _differ(what: str, wanted: Any, found: Any) -> list[str]:
    return [
        f"{what} {key}: the oracle says {wanted.get(key)}, the engine {found.get(key)}"
        for key in sorted(wanted.keys() | found.keys(), key=str)
        if wanted.get(key) != found.get(key)
    ]
