"""Who is certified for what, and whose certificate runs out."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from liangqing import policy
from liangqing.people.models import Certificate, User


def soon(today: dt.date) -> dt.date:
    """Certificates that end until this day are shown as running out (term people.certificate_warning_days)."""
    return today + dt.timedelta(days=int(policy.in_force(today).terms["people.certificate_warning_days"]))


def of(person: User) -> QuerySet[Certificate]:
    """All of a person, the one that holds longest first."""
    return Certificate.objects.filter(user=person).order_by("-until_on", "kind", "id")


def has_lapsed(person: User, day: dt.date) -> bool:
    """Whether somebody was certified for collection and is no more: all that were given have ended (GB/T 45251-2025 §5.2)."""
    given = Certificate.objects.filter(user=person, kind=Certificate.Kind.COLLECTION, from_on__lte=day)
    return given.exists() and not given.filter(until_on__gt=day).exists()


def running_out(today: dt.date) -> QuerySet[Certificate]:
    """Those of people who work here that hold today and end soon, with none of the kind after them; the next first."""
    later = Certificate.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"), until_on__gt=OuterRef("until_on"))
    holding = Certificate.objects.filter(user__is_active=True, from_on__lte=today, until_on__gt=today)
    ending = holding.filter(~Exists(later), until_on__lte=soon(today))
    return ending.select_related("user__department").order_by("until_on", "user__username")


def without(kind: str, today: dt.date, duties: list[str]) -> QuerySet[User]:
    """People with one of these duties who hold no certificate of the kind today."""
    holds = Certificate.objects.filter(user=OuterRef("pk"), kind=kind, from_on__lte=today, until_on__gt=today)
    people = User.objects.filter(~Exists(holds), is_active=True, duties__overlap=duties)
    return people.select_related("department").order_by("department__code", "username")
