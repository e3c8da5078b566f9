"""Messages nobody knows to have gone out: left claimed by a worker that died, or handed over without an answer.

The provider is asked where it can be. One that recognises a key gets the same key again. Towards any other it depends on
the provider's setting *resend*: handed over once more, once in all, and marked as perhaps doubled; or left to a person.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.actions import guard, preparing, switches
from liangqing.outreach.actions.messages import move
from liangqing.outreach.actions.preparing import Gathered, Ready
from liangqing.outreach.actions.routing import NotNow
from liangqing.outreach.actions.sending import Go, carrier_of, hand_over, locked
from liangqing.outreach.channels.kinds import FIELDS
from liangqing.outreach.channels.sending import Carrier, Receipt, State
from liangqing.outreach.lifecycle import MessageState
from liangqing.outreach.models import Message
from liangqing.outreach.rules.facts import Outcome

_log = logging.getLogger(__name__)
LOST_AFTER = dt.timedelta(minutes=5)
"""No provider is waited for that long: what is claimed longer was claimed by a worker that died."""
ASK_AGAIN = (dt.timedelta(minutes=2), dt.timedelta(minutes=10))
"""A provider may be late to know a message: when it is asked again before its not knowing counts."""
MOST = 100


def resolve(this: Go) -> None:
    """Settle what is in doubt and due to be looked at."""
    for _turn in range(MOST):
        row = _take_over(this)
        if row is None:
            return
        this.hear("taken over", row)
        try:
            _settle(this, row)
        except (InterfaceError, OperationalError):  # the database, not the message
            raise
        except Exception as broken:  # noqa: BLE001
            _log.exception("The doubt about %s can't be resolved", row.number)
            _set_aside(this, row, type(broken).__name__)


@transaction.atomic
def _set_aside(this: Go, taken: Message, what: str) -> None:
    """One that breaks the house's own work is left to a person, so that the others go on."""
    row = locked(taken, this.name)
    if row is not None:
        _leave(this, row, "broken", what, due_at=None)


@transaction.atomic
def _take_over(this: Go) -> Message | None:
    now = clock.now()
    lost = Q(state=MessageState.CLAIMED, claimed_at__lt=now - LOST_AFTER)
    doubtful = Q(state=MessageState.DOUBTFUL, due_at__lte=now)
    row = (
        switches.let_through(Message.objects.filter(lost | doubtful))
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("claimed_at")
        .first()
    )
    if row is not None:
        move(row, "take over", reason="in_doubt", claimed_at=now, claimed_by=this.name)
    return row


def _settle(this: Go, taken: Message) -> None:
    provider, attempt = taken.provider, taken.attempt
    assert provider is not None
    assert attempt is not None
    carrier = carrier_of(provider)
    if carrier is None:
        with transaction.atomic():
            if (row := locked(taken, this.name)) is not None:
                _leave(this, row, "bad_settings", due_at=clock.now() + ASK_AGAIN[-1])
        return
    day = attempt.at.astimezone(clock.zone()).date()
    told = carrier.asks(str(taken.key), to=taken.value, on=day)
    if told is not None and told.state is not State.UNKNOWN:
        this.note(taken, provider, told)
        return
    with transaction.atomic():
        ready = _again(this, taken, carrier, told)
    if ready is None:
        return
    this.hear("claimed", ready.message)
    receipt = hand_over(carrier, ready.parcel)
    this.hear("handed over", ready.message)
    this.note(ready.message, ready.provider, receipt)
    this.hear("noted", ready.message)


def _again(this: Go, taken: Message, carrier: Carrier, told: Receipt | None) -> Ready | None:
    """Make it ready to be handed over again, or leave it in doubt; the answer of the provider, where it gave one, was that
    it does not know."""
    row = locked(taken, this.name)
    if row is None:
        return None
    provider, now = row.provider, clock.now()
    assert provider is not None
    if not carrier.idempotent:
        if told is not None and row.asked < len(ASK_AGAIN):
            _leave(this, row, told.code, due_at=now + ASK_AGAIN[row.asked], asked=row.asked + 1)
            return None
        if row.doubled or not _resends(row):
            said = str(_("Nobody knows whether it went out. Find out, then say so, or send it again."))
            _leave(this, row, "unknown", said, due_at=None)
            return None
    try:
        with transaction.atomic():  # undone where it may not go again now: then the first receipt of the guard stands
            if row.attempt is not None and row.attempt.outcome == Outcome.OPEN:
                replaced = Outcome.CALLED_OFF if carrier.idempotent else Outcome.SENT
                guard.conclude(row.attempt, replaced, told="handed over again")
            parts = tuple(Message.objects.filter(into=row))
            ready = preparing.prepare(Gathered(row, parts), this.wait, again=provider)
    except NotNow as later:
        _leave(this, row, later.reason, later.said, due_at=later.due_at)
        return None
    except preparing.Busy as busy:
        _leave(this, row, "busy", due_at=now + dt.timedelta(seconds=max(busy.seconds, 1)))
        return None
    doubled = row.doubled or not carrier.idempotent
    move(row, "take over", reason="handed_over_again", attempt=ready.attempt, doubled=doubled, tries=row.tries + 1)
    return ready


def _leave(
    this: Go, row: Message, reason: str, said: str = "", *, due_at: dt.datetime | None, asked: int | None = None
) -> None:
    """It stays in doubt: looked at again from ``due_at`` on, or left to a person."""
    move(row, "doubt", reason=reason, said=said, due_at=due_at, asked=row.asked if asked is None else asked)
    this.counts[row.state] += 1


def _resends(row: Message) -> bool:
    """Whether the provider's settings let something be handed over twice."""
    provider = row.provider
    return (
        provider is not None
        and any(field.name == "resend" for field in FIELDS[provider.kind])
        and bool(provider.setting("resend"))
    )
