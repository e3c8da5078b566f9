"""What keeps the house from being brought up, and from going on, in sentences that say what to do.

Django may not be there yet, so sentences are the standard library's (``liangqing.house.language``).
"""

from __future__ import annotations

import errno
import os
import subprocess
from gettext import gettext as _
from pathlib import Path
from urllib.parse import urlsplit

TRACE = "LIANGQING_TRACE"
"""Set in the environment, errors are shown as they came, with where they came from."""

_BROKEN_LINK = ("08", "57P")
_FULL = "53100"


class Unready(Exception):
    """The house can't be brought up. ``code`` is for programs, ``sentence`` for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def in_words(error: BaseException) -> Unready | None:
    """The trouble behind an error, or None where it is no trouble of the surroundings but a fault of ours."""
    if isinstance(error, Unready):
        return error
    if isinstance(error, OSError):
        return _of_files(error)
    if type(error).__name__ in ("OperationalError", "InterfaceError"):  # psycopg's, or Django's around it
        return _of_database(error)
    return None


def embedded(home: Path, error: BaseException) -> Unready:
    """The embedded server does not start."""
    if isinstance(error, OSError) and error.errno in _REASONS and (told := _of_files(error)):
        return told
    log = home / "postgres" / "log"
    return Unready(
        "database_does_not_start",
        _(
            "The database in “{folder}” does not start. See whether the folder belongs to you, whether the disk has room, "
            "and what {log} says at its end."
        ).format(folder=log.parent, log=log),
    )


def _of_files(error: OSError) -> Unready | None:
    if error.errno not in _REASONS or error.filename is None or isinstance(error, subprocess.SubprocessError):
        return None
    why = {
        "gone": _("there is no such folder"),
        "closed": _("it may not be read or written by you"),
        "full": _("the disk is full"),
        "fixed": _("it can only be read"),
        "other": _("it is not what it should be"),
    }[_REASONS[error.errno]]
    return Unready(
        "no_place",
        _(
            "“{path}” can't be used: {why}. Put that right, or choose another place (LIANGQING_HOME names the data folder)."
        ).format(path=os.fsdecode(error.filename), why=why),
    )


_REASONS = {
    errno.ENOENT: "gone",
    errno.EACCES: "closed",
    errno.EPERM: "closed",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "fixed",
    errno.ENOTDIR: "other",
    errno.EISDIR: "other",
    errno.ENAMETOOLONG: "other",
    errno.ELOOP: "other",
}


def _of_database(error: BaseException) -> Unready | None:
    cause = error.__cause__ or error
    state = getattr(cause, "sqlstate", None) or getattr(error, "sqlstate", None)
    if state == _FULL:
        return Unready("disk_full", _("The disk of the database is full. Make room, then do it again."))
    if state is not None and not state.startswith((*_BROKEN_LINK, "28", "3D")):
        return None
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return Unready(
        "no_database",
        _(
            "The database{place} can't be reached. See whether it runs and whether DATABASE_URL is right. It says: {said}"
        ).format(place=_place(), said=said),
    )


def _place() -> str:
    """Which server, without the password."""
    address = os.environ.get("DATABASE_URL", "")
    try:
        parts = urlsplit(address)
        server = parts.hostname and f" {parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        server = None
    return server or ""
