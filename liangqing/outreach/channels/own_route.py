"""Text messages by the institution's own number (a 106 port) through a gateway that speaks our small protocol.

Its text goes out as written, with the signature in front (【…】), and needs no template approved elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels import sms
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.posting import rows, text
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, rejected


@dataclass
class OwnRoute:
    gateway: Gateway
    signature: str
    sender: str = ""

    @property
    def idempotent(self) -> bool:
        return self.gateway.idempotent

    def send(self, parcel: Parcel) -> Receipt:
        number = sms.addressed(parcel)
        if isinstance(number, Receipt):
            return number
        if not parcel.body.strip():
            return rejected("empty", _("There is no text to send."), Fault.REQUEST)
        message = parcel.body if parcel.body.startswith("【") else f"【{self.signature}】{parcel.body}"
        said = {"key": parcel.key, "to": number, "text": message, "sender": parcel.sender or self.sender}
        return self.gateway.hand_over(parcel.key, said)

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        return self.gateway.asks(key)

    def check(self) -> Receipt:
        return self.gateway.check()


def arrived(pushed: Any, fields: Mapping[str, str]) -> sms.Arrived:
    """A push of the gateway: reports (with a ``state``) and replies (with a ``text``), one or an array of them."""
    reports, replies = [], []
    for row in rows(pushed):
        said = {name: row.get(fields.get(name, name)) for name in _WORDS}
        if said["state"] is not None:
            segments = text(said["segments"])
            reports.append(
                sms.Report(
                    provider_id=text(said["id"]),
                    key=text(said["key"]),
                    to=text(said["to"]),
                    state=_STATES.get(text(said["state"]).lower(), sms.Delivery.UNKNOWN),
                    code=text(said["code"]),
                    sentence=text(said["message"]),
                    at=instant(said["at"]),
                    segments=int(segments[:4]) if segments.isascii() and segments.isdigit() else 0,
                )
            )
        elif said["text"] is not None:
            replies.append(
                sms.Reply(
                    sender=text(said["from"]),
                    text=text(said["text"], 2000),
                    at=instant(said["at"]),
                    extension=text(said["to"]),
                    reply_id=text(said["id"]),
                )
            )
    return sms.Arrived(reports, replies)


_WORDS = ("id", "key", "to", "from", "text", "state", "code", "message", "at", "segments")
_STATES = {
    "delivered": sms.Delivery.DELIVERED,
    "delivrd": sms.Delivery.DELIVERED,
    "failed": sms.Delivery.FAILED,
    "undeliv": sms.Delivery.FAILED,
    "expired": sms.Delivery.FAILED,
    "rejectd": sms.Delivery.FAILED,
}
"""Our own words and those of SMPP, which gateways like to pass on."""


def instant(written: Any) -> dt.datetime | None:
    """An ISO 8601 instant with its zone; what names no zone is UTC."""
    try:
        at = dt.datetime.fromisoformat(text(written))
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
