"""serve: the pages, and the worker beside them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from liangqing.house.commands import main


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets others in; see LIANGQING_HOSTS.")
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes that answer; each has threads.")
@click.option("--no-worker", is_flag=True, help="Leave the background worker out; start it with: liangqing worker")
@click.option("--demo", is_flag=True, help="Play the demo's last day, and say how to sign in.")
def serve(host: str, port: int, workers: int, no_worker: bool, demo: bool) -> None:
    """Serve the pages until stopped."""
    from liangqing.house import start

    if demo:
        from liangqing.house.demo.days import LAST_NIGHT

        os.environ.setdefault("LIANGQING_TODAY", LAST_NIGHT.isoformat())
    start.start()
    from django.utils.translation import gettext as _
    from gunicorn.app.base import BaseApplication

    built = Path(__file__).resolve().parent.parent.parent / "workbench" / "static" / "workbench" / "manifest.json"
    if not built.exists():
        click.echo(_("What browsers load has not been built yet. Build it with: make ui"), err=True)
        sys.exit(2)

    class Served(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            self.cfg.set("bind", f"{host}:{port}")
            self.cfg.set("workers", workers)
            self.cfg.set("threads", 4)
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("timeout", 120)
            # Longer than what stands before it waits, so that no request meets a closed door.
            self.cfg.set("keepalive", 75)
            self.cfg.set("loglevel", "warning")
            self.cfg.set("preload_app", True)
            with contextlib.suppress(KeyError):
                self.cfg.set("control_socket_disable", True)

        def load(self) -> Any:
            from django.core.wsgi import get_wsgi_application
            from django.db import connections

            application = get_wsgi_application()
            connections.close_all()
            return application

    worker = None
    if not no_worker and "worker" in main.commands:
        worker = subprocess.Popen([sys.argv[0], "worker"], env=os.environ.copy())
    click.echo(_("Liangqing is at http://{host}:{port} — stop it with Ctrl+C.").format(host=host, port=port))
    if demo:
        _tell_logins()
    try:
        Served().run()
    finally:
        if worker is not None and worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
            worker.wait(timeout=30)


def _tell_logins() -> None:
    from django.utils.translation import gettext as _

    from liangqing.house.demo.cast import PASSWORD, PEOPLE

    click.echo(_("Sign in as one of these; the password of all is {password}").format(password=PASSWORD))
    for person in PEOPLE:
        click.echo(f"  {person.username:<8}{person.name}  {person.position}")
