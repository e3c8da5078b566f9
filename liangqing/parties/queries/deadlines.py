"""Deadlines of the institution: those of a person, and how many are late."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from liangqing.parties.models import Alarm, Deadline
from liangqing.people.models import User


def ringing(user: User) -> QuerySet[Deadline]:
    """What the night found near or overdue and this person answers for: by name, or by duty where nobody is named or who
    was named has left."""
    nobody = Q(responsible=None) | Q(responsible__is_active=False)
    theirs = Q(responsible=user) | (nobody & Q(duty__in=list(user.duties)))
    return Deadline.objects.filter(theirs, met_on=None).exclude(alarm=Alarm.NONE)


@dataclass(frozen=True)
class Figures:
    """How many deadlines are open, due soon and overdue."""

    open: int
    near: int
    overdue: int


def figures(rows: QuerySet[Deadline], as_of: dt.date) -> Figures:
    """Of those not met, as they stand on a day. One query."""
    late, near = Q(due_on__lt=as_of), Q(due_on__gte=as_of, warn_on__lte=as_of)
    told = rows.filter(met_on=None).aggregate(
        open=Count("id"), near=Count("id", filter=near), overdue=Count("id", filter=late)
    )
    return Figures(**told)
