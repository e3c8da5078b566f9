"""The stop switch: of the institution, of a channel, of a dispatch. The worker asks it before each hand-over."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.outreach.events import SendingResumed, SendingStopped
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Dispatch, Message, Switch
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell


@action
def stop(*, reason: str, by: User, channel: str = "", dispatch: Dispatch | None = None) -> Switch:
    """Nothing leaves from this moment on: by no channel, by this one, or of this dispatch. What is at a provider already
    can't be called back; what waits, waits.

    Raises ``Refusal``: 403; 422 without a reason or for an unknown channel; 409 (``stopped_already``).
    """
    demand(by, "outreach.stop")
    if not reason.strip():
        raise Refusal("no_reason", _("Say why."), status=422, field="reason")
    if channel and channel not in Channel.values:
        raise Refusal("unknown_channel", _("Choose a channel."), status=422, field="channel")
    try:
        with transaction.atomic():
            switch = Switch.objects.create(
                channel=channel, dispatch=dispatch, reason=reason.strip()[:300], by=by, at=clock.now()
            )
    except IntegrityError:
        raise Refusal("stopped_already", _("Somebody else was faster: it is stopped already.")) from None
    tell(
        SendingStopped(
            thing_id=switch.pk, channel=channel, dispatch=dispatch.number if dispatch else "", reason=switch.reason
        ),
        by=by,
    )
    return switch


@action
def resume(switch: Switch, *, by: User) -> None:
    """It may go on. Raises ``Refusal``: 403; 409 (``not_stopped``)."""
    demand(by, "outreach.stop")
    if not Switch.objects.filter(pk=switch.pk, lifted_at__isnull=True).update(lifted_at=clock.now(), lifted_by=by):
        raise Refusal("not_stopped", _("It is not stopped."))
    switch.refresh_from_db()
    told = SendingResumed(
        thing_id=switch.pk, channel=switch.channel, dispatch=switch.dispatch.number if switch.dispatch else ""
    )
    tell(told, by=by)


def holding() -> QuerySet[Switch]:
    """The stops that hold, the last first."""
    return Switch.objects.filter(lifted_at__isnull=True).select_related("by", "dispatch").order_by("-id")


def stops(message: Message) -> bool:
    """Whether something holds this message back now."""
    everything, channel = Q(channel="", dispatch=None), Q(channel=message.channel)
    scope = everything | channel
    if message.dispatch_id is not None:
        scope |= Q(dispatch=message.dispatch_id)
    return Switch.objects.filter(scope, lifted_at__isnull=True).exists()


def let_through(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those of the messages that no stop holds back."""
    held: list[tuple[str, int | None]] = list(
        Switch.objects.filter(lifted_at__isnull=True).values_list("channel", "dispatch_id")
    )
    if ("", None) in held:
        return messages.none()
    channels = [channel for channel, _dispatch in held if channel]
    dispatches = [dispatch for _channel, dispatch in held if dispatch is not None]
    if channels:
        messages = messages.exclude(channel__in=channels)
    return messages.exclude(dispatch__in=dispatches) if dispatches else messages
