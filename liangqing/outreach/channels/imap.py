"""A mailbox read over IMAP: what is new since a mark. Nothing is deleted, and nothing is marked unless asked for."""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.outreach.channels.inbox import MOST_BYTES
from liangqing.outreach.channels.posting import text
from liangqing.outreach.channels.sending import Fault, Receipt, accepted, rejected, unreachable

imaplib.Commands.setdefault("ID", ("NONAUTH", "AUTH", "SELECTED"))

_TIMEOUT_S = 30
_AT_ONCE = 50
"""Mails in one go; the next go takes the next ones."""
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True)
class Mark:
    """How far a mailbox was read: numbers up to ``uid`` of the numbering ``validity`` (RFC 3501 2.3.1.1)."""

    validity: int = 0
    uid: int = 0


@dataclass(frozen=True)
class Fetched:
    """``renumbered``: the server began a new numbering, so mails that were read before may be among these; they are
    known by their Message-ID. ``more``: there are more than one go takes."""

    mails: Sequence[tuple[int, bytes]]
    mark: Mark
    renumbered: bool
    more: bool


class MailboxFailed(Exception):
    """The mailbox can't be read now; ``receipt`` says why."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.code)
        self.receipt = receipt


@dataclass
class Mailbox:
    """``security`` is tls, starttls or none."""

    host: str
    port: int
    username: str
    password: str
    folder: str = "INBOX"
    security: str = "tls"

    def fetch(self, since: Mark, *, first_day: dt.date) -> Fetched:
        """The mails after a mark, the oldest first, each at most five megabytes of it. After a change of numbering, and
        the first time, those that came since ``first_day``. Raises ``MailboxFailed``."""
        with self._opened() as (server, validity):
            renumbered = since.validity not in (0, validity)
            known = since.validity == validity
            if known:
                numbers = [uid for uid in self._search(server, f"UID {since.uid + 1}:*") if uid > since.uid]
            else:
                numbers = self._search(server, f"SINCE {first_day.day}-{_MONTHS[first_day.month - 1]}-{first_day.year}")
            taken = sorted(numbers)[:_AT_ONCE]
            mails = [(uid, content) for uid in taken if (content := self._content(server, uid)) is not None]
            if not taken and not known:  # whatever older mails there are stay unread by us
                taken = self._search(server, "UID *")
            reached = taken[-1] if taken else since.uid
            return Fetched(mails, Mark(validity, reached), renumbered, len(numbers) > len(mails))

    def mark_seen(self, numbers: Sequence[int]) -> None:
        """Show these as read to people who look into the same mailbox. Raises ``MailboxFailed``."""
        with self._opened(readonly=False) as (server, _validity):
            for uid in numbers:
                server.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")

    def check(self) -> Receipt:
        """Log in and open the folder."""
        try:
            with self._opened():
                return accepted()
        except MailboxFailed as failed:
            return failed.receipt

    @contextmanager
    def _opened(self, *, readonly: bool = True) -> Iterator[tuple[imaplib.IMAP4, int]]:
        """The folder, open, and its numbering."""
        server: imaplib.IMAP4 | None = None
        try:
            server = self._connected()
            self._say_who(server)
            kind, _count = server.select(_quoted(self.folder), readonly=readonly)
            answer = server.response("UIDVALIDITY")[1]
            if kind != "OK" or not answer or not isinstance(answer[0], bytes) or not answer[0].isdigit():
                raise MailboxFailed(rejected("no_folder", _("The mailbox has no such folder."), Fault.REQUEST))
            yield server, int(answer[0])
        except (imaplib.IMAP4.error, OSError, ValueError, IndexError) as error:
            raise MailboxFailed(unreachable("broken_off", text(str(error)))) from None
        finally:
            if server is not None:
                with contextlib.suppress(imaplib.IMAP4.error, OSError):
                    server.logout()

    def _connected(self) -> imaplib.IMAP4:
        context = ssl.create_default_context()
        try:
            if self.security == "tls":
                server: imaplib.IMAP4 = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=_TIMEOUT_S)
            else:
                server = imaplib.IMAP4(self.host, self.port, timeout=_TIMEOUT_S)
                if self.security == "starttls":
                    server.starttls(context)
        except (OSError, socket.gaierror, imaplib.IMAP4.error) as error:
            raise MailboxFailed(unreachable("not_connected", text(str(error)))) from None
        try:
            server.login(self.username, self.password)
        except imaplib.IMAP4.abort as error:
            raise MailboxFailed(unreachable("broken_off", text(str(error)))) from None
        except imaplib.IMAP4.error as error:
            server.shutdown()
            raise MailboxFailed(rejected("login", text(str(error)), Fault.ACCOUNT)) from None
        return server

    @staticmethod
    def _say_who(server: imaplib.IMAP4) -> None:
        """RFC 2971. NetEase (163, 126, enterprise mail) opens no folder to a client that does not say who it is."""
        if "ID" in server.capabilities:
            server._simple_command("ID", '("name" "liangqing" "version" "1")')

    @staticmethod
    def _search(server: imaplib.IMAP4, what: str) -> list[int]:
        kind, found = server.uid("SEARCH", what)
        if kind != "OK":
            raise MailboxFailed(unreachable("search", text(str(found))))
        return [int(uid) for uid in b" ".join(row for row in found if isinstance(row, bytes)).split() if uid.isdigit()]

    @staticmethod
    def _content(server: imaplib.IMAP4, uid: int) -> bytes | None:
        """The mail, or None when it is gone meanwhile."""
        kind, rows = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        if kind != "OK":
            raise MailboxFailed(unreachable("fetch", text(str(rows))))
        return next((row[1] for row in rows if isinstance(row, tuple) and isinstance(row[1], bytes)), None)


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501 5.1.3), in quotes."""
    written = re.sub(r"[^\x20-\x7e]+", lambda found: _utf7(found[0]), folder.replace("&", "&-"))
    escaped = written.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(run: str) -> str:
    return "&" + run.encode("utf-7")[1:].rstrip(b"-").decode().replace("/", ",") + "-"
