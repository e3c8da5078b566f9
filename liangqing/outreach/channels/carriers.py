"""A provider's settings become something that sends, a mailbox, or the reader of its callbacks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from liangqing.outreach.channels import aliyun, calls, own_route, robots, signing, sms, tencent
from liangqing.outreach.channels.calls import ByHand, CallEvent, Exchange
from liangqing.outreach.channels.envelope import Envelope
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.imap import Mailbox
from liangqing.outreach.channels.kinds import Kind
from liangqing.outreach.channels.lifecycle import TemplateState
from liangqing.outreach.channels.sending import Carrier
from liangqing.outreach.channels.smtp import Smtp
from liangqing.outreach.channels.softphone import Softphone
from liangqing.outreach.kinds import Channel

if TYPE_CHECKING:
    from liangqing.outreach.models.provider import Provider


def of(provider: Provider) -> Carrier:
    """What sends for a provider. Raises ``ValueError`` for a mailbox, which sends nothing."""
    if provider.kind not in _CARRIERS:
        raise ValueError(f"a provider of kind {provider.kind} sends nothing")
    return _CARRIERS[provider.kind](provider)


def mailbox(provider: Provider) -> Mailbox:
    """The mailbox of a provider of kind IMAP."""
    get = provider.setting
    return Mailbox(get("host"), get("port"), get("username"), get("password"), get("folder"), get("security"))


def envelope(provider: Provider) -> Envelope:
    """Under which names mail goes out (SMTP), or what a mailbox is to recognise (IMAP)."""
    return Envelope(provider.setting("domain"), provider.setting("bounces"), provider.setting("tagged"))


@dataclass(frozen=True)
class Called:
    """What a provider told us by a callback, and what it wants to hear."""

    messages: sms.Arrived
    calls: list[CallEvent]
    answer: dict[str, Any]


class NotFromProvider(Exception):
    """The callback is not the provider's: a wrong token or signature, too old, or no JSON. Answer 403."""


def called(provider: Provider, *, token: str, headers: Mapping[str, str], body: bytes, at: dt.datetime) -> Called:
    """Read a callback. Aliyun and Tencent sign nothing, so the address carries a token; gateways sign the body.

    Raises ``NotFromProvider``. The same callback may come again: keep reports and events by what they are about.
    """
    if provider.kind in (Kind.HTTP_SMS, Kind.HTTP_CALL):
        genuine = signing.gateway_verified(provider.setting("secret"), headers, body, at)
    elif provider.kind in (Kind.ALIYUN_SMS, Kind.TENCENT_SMS):
        genuine = signing.same(provider.setting("callback_token"), token)
    else:
        genuine = False
    if not genuine:
        raise NotFromProvider(provider.kind)
    try:
        pushed = json.loads(body)
    except (ValueError, RecursionError):
        raise NotFromProvider("no JSON") from None
    if provider.kind == Kind.ALIYUN_SMS:
        return Called(aliyun.arrived(pushed), [], {"code": 0, "msg": "成功"})
    if provider.kind == Kind.TENCENT_SMS:
        return Called(tencent.arrived(pushed), [], {"result": 0, "errmsg": "OK"})
    fields = provider.setting("fields")
    if provider.kind == Kind.HTTP_CALL:
        return Called(sms.Arrived(), calls.events(pushed, fields, at), {"code": "ok"})
    return Called(own_route.arrived(pushed, fields), [], {"code": "ok"})


def _smtp(provider: Provider) -> Carrier:
    get = provider.setting
    return Smtp(
        host=get("host"),
        port=get("port"),
        sender=get("sender"),
        envelope=envelope(provider),
        sender_name=get("sender_name"),
        reply_to=get("reply_to"),
        security=get("security"),
        username=get("username"),
        password=get("password"),
        ask_status=get("ask_status"),
    )


def _aliyun(provider: Provider) -> Carrier:
    get = provider.setting
    return aliyun.Aliyun(get("key_id"), get("secret"), get("signature"), _templates(provider), get("endpoint"))


def _tencent(provider: Provider) -> Carrier:
    get = provider.setting
    return tencent.Tencent(
        secret_id=get("secret_id"),
        secret=get("secret"),
        app_id=get("app_id"),
        signature=get("signature"),
        templates=_templates(provider),
        region=get("region"),
        endpoint=get("endpoint"),
    )


def _own_route(provider: Provider) -> Carrier:
    return own_route.OwnRoute(_gateway(provider), provider.setting("signature"), provider.setting("sender"))


def _exchange(provider: Provider) -> Carrier:
    return Exchange(_gateway(provider), _lines(provider))


def _softphone(provider: Provider) -> Carrier:
    get = provider.setting
    return Softphone(get("domain"), get("desks"), _lines(provider), get("international"), get("transport"))


def _wecom(provider: Provider) -> Carrier:
    return robots.Wecom(provider.setting("key"), provider.setting("endpoint"))


def _dingtalk(provider: Provider) -> Carrier:
    get = provider.setting
    return robots.Dingtalk(get("key"), get("endpoint"), get("secret"), get("keyword"))


def _gateway(provider: Provider) -> Gateway:
    get = provider.setting
    return Gateway(get("url"), get("secret"), get("idempotent"), get("fields"), get("codes"), get("ok"))


def _lines(provider: Provider) -> tuple[str, ...]:
    """The registered lines this provider has."""
    from liangqing.outreach.models.line import Line

    registered = Line.objects.filter(channel=Channel.PHONE, active=True).order_by("id").values_list("value", flat=True)
    own = provider.setting("lines")
    return tuple(line for line in registered if not own or line in own)


def _templates(provider: Provider) -> sms.Templates:
    """All that are approved, read now: what sends may do so in a thread that knows no database."""
    approved = provider.templates.filter(state=TemplateState.APPROVED)
    return {
        each.template_code: sms.TheirTemplate(each.their_code, each.signature, tuple(each.variables))
        for each in approved
    }.get


_CARRIERS: Mapping[str, Callable[[Provider], Carrier]] = {
    Kind.SMTP: _smtp,
    Kind.ALIYUN_SMS: _aliyun,
    Kind.TENCENT_SMS: _tencent,
    Kind.HTTP_SMS: _own_route,
    Kind.HTTP_CALL: _exchange,
    Kind.SIP_SOFTPHONE: _softphone,
    Kind.TEL: lambda _provider: ByHand(),
    Kind.WECOM_ROBOT: _wecom,
    Kind.DINGTALK_ROBOT: _dingtalk,
}
