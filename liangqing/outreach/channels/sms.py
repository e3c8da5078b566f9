"""What text messages have in common: the provider's templates, and what it reports back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels import numbers
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, rejected


@dataclass(frozen=True)
class TheirTemplate:
    """A text the provider has approved: its code there, the signature it goes with when not the provider's usual one,
    and its variables in the provider's order, each by our name of it."""

    code: str
    signature: str = ""
    variables: tuple[str, ...] = ()


Templates = Callable[[str], TheirTemplate | None]
"""Finds the approved template for one of ours; None when there is none, or it is not approved."""


class Delivery(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Still under way, or in words we do not know."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of one message. ``key`` where the provider gives it back; else ``provider_id`` and the number name
    it. ``segments``: how many messages were charged, 0 when not told."""

    provider_id: str
    to: str = field(repr=False)
    state: Delivery
    key: str = ""
    code: str = ""
    sentence: str = ""
    at: dt.datetime | None = None
    segments: int = 0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What somebody answered. ``reply_id`` tells a repeated push from a second reply; empty where none is given."""

    sender: str = field(repr=False)
    text: str = field(repr=False)
    at: dt.datetime | None
    extension: str = ""
    reply_id: str = ""


@dataclass(frozen=True)
class Arrived:
    reports: Sequence[Report] = ()
    replies: Sequence[Reply] = ()


def addressed(parcel: Parcel) -> str | Receipt:
    """The number in E.164, or why it can get no text message."""
    try:
        number = numbers.e164(parcel.to)
    except numbers.NotANumber:
        return rejected("bad_number", _("This is no telephone number."), Fault.RECIPIENT)
    if not numbers.is_mobile(number):
        return rejected("no_mobile", _("This number is no mobile telephone."), Fault.RECIPIENT)
    return number


def filled(parcel: Parcel, template: TheirTemplate) -> list[str] | Receipt:
    """The values in the provider's order, or what is missing."""
    missing = [name for name in template.variables if name not in parcel.template_params]
    if missing:
        return rejected("missing_variable", ", ".join(missing), Fault.REQUEST)
    return [str(parcel.template_params[name]) for name in template.variables]


def unapproved() -> Receipt:
    return rejected(
        "template_not_approved", _("The provider has not approved a template for this text."), Fault.CONTENT
    )


def by_code(code: str, sentence: str, table: Mapping[str, tuple[Fault, float | None]]) -> Receipt:
    """The receipt of an error code: the longest prefix in the table counts. Codes nobody listed are *request*: they are
    shown to a person, not tried again."""
    known = max((prefix for prefix in table if code.startswith(prefix)), key=len, default="")
    fault, after = table[known] if known else (Fault.REQUEST, None)
    return rejected(code, sentence, fault, retry=fault is Fault.BUSY, after_s=after)
