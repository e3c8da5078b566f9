"""Certificates: who was trained and passed, from when and until when (P1 2.2.1, P2 8)."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.events import CertificateEnded, CertificateGranted
from liangqing.people.models import Certificate, User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

RIGHT = "people.edit"


@action
@clause("P1 2.2.1", "P2 8")
def grant(
    person: User, kind: str, *, from_on: dt.date, until_on: dt.date, by: User | None, note: str = ""
) -> Certificate:
    """Somebody passed: it holds from a day up to, not including, ``until_on``. ``by`` is empty at the command line.

    Raises ``Refusal``: 403; 422 (``unknown_kind``, ``bad_days``); 409 (``certificate_overlaps``) where one of the kind
    holds on a day of these already.
    """
    _demand(by)
    if kind not in Certificate.Kind.values:
        raise Refusal("unknown_kind", _("Choose what it certifies."), status=422, field="kind")
    if from_on >= until_on:
        raise Refusal("bad_days", _("It ends before it begins. Correct the days."), status=422, field="until_on")
    locked = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if Certificate.objects.filter(user=locked, kind=kind, from_on__lt=until_on, until_on__gt=from_on).exists():
        raise Refusal(
            "certificate_overlaps",
            _("One of this kind holds on some of these days already. End it, or let this one begin after it."),
            field="from_on",
        )
    made = Certificate.objects.create(
        user=locked, kind=kind, from_on=from_on, until_on=until_on, note=note.strip()[:200]
    )
    tell(CertificateGranted(thing_id=locked.pk, kind=kind, from_on=from_on, until_on=until_on), by=by)
    return made


@action
def end(certificate: Certificate, *, reason: str, by: User | None) -> None:
    """It holds no more from today on; one that has not begun is taken back whole. Raises ``Refusal``: 403; 422 without
    a reason; 409 (``certificate_over``) where it holds no more already."""
    _demand(by)
    if not reason.strip():
        raise Refusal("no_reason", _("Say why."), status=422, field="reason")
    today = clock.today()
    row = Certificate.objects.select_for_update().filter(pk=certificate.pk, until_on__gt=today).first()
    if row is None:
        raise Refusal("certificate_over", _("It holds no more already."))
    was, ends_on = row.until_on, max(today, row.from_on)
    if row.from_on >= today:
        row.delete()
    else:
        row.until_on = ends_on
        row.save(update_fields=["until_on"])
    told = CertificateEnded(thing_id=row.user_id, kind=row.kind, until_on=ends_on, was=was, reason=reason.strip()[:200])
    tell(told, by=by)


def _demand(by: User | None) -> None:
    if by is not None:
        demand(by, RIGHT)
