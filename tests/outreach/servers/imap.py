"""A small IMAP4rev1 server over a folder of mails: as much as a client that only reads needs.

``<dir>/inbox/<uid>.eml`` are the mails; ``<dir>/inbox/validity`` holds the numbering. ``strict`` behaves as NetEase's
servers do: no folder is opened to a client that has not said who it is (RFC 2971).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import threading
from pathlib import Path

from tests.outreach.servers.journal import Journal

USERNAME, PASSWORD = "reader", "open sesame"


class Folder:
    """The mails of a mailbox, on disk, shared with whatever delivers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "inbox"
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def validity(self) -> int:
        kept = self.path / "validity"
        return int(kept.read_text()) if kept.exists() else 1

    def renumber(self) -> None:
        """A new numbering, as after a restore: the same mails under other numbers."""
        for place, uid in enumerate(self.uids()):
            (self.path / f"{uid}.eml").rename(self.path / f"{place + 1}.moved")
        for moved in self.path.glob("*.moved"):
            moved.rename(moved.with_suffix(".eml"))
        (self.path / "validity").write_text(str(self.validity + 1))

    def uids(self) -> list[int]:
        return sorted(int(path.stem) for path in self.path.glob("*.eml"))

    def deliver(self, raw: bytes, *, on: dt.date | None = None) -> int:
        uid = max(self.uids(), default=0) + 1
        draft = self.path / f"{uid}.draft"
        draft.write_bytes(raw)
        if on is not None:
            at = dt.datetime.combine(on, dt.time(12)).timestamp()
            os.utime(draft, (at, at))
        draft.rename(self.path / f"{uid}.eml")
        return uid

    def content(self, uid: int) -> bytes:
        return (self.path / f"{uid}.eml").read_bytes()

    def day(self, uid: int) -> dt.date:
        return dt.datetime.fromtimestamp((self.path / f"{uid}.eml").stat().st_mtime).astimezone().date()


class ImapServer:
    def __init__(self, folder: Path, *, port: int = 0, strict: bool = False) -> None:
        self.folder, self.journal = Folder(folder), Journal(folder, "imap")
        self.port, self._strict = port, strict
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ImapServer:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_what: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self.folder, self.journal, self._strict)
        writer.write(b"* OK ready\r\n")
        try:
            while not session.over and (line := await reader.readline()):
                writer.write(session.answer(line.rstrip(b"\r\n").decode("latin-1")))
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


class _Session:
    def __init__(self, folder: Folder, journal: Journal, strict: bool) -> None:
        self.folder, self.journal, self.strict = folder, journal, strict
        self.known = self.named = self.selected = self.over = False
        self.flags: dict[int, set[str]] = {}

    def answer(self, line: str) -> bytes:
        tag, _blank, rest = line.partition(" ")
        command, _blank, words = rest.partition(" ")
        command = command.upper()
        if command == "UID":
            sub, _blank, words = words.partition(" ")
            command = f"UID_{sub.upper()}"
        method = getattr(self, f"do_{command.lower()}", None)
        if method is None:
            return f"{tag} BAD unknown command\r\n".encode()
        untagged, said = method(words)
        return bytes(untagged) + f"{tag} {said}\r\n".encode()

    def do_capability(self, _words: str) -> tuple[bytes, str]:
        return b"* CAPABILITY IMAP4rev1 ID\r\n", "OK done"

    def do_noop(self, _words: str) -> tuple[bytes, str]:
        return b"", "OK done"

    def do_id(self, words: str) -> tuple[bytes, str]:
        self.named = True
        self.journal.note(command="ID", words=words)
        return b'* ID ("name" "stub")\r\n', "OK done"

    def do_login(self, words: str) -> tuple[bytes, str]:
        parts = [bare or quoted for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', words)]
        self.known = parts == [USERNAME, PASSWORD]
        self.journal.note(command="LOGIN", accepted=self.known)
        return b"", "OK welcome" if self.known else "NO wrong user name or password"

    def do_select(self, words: str) -> tuple[bytes, str]:
        if not self.known:
            return b"", "BAD log in first"
        if self.strict and not self.named:
            return b"", "NO SELECT Unsafe Login. Please contact kefu@188.com for help"
        if words.strip('"').upper() != "INBOX":
            return b"", "NO no such folder"
        self.selected = True
        uids = self.folder.uids()
        return (
            f"* {len(uids)} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n"
            f"* OK [UIDVALIDITY {self.folder.validity}] numbering\r\n"
            f"* OK [UIDNEXT {max(uids, default=0) + 1}] next\r\n"
        ).encode(), "OK [READ-WRITE] open"

    do_examine = do_select

    def do_uid_search(self, words: str) -> tuple[bytes, str]:
        if not self.selected:
            return b"", "BAD no folder is open"
        uids = self.folder.uids()
        if found := re.fullmatch(r"UID (\d+):\*", words):
            first = int(found[1])
            uids = [uid for uid in uids if uid >= first] or uids[-1:]  # as RFC 3501 has it: * is always there
        elif words == "UID *":
            uids = uids[-1:]
        elif found := re.fullmatch(r"SINCE (\S+)", words):
            day = dt.datetime.strptime(f"{found[1]} +0000", "%d-%b-%Y %z").date()
            uids = [uid for uid in uids if self.folder.day(uid) >= day]
        elif words != "ALL":
            return b"", "BAD this search is not known"
        return f"* SEARCH {' '.join(map(str, uids))}".rstrip().encode() + b"\r\n", "OK done"

    def do_uid_fetch(self, words: str) -> tuple[bytes, str]:
        found = re.fullmatch(r"(\d+) \((RFC822|BODY\.PEEK\[\](?:<0\.(\d+)>)?)\)", words)
        if not self.selected or not found:
            return b"", "BAD this fetch is not known"
        uid = int(found[1])
        if uid not in self.folder.uids():
            return b"", "OK done"
        content = self.folder.content(uid)[: int(found[3]) if found[3] else None]
        item = "RFC822" if found[2] == "RFC822" else "BODY[]" + ("<0>" if found[3] else "")
        place = self.folder.uids().index(uid) + 1
        head = f"* {place} FETCH (UID {uid} {item} {{{len(content)}}}\r\n".encode()
        return head + content + b")\r\n", "OK done"

    def do_uid_store(self, words: str) -> tuple[bytes, str]:
        found = re.fullmatch(r"(\d+) \+FLAGS \(?(.*?)\)?", words)
        if not self.selected or not found:
            return b"", "BAD this store is not known"
        self.journal.note(command="STORE", uid=int(found[1]), flags=found[2])
        return b"", "OK done"

    def do_close(self, _words: str) -> tuple[bytes, str]:
        self.selected = False
        return b"", "OK done"

    def do_logout(self, _words: str) -> tuple[bytes, str]:
        self.over = True
        return b"* BYE bye\r\n", "OK done"
