"""By which provider a message goes: the first by order that may carry it and has not passed it on."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels.kinds import Kind
from liangqing.outreach.models import Message, Provider
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS

NO_ROUTE_AGAIN = dt.timedelta(minutes=10)
"""How soon a message that has no provider now is looked at again."""


class NotNow(Exception):
    """It does not leave now; ``name`` is the move it makes instead."""

    def __init__(self, name: str, reason: str, said: str = "", *, due_at: dt.datetime | None = None) -> None:
        super().__init__(reason)
        self.name, self.reason, self.said, self.due_at = name, reason, said, due_at


def provider_for(message: Message) -> Provider:
    """The first by order that may be used, for this content, and has not passed it on. Raises ``NotNow``."""
    everybody = list(
        Provider.objects.filter(channel=message.channel, active=True, for_staff=False).order_by("order", "id")
    )
    able = [each for each in everybody if each.kind != Kind.IMAP and _may_carry(each, message.content)]
    for each in able:
        if each.sends and each.pk not in message.passed_over:
            return each
    if not able:
        raise NotNow("refuse", "no_route", str(_("No provider is set up that may carry this.")))
    raise NotNow("put back", "no_provider", due_at=clock.now() + NO_ROUTE_AGAIN)


def _may_carry(provider: Provider, content: str) -> bool:
    """Shared cloud routes refuse what presses for payment (T15)."""
    return provider.own_route or content not in CONTENTS_THAT_PRESS


def line_of(provider: Provider) -> str:
    """Our own number or address with this provider, as the guard looks it up among the registered lines."""
    names = {Kind.SMTP: "sender", Kind.HTTP_SMS: "sender", Kind.ALIYUN_SMS: "signature", Kind.TENCENT_SMS: "signature"}
    return str(provider.setting(names[Kind(provider.kind)])) if provider.kind in names else ""


def line_for(channel: str, content: str) -> str:
    """The number or address of ours by which something of this kind would leave now; empty where nobody could carry it."""
    everybody = Provider.objects.filter(channel=channel, active=True, for_staff=False).exclude(kind=Kind.IMAP)
    able = [each for each in everybody.order_by("order", "id") if _may_carry(each, content)]
    first = next((each for each in able if each.sends), able[0] if able else None)
    return line_of(first) if first is not None else ""


def unsubscribe(message: Message, provider: Provider) -> str:
    """The address of ours where one click is enough (RFC 8058), where the institution has a public one; else a mail to us
    that asks for silence, which the mailbox understands (RFC 2369)."""
    from liangqing.outreach.actions import (
        unsubscribing,
    )  # it hears the wish, which writes messages, which are routed here

    if provider.kind != Kind.SMTP:
        return ""
    if one_click := unsubscribing.address(message):
        return one_click
    to = provider.setting("reply_to") or provider.setting("sender")
    return f"mailto:{to}?subject=unsubscribe%20{message.key}" if to.isascii() else ""
