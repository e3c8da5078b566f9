"""What holds contact with a customer back: placed when it is known, lifted when it ends."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import particulars
from liangqing.parties.actions.particulars import NOTHING, Particulars
from liangqing.parties.events import RestraintLifted, RestraintPlaced
from liangqing.parties.models import Creditor, Hold, Party, Restraint
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.tell import tell

LONGEST_REASON = 2000


@action
@clause("P2 3.3.2", "P4-3")
def place(
    party: Party,
    kind: str,
    *,
    reason: str,
    by: User | None,
    channel: str = "",
    value_index: bytes = b"",
    creditor: Creditor | None = None,
    about: str = "",
    amount: Money | None = None,
    hours: tuple[int, int] | None = None,
    until_at: dt.datetime | None = None,
    source: str = "",
    given: Particulars = NOTHING,
    continues: bool = False,
) -> Restraint:
    """Hold contact with a customer back from now on; the row stands with the kept number of a merged customer.

    ``given`` says more of the fact. A complaint starts the clock of its answer, a bankruptcy that of the claim, but for
    one that ``continues`` what was on record.

    ``hours`` are minutes after midnight where the customer is: for ``HOURS`` when they want to be reached, for
    ``CONSENT`` when they agreed to it beyond the usual.

    Raises ``Refusal`` (422, with ``field``): an unknown kind, no reason, an end that is past, hours that are none or
    missing where the kind is about hours, a stop word without the number it concerns; what ``particulars.check`` raises.
    """
    if by is not None:
        demand(by, "case.work")
    reason = demanded(reason)
    if kind not in Hold.values:
        raise Refusal("unknown_restraint", _("Choose what holds the contact back."), status=422, field="kind")
    if until_at is not None and until_at <= clock.now():
        raise Refusal("restraint_over", _("The end must lie ahead. Choose a later day."), status=422, field="until_on")
    if (kind in (Hold.HOURS, Hold.CONSENT)) != (hours is not None):
        raise Refusal("restraint_hours", _("Say from which hour until which hour."), status=422, field="from_hour")
    if hours is not None and not 0 <= hours[0] < hours[1] <= 24 * 60:
        raise Refusal(
            "restraint_hours", _("The hours must begin before they end, within one day."), status=422, field="from_hour"
        )
    if kind == Hold.STOP_WORD and not value_index:
        raise Refusal("restraint_number", _("Say which number asked to be left alone."), status=422, field="contact")
    kept = Party.objects.select_for_update().defer("search").get(pk=customer(party).pk)
    particulars.check(kind, kept, creditor, given)
    placed = Restraint.objects.create(
        party=kept,
        kind=kind,
        channel=channel,
        value_index=value_index,
        creditor=creditor,
        about=about,
        amount=amount.amount if amount else None,
        currency=amount.currency if amount else "",
        from_minute=hours[0] if hours else None,
        until_minute=hours[1] if hours else None,
        began_on=given.began_on,
        place=given.place,
        since_at=clock.now(),
        until_at=until_at,
        reason_stored=sealing.seal(reason),
        source=source,
        by=by,
    )
    tell(
        RestraintPlaced(
            thing_id=placed.pk, party_id=kept.pk, kind=kind, channel=channel, about=about, until=until_at, source=source
        ),
        by=by,
    )
    if not continues:
        particulars.enter(placed, given, by=by)
    return placed


def demanded(reason: str) -> str:
    """The reason, without blanks around it. Raises ``Refusal`` (422, field ``reason``) for none, or one too long."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Refusal("restraint_reason", _("Say in a sentence or two what it rests on."), status=422, field="reason")
    return reason


def holds(restraint: Restraint) -> bool:
    """Whether it holds now."""
    until = restraint.until_at
    return restraint.lifted_at is None and (until is None or until > clock.now())


def may_lift(restraint: Restraint, user: User) -> bool:
    """Whether this person may lift it, as far as duties go."""
    own = restraint.kind == Hold.LINE and restraint.by_id == user.pk
    return restraint.kind != Hold.STOP_WORD and not own and can(user, _right(restraint.kind))


def _right(kind: str) -> str:
    """Who may lift: whoever works on cases, and what waits for a supervisor, whoever deals them out."""
    return "case.assign" if kind == Hold.LINE else "case.work"


@action
@clause("P2 3.3.2")
def lift(restraint: Restraint, *, reason: str, by: User | None, noticed: bool = False) -> Restraint:
    """It holds no more. A stop word of a third person is never lifted (GB/T 45251-2025), a broken agreement only once
    notice was given (``agreements.notify``, which says ``noticed``). What a contact from an unregistered line holds back, a
    supervisor lifts who has looked at it, and nobody whose contact it was.

    Raises ``Refusal``: 403 without the right, or for one's own contact; 409 when it ended already, is a stop word or waits
    for a notice; 422 without a reason.
    """
    if by is not None:
        demand(by, _right(restraint.kind))
        if restraint.kind == Hold.LINE and restraint.by_id == by.pk:
            raise Refusal(
                "own_contact",
                _("This was your own contact. Somebody else looks at it and lifts what it holds."),
                status=403,
            )
    reason = demanded(reason)
    row = Restraint.objects.select_for_update().get(pk=restraint.pk)
    now = clock.now()
    if not holds(row):
        raise Refusal("restraint_ended", _("This does not hold any more. Reload to see what does."))
    if row.kind == Hold.STOP_WORD:
        raise Refusal(
            "restraint_for_good",
            _("Somebody who owes nothing asked to be left alone. That can't be taken back by the institution."),
        )
    if row.kind == Hold.BREACH and not noticed:
        raise Refusal(
            "breach_unnoticed",
            _("Collection resumes once the customer was told of the missed instalment. Put the notice on record."),
        )
    row.lifted_at, row.lifted_by, row.lifted_reason_stored = now, by, sealing.seal(reason)
    row.save(update_fields=["lifted_at", "lifted_by", "lifted_reason_stored"])
    tell(
        RestraintLifted(thing_id=row.pk, party_id=row.party_id, kind=row.kind, channel=row.channel, source=row.source),
        by=by,
    )
    return row
