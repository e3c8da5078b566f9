"""Calls that are dialled for somebody: asked for once the guard allowed them, dialled by a worker, followed to their end.

What a provider tells becomes events of the attempt. A call nobody answered concludes it. One that was answered leaves it
open: whether it was an effective contact, the collector's record says. One of which nobody knows how it went stays open
too, and counts as everything it may have become.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.calls import ByHand, CallEvent, CallState, Exchange
from liangqing.outreach.channels.lifecycle import CALL, CALL_LIVE, CallStage
from liangqing.outreach.channels.sending import Parcel, Receipt, State
from liangqing.outreach.channels.softphone import Softphone
from liangqing.outreach.events import CallMoved, ContactUnrecorded
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Answer, Attempt, AttemptEvent, Call, Provider
from liangqing.outreach.models.attempt import Source
from liangqing.outreach.rules.facts import Outcome
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

STALE_S = 30
"""A call not dialled within so many seconds is not dialled any more: the guard's yes was of then, and whoever asked for
it may have left the telephone."""
RINGS_S = 90.0
"""How long a softphone is listened to in one go while it rings; no telephone rings longer."""
LOOK_S = 1.0
"""How long it is listened to at each look while somebody talks."""
LONGEST = dt.timedelta(hours=4)
"""A call of which nothing was heard for so long is over, whatever became of it."""
LONGEST_UNANSWERED = dt.timedelta(minutes=5)
"""The same, of one nobody is known to have answered: a callback was lost."""
_MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Route:
    """By which provider a person's calls go, and from which registered line."""

    provider: Provider
    line: str


@dataclass(frozen=True)
class Dialling:
    """What happens after the guard's yes: ``call``, dialled by a worker; or ``link``, for somebody to dial by hand."""

    attempt: Attempt
    call: Call | None
    link: str


def route(user: User) -> Route | None:
    """The first active provider that can dial for this person; None where calls are dialled by hand."""
    rows = Provider.objects.filter(channel=Channel.PHONE, active=True, stopped_at=None, for_staff=False)
    for provider in rows.order_by("order", "id"):
        carrier = carriers.of(provider)
        if isinstance(carrier, ByHand):
            return None
        if not isinstance(carrier, Exchange | Softphone) or not carrier.lines:
            continue
        if isinstance(carrier, Softphone) and carrier.address(user.username) is None:
            continue
        return Route(provider, carrier.lines[0])
    return None


@action
@clause("P2 3.3.2")
def dial(attempt: Attempt, *, by: User) -> Dialling:
    """Let an allowed call be dialled by the provider that dials for this person. The row is written here; whoever calls
    this lets a worker ``place`` it. Asked again, it is the call that is there already.

    Raises ``Refusal``: 403 without the right; 409 for an attempt the guard did not allow, that is somebody else's, over,
    or no call; and while another call of this person is under way.
    """
    demand(by, "case.work")
    row = Attempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
    guard.demand(row)
    if (call := Call.objects.filter(attempt=row).first()) is not None:
        return Dialling(row, call, "")
    if row.channel != Channel.PHONE or not row.ahead or row.outcome != Outcome.OPEN or row.by_id != by.pk:
        raise Refusal("no_call", _("This is no call of yours that is about to be made. Ask for a new one."))
    link = ByHand().send(Parcel(to=row.value, key="link")).provider_id
    found = route(by)
    if found is None:
        return Dialling(row, None, link)
    demand_free(by)
    try:
        with transaction.atomic():
            call = Call.objects.create(attempt=row, provider=found.provider, by=by, asked_at=clock.now())
    except IntegrityError:
        raise _under_way() from None
    _tell(call, by=by)
    return Dialling(row, call, link)


def demand_free(user: User) -> None:
    """Raises ``Refusal`` (409) while a call of this person is under way; ask before the guard, whose yes would count."""
    _give_up_old(user)
    if Call.objects.filter(by=user, state__in=CALL_LIVE).exists():
        raise _under_way()


def _under_way() -> Refusal:
    return Refusal("call_under_way", _("A call of yours is under way. Hang up first, or wait for its end."))


def place(number: int) -> bool:
    """Dial a call that was asked for, and stay on while it rings; whether it goes on and is to be looked after
    (``follow``). Done twice, it is dialled once: of one whose worker died nobody knows how it went."""
    call = _claim(number)
    if call is None:
        return False
    carrier, parcel = carriers.of(call.provider), _parcel(call)
    if not isinstance(carrier, Softphone):
        handed(call, carrier.send(parcel))
        return False
    with contextlib.closing(carrier.call(parcel, seconds=RINGS_S)) as steps:  # type: ignore[type-var]
        for step in steps:
            if isinstance(step, Receipt):
                handed(call, step)
            elif (heard(call.provider, step) or call).state == CallStage.CONNECTED:
                break
    return Call.objects.filter(pk=call.pk, state__in=CALL_LIVE).exists()


def follow(number: int) -> bool:
    """Look how a softphone's call goes on; whether it does."""
    call = Call.objects.select_related("provider", "attempt", "by").filter(pk=number, state__in=CALL_LIVE).first()
    if call is None:
        return False
    carrier = carriers.of(call.provider)
    if not isinstance(carrier, Softphone) or call.asked_at < clock.now() - LONGEST:
        _lose(call)
        return False
    told = list(carrier.follow(_parcel(call), seconds=LOOK_S))
    for step in told:
        heard(call.provider, _ended_since(call, step))
    if not told:
        _seen(call)
    return Call.objects.filter(pk=call.pk, state__in=CALL_LIVE).exists()


def _ended_since(call: Call, step: CallEvent) -> CallEvent:
    """An end seen at a look has no duration of its own; when it was connected is known, so it has."""
    if step.state is not CallState.ENDED or call.connected_at is None:
        return step
    talked = max(0, round((step.at - call.connected_at).total_seconds()))
    return CallEvent(key=step.key, state=step.state, at=step.at, provider_id=step.provider_id, duration_s=talked,
                     reason=step.reason)  # fmt: skip


@action
def handed(call: Call, receipt: Receipt) -> Call:
    """What the provider answered. A call it certainly did not dial did not take place."""
    row = _locked(call.pk)
    _remember(row, f"provider {receipt.state}", clock.now(), f"{receipt.code} {receipt.sentence}".strip())
    if receipt.state is State.ACCEPTED:
        if row.state == CallStage.DIALLING:
            CALL.move(row, "dialled", their_id=receipt.provider_id[:200], heard_at=clock.now())
    elif receipt.state is State.REJECTED:
        if row.state in CALL.named("fail").sources:
            _fail(row, receipt.code)
    elif row.state in CALL_LIVE:
        CALL.move(row, "lose", reason=receipt.code[:64])
        _tell(row)
    return row


@action
@clause("P2 3.4")
def heard(provider: Provider, event: CallEvent) -> Call | None:
    """A step of a call, from its provider; None when it is none of ours. The same step told again changes nothing, and one
    that comes late moves nothing back."""
    try:
        key = uuid.UUID(event.key)
    except ValueError:
        return None
    found = Call.objects.filter(key=key, provider=provider).values_list("pk", flat=True).first()
    if found is None:
        return None
    row, now = _locked(found), clock.now()
    at = event.at if row.asked_at <= event.at <= now else now
    if row.attempt.events.filter(told=event.state).exists():
        return row
    _remember(row, event.state, at, event.reason)
    changes = {"heard_at": now, "their_id": row.their_id or event.provider_id[:200]}
    if event.state is CallState.RINGING:
        changes["rang"] = True
    elif event.state is CallState.CONNECTED:
        changes["connected_at"] = at
    elif event.state is CallState.ENDED:
        changes |= {"ended_at": at, "duration_s": event.duration_s, "reason": event.reason[:64]}
        if event.recording:
            changes["recording_stored"] = sealing.seal(event.recording)
            _remember(row, "recording", at, event.recording)
    if row.state in CALL.named(event.state).sources:
        CALL.move(row, event.state, **changes)
    else:
        changes.pop("reason", None)
        Call.objects.filter(pk=row.pk).update(**changes)
        row.refresh_from_db()
    if event.state is CallState.ENDED:
        _conclude(row, at)
    if event.state in (CallState.CONNECTED, CallState.ENDED):
        _tell(row)
    return row


def _conclude(row: Call, at: dt.datetime) -> None:
    """Nobody answered only where the provider says that nobody talked; anything else is for the record to tell."""
    if row.duration_s != 0 or row.connected_at is not None or row.attempt.outcome != Outcome.OPEN:
        return
    outcome = Outcome.NOT_CONNECTED if row.reason and not row.rang else Outcome.UNANSWERED
    guard.conclude(row.attempt, outcome, at=at, duration_s=0)


def hang_up(call: Call, *, by: User) -> Receipt:
    """End one's own call now. One that no worker has dialled yet is not dialled.

    Raises ``Refusal``: 403 for somebody else's; 409 for one that is over.
    """
    demand(by, "case.work")
    if call.by_id != by.pk:
        raise Refusal("not_your_call", _("This is somebody else's call."), status=403)
    row = _call_off(call.pk, "hung_up", by=by)
    if row.state == CallStage.FAILED:
        return Receipt(state=State.ACCEPTED)
    if not row.live:
        raise Refusal("call_over", _("This call is over already."))
    carrier = carriers.of(row.provider)
    if isinstance(carrier, Softphone):
        receipt = carrier.hang_up(by.username)
    elif isinstance(carrier, Exchange):
        receipt = carrier.hang_up(str(row.key))
        if receipt.accepted:  # it is over, though its end may never be told; when it is, it still counts
            _lose(row, "hung_up")
    else:
        raise Refusal("call_over", _("This call is over already."))
    with transaction.atomic():
        _remember(row, "hung up" if receipt.accepted else "hang-up failed", clock.now(), str(receipt.sentence))
    return receipt


@action
def _call_off(pk: int, reason: str, *, by: User | None = None) -> Call:
    """A call no worker has taken up did not take place; any other stays as it is."""
    row = _locked(pk)
    if row.state == CallStage.ASKED:
        _fail(row, reason, by=by)
    return row


def _fail(row: Call, reason: str, *, by: User | None = None) -> None:
    CALL.move(row, "fail", reason=reason[:64], ended_at=clock.now())
    if row.attempt.outcome == Outcome.OPEN:
        guard.conclude(row.attempt, Outcome.CALLED_OFF, by=by)
    _tell(row, by=by)


def talked(attempt: Attempt) -> int | None:
    """How long the talk of a call took, in seconds, where its provider told."""
    return Call.objects.filter(attempt=attempt.pk).values_list("duration_s", flat=True).first()


# upkeep ---------------------------------------------------------------------------------------------------------------


@clause("P2 3.4")
def remind_of_open() -> int:
    """Tell, once, of calls whose record is overdue (``contact.open_hours``); how many.

    The house does not conclude them by itself. As unanswered they would count for less than they may have been, and three
    of them would open the way to third persons; as effective they would claim a talk nobody wrote down. Open they count
    as everything they may have been, until somebody says what they were.
    """
    now = clock.now()
    term = dt.timedelta(hours=int(policy.in_force(clock.today()).terms["contact.open_hours"]))
    rows = (
        Attempt.objects.filter(
            outcome=Outcome.OPEN, channel=Channel.PHONE, answer=Answer.ALLOWED,
            source__in=(Source.PERSON, Source.PROGRAM),
            at__lte=now - term, at__gt=now - term - dt.timedelta(days=7),
        )
        .exclude(events__told=_UNRECORDED)
        .order_by("at")[:_MOST_AT_ONCE]
    )  # fmt: skip
    told: Sequence[Attempt] = list(rows)
    for row in told:
        with transaction.atomic():
            AttemptEvent.objects.create(attempt=row, at=now, told=_UNRECORDED)
            tell(
                ContactUnrecorded(
                    thing_id=row.pk, party_id=row.party_id, case=row.case, channel=row.channel,
                    person=row.by.username if row.by else "",
                ),
                by=None,
            )  # fmt: skip
    return len(told)


_UNRECORDED = "unrecorded"


# what the above share ------------------------------------------------------------------------------------------------


@action
def _claim(number: int) -> Call | None:
    """A call that is to be dialled now. What waited too long is called off; what was being handed over when its worker
    died is lost, not dialled again."""
    row = _locked(number)
    if row.state == CallStage.DIALLING:
        CALL.move(row, "lose", reason="worker_died")
        _tell(row)
        return None
    if row.state != CallStage.ASKED:
        return None
    late = row.asked_at < clock.now() - dt.timedelta(seconds=STALE_S)
    if late or row.attempt.outcome != Outcome.OPEN or not row.provider.sends:
        _fail(row, "too_late" if late else "called_off")
        return None
    CALL.move(row, "claim", heard_at=clock.now())
    return row


@action
def _lose(call: Call, reason: str = "nothing_heard") -> None:
    row = _locked(call.pk)
    if row.live:
        CALL.move(row, "lose", reason=reason)
        _tell(row)


def _give_up_old(by: User) -> None:
    """A call of which nothing was heard for long does not keep anybody from the next."""
    now = clock.now()
    for row in Call.objects.filter(by=by, state__in=CALL_LIVE):
        if row.state == CallStage.ASKED and row.asked_at < now - dt.timedelta(seconds=STALE_S):
            _call_off(row.pk, "too_late")
        elif (row.heard_at or row.asked_at) < now - (LONGEST if row.connected_at else LONGEST_UNANSWERED):
            _lose(row)


def _seen(call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(heard_at=clock.now())


def _locked(pk: int) -> Call:
    return (
        Call.objects.select_for_update(of=("self",))
        .select_related("attempt__by", "provider", "by")
        .get(pk=pk)
    )  # fmt: skip


def _parcel(call: Call) -> Parcel:
    extensions = call.provider.setting("extensions") if call.provider.kind == "http_call" else {}
    person = call.by.username
    return Parcel(
        to=call.attempt.value,
        key=str(call.key),
        sender=call.attempt.line,
        headers={"desk": person, "extension": extensions.get(person, extensions.get("", ""))},
    )


def _remember(row: Call, told: str, at: dt.datetime, said: str = "") -> None:
    AttemptEvent.objects.create(attempt=row.attempt, at=at, told=told[:24], detail_stored=sealing.seal(said[:1000]))


def _tell(row: Call, *, by: User | None = None) -> None:
    tell(
        CallMoved(
            thing_id=row.attempt_id,
            party_id=row.attempt.party_id,
            case=row.attempt.case,
            provider=row.provider.name,
            state=row.state,
            reason=row.reason,
            duration_s=row.duration_s,
            recorded=bool(row.recording_stored),
        ),
        by=by,
    )
