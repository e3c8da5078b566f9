"""A person's list for a morning, in order, each line with its reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from liangqing import policy
from liangqing.cases.models import Task
from liangqing.kit.money import Money
from liangqing.people.models import User
from liangqing.receivables.queries.ageing import accounts_of


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


def worklist(user: User, on: dt.date) -> list[Line]:
    """The user's tasks of a morning: open then, most points first, the longer waiting first among equals."""
    tasks = list(
        Task.objects.filter(Q(state="open") | Q(ended_on__gt=on), owner=user, created_on__lte=on)
        .select_related("party", "creditor", "case")
        .order_by("-points", "due_on", "party__number", "id")
    )
    accounts: dict[tuple[int, int], list[dict[str, object]]] = {}
    for account in accounts_of({task.party_id for task in tasks}, on):
        accounts.setdefault((account["party_id"], account["creditor_id"]), []).append(account)
    rules = policy.in_force(on)
    priority, action = rules.tables["case.priority"], rules.tables["case.action"]
    lines = []
    for place, task in enumerate(tasks, 1):
        own = accounts.get((task.party_id, task.creditor_id), [])
        late = tuple(Money(int(str(account["late"])), str(account["currency"])) for account in own if account["late"])
        days = [int(str(account["days"])) for account in own if account["days"] is not None]
        reasons = tuple(
            Reason(row.row, row.then["points"], dict(row.reason))
            for row in (priority.row(name) for name in task.reasons)
        )
        asked = action.row(task.action_row)
        lines.append(
            Line(place, task, late, max(days, default=None), reasons, Reason(asked.row, 0, dict(asked.reason)))
        )
    return lines
