"""Copies of files that came in: they may name persons, so nobody but their owner reads them, and they go with it.

Needs nothing but the standard library, because the process that reads spreadsheets uses it too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "staging-"


def opener(path: str, flags: int) -> int:
    """For ``open``: what it makes is readable by its owner alone."""
    return os.open(path, flags, 0o600)


class PrivateFolder:
    """A new folder in ``parent`` that only its owner may look into. What killed owners left there is cleared away first.

    A lock says that the owner lives; the system takes it back when the process ends, however it ends.
    """

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        with _locked(parent, fcntl.LOCK_EX):  # nobody looks for locks while a folder is made
            for left in parent.glob(f"{_PREFIX}*"):
                with contextlib.suppress(OSError), _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(left, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            self._lock = contextlib.ExitStack()
            self._lock.enter_context(_locked(self.path, fcntl.LOCK_EX))

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, how)
        yield
    finally:
        os.close(lock)
