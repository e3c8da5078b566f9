"""The surroundings of a test run: a day that is always the same, and the server of DATABASE_URL or one embedded PostgreSQL
that all workers share.

Loaded as a plugin, before Django reads its settings.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

from liangqing.house import postgres

_ROOM = 4 * 2**30


def _quickest() -> str | None:
    """Memory, where there is room for it: each test has a database of its own. None: wherever temporary files go."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


# The controlling process starts the database; its workers inherit the address.
if "LIANGQING_TEST_HOME" not in os.environ:
    _home = tempfile.mkdtemp(prefix="liangqing-test-", dir=_quickest())
    os.chmod(_home, 0o755)  # PostgreSQL runs as another user when the tests run as root
    os.environ["LIANGQING_TEST_HOME"] = _home
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["LIANGQING_HOME"] = os.environ["LIANGQING_TEST_HOME"]
os.environ["LIANGQING_LANGUAGE"] = "zh-hans"
# A Friday, at an hour at which every debtor may be reached. The clock goes on from there in each process.
os.environ["LIANGQING_TODAY"] = "2026-11-20T14:00"
if "DATABASE_URL" not in os.environ:
    _address = postgres.ensure(Path(os.environ["LIANGQING_TEST_HOME"]))
    # What a test wrote need not survive a loss of power.
    with psycopg.connect(_address.replace("postgres://", "postgresql://", 1), autocommit=True) as _server:
        for _name in ("fsync", "synchronous_commit", "full_page_writes"):
            _server.execute(f"ALTER SYSTEM SET {_name} = off")
        _server.execute("SELECT pg_reload_conf()")
