"""Files on their way in: put down, checked without landing, looked at, landed.

1. ``receive`` keeps the file in the data folder under its digest, and remembers who brought it and how it is to be read.
2. ``check`` reads it and lands it for trial: what was recognised, the first rows as read, what is wrong, what would change.
3. ``land`` brings it in for good, read anew. What is small is done in the request, the rest by a worker.
4. ``sweep`` forgets files that nobody imported for seven days, and error files after thirty.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.importables import IMPORTABLES
from liangqing.imports.actions import bring
from liangqing.imports.actions.bring import Reading, Ready, Result
from liangqing.imports.fields import FieldType, Kind
from liangqing.imports.models import Import
from liangqing.imports.rules.headers import match
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import Event, tell
from liangqing.workbench import worker
from liangqing.workbench.models import Upload
from liangqing.workbench.models.upload import UPLOAD
from liangqing.workbench.templatetags.lq import grouped

"""The kinds of file, in the order in which they should come."""
KINDS: dict[str, Kind] = {importable.kind.name: importable.kind for importable in IMPORTABLES}

MOST_BYTES = 512 * 1024 * 1024
AT_ONCE_BYTES = 2_000_000
"""Texts up to this size are done in the request: some twenty thousand rows."""
_PACKED = 5
"""A spreadsheet is so many times larger inside than outside."""
_KEPT = dt.timedelta(days=7)
_ERRORS_KEPT = dt.timedelta(days=30)
SHOWN_ROWS = 10
_LONGEST_NAME = 60

_S = Upload.State
OPEN = (_S.WAITING, _S.CHECKING, _S.CHECKED, _S.REFUSED, _S.QUEUED, _S.LANDING)
UNDER_WAY = (_S.WAITING, _S.CHECKING, _S.QUEUED, _S.LANDING)


@dataclass(frozen=True, kw_only=True)
class ErrorFileTaken(Event):
    """Somebody took the rows with problems of an import away as a file."""

    name: ClassVar[str] = "error file taken"
    thing: ClassVar[str] = "upload"
    file: str


# Put down ---------------------------------------------------------------------------------------------------------------


def receive(content: UploadedFile[Any], *, by: User, choices: Mapping[str, Any]) -> Upload:
    """Keep a file that was sent. Raises ``Refusal`` when it is too large or empty."""
    sweep()
    size = content.size or 0
    name = _name(content.name or "")
    if size > MOST_BYTES:
        raise Refusal(
            "too_large",
            gettext_lazy(
                "“{file}” is larger than {limit} MB. Split it, or import it on the server with: liangqing import FILE"
            ),
            status=422,
            file=name,
            limit=MOST_BYTES // 1024 // 1024,
        )
    if not size:
        raise Refusal("empty_file", gettext_lazy("“{file}” is empty. Export it again."), status=422, file=name)
    folder = Path(settings.HOME) / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    descriptor, draft = tempfile.mkstemp(prefix=".", dir=folder)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in content.chunks():
            digest.update(chunk)
            file.write(chunk)
    sha256 = digest.hexdigest()
    (folder / sha256).mkdir(exist_ok=True, mode=0o700)
    Path(draft).replace(folder / sha256 / name)
    return Upload.objects.create(
        file=name,
        sha256=sha256,
        size=size,
        user=by,
        uploaded_at=clock.now(),
        language=translation.get_language() or settings.LANGUAGE_CODE,
        choices=dict(choices),
    )


def _name(given: str) -> str:
    """A file name without folders, control characters or undue length."""
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "", Path(given).name).lstrip(".") or "file"
    stem, suffix = Path(name).stem[:_LONGEST_NAME], Path(name).suffix[:10]
    return stem + suffix


def place_of(upload: Upload) -> Path:
    return Path(settings.HOME) / "uploads" / upload.sha256 / upload.file


def is_small(upload: Upload) -> bool:
    """Small enough for a request, while no other import keeps it waiting."""
    factor = _PACKED if upload.file.lower().endswith((".xlsx", ".xls", ".xlsm")) else 1
    return upload.size * factor <= AT_ONCE_BYTES and not busy()


def busy() -> bool:
    """Whether an import is landing now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_try_advisory_xact_lock(hashtext('liangqing import'))")
        return bool(cursor.fetchone()[0])


def begin_check(upload: Upload) -> None:
    """Check a file, at once or by a worker."""
    if is_small(upload):
        check(upload.pk)
    else:
        worker.ask("check_upload", upload.pk, queue="imports", lock="import")
    upload.refresh_from_db()


def begin_landing(upload: Upload) -> None:
    """Land a checked file, at once or by a worker."""
    UPLOAD.move(upload, "queue", step="", refusal="")
    if is_small(upload):
        land(upload.pk)
    else:
        worker.ask("land_upload", upload.pk, queue="imports", lock="import")
    upload.refresh_from_db()


def read_otherwise(upload: Upload, choices: Mapping[str, Any]) -> None:
    """Choose how a file is read, and check it again."""
    UPLOAD.move(upload, "read otherwise", choices=dict(choices), step="", refusal="")
    begin_check(upload)


def is_stale(upload: Upload) -> bool:
    """Whether something was imported since the check: what it found may not be true any more."""
    return upload.state == _S.CHECKED and upload.books != _last_import()


def put_away(upload: Upload) -> None:
    """Forget a file that is not to be imported."""
    UPLOAD.move(upload, "put away", found_stored="")
    _drop_error_file(upload)
    _forget_file(upload)


# Checked ----------------------------------------------------------------------------------------------------------------


def check(number: int) -> None:
    """Read a file and land it for trial; remember what was found, or why it can't be read."""
    upload = Upload.objects.get(pk=number)
    if upload.state not in (_S.WAITING, _S.CHECKING):
        return  # somebody was faster
    UPLOAD.move(upload, "check", step="read")
    _drop_error_file(upload)
    books = _last_import()
    with translation.override(upload.language), _told(upload):
        try:
            with bring.prepare(place_of(upload), IMPORTABLES, reading_of(upload)) as ready:
                rows = _first_rows(ready)
                result = bring.land(
                    ready,
                    no_clearing=bool(upload.choices.get("no_clearing")),
                    dry_run=True,
                    by=upload.user,
                    progress=_progress(upload, trial=True),
                )
                found = _found(ready, result) | {"sample": _marked(ready, rows)}
        except Refusal as refusal:
            guess = _guess(upload)
            UPLOAD.move(
                upload,
                "refuse",
                refusal=refusal.sentence,
                kind=guess.get("kind", ""),
                found_stored=_sealed(guess),
                step="",
            )
        else:
            UPLOAD.move(
                upload,
                "find",
                refusal="",
                kind=result.kind,
                found_stored=_sealed(found),
                books=books,
                error_file=result.error_file or "",
                step="",
            )


def reading_of(upload: Upload) -> Reading:
    chosen = upload.choices
    return Reading(
        wanted=chosen.get("kind") or None,
        profile=chosen.get("profile") or None,
        currency=chosen.get("currency") or "CNY",
        date_order=chosen.get("date_order") or None,
        decimal_mark=chosen.get("decimal_mark") or None,
        columns=chosen.get("columns") or {},
    )


def found_in(upload: Upload) -> dict[str, Any]:
    """What the last check or landing found; empty when there was none, or when it was forgotten."""
    return dict(json.loads(sealing.unseal(upload.found_stored))) if upload.found_stored else {}


def _sealed(found: Mapping[str, Any]) -> str:
    return sealing.seal(json.dumps(found, ensure_ascii=False))


def _last_import() -> int:
    return int(Import.objects.aggregate(last=Max("id"))["last"] or 0)


@contextlib.contextmanager
def _told(upload: Upload) -> Any:
    """An error nobody foresaw leaves the file where somebody can see it, and goes on to the log."""
    try:
        yield
    except Exception:
        sentence = _("Something went wrong on the server. Nothing was imported; try again, or tell the administrator.")
        with contextlib.suppress(Refusal):
            UPLOAD.move(upload, "refuse", refusal=sentence, step="")
        raise


def _progress(upload: Upload, *, trial: bool) -> Callable[[str], None]:
    def hear(step: str) -> None:
        Upload.objects.filter(pk=upload.pk).update(step="check" if trial and step == "land" else step)

    return hear


def _found(ready: Ready, result: Result) -> dict[str, Any]:
    sheet = ready.sheet
    return {
        "headers": sheet.headers,
        "columns": ready.mapping,
        "rows": result.rows,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "warnings": result.sentences,
        "errors": [error | {"label": _label(ready, error["field"])} for error in result.errors],
        "format": sheet.format,
        "encoding": sheet.encoding,
        "sheet": sheet.name,
        "header_row": sheet.header_row,
    }


def _label(ready: Ready, name: str) -> str:
    return next((str(field.label) for field in ready.importable.kind.fields if field.name == name), "")


def _first_rows(ready: Ready) -> list[dict[str, Any]]:
    """The first rows as they were read: each field with its value in words, and what the cell says."""
    kind = ready.importable.kind
    fields = [field for field in kind.fields if field.name in ready.columns]
    typed = ", ".join(f"t.{field.name}" for field in fields)
    raw = ", ".join(f"r.c{ready.columns[field.name]}" for field in fields)
    money = next(iter(kind.of_type(FieldType.CURRENCY)), None)
    currency = f"t.{money.name}" if money else "NULL"
    rows = ready.staging.con.execute(
        f"SELECT t.row, {currency}, {typed}, {raw} FROM typed t JOIN raw r ON r.row = t.row ORDER BY t.row LIMIT {SHOWN_ROWS}"
    ).fetchall()
    told = []
    for row, of_currency, *cells in rows:
        values, texts = cells[: len(fields)], cells[len(fields) :]
        shown = [
            {"field": field.name, "text": _shown(field.type, value, of_currency), "raw": text or ""}
            for field, value, text in zip(fields, values, texts, strict=True)
        ]
        told.append({"row": row, "cells": shown})
    return told


def _shown(kind: FieldType, value: Any, currency: str | None) -> str:
    if value is None:
        return ""
    if kind is FieldType.AMOUNT and currency:
        return grouped(int(value), currency)
    return str(value)


def _marked(ready: Ready, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with the cells that have a problem marked. A problem of the whole row marks its number."""
    numbers = [row["row"] for row in rows]
    found = ready.staging.con.execute(
        "SELECT DISTINCT row, coalesce(field, '') FROM problems WHERE list_contains(?, row)", [numbers]
    ).fetchall()
    wrong = set(found)
    for row in rows:
        row["bad"] = any(number == row["row"] for number, _field in wrong)
        for cell in row["cells"]:
            cell["bad"] = (row["row"], cell["field"]) in wrong
    return rows


def _guess(upload: Upload) -> dict[str, Any]:
    """For a file that can't be read as asked: its headers, and the kind and columns that come closest."""
    try:
        headers = bring.headers_of(place_of(upload), IMPORTABLES)
    except (Refusal, OSError):
        return {}
    chosen: Mapping[str, str] = upload.choices.get("columns") or {}
    named = {
        name: headers.index(header) if header else None
        for name, header in chosen.items()
        if not header or header in headers
    }
    wanted = upload.choices.get("kind")
    kinds: Sequence[Kind] = [KINDS[wanted]] if wanted in KINDS else list(KINDS.values())
    best = max(
        (match(headers, kind, list(KINDS.values()), named) for kind in kinds),
        key=lambda found: (-len(found.missing) - len(found.against), found.score),
    )
    columns = {name: headers[column] for name, column in best.mapping.items()}
    return {"kind": best.kind.name, "headers": headers, "columns": columns, "missing": list(best.missing)}


# Landed -----------------------------------------------------------------------------------------------------------------


def land(number: int) -> None:
    """Bring a file in for good. It is read anew: the books may have changed since the check."""
    upload = Upload.objects.select_related("user").get(pk=number)
    if upload.state not in (_S.QUEUED, _S.LANDING):
        return
    UPLOAD.move(upload, "begin", step="read")
    _drop_error_file(upload)
    with translation.override(upload.language), _told(upload):
        try:
            demand(upload.user, "import.bring")
            with bring.prepare(place_of(upload), IMPORTABLES, reading_of(upload)) as ready:
                result = bring.land(
                    ready,
                    no_clearing=bool(upload.choices.get("no_clearing")),
                    by=upload.user,
                    progress=_progress(upload, trial=False),
                )
                found = _found(ready, result)
        except Refusal as refusal:
            UPLOAD.move(upload, "refuse", refusal=refusal.sentence, step="")
        else:
            UPLOAD.move(
                upload,
                "land",
                kind=result.kind,
                imported_id=result.import_id,
                found_stored=_sealed(found),
                error_file=result.error_file or "",
                refusal="",
                step="",
            )
            _forget_file(upload)


@action
def take_errors(upload: Upload | None, *, by: User) -> Path:
    """The file of rows with problems, for somebody who takes it away; told to the trail. Raises ``Refusal``."""
    path = errors_of(upload)
    if upload is None or path is None:
        raise Refusal(
            "no_error_file",
            gettext_lazy("The file of rejected rows is not kept any more. Import the file again to get it."),
            status=404,
        )
    tell(ErrorFileTaken(thing_id=upload.pk, file=upload.file), by=by)
    return path


def errors_of(upload: Upload | None) -> Path | None:
    """The file of rows with problems, if it is still there; only ever below the data folder."""
    if upload is None or not upload.error_file:
        return None
    path, home = Path(upload.error_file).resolve(), Path(settings.HOME).resolve()
    return path if path.is_relative_to(home) and path.is_file() else None


# Forgotten --------------------------------------------------------------------------------------------------------------


def sweep() -> None:
    """Forget what has lain too long: files that nobody imported, and rows with problems that nobody fetched."""
    now = clock.now()
    for upload in Upload.objects.filter(
        state__in=(_S.WAITING, _S.CHECKED, _S.REFUSED), uploaded_at__lt=now - _KEPT
    ).order_by("id")[:100]:
        with contextlib.suppress(Refusal):
            put_away(upload)
    old = Upload.objects.filter(state=_S.LANDED, uploaded_at__lt=now - _ERRORS_KEPT).exclude(found_stored="")
    for upload in old.order_by("id")[:100]:
        _drop_error_file(upload)
        Upload.objects.filter(pk=upload.pk).update(found_stored="")


def _drop_error_file(upload: Upload) -> None:
    if path := errors_of(upload):
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()
    if upload.error_file:
        upload.error_file = ""
        upload.save(update_fields=["error_file"])


def _forget_file(upload: Upload) -> None:
    """Delete the file, unless the same was put down once more and waits; the folder too once it is empty."""
    same = Upload.objects.filter(sha256=upload.sha256, file=upload.file, state__in=OPEN).exclude(pk=upload.pk)
    if same.exists():
        return
    place = place_of(upload)
    place.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        place.parent.rmdir()
