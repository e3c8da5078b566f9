"""A mail server. The recipient's name chooses what happens, whatever the domain:

``refused`` 550 5.1.1 · ``later`` 450 4.2.0 · ``spam`` 554 5.7.1 after the data · ``drop`` takes the mail and hangs up
without an answer · ``cut`` hangs up at DATA, nothing taken · ``bounced`` takes it, and a report of failure comes into
the mailbox · ``away`` takes it, and a holiday notice comes · ``answers`` takes it, and an answer comes · others: taken.
"""

from __future__ import annotations

import email
import ssl
from email import policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.outreach.servers import mails
from tests.outreach.servers.imap import Folder
from tests.outreach.servers.journal import Journal

USERNAME, PASSWORD = "sender", "open sesame"
_STATUS = ("RET", "ENVID", "NOTIFY", "ORCPT")


class _Protocol(SMTP):
    """aiosmtpd refuses the parameters of delivery status; they are kept aside here, in small letters (it
    shouts)."""

    def _getparams(self, params: Any) -> Any:
        found = super()._getparams(params)
        if found is not None and self.envelope is not None:
            asked = {name: str(found.pop(name)).lower() for name in _STATUS if name in found}
            self.envelope.asked = {**getattr(self.envelope, "asked", {}), **asked}  # type: ignore[attr-defined]
        return found


class _Handler:
    def __init__(self, journal: Journal, inbox: Folder, offers_status: bool, login: bool) -> None:
        self.journal, self.inbox, self.offers_status, self.login = journal, inbox, offers_status, login

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if self.offers_status else responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if name == "refused":
            return "550 5.1.1 No such user here"
        if name == "later":
            return "450 4.2.0 Greylisted, come back later"
        if name == "cut" and server.transport is not None:
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        name = recipient.partition("@")[0]
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        if name == "spam":
            return "554 5.7.1 Message content rejected"
        mail = email.message_from_bytes(content, policy=policy.default)
        self.journal.note(
            sender=envelope.mail_from,
            recipient=recipient,
            key=str(mail["Message-ID"]),
            subject=str(mail["Subject"]),
            asked=getattr(envelope, "asked", {}),
            login=bool(session.authenticated),
            raw=content.decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode(),
        )
        if name == "drop" and server.transport is not None:
            server.transport.abort()
        elif name == "bounced":
            asked = getattr(envelope, "asked", {})
            self.inbox.deliver(
                mails.failure(recipient, envelope.mail_from or "", content, envelope_id=asked.get("ENVID", ""))
            )
        elif name == "away":
            self.inbox.deliver(mails.holiday(recipient, envelope.mail_from or "", str(mail["Message-ID"])))
        elif name == "answers":
            self.inbox.deliver(mails.answer(recipient, str(mail["From"]), str(mail["Message-ID"]), "周五付款，谢谢。"))
        return "250 2.0.0 Queued"


class SmtpServer:
    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        login: bool = False,
        offers_status: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.journal = Journal(folder, "smtp")
        handler = _Handler(self.journal, Folder(folder), offers_status, login)
        self._controller = _Controller(
            handler,
            hostname="127.0.0.1",
            port=port,
            authenticator=_authenticate if login else None,
            auth_require_tls=False,
            tls_context=tls,
            decode_data=False,
            enable_SMTPUTF8=True,
        )

    @property
    def port(self) -> int:
        return int(self._controller.server.sockets[0].getsockname()[1])  # type: ignore[union-attr]

    def __enter__(self) -> SmtpServer:
        self._controller.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._controller.stop()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Protocol(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
