"""Spreadsheets: opened by a child process within limits of memory and time, handed on as CSV."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

import liangqing
from liangqing.kit.refusal import Refusal

MEMORY = 2 << 30
SECONDS = 300
OUTPUT = 8 << 30

_SENTENCES = {
    "empty_file": _("The file is empty. Export it again."),
    "not_a_spreadsheet": _("The file is an archive, not a spreadsheet. Unpack it, or save the table as xlsx or CSV."),
    "spreadsheet_too_large": _(
        "The spreadsheet unpacks to more than this system will hold. "
        "Delete stray cells far from the table, or save the sheet as CSV in UTF-8."
    ),
    "spreadsheet_too_slow": _("The spreadsheet takes too long to read. Save the sheet as CSV in UTF-8."),
    "spreadsheet_protected": _("The spreadsheet is protected by a password. Remove the password and save it again."),
    "spreadsheet_damaged": _("The spreadsheet is damaged or incomplete. Export it again, or save the sheet as CSV."),
    "too_many_columns": _("The table is wider than {limit} columns. Keep only the columns needed, delete stray cells."),
}
MOST_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """The CSV copy of a sheet, and which of its columns came as numbers."""

    path: Path
    sheet: str
    numeric: frozenset[int]


def refuse(code: str) -> Refusal:
    """The refusal of a spreadsheet, by its code."""
    return Refusal(code, _SENTENCES[code], status=422, limit=MOST_COLUMNS)


def to_csv(path: Path, folder: Path, known: frozenset[str], *, memory: int = MEMORY, seconds: int = SECONDS) -> Copied:
    """Let the child copy the sheet that holds the table; whatever befalls the child becomes a refusal."""
    target = folder / "sheet.csv"
    order = {
        "source": str(path),
        "target": str(target),
        "known": sorted(known),
        "memory": memory,
        "seconds": seconds,
        "output": OUTPUT,
    }
    environment = {
        "PYTHONPATH": str(Path(liangqing.__file__).resolve().parent.parent),
        "PATH": os.environ.get("PATH", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    try:
        child = subprocess.run(
            [sys.executable, "-m", "liangqing.imports.reading.child"],
            input=json.dumps(order) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refuse("spreadsheet_too_slow") from None
    lines = child.stdout.strip().splitlines()
    if child.returncode != 0 or not lines:  # killed by a limit before it could speak
        raise refuse("spreadsheet_too_slow" if child.returncode in (-24, -9) else "spreadsheet_too_large")
    answer = json.loads(lines[-1])
    if "error" in answer:
        raise refuse(answer["error"])
    return Copied(target, answer["sheet"], frozenset(answer["numeric"]))
