"""A parcel as an e-mail: headers, text and HTML, attachments. What a header can't hold is cleaned, never passed on."""

from __future__ import annotations

import email.policy
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from liangqing.kit import clock
from liangqing.outreach.channels.envelope import Envelope
from liangqing.outreach.channels.sending import Parcel

POLICY = email.policy.SMTP.clone(cte_type="7bit", max_line_length=76)
"""Seven bits on the wire: every server on the way can take it."""

_LONGEST_ADDRESS = 254
_OURS = frozenset(
    "from to cc bcc reply-to subject date message-id auto-submitted list-unsubscribe list-unsubscribe-post mime-version"
    " content-type content-transfer-encoding return-path sender".split()
)


class NotAnAddress(ValueError):
    """No e-mail address something can be sent to."""


def address(written: str) -> str:
    """The address alone, its domain in ASCII, as it is given to a mail server. Raises ``NotAnAddress``."""
    if not written.isprintable() or len(written) > _LONGEST_ADDRESS * 2:
        raise NotAnAddress("not printable, or too long")
    _name, plain = parseaddr(written)
    local, at, domain = plain.rpartition("@")
    if not at or not re.fullmatch(r'[^\s"(),:;<>@\[\\\]]{1,64}', local):
        raise NotAnAddress("no name and domain")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise NotAnAddress("no domain") from None
    if not re.fullmatch(r"(?=.*[A-Za-z0-9])[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", domain):
        raise NotAnAddress("no domain")
    return f"{local}@{domain}"


def compose(parcel: Parcel, *, sender: str, sender_name: str, reply_to: str, envelope: Envelope) -> EmailMessage:
    """The mail. Raises ``NotAnAddress`` for the recipient, ``ValueError`` for a header that may not be set.

    It says of itself that a machine sent it (RFC 3834), so that holiday notices are not answered in circles.
    """
    recipient = address(parcel.to)
    mail = EmailMessage(policy=POLICY if recipient.isascii() else POLICY.clone(utf8=True))
    mail["From"] = _shown(sender, sender_name)
    mail["To"] = _shown(recipient, "")
    mail["Subject"] = line(parcel.subject)
    mail["Date"] = format_datetime(clock.now().astimezone(clock.zone()))
    mail["Message-ID"] = envelope.message_id(parcel.key)
    mail["Auto-Submitted"] = "auto-generated"
    if reply_to:
        mail["Reply-To"] = _shown(address(reply_to), "")
    if parcel.unsubscribe:
        target = parcel.unsubscribe
        if not re.fullmatch(r"(https://|mailto:)[^\s<>,]+", target):
            raise ValueError("an unsubscribe address is https or mailto")
        mail["List-Unsubscribe"] = f"<{target}>"
        if target.startswith("https:"):  # RFC 8058
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for name, value in parcel.headers.items():
        if name.lower() in _OURS or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            raise ValueError(f"the header {name!r} may not be set")
        mail[name] = line(value)
    mail.set_content(parcel.body, charset="utf-8", cte="base64")
    if parcel.html:
        mail.add_alternative(parcel.html, subtype="html", charset="utf-8", cte="base64")
    for each in parcel.attachments:
        kind, _slash, subtype = each.media_type.partition("/")
        mail.add_attachment(
            each.content, maintype=kind, subtype=subtype or "octet-stream", filename=line(each.name) or "attachment"
        )
    return mail


def line(text: str) -> str:
    """One printable line: a line break in a header would begin another header."""
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in text)).strip()


def _shown(plain: str, name: str) -> Address:
    local, _at, domain = address(plain).rpartition("@")
    return Address(line(name), local, domain)
