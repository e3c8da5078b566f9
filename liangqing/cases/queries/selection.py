"""Open cases chosen by what is stored of them, the most pressing or the oldest first: what a campaign shares out.

However large the portfolio, at most ``MOST_EXAMINED`` cases are looked at, in their order, and ``MOST`` found. How many
days a case is late is stored nowhere (it changes every day, with every receipt and adjustment), so no index can find it:
it is worked out for a thousand cases at a time, in one query. Where the walk ended before all were looked at, ``Found.cut``
says so, and the page does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from liangqing.cases.lifecycle import CaseStage, TaskState
from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.people.models import User
from liangqing.receivables.queries.account import late_of

MOST = 2_000
"""A campaign has no more cases than this."""
MOST_EXAMINED = 20_000
_AT_A_TIME = 1_000

POINTS, AGE = "points", "age"
"""Orders: by the points of the open task (cases without one are left out), by how long the case is open."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which cases are wanted; what is empty is not asked. ``owner``: a person's id, 0 for cases nobody has.

    ``area`` is how the customer's area begins. ``days_from`` and ``days_until``: days of the oldest late bill, both included.
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


@dataclass(frozen=True)
class Found:
    """Ids of the cases, in order. ``cut``: more were open than are ever looked at, so some may have been passed over."""

    cases: tuple[int, ...]
    cut: bool


def select(user: User, wanted: Wanted, as_of: dt.date) -> Found:
    """The first ``wanted.number`` (at most ``MOST``) cases this person may see that answer the description."""
    number = max(min(wanted.number, MOST), 0)
    first = _by_points(user, wanted) if wanted.order == POINTS else _by_age(user, wanted)
    matching = Case.objects.filter(_described(wanted))
    by_days = wanted.days_from is not None or wanted.days_until is not None
    found: list[int] = []
    for start in range(0, len(first), _AT_A_TIME):
        part = first[start : start + _AT_A_TIME]
        rows = {
            pk: (party, creditor)
            for pk, party, creditor in matching.filter(pk__in=part).values_list("pk", "party_id", "creditor_id")
        }
        if by_days:
            late = late_of(rows.values(), as_of)
            rows = {pk: pair for pk, pair in rows.items() if pair in late and _in_band(late[pair].days, wanted)}
        found += [pk for pk in part if pk in rows]
        if len(found) >= number:
            return Found(tuple(found[:number]), cut=False)
    return Found(tuple(found), cut=len(first) >= MOST_EXAMINED)


def _by_points(user: User, wanted: Wanted) -> list[int]:
    tasks = visible.tasks(user).filter(state=TaskState.OPEN, case__isnull=False)
    if wanted.owner is not None:
        tasks = tasks.filter(owner=wanted.owner or None)
    return list(tasks.order_by("-points", "id").values_list("case_id", flat=True)[:MOST_EXAMINED])


def _by_age(user: User, wanted: Wanted) -> list[int]:
    cases = visible.cases(user).filter(stage=CaseStage.OPEN)
    if wanted.owner is not None:
        cases = cases.filter(owner=wanted.owner or None)
    return list(cases.order_by("opened_on", "id").values_list("pk", flat=True)[:MOST_EXAMINED])


def _described(wanted: Wanted) -> Q:
    asked = Q(stage=CaseStage.OPEN)
    if wanted.owner is not None:
        asked &= Q(owner=wanted.owner or None)
    for field, value in (("level", wanted.level), ("desk", wanted.desk), ("party__area__startswith", wanted.area)):
        if value:
            asked &= Q(**{field: value})
    if wanted.customer_class:
        none = wanted.customer_class == "unclassified"
        asked &= Q(customer_class__in=("unclassified", "")) if none else Q(customer_class=wanted.customer_class)
    return asked


def _in_band(days: int | None, wanted: Wanted) -> bool:
    if days is None:
        return False
    above = wanted.days_from is None or days >= wanted.days_from
    return above and (wanted.days_until is None or days <= wanted.days_until)
