"""Warnings as a list shows them, and how many wait for a person."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from liangqing.people.models import User
from liangqing.warning.models import Alert

STATES = ("open", "acknowledged", "escalated")
"""``open``: nobody has acknowledged it; ``escalated``: nobody has, and the next head was told."""

MOST_COUNTED = 100


def alert_list(
    alerts: QuerySet[Alert], *, level: str = "", state: str = "", since: dt.date | None = None
) -> QuerySet[Alert]:
    """The alerts of a list page, the latest first; slice it. An unknown state shows all. Walks the index of days, so a
    page costs the same however many alerts there are."""
    if level:
        alerts = alerts.filter(level=level)
    if state == "open":
        alerts = alerts.filter(acknowledged_at=None)
    elif state == "acknowledged":
        alerts = alerts.filter(acknowledged_at__isnull=False)
    elif state == "escalated":
        alerts = alerts.filter(acknowledged_at=None, escalated_on__isnull=False)
    if since is not None:
        alerts = alerts.filter(raised_on__gte=since)
    return alerts.order_by("-raised_on", "-id")


def waiting(user: User) -> QuerySet[Alert]:
    """Alerts this person was told of and nobody has acknowledged."""
    return Alert.objects.filter(recipients__contains=[user.pk], acknowledged_at=None)


def waiting_for(user: User) -> int:
    """How many wait, for the bell; counting stops at ``MOST_COUNTED``."""
    return waiting(user)[:MOST_COUNTED].count()
