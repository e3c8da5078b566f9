"""What the night runs, in which order."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from liangqing.cases import steps as cases
from liangqing.cases.models import Case, Promise, Task
from liangqing.house.invariants import broken
from liangqing.nightly.night import Night
from liangqing.nightly.plan import Plan, Step, Tables
from liangqing.outreach import steps as outreach
from liangqing.parties import steps as parties
from liangqing.people import steps as people
from liangqing.receivables import steps as receivables
from liangqing.receivables.actions.books import KeptBooks
from liangqing.warning import steps as warning
from liangqing.warning.level import Level
from liangqing.warning.models import Alert


def _figures(night: Tables) -> None:
    """How much there was to decide, for the report."""
    owed, skipped = night.table("owed"), night.table("skipped")
    late = owed.filter(owed.days >= 1, owed.owed > 0)
    reasons = skipped.group_by("reason").agg(n=skipped.count())
    night.figures.update(
        open_bills=night.value(owed.count()),
        late_bills=night.value(late.count()),
        late_customers=night.value(late.party_id.nunique()),
        skipped={row["reason"]: row["n"] for row in night.arrow(reasons.order_by("reason")).to_pylist()},
    )


def _counts(date: dt.date) -> dict[str, Any]:
    """What the lists and books say of a date once it has landed; the same however often it is run."""
    alerts = Counter(dict(Alert.objects.filter(raised_on=date).values_list("level").annotate(Count("id"))))
    return {
        "alerts": {str(level): alerts[level] for level in Level.values},
        "alerts_escalated": Alert.objects.filter(escalated_on=date).count(),
        "cases_opened": Case.objects.filter(opened_on=date).count(),
        "cases_closed": Case.objects.filter(closed_on=date).count(),
        "promises_broken": Promise.objects.filter(state="broken", judged_on=date).count(),
        "tasks": Task.objects.filter(state="open").count(),
    }


def _invariants(night: Night) -> Iterable[str]:
    return broken(night.touched)


PLAN = Plan(
    sources=(
        *people.SOURCES,
        *parties.SOURCES,
        *receivables.SOURCES,
        *receivables.RESTING,
        *receivables.FOUND_BEFORE,
        *warning.SOURCES,
        *outreach.SOURCES,
        *cases.SOURCES,
    ),
    steps=(
        *receivables.PREPARING,
        *cases.PREPARING,
        *receivables.STEPS,
        *receivables.LEAVING,
        *warning.STEPS,
        *outreach.STEPS,
        *cases.STEPS,
        *parties.STEPS,
        Step("figures", _figures),
    ),
    landings=(*receivables.LANDINGS, *warning.LANDINGS, *outreach.LANDINGS, *cases.LANDINGS, *parties.LANDINGS),
    counts=_counts,
    invariants=_invariants,
    books=KeptBooks(),
    volatile=frozenset(("case_id", "fate", "opens")),
    keep=(
        "owed",
        "accounts",
        "levels",
        "debts",
        "outlook_usual",
        "outlook",
        "work",
        "owners",
        "tasks",
        "skipped",
        "marks",
    ),
    inputs=(
        "totals",
        "habits",
        "signs",
        "parties",
        "creditors",
        "people",
        "heads",
        "standings",
        "unheard_alerts",
        "live_cases",
        "case_numbers",
        "promises",
        "came",
        "records",
        "graces",
        "open_tasks",
        "done_tasks",
    ),
)
