"""What kinds of provider there are, and what each has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels import aliyun, robots, tencent
from liangqing.outreach.channels.sending import Fault
from liangqing.outreach.kinds import Channel


class Kind(models.TextChoices):
    SMTP = "smtp", _("mail server (SMTP)")
    IMAP = "imap", _("mailbox for answers (IMAP)")
    ALIYUN_SMS = "aliyun_sms", _("Aliyun text messages")
    TENCENT_SMS = "tencent_sms", _("Tencent text messages")
    HTTP_SMS = "http_sms", _("own number through a gateway")
    SIP_SOFTPHONE = "sip_softphone", _("SIP softphone")
    HTTP_CALL = "http_call", _("telephone exchange through a gateway")
    TEL = "tel", _("telephone dialled by hand")
    WECOM_ROBOT = "wecom_robot", _("WeCom group robot")
    DINGTALK_ROBOT = "dingtalk_robot", _("DingTalk group robot")


@dataclass(frozen=True)
class Field:
    """One setting. ``shape``: text, secret, number, flag, list (of texts) or map (of texts to texts); ``choices`` limits
    a text. Secrets are sealed, never shown and never told."""

    name: str
    label: Promise
    shape: str = "text"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


_HOST = Field("host", _("host"), required=True)
_USERNAME = Field("username", _("user name"))
_PASSWORD = Field("password", _("password"), "secret")
_SECRET = Field("secret", _("secret that signs requests"), "secret", required=True)
_CALLBACK = Field("callback_token", _("token in the address for callbacks"), "secret")
_RESEND = Field("resend", _("hand over again, once, when nobody knows whether it went out"), "flag", default=False)
_SIGNATURE = Field("signature", _("signature in front of the text"), required=True)
_LINES = Field("lines", _("which of the registered lines it has; empty: all of them"), "list", default=())
_GATEWAY = (
    Field("url", _("address of the gateway"), required=True),
    _SECRET,
    Field("idempotent", _("recognises a message it has had before"), "flag", default=True),
    Field("fields", _("what the gateway calls our fields"), "map", default={}),
    Field("codes", _("what its error codes mean in ours"), "map", default={}),
    Field("ok", _("code of an accepted request"), default="ok"),
)
_BOUNCES = (
    Field("domain", _("domain of the institution's Message-IDs"), required=True),
    Field("bounces", _("address bounces return to"), default=""),
    Field("tagged", _("the server delivers name+anything to name"), "flag", default=False),
)

FIELDS: Mapping[str, tuple[Field, ...]] = {
    Kind.SMTP: (
        _HOST,
        Field("port", _("port"), "number", default=587),
        Field("security", _("encryption"), default="starttls", choices=("starttls", "tls", "none")),
        _USERNAME,
        _PASSWORD,
        Field("sender", _("From address"), required=True),
        Field("sender_name", _("name shown as sender"), default=""),
        Field("reply_to", _("address answers go to"), default=""),
        *_BOUNCES,
        Field("ask_status", _("ask for delivery status where it is offered"), "flag", default=True),
        replace(_RESEND, default=True),
    ),
    Kind.IMAP: (
        _HOST,
        Field("port", _("port"), "number", default=993),
        Field("security", _("encryption"), default="tls", choices=("tls", "starttls", "none")),
        Field("username", _("user name"), required=True),
        Field("password", _("password"), "secret", required=True),
        Field("folder", _("folder"), default="INBOX"),
        *_BOUNCES,
    ),
    Kind.ALIYUN_SMS: (
        Field("key_id", _("AccessKey ID"), required=True),
        Field("secret", _("AccessKey secret"), "secret", required=True),
        _SIGNATURE,
        Field("endpoint", _("address of the service"), default=aliyun.ENDPOINT),
        _CALLBACK,
        _RESEND,
    ),
    Kind.TENCENT_SMS: (
        Field("secret_id", _("SecretId"), required=True),
        Field("secret", _("SecretKey"), "secret", required=True),
        Field("app_id", _("SdkAppId"), required=True),
        _SIGNATURE,
        Field("region", _("region"), default="ap-guangzhou"),
        Field("endpoint", _("address of the service"), default=tencent.ENDPOINT),
        _CALLBACK,
        _RESEND,
    ),
    Kind.HTTP_SMS: (*_GATEWAY, _SIGNATURE, Field("sender", _("own number (106…)"), required=True), _RESEND),
    Kind.SIP_SOFTPHONE: (
        Field("domain", _("SIP domain numbers are dialled at"), required=True),
        Field("desks", _("control port of each desk, as lin = 10.0.0.5:4444"), "map", required=True),
        _LINES,
        Field("international", _("dial with the country code"), "flag", default=False),
        Field("transport", _("SIP transport"), default="", choices=("", "udp", "tcp", "tls")),
    ),
    Kind.HTTP_CALL: (
        *_GATEWAY,
        _LINES,
        Field("extensions", _("extension of each collector, by user name"), "map", default={}),
        Field("recording_hosts", _("further hosts its recordings stand at"), "list", default=()),
    ),
    Kind.TEL: (),
    Kind.WECOM_ROBOT: (
        Field("key", _("key of the robot"), "secret", required=True),
        Field("endpoint", _("address of the service"), default=robots.WECOM),
    ),
    Kind.DINGTALK_ROBOT: (
        Field("key", _("access token of the robot"), "secret", required=True),
        Field("secret", _("secret that signs (加签)"), "secret"),
        Field("keyword", _("keyword the robot asks for"), default=""),
        Field("endpoint", _("address of the service"), default=robots.DINGTALK),
    ),
}

CHANNELS: Mapping[str, Channel] = {
    Kind.SMTP: Channel.EMAIL,
    Kind.IMAP: Channel.EMAIL,
    Kind.ALIYUN_SMS: Channel.SMS,
    Kind.TENCENT_SMS: Channel.SMS,
    Kind.HTTP_SMS: Channel.SMS,
    Kind.SIP_SOFTPHONE: Channel.PHONE,
    Kind.HTTP_CALL: Channel.PHONE,
    Kind.TEL: Channel.PHONE,
    Kind.WECOM_ROBOT: Channel.OTHER,
    Kind.DINGTALK_ROBOT: Channel.OTHER,
}

SHARED = frozenset((Kind.ALIYUN_SMS, Kind.TENCENT_SMS))
"""Public cloud routes: they refuse text that presses for payment unless the institution has a contract for it (T15)."""

STAFF_ONLY = frozenset((Kind.WECOM_ROBOT, Kind.DINGTALK_ROBOT))

LIMITS: Mapping[str, Mapping[str, int]] = {
    Kind.WECOM_ROBOT: {"per_minute": robots.PER_MINUTE},
    Kind.DINGTALK_ROBOT: {"per_minute": robots.PER_MINUTE},
}
"""What the provider itself says it takes; given when a provider is added without limits of its own."""

FAULT_LABELS: Mapping[str, Promise] = {
    Fault.UNREACHABLE: _("nobody answers"),
    Fault.BUSY: _("asks to come back later"),
    Fault.CONTENT: _("does not take this text"),
    Fault.ACCOUNT: _("account without balance or rights"),
    Fault.REQUEST: _("does not understand the request"),
}
"""For which faults the next provider may be tried."""
MOVES_ON = (Fault.UNREACHABLE, Fault.CONTENT, Fault.ACCOUNT)
"""What a new provider's faults move on for, unless said otherwise."""
