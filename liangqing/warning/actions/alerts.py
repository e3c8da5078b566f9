"""Warnings are acknowledged by whoever was told, or by whoever answers for the customer."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import can, demand, reach
from liangqing.receivables.models import Bill
from liangqing.trail.actions.tell import write
from liangqing.warning.events import ALERT_ACKNOWLEDGED
from liangqing.warning.models import Alert

MOST = 1000
"""Alerts acknowledged in one act."""


@action
@clause("P3 3.3.2")
def acknowledge(alert: Alert, note: str, by: User, *, seen: QuerySet[Alert] | None = None) -> Alert:
    """Somebody has taken note of a warning and says what follows.

    ``seen`` are the alerts this person may see, where the asking page knows more than sellers (as
    ``cases.queries.visible.alerts``). Raises ``Refusal``: ``not_allowed`` (403), ``no_note`` (422),
    ``already_acknowledged``.
    """
    note = _checked(note)
    _demand([alert], by, seen)
    if not _land([alert], note, by):
        raise Refusal("already_acknowledged", _("Somebody has acknowledged this warning already."))
    alert.refresh_from_db()
    return alert


@action
@clause("P3 3.3.2")
def acknowledge_many(alerts: Sequence[Alert], note: str, by: User, *, seen: QuerySet[Alert] | None = None) -> int:
    """The same for several, with one note; returns how many were acknowledged now: those somebody had acknowledged
    before are passed over. Raises ``Refusal`` as for one, when it is refused for any; ``too_many`` (422)."""
    note = _checked(note)
    if len(alerts) > MOST:
        raise Refusal("too_many", _("Acknowledge at most {most} warnings at once."), status=422, most=MOST)
    _demand(alerts, by, seen)
    return _land(alerts, note, by)


def may_acknowledge(alert: Alert, user: User, *, seen: QuerySet[Alert] | None = None) -> bool:
    """Whether a page should offer it: the person was told, or has the right and reaches the customer."""
    return not _refused([alert], user, seen)


def _checked(note: str) -> str:
    note = note.strip()
    if not note:
        raise Refusal("no_note", _("Say what follows: it is kept with the warning."), status=422, field="note")
    return note[:1000]


def _demand(alerts: Sequence[Alert], by: User, seen: QuerySet[Alert] | None) -> None:
    if not _refused(alerts, by, seen):
        return
    demand(by, "warning.acknowledge")
    raise Refusal(
        "not_allowed",
        _("This warning is about a customer of others. Ask somebody who was told of it, or their head."),
        status=403,
    )


def _refused(alerts: Sequence[Alert], by: User, seen: QuerySet[Alert] | None) -> list[Alert]:
    """Those this person may not acknowledge; a few queries, however many there are."""
    if not by.is_active or Duty.AUDIT in by.duties:
        return list(alerts)
    others = [alert for alert in alerts if by.pk not in alert.recipients]
    if not others or not can(by, "warning.acknowledge"):
        return others
    people = reach(by)
    if people is None:
        return []
    sold = set(
        Bill.objects.filter(party__in={alert.party_id for alert in others}, seller__in=people).values_list(
            "party_id", flat=True
        )
    )
    others = [alert for alert in others if alert.party_id not in sold]
    if seen is None or not others:
        return others
    visible = set(seen.filter(pk__in=[alert.pk for alert in others]).values_list("pk", flat=True))
    return [alert for alert in others if alert.pk not in visible]


def _land(alerts: Sequence[Alert], note: str, by: User) -> int:
    waiting = list(
        Alert.objects.select_for_update()
        .filter(pk__in=[alert.pk for alert in alerts], acknowledged_at=None)
        .order_by("pk")
    )
    Alert.objects.filter(pk__in=[alert.pk for alert in waiting]).update(
        acknowledged_at=clock.now(), acknowledged_by=by, note=note
    )
    return write(
        (
            (
                ALERT_ACKNOWLEDGED,
                by.pk,
                "alert",
                alert.pk,
                alert.party_id,
                {"currency": alert.currency, "level": alert.level, "note": note},
            )
            for alert in waiting
        ),
        day=clock.today(),
    )
