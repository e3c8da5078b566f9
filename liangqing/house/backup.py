"""Backup and restore: the whole institution in one file, without the key.

The file is a tar: ``database.dump`` (pg_dump, custom format), ``seals.log`` (the heads of the trail), the days kept as
Parquet, the files attached to records (sealed), and ``manifest.json``. The master key is left out on purpose: whoever
finds a backup must not read it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

import liangqing
from liangqing.house.postgres import tool
from liangqing.kit import clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import database_uri
from liangqing.nightly.night import nights_folder
from liangqing.receivables.actions.books import books_folder
from liangqing.trail.actions.seal import heads_file


def backup(path: Path) -> dict[str, Any]:
    """Write the backup; an existing file is never overwritten. Returns its manifest."""
    if path.exists():
        raise Refusal("file_exists", _("“{path}” is there already. Choose another name."), path=path)
    manifest = {
        "liangqing": liangqing.__version__,
        "made_at": clock.now().isoformat(),
        "key": sealing.fingerprint(),
    }
    with tempfile.TemporaryDirectory(dir=_workplace()) as folder:
        dump = Path(folder) / "database.dump"
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", f"--dbname={database_uri()}")
        notes = Path(folder) / "manifest.json"
        notes.write_text(json.dumps(manifest, indent=1))
        draft = path.with_name(path.name + ".part")
        with tarfile.open(draft, "w") as tar:
            tar.add(notes, "manifest.json")
            tar.add(dump, "database.dump")
            if heads_file().exists():
                tar.add(heads_file(), "seals.log")
            for name, place in _folders().items():
                if place.exists():
                    tar.add(place, name)
        draft.rename(path)
    return manifest


def restore(path: Path, *, replace: bool = False) -> dict[str, Any]:
    """Bring a backup back. Refused where there is data already, unless it is to be replaced; and without its key."""
    if not path.is_file():
        raise Refusal("no_file", _("There is no file “{path}”."), status=404, path=path)
    if not replace and _holds_data():
        raise Refusal(
            "not_empty",
            _("There is data here already. Restore into an empty data folder, or say --replace to lose it."),
        )
    with tempfile.TemporaryDirectory(dir=_workplace()) as folder:
        try:
            with tarfile.open(path) as tar:
                _unpack(tar, Path(folder))
            manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise Refusal(
                "not_a_backup", _("“{path}” is no backup of this system, or is damaged."), path=path
            ) from error
        if manifest.get("key") != sealing.fingerprint():
            raise Refusal(
                "other_key",
                _("This backup was made under another master key. Put that key into {place}, then restore again."),
                place=Path(settings.HOME) / "keys" / "master.key",
            )
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        _run(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={database_uri()}",
            str(Path(folder) / "database.dump"),
        )  # fmt: skip
        with connection.cursor() as cursor:  # its transactions are those of another server
            cursor.execute("SELECT to_regclass('receivables_morning')")
            if cursor.fetchone()[0]:
                cursor.execute("DELETE FROM receivables_morning")
        shutil.rmtree(books_folder(), ignore_errors=True)
        heads = Path(folder) / "seals.log"
        if heads.exists():
            heads_file().write_text(heads.read_text())
        for name, place in _folders().items():
            if (Path(folder) / name).exists():
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(Path(folder) / name, place)
    return manifest


def _folders() -> dict[str, Path]:
    """What belongs to the institution outside the database: the days, and the files attached to records."""
    return {"nights": nights_folder(), "files": Path(settings.HOME) / "files"}


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Only plain files and folders, and none that would land outside. (Older Pythons have no filter for this.)"""
    for member in tar.getmembers():
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.ReadError(f"{member.name} does not belong here")
    for member in tar.getmembers():
        tar.extract(member, folder, set_attrs=False)


def _holds_data() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('trail_entry') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT 1 FROM trail_entry)")
        return bool(cursor.fetchone()[0])


def _workplace() -> Path:
    place = Path(settings.HOME) / "tmp"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([tool(program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(
            "database_tool", _("{program} failed: {message}"), program=program, message=done.stderr.strip()[-500:]
        )
