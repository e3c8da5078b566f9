"""What the HTTP stubs share: a threading server on this machine, JSON in and out."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HangUp(Exception):
    """Close the connection without an answer."""


Answer = tuple[int, Any, dict[str, str]]
"""Status, JSON, headers."""


class WebServer:
    """``answering(method, path, headers, body)`` is asked for each request; header names are lower case."""

    def __init__(self, answering: Callable[[str, str, dict[str, str], bytes], Answer], port: int = 0) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    status, said, more = answering(self.command, self.path, headers, body)
                except HangUp:
                    self.close_connection = True
                    return
                content = json.dumps(said, ensure_ascii=False).encode()
                with contextlib.suppress(OSError):  # whoever asked may be gone
                    self.send_response(status)
                    for name, value in {"Content-Type": "application/json", **more}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_POST = _do  # noqa: N815

            def log_message(self, *_what: object) -> None:
                """Nothing on the console."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown()
        self._server.server_close()
