"""A person's list for a morning, in order, each line with its reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from liangqing import policy
from liangqing.cases.lifecycle import TaskState
from liangqing.cases.models import Task
from liangqing.kit.money import Money
from liangqing.people.models import User
from liangqing.receivables.queries.account import Late, late_of

_ORDER: tuple[str | OrderBy, ...] = (F("pinned_at").asc(nulls_last=True), "-points", "due_on", "id")
_BACKWARD: tuple[str | OrderBy, ...] = (F("pinned_at").desc(nulls_first=True), "points", "-due_on", "-id")
SORTS: dict[str, tuple[str | OrderBy, ...]] = {
    "points": _ORDER,
    "due": ("due_on", "-points", "id"),
    "waiting": ("created_on", "-points", "id"),
    "level": (F("case__level").desc(nulls_last=True), "-points", "id"),
    "customer": ("party__number", "id"),
}
"""How a list may be ordered: as the policy says (pinned first), or by one column."""


_NOTHING = Late(late=[], days=None)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Reason:
    """One row of the priority table that matched, with what it gives."""

    row: str
    points: int
    words: dict[str, str]


@dataclass(frozen=True)
class Line:
    """One task as it stands in the list."""

    place: int
    task: Task
    late: tuple[Money, ...]
    days_late: int | None
    reasons: tuple[Reason, ...]
    asked_by: Reason


def tasks_of(
    user: User, on: dt.date, *, level: str | None = None, action: str | None = None, area: str | None = None
) -> QuerySet[Task]:
    """The user's tasks of a morning (open then), of one level, action or area when asked; unordered, to be counted."""
    open_then = Q(state=TaskState.OPEN)
    # Whether anything has ended since is told by one index entry; mostly nothing has, and the list's own index serves.
    if Task.objects.filter(owner=user, ended_on__gt=on).exists():
        open_then |= Q(ended_on__gt=on)
    found = Task.objects.filter(open_then, owner=user, created_on__lte=on)
    if level:
        found = found.filter(case__level=level)
    if action:
        found = found.filter(action=action)
    return found.filter(party__area=area) if area else found


def worklist(
    user: User,
    on: dt.date,
    *,
    level: str | None = None,
    action: str | None = None,
    area: str | None = None,
    sort: str = "points",
    offset: int = 0,
    limit: int | None = 50,
) -> list[Line]:
    """The user's tasks of a morning: pinned ones first, then most points, the longer waiting first among equals.

    ``sort`` is one of ``SORTS``; ``limit`` None gives all from ``offset`` on, which is for files, not for pages.
    """
    found = tasks_of(user, on, level=level, action=action, area=area).select_related("party", "creditor", "case")
    until = None if limit is None else offset + limit
    return lines(list(found.order_by(*SORTS[sort])[offset:until]), on, first=offset + 1)


def lines(tasks: Sequence[Task], on: dt.date, *, first: int = 1) -> list[Line]:
    """These tasks as lines, with what is late on ``on`` and the rows of policy that put them there."""
    late = late_of({(task.party_id, task.creditor_id) for task in tasks}, on)
    made = []
    for place, task in enumerate(tasks, first):
        found = late.get((task.party_id, task.creditor_id), _NOTHING)
        rows = (policy.row_of(task.policy, "case.priority", name) for name in task.reasons)
        reasons = tuple(Reason(row.row, row.then.get("points", 0), dict(row.reason)) for row in rows)
        asked = policy.row_of(task.policy, "case.action", task.action_row)
        made.append(Line(place, task, tuple(found.late), found.days, reasons, Reason(asked.row, 0, dict(asked.reason))))
    return made


def neighbours(task: Task) -> tuple[Task | None, Task | None]:
    """The open tasks before and after this one in its owner's list, in the policy's order.

    Each is found where the list's index has it, without walking the list: among the pinned or the others, then across;
    one query for both.
    """
    mine = Task.objects.filter(owner_id=task.owner_id, state=TaskState.OPEN).exclude(pk=task.pk)
    pinned, others = mine.filter(pinned_at__isnull=False), mine.filter(pinned_at__isnull=True)
    if task.pinned_at is None:
        after = [others.filter(_stands(task, after=True), points__lte=task.points).order_by(*_ORDER)]
        near = others.filter(_stands(task, after=False), points__gte=task.points)
        before = [near.order_by(*_BACKWARD), pinned.order_by(*_BACKWARD)]
    else:
        same = Q(pinned_at=task.pinned_at)
        behind = pinned.filter(Q(pinned_at__gt=task.pinned_at) | same & _stands(task, after=True))
        ahead = pinned.filter(Q(pinned_at__lt=task.pinned_at) | same & _stands(task, after=False))
        after, before = [behind.order_by(*_ORDER), others.order_by(*_ORDER)], [ahead.order_by(*_BACKWARD)]
    firsts = Q()
    for found in (*after, *before):
        firsts |= Q(pk=Subquery(found.values("pk")[:1]))
    beside = sorted(Task.objects.filter(firsts).select_related("case"), key=_place)
    ahead_of = [each for each in beside if _place(each) < _place(task)]
    return (ahead_of[-1] if ahead_of else None), next((each for each in beside if _place(each) > _place(task)), None)


def _place(task: Task) -> tuple[bool, dt.datetime, int, dt.date, int]:
    """What ``_ORDER`` orders by."""
    pinned = task.pinned_at
    return pinned is None, pinned or _NEVER, -task.points, task.due_on, task.pk


def _stands(task: Task, *, after: bool) -> Q:
    """The condition that another task, as pinned as this one, stands after (or before) it."""
    more, less = ("gt", "lt") if after else ("lt", "gt")
    equal = Q(points=task.points)
    return (
        Q(**{f"points__{less}": task.points})
        | equal & Q(**{f"due_on__{more}": task.due_on})
        | equal & Q(due_on=task.due_on, **{f"id__{more}": task.pk})
    )
