"""What shows that clauses run, and what was left undone. Every question here is answered by an index and stops at a limit,
however much is stored."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case
from liangqing.nightly.models import Run
from liangqing.outreach.events import ContactViolated
from liangqing.outreach.queries.lines import unregistered
from liangqing.parties.models import Deadline, Purpose
from liangqing.people.models import Department
from liangqing.policy import Policy
from liangqing.trail.models.entry import FREQUENT
from liangqing.warning.models import Alert

DAYS = 30
"""Days that evidence is counted over."""
MOST = 1000
"""Nothing is counted further than this."""
STOCKS = ("tasks", "late_bills")
"""Counts of a night that say how much there was, not how much was added: the last night's counts."""


@dataclass(frozen=True)
class Told:
    """An event in the trail: how often within the days looked at (at most ``MOST`` + 1), and the last one ever."""

    event: str
    count: int
    last_id: int | None
    last_at: dt.datetime | None
    last_on: dt.date | None


def told(events: Sequence[str], today: dt.date) -> dict[str, Told]:
    """All these events in one question: for each, two short walks along the index of events."""
    if bad := set(events) & set(FREQUENT):
        raise ValueError(f"no index finds {sorted(bad)}")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT wanted.event, coalesce(recent.count, 0), last.id, last.at, last.day
               FROM unnest(%(events)s::text[]) AS wanted(event)
               LEFT JOIN LATERAL (
                   SELECT e.id, e.at, e.day FROM trail_entry e
                   WHERE e.event = wanted.event AND NOT (e.event IN %(frequent)s)
                   ORDER BY e.id DESC LIMIT 1) AS last ON true
               LEFT JOIN LATERAL (
                   SELECT count(*) FROM (
                       SELECT 1 FROM trail_entry e
                       WHERE e.event = wanted.event AND NOT (e.event IN %(frequent)s)
                         AND e.day >= %(since)s AND e.id >= (
                           SELECT f.id FROM trail_entry f WHERE f.day >= %(since)s ORDER BY f.day, f.id LIMIT 1)
                       LIMIT %(most)s) AS counted) AS recent ON true""".replace("%(frequent)s", _listed(FREQUENT)),
            {"events": list(events), "since": today - dt.timedelta(days=DAYS), "most": MOST + 1},
        )
        return {event: Told(event, count, last, at, on) for event, count, last, at, on in cursor.fetchall()}


def _listed(names: Sequence[str]) -> str:
    """As the index of events spells it, so that the planner knows the index by it. Names are our own, never entered."""
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


@dataclass(frozen=True)
class Nights:
    """The nights done within the days looked at: their counts added up (stocks: the last night's), and the last date."""

    counts: Mapping[str, int]
    last_on: dt.date | None


def nights(today: dt.date) -> Nights:
    """At most one row a day."""
    runs = list(
        Run.objects.filter(status=Run.Status.DONE, date__gte=today - dt.timedelta(days=DAYS), date__lte=today).order_by(
            "date"
        )
    )
    if not runs:
        last = (
            Run.objects.filter(status=Run.Status.DONE, date__lt=today)
            .order_by("-date")
            .values_list("date", flat=True)
            .first()
        )
        return Nights({}, last)
    counts: dict[str, int] = {}
    for run in runs:
        for name, value in run.counts.items():
            number = _number(value)
            if number is not None:
                counts[name] = number if name in STOCKS else counts.get(name, 0) + number
    return Nights(counts, runs[-1].date)


def _number(value: Any) -> int | None:
    if isinstance(value, dict):
        return sum(each for each in value.values() if isinstance(each, int))
    return value if isinstance(value, int) else None


# what was left undone ----------------------------------------------------------------------------------------------


def alerts_unheard(policy: Policy, today: dt.date) -> int:
    """Warnings nobody acknowledged in the time the policy allows (P3 3.3.2): those the night has yet to pass on, and those
    that were passed on within a year and still wait."""
    within = policy.terms["warning.acknowledge_within_days"]
    late = Q()
    for level, days in within.items():
        late |= Q(level=level, raised_on__lte=today - dt.timedelta(days=days))
    waiting = Alert.objects.filter(
        late, acknowledged_at=None, escalated_on=None, raised_on__lte=today - dt.timedelta(days=min(within.values()))
    )
    passed_on = Alert.objects.filter(
        acknowledged_at=None, escalated_on__gt=today - dt.timedelta(days=365), escalated_on__lte=today
    )
    some = (rows.order_by().values("pk")[: MOST + 1] for rows in (waiting, passed_on))
    return min(next(some).union(*some, all=True).count(), MOST + 1)


def cases_over_cycle(policy: Policy, today: dt.date) -> int:
    """Open cases older than the target (P1 2.1.2), as the night counts it."""
    target = policy.terms["case.cycle_target_days"]
    return _some(Case.objects.filter(stage=CaseStage.OPEN, opened_on__lt=today - dt.timedelta(days=target)))


def approvals_overdue(_policy: Policy, today: dt.date) -> int:
    """Requests that wait for somebody past the day they were due (P1 4)."""
    return _some(Request.objects.filter(state=RequestState.OPEN, due_on__lt=today))


def departments_headless(_policy: Policy, _today: dt.date) -> int:
    """Departments nobody heads (P2 2.1)."""
    return Department.objects.filter(closed_on=None, head=None).count()


def contacts_against_rules(_policy: Policy, today: dt.date) -> int:
    """Contacts that took place within the days looked at though the rules do not allow them (P2 3.3.2)."""
    return told([ContactViolated.name], today)[ContactViolated.name].count


def deadlines_overdue(today: dt.date) -> dict[str, int]:
    """Complaints not answered though their day is past (P4-3.1), and claims in bankruptcy not filed though the window has
    ended (P2 3.3.2, 企业破产法 45): one question for both."""
    late = Deadline.objects.filter(met_on=None, due_on__lt=today).order_by().values_list("purpose")
    parts = [late.filter(purpose=purpose)[: MOST + 1] for purpose in (Purpose.ANSWER, Purpose.CLAIM)]
    counted = Counter(purpose for (purpose,) in parts[0].union(parts[1], all=True))
    return {"complaints_overdue": counted[Purpose.ANSWER], "claims_overdue": counted[Purpose.CLAIM]}


def complaints_overdue(_policy: Policy, today: dt.date) -> int:
    return deadlines_overdue(today)["complaints_overdue"]


def claims_overdue(_policy: Policy, today: dt.date) -> int:
    return deadlines_overdue(today)["claims_overdue"]


def channels_without_lines(_policy: Policy, _today: dt.date) -> int:
    """Channels in use for which no line is registered, so that any line passes (P2 3.3.2)."""
    return len(unregistered())


def _some(rows: Any) -> int:
    return int(rows.order_by().values("pk")[: MOST + 1].count())


OPEN: Mapping[str, Callable[[Policy, dt.date], int]] = {
    "alerts_unheard": alerts_unheard,
    "cases_over_cycle": cases_over_cycle,
    "approvals_overdue": approvals_overdue,
    "departments_headless": departments_headless,
    "contacts_against_rules": contacts_against_rules,
    "complaints_overdue": complaints_overdue,
    "claims_overdue": claims_overdue,
    "channels_without_lines": channels_without_lines,
}
