"""What came into the mailbox: a bounce, a delivery status, a holiday notice, an answer to something we sent, other mail.

In this order: what a mail server wrote is no answer, and what a machine wrote is none either. A mail is matched to what
we sent by its delivery report, by the address it returned to, by the mail it encloses and by what it answers.
"""

from __future__ import annotations

import datetime as dt
import email
import re
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from enum import StrEnum

from liangqing.outreach.channels import delivery
from liangqing.outreach.channels.delivery import BROKEN, every, header
from liangqing.outreach.channels.envelope import Envelope
from liangqing.outreach.channels.sending import KEY

MOST_BYTES = 5_000_000
"""Of a mail; what is longer is read so far."""

_AUTOMATIC = re.compile(
    r"(auto(matic|matisch)?[ -]?(reply|response|answer)|out of (the )?office|vacation|自动(回复|答复|应答)|休假|外出)",
    re.IGNORECASE,
)
_BOUNCED = re.compile(
    r"(undeliver|delivery (status|failure|has failed)|returned (mail|to sender)|mail delivery (failed|system)|"
    r"failure notice|退信|投递失败|发送失败|无法送达|未送达|递送失败)", re.IGNORECASE
)  # fmt: skip
_SERVERS = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon)\b", re.IGNORECASE)


class Kind(StrEnum):
    BOUNCE = "bounce"
    """It did not arrive; ``status`` is empty when the server gave reasons in prose only."""
    DELAYED = "delayed"
    DELIVERED = "delivered"
    """A mail server of the recipient's has it; nobody need have read it."""
    RELAYED = "relayed"
    """Passed on to a server that reports nothing further."""
    READ = "read"
    AUTOMATIC = "automatic"
    REPLY = "reply"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One mail, read. ``key`` names what it is about, empty when that is not known. ``permanent`` is True for a bounce
    that need not be tried again, None when the server did not say."""

    kind: Kind
    key: str = ""
    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    at: dt.datetime | None = None
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    permanent: bool | None = None
    attachments: tuple[str, ...] = ()


def read(raw: bytes, envelope: Envelope) -> Incoming:
    """What a mail is and what it is about. Never raises: a mail nobody can read is *other*."""
    try:
        return _read(email.message_from_bytes(delivery.tamed(raw[:MOST_BYTES])), envelope)
    except BROKEN:
        return Incoming(kind=Kind.OTHER, subject="")


def _read(mail: Message, envelope: Envelope) -> Incoming:
    name, sender = parseaddr(header(mail, "From"))
    subject, words = header(mail, "Subject"), delivery.text_of(mail)
    told = _told(mail, sender, subject, words)
    return Incoming(
        kind=told.kind if told else _written_by(mail, subject, envelope),
        key=_key(mail, envelope, words, told),
        message_id=header(mail, "Message-ID")[:500],
        sender=sender.lower()[:254],
        sender_name=name[:200],
        subject=subject[:500],
        text=words,
        at=_date(mail),
        recipient=told.recipient if told else "",
        status=told.status if told else "",
        diagnostic=told.diagnostic if told else "",
        permanent=told.permanent if told else None,
        attachments=_attachments(mail),
    )


@dataclass(frozen=True)
class _Told:
    """What a mail server told."""

    kind: Kind
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    permanent: bool | None = None
    envelope_id: str = ""


_BY_ACTION = {
    "failed": Kind.BOUNCE,
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.RELAYED,
    "expanded": Kind.RELAYED,
}


def _told(mail: Message, sender: str, subject: str, words: str) -> _Told | None:
    """The report of a mail server; None when somebody else wrote the mail."""
    reported = delivery.statuses(mail)
    if reported:  # one mail has one recipient; of several, a failure is what counts
        first = min(reported, key=lambda each: list(_BY_ACTION).index(each.action))
        return _Told(
            _BY_ACTION[first.action],
            first.recipient[:254],
            first.status,
            first.diagnostic,
            first.status.startswith("5") if first.action == "failed" and first.status else None,
            first.envelope_id,
        )
    if any(part.get_content_type() == "message/disposition-notification" for part in delivery.parts(mail)):
        return _Told(Kind.READ)
    empty_path = every(mail, "Return-Path").strip() == "<>"
    if (_SERVERS.match(sender) or empty_path) and (_BOUNCED.search(subject) or mail.get("X-Failed-Recipients")):
        status = delivery.status_in(words)
        return _Told(
            Kind.DELAYED if status.startswith("4") else Kind.BOUNCE,
            header(mail, "X-Failed-Recipients")[:254],
            status,
            _first_words(words),
            True if status.startswith("5") else None,
        )
    return None


def _written_by(mail: Message, subject: str, envelope: Envelope) -> Kind:
    """A machine, somebody who answers us, or somebody else."""
    automatic = header(mail, "Auto-Submitted").lower()
    if automatic and not automatic.startswith("no"):
        return Kind.AUTOMATIC
    if any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply")):
        return Kind.AUTOMATIC
    if header(mail, "Precedence").lower() in ("auto_reply", "bulk", "junk", "list"):
        return Kind.AUTOMATIC
    if _AUTOMATIC.search(subject[:80]):
        return Kind.AUTOMATIC
    return Kind.REPLY if envelope.key_in_id(every(mail, "In-Reply-To", "References")) else Kind.OTHER


def _key(mail: Message, envelope: Envelope, words: str, told: _Told | None) -> str:
    """What it is about, by the surest sign first."""
    by_address = envelope.key_in_address(every(mail, "To", "Delivered-To", "X-Original-To", "Envelope-To"))
    if told is None:
        return (
            envelope.key_in_id(every(mail, "In-Reply-To"))
            or envelope.key_in_id(every(mail, "References"))
            or by_address
        )
    if by_address:
        return by_address
    if told.envelope_id and KEY.fullmatch(told.envelope_id.lower()):
        return told.envelope_id.lower()
    enclosed = " ".join(_enclosed(mail))
    answered = every(mail, "In-Reply-To", "References")
    return envelope.key_in_id(enclosed) or envelope.key_in_id(answered) or envelope.key_in_id(words)


def _enclosed(mail: Message) -> list[str]:
    """The Message-IDs of the mails a report encloses, whole or as headers."""
    found = []
    for part in delivery.parts(mail):
        if part is not mail:
            found.append(every(part, "Message-ID", "Original-Message-ID"))
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                found.append(content[:20_000].decode("latin-1"))
    return found


def _first_words(words: str) -> str:
    return re.sub(r"\s+", " ", words)[:500]


def _date(mail: Message) -> dt.datetime | None:
    try:
        at = parsedate_to_datetime(header(mail, "Date"))
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (*BROKEN, OverflowError):
        return None


def _attachments(mail: Message) -> tuple[str, ...]:
    names = []
    for part in delivery.parts(mail):
        name = part.get_filename()
        if name:
            names.append(re.sub(r"\s+", " ", str(name))[:200])
    return tuple(names[:50])
