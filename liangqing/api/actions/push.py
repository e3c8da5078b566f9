"""Rows pushed by a program land exactly as those of a file do: same checks, same trail, same digests, same errors."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from liangqing.api.models import Client
from liangqing.imports.actions.bring import Reading, land, prepare
from liangqing.imports.reading.private import PrivateFolder
from liangqing.people.rights import demand
from liangqing.receivables.importables import IMPORTABLES

MOST_ROWS = 10_000
_BY_KIND = {importable.kind.name: importable for importable in IMPORTABLES}


def push(client: Client, kind: str, rows: Sequence[Mapping[str, str]], *, currency: str | None) -> dict[str, Any]:
    """Land rows of a kind (customers, bills, payments); the columns bear the names of the standard files.

    Returns what became of them. In its errors ``row`` is the place of the row, counting from 1, and ``field`` its column.
    Raises ``Refusal`` when the client may not, or when the rows can't be understood as a whole; nothing has landed then.
    """
    demand(client.user, "import.bring")
    with PrivateFolder(Path(settings.HOME) / "tmp") as folder:
        path = folder / "rows.csv"
        _write(path, rows)
        path = path.rename(path.with_name(f"api-{client.key_id}-{_short(path)}.csv"))
        reading = Reading(wanted=kind, currency=currency, decimal_mark="point")
        with prepare(path, [_BY_KIND[kind]], reading) as ready:
            result = land(ready, by=client.user)
            errors = ready.staging.first_problems(MOST_ROWS)
            columns = ready.mapping
    for error in errors:
        error["row"] = error["row"] - 1 if error["row"] else None
        error["field"] = columns.get(error["field"], error["field"])
    return {
        "import": result.import_id,
        "rows": len(rows),
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "warnings": result.warnings,
        "errors": errors,
    }


def _write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """The rows as a file, with the columns any of them fills, each row on one line."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([" ".join(row.get(name, "").splitlines()) for name in columns])


def _short(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
