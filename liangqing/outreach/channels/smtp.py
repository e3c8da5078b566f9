"""E-mail over SMTP (RFC 5321), with STARTTLS or TLS, and delivery status (RFC 3461) where the server offers it.

Until the last byte of the mail is written nothing can have gone out. After it, no answer means *unknown*: the server
may have taken the mail, and SMTP knows no way to ask.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels import mail
from liangqing.outreach.channels.envelope import Envelope
from liangqing.outreach.channels.posting import text
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, accepted, rejected, unknown, unreachable

_TIMEOUT_S = 30
_GO_AHEAD = 354
_FAILURE = 400
_PERMANENT = 500
_TOO_LARGE = (552, 523)
_BUSY_AFTER_S = 300.0
"""Greylisting and full queues: most servers take a mail that comes again after five minutes."""


@dataclass
class Smtp:
    """A mail server that takes our mail. One connection for each mail; ``security`` is starttls, tls or none."""

    host: str
    port: int
    sender: str
    envelope: Envelope
    sender_name: str = ""
    reply_to: str = ""
    security: str = "starttls"
    username: str = ""
    password: str = ""
    ask_status: bool = True

    idempotent = False

    def send(self, parcel: Parcel) -> Receipt:
        """Hand a mail over. The provider's id is the Message-ID."""
        try:
            recipient = mail.address(parcel.to)
            sender = mail.address(parcel.sender or self.sender)
        except mail.NotAnAddress:
            return rejected("bad_address", _("This is no e-mail address."), Fault.RECIPIENT)
        try:
            letter = mail.compose(
                parcel, sender=sender, sender_name=self.sender_name, reply_to=self.reply_to, envelope=self.envelope
            )
            content = letter.as_bytes()
        except (ValueError, UnicodeError) as error:
            return rejected("bad_message", text(str(error)), Fault.REQUEST)
        try:
            with self._connected() as server:
                return self._hand_over(server, parcel.key, sender, recipient, letter, content)
        except _Said as said:
            return said.receipt

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> None:
        """SMTP knows no such question; a bounce or a delivery status answers it later."""
        return

    def check(self) -> Receipt:
        """Connect, encrypt, log in, say nothing more."""
        try:
            with self._connected() as server:
                code, answer = server.noop()
                return accepted(code=str(code), sentence=_words(answer))
        except _Said as said:
            return said.receipt
        except OSError as error:
            return unreachable("disconnected", text(str(error)))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A session that may send. Raises ``_Said`` with the receipt of why there is none."""
        server: smtplib.SMTP | None = None
        try:
            try:
                context = _trusted()
                if self.security == "tls":
                    server = smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_S, context=context)
                else:
                    server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_S)
                server.ehlo_or_helo_if_needed()
                if self.security == "starttls":
                    server.starttls(context=context)
                    server.ehlo()
                if self.username:
                    server.login(self.username, self.password)
            except smtplib.SMTPAuthenticationError as error:
                raise _Said(_refused(error.smtp_code, error.smtp_error, Fault.ACCOUNT)) from None
            except smtplib.SMTPNotSupportedError as error:
                raise _Said(rejected("not_supported", text(str(error)), Fault.REQUEST)) from None
            except smtplib.SMTPResponseException as error:
                raise _Said(_refused(error.smtp_code, error.smtp_error, Fault.BUSY)) from None
            except ssl.SSLCertVerificationError as error:
                raise _Said(rejected("certificate", text(str(error)), Fault.REQUEST)) from None
            except (OSError, smtplib.SMTPException) as error:
                raise _Said(unreachable("not_connected", text(str(error)))) from None
            yield server
        finally:
            if server is not None:
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
                server.close()

    def _hand_over(
        self, server: smtplib.SMTP, key: str, sender: str, recipient: str, letter: EmailMessage, content: bytes
    ) -> Receipt:
        try:
            options, asked = self._options(server, key, recipient, len(content))
            if not recipient.isascii():
                if not server.has_extn("smtputf8"):
                    return rejected("no_smtputf8", _("The server takes ASCII addresses only."), Fault.RECIPIENT)
                options.append("SMTPUTF8")
                server.command_encoding = "utf-8"
            code, answer = server.mail(self.envelope.sender(key, sender), options)
            if code >= _FAILURE:
                return _refused(code, answer, Fault.REQUEST)
            code, answer = server.rcpt(recipient, asked)
            if code >= _FAILURE:
                return _refused(code, answer, Fault.RECIPIENT)
            server.putcmd("data")
            code, answer = server.getreply()
            if code != _GO_AHEAD:
                return _refused(code, answer, Fault.CONTENT)
            stuffed = re.sub(rb"(?m)^\.", b"..", content)
            server.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        except (OSError, smtplib.SMTPException) as error:
            return unreachable("disconnected", text(str(error)))
        try:
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException):
            return unknown("no_answer_after_data")
        if code >= _FAILURE:
            return _refused(code, answer, Fault.CONTENT)
        return accepted(str(letter["Message-ID"]), code=str(code), sentence=_words(answer))

    def _options(self, server: smtplib.SMTP, key: str, recipient: str, size: int) -> tuple[list[str], list[str]]:
        """The extensions asked for with MAIL and with RCPT."""
        options, asked = [], []
        if server.has_extn("size"):
            options.append(f"SIZE={size}")
        if self.ask_status and server.has_extn("dsn"):
            options += ["RET=HDRS", f"ENVID={key}"]
            asked.append("NOTIFY=SUCCESS,FAILURE,DELAY")
            if recipient.isascii():
                asked.append(f"ORCPT=rfc822;{_xtext(recipient)}")
        return options, asked


@functools.cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Said(Exception):
    """The conversation is over; this is its receipt."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.code)
        self.receipt = receipt


def _refused(code: int, answer: bytes | str, fault: Fault) -> Receipt:
    """A reply that says no: 4xx later, 5xx never. The enhanced status (RFC 3463), where there is one, says whose fault
    it is: 5.1 the address, 5.2 the mailbox, 5.3 the system, 5.4 the routing, 5.6 the content, 5.7 policy."""
    words = _words(answer)
    enhanced = words.split(" ", 1)[0]
    kind = enhanced[1:4] if enhanced[:1] in "245" and enhanced[1:2] == "." else ""
    if code < _PERMANENT:
        later = None if fault is Fault.ACCOUNT else _BUSY_AFTER_S
        return rejected(enhanced if kind else str(code), words, Fault.BUSY, retry=True, after_s=later)
    by_status = {".1.": Fault.RECIPIENT, ".2.": Fault.RECIPIENT, ".6.": Fault.CONTENT, ".7.": Fault.CONTENT}
    if fault in (Fault.RECIPIENT, Fault.CONTENT, Fault.REQUEST) and kind in by_status:
        fault = by_status[kind]
    if code in _TOO_LARGE and fault is Fault.REQUEST:
        fault = Fault.CONTENT
    return rejected(enhanced if kind else str(code), words, fault)


def _words(answer: bytes | str) -> str:
    return text(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)


def _xtext(plain: str) -> str:
    """RFC 3461: everything but printable ASCII without + and =, escaped."""
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in plain)
