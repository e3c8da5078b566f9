"""Start one of the servers as a process; it says ``ready PORT`` and runs until it is ended."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.outreach.servers")
    parser.add_argument("kind", choices=("smtp", "imap", "sms", "call"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--callback", default="", help="where reports and call events are pushed to")
    parser.add_argument("--login", action="store_true", help="smtp: ask for a login")
    given = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_what: over.set())
    with _server(given) as server:
        print(f"ready {server.port}", flush=True)  # noqa: T201
        over.wait()


def _server(given: argparse.Namespace) -> Any:
    """Only what is asked for is imported: the SDKs take a while."""
    if given.kind == "smtp":
        from tests.outreach.servers.smtp import SmtpServer

        return SmtpServer(given.dir, port=given.port, login=given.login)
    if given.kind == "imap":
        from tests.outreach.servers.imap import ImapServer

        return ImapServer(given.dir, port=given.port)
    if given.kind == "sms":
        from tests.outreach.servers.sms import SmsServer

        return SmsServer(given.dir, port=given.port, callback=given.callback)
    from tests.outreach.servers.gateway import CallServer

    return CallServer(given.dir, port=given.port, callback=given.callback)


if __name__ == "__main__":
    main()
