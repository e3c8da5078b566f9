"""What every channel speaks: a parcel goes in, a receipt comes out.

A receipt says what is certain. *Accepted*: the provider has it and answers for the rest. *Rejected*: it certainly did
not go out; ``retry`` tells whether the same provider may be asked again. *Unknown*: it was handed over and no answer
came; it may have gone out, so it must neither be sent again blindly nor be moved on to another provider.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise
"""For people: a text of ours, translated where it is shown, or the provider's own words."""

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A key survives mail addresses, headers and URLs: at most 40 of these characters, so a UUID fits."""


class State(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Whose fault it is that something was not accepted; what to do next follows from it (``failing_over``)."""

    NONE = ""
    UNREACHABLE = "unreachable"
    """Nobody answered; nothing was handed over."""
    BUSY = "busy"
    """The provider asks to come back later: a rate limit, greylisting, a temporary failure."""
    RECIPIENT = "recipient"
    """The number or address can't be reached this way, whoever sends."""
    CONTENT = "content"
    """This provider does not take this text: its template or signature is not approved, a word is forbidden."""
    ACCOUNT = "account"
    """The institution's account with the provider: no balance, a wrong key, suspended."""
    REQUEST = "request"
    """The provider does not understand the request: a setting or our own mistake."""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message or call to one recipient.

    ``key`` names the act of sending and stays the same when it is tried again. Which of ``body`` and ``template_code``
    with ``template_params`` is used depends on the provider: a shared SMS route sends approved templates only.
    ``sender`` is the line, sender number or From address, when not the provider's first one. ``unsubscribe`` is the
    address (https or mailto) under which the recipient can ask for silence.
    """

    to: str = field(repr=False)
    key: str
    subject: str = ""
    body: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    template_code: str = ""
    template_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    unsubscribe: str = ""

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise ValueError(f"a key has at most 40 small letters, digits and dashes: {self.key!r}")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came of handing a parcel over. ``retry``: the same parcel may go to the same provider again without danger
    of doubling, after ``retry_after_s`` seconds when that is said."""

    state: State
    provider_id: str = ""
    code: str = ""
    sentence: Sentence = ""
    fault: Fault = Fault.NONE
    retry: bool = False
    retry_after_s: float | None = None

    @property
    def accepted(self) -> bool:
        return self.state is State.ACCEPTED


class Carrier(Protocol):
    """A provider, ready to be used. Safe to use from one thread."""

    @property
    def idempotent(self) -> bool:
        """Whether the same key may be sent twice without the recipient getting it twice."""

    def send(self, parcel: Parcel) -> Receipt:
        """Hand it over. Never raises for what a network or a provider does."""

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        """What became of a key, where the provider can be asked; None where it can't. Some need the recipient and the
        day it was sent on. *Unknown* with the code ``not_found``: the provider does not know it (yet)."""

    def check(self) -> Receipt:
        """Whether the provider can be reached with these settings. Sends nothing to anybody outside."""


def accepted(provider_id: str = "", code: str = "", sentence: Sentence = "") -> Receipt:
    return Receipt(state=State.ACCEPTED, provider_id=provider_id, code=code, sentence=sentence)


def rejected(
    code: str, sentence: Sentence, fault: Fault, *, retry: bool = False, after_s: float | None = None
) -> Receipt:
    """It certainly did not go out."""
    return Receipt(state=State.REJECTED, code=code, sentence=sentence, fault=fault, retry=retry, retry_after_s=after_s)


def unreachable(code: str, sentence: Sentence = "") -> Receipt:
    """Nothing was handed over; trying again is safe."""
    return rejected(
        code, sentence or _("The provider could not be reached; nothing was sent."), Fault.UNREACHABLE, retry=True
    )


def unknown(code: str, sentence: Sentence = "", *, retry: bool = False, fault: Fault = Fault.UNREACHABLE) -> Receipt:
    """It was handed over and no answer came. ``retry`` only where the provider recognises the key."""
    return Receipt(
        state=State.UNKNOWN,
        code=code,
        sentence=sentence or _("It was handed over, but the provider's answer did not arrive."),
        fault=fault,
        retry=retry,
    )


def not_found() -> Receipt:
    """The provider was asked and does not know the key; it may be late."""
    return unknown("not_found", _("The provider does not know of this message yet."))
