"""Open cases chosen by what is stored of them, the most pressing or the oldest first: what a campaign shares out.

One query answers: the database either walks the cases in the order asked for, until enough are found, or takes those an
index of the description gives, whichever is less. Level, class, desk and how many days a case is late are those of the
last night, as everywhere on the lists.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from liangqing.cases.lifecycle import CaseStage, TaskState
from liangqing.cases.queries import visible
from liangqing.people.models import User

MOST = 2_000
"""A campaign has no more cases than this."""

POINTS, AGE = "points", "age"
"""Orders: by the points of the open task (cases without one are left out), by how long the case is open."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which cases are wanted; what is empty is not asked. ``owner``: a person's id, 0 for cases nobody has.

    ``area`` is how the customer's area begins. ``days_from`` and ``days_until``: days since the oldest late
    bill fell due, both included.
    """

    number: int
    order: str = POINTS
    level: str = ""
    area: str = ""
    customer_class: str = ""
    desk: str = ""
    owner: int | None = None
    days_from: int | None = None
    days_until: int | None = None


def select(user: User, wanted: Wanted, as_of: dt.date) -> list[int]:
    """The ids of the first ``wanted.number`` (at most ``MOST``) cases this person may see that answer the description."""
    number = max(min(wanted.number, MOST), 0)
    if wanted.order == POINTS:
        tasks = visible.tasks(user).filter(_described(wanted, as_of, "case__"), state=TaskState.OPEN)
        if wanted.owner is not None:
            tasks = tasks.filter(owner=wanted.owner or None)
        return list(tasks.order_by("-points", "id").values_list("case_id", flat=True)[:number])
    cases = visible.cases(user).filter(_described(wanted, as_of))
    return list(cases.order_by("opened_on", "id").values_list("pk", flat=True)[:number])


def _described(wanted: Wanted, as_of: dt.date, case: str = "") -> Q:
    """The description as a condition on cases; ``case`` leads from other rows to their case."""
    given = {"level": wanted.level, "desk": wanted.desk, "party__area__startswith": wanted.area}
    asked: dict[str, Any] = {"stage": CaseStage.OPEN} | {field: value for field, value in given.items() if value}
    if wanted.owner is not None:
        asked["owner"] = wanted.owner or None
    if wanted.customer_class:
        none = wanted.customer_class == "unclassified"
        asked["customer_class__in"] = ("unclassified", "") if none else (wanted.customer_class,)
    if wanted.days_from is not None:
        asked["late_since_on__lte"] = as_of - dt.timedelta(days=wanted.days_from)
    if wanted.days_until is not None:
        asked["late_since_on__gte"] = as_of - dt.timedelta(days=wanted.days_until)
    return Q(**{f"{case}{field}": value for field, value in asked.items()})
