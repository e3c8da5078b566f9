"""Bring a file in: read, recognise, type, land, remember.

1. The file is read into a staging database of its own and checked there as a set; nothing of it is stored yet.
2. Imports land one at a time, in one transaction: all good rows or, when anything fails, none.
3. Rows with problems go to an error file that can be corrected and imported again.
4. The import is told to the trail with digests of the money rows it brought, and sealed.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.imports.events import FileImported, ImportUndone
from liangqing.imports.fields import Kind
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.models import Import, Profile
from liangqing.imports.reading import private
from liangqing.imports.reading.child import ARCHIVE
from liangqing.imports.rules.headers import NO_COLUMN, PROFILE_OPTIONS, recognise
from liangqing.imports.staging import Sheet, Staging
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import make_ready
from liangqing.trail.actions.seal import seal
from liangqing.trail.actions.tell import Actor, tell

SHOWN_ERRORS = 100
_HEAD = 1 << 18
_NOT_CUT = (*ARCHIVE, b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff")
"""How spreadsheets and UTF-16 begin."""


@dataclass
class Result:
    """What became of one file, as people and programs are told."""

    file: str
    kind: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    error_file: str | None = None
    import_id: int | None = None
    sentences: list[str] = field(default_factory=list)
    """The warnings, for people."""

    @property
    def landed(self) -> int:
        return self.created + self.updated + self.unchanged

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "sentences"}


Progress = Callable[[str], None]


@dataclass
class Ready:
    """A file that was read and checked and waits to land; its staging vanishes when it is closed."""

    path: Path
    staging: Staging
    sheet: Sheet
    importable: Importable
    columns: dict[str, int]
    sha256: str
    profile: str | None
    options: dict[str, str]
    """What was said about reading it, and what the profile remembered."""
    read_on: Callable[[Callable[[], Any] | None], None] = lambda _foretold: None
    """Lets the next file be read, and tells it what is about to be stored."""

    @property
    def mapping(self) -> dict[str, str]:
        """Fields of ours by the headers they were found under."""
        return {name: self.sheet.headers[column] for name, column in self.columns.items()}

    def __enter__(self) -> Ready:
        return self

    def __exit__(self, *_error: object) -> None:
        self.staging.close()


@dataclass(frozen=True)
class Reading:
    """How files are to be read. ``profile`` names a remembered mapping, or one to remember. ``date_order`` (dmy, mdy) and
    ``decimal_mark`` (point, comma) settle what a column leaves open. ``columns`` says which header a field is read from
    ("" for none), over what is remembered and guessed."""

    wanted: str | None = None
    profile: str | None = None
    currency: str | None = None
    date_order: str | None = None
    decimal_mark: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


_AS_FOUND = Reading()


def bring(
    path: Path,
    importables: Sequence[Importable],
    *,
    reading: Reading = _AS_FOUND,
    no_clearing: bool = False,
    dry_run: bool = False,
    by: Actor | None = None,
    progress: Progress | None = None,
) -> Result:
    """Bring one file in. With ``dry_run`` everything is done and told, and nothing lands.

    Raises ``Refusal`` when the file as a whole can't be read or understood; nothing has landed then.
    """
    hear = progress or (lambda _step: None)
    hear("read")
    with prepare(path, importables, reading) as ready:
        return land(ready, no_clearing=no_clearing, dry_run=dry_run, by=by, progress=hear)


def prepare(path: Path, importables: Sequence[Importable], reading: Reading) -> Ready:
    """Read a file and check it as a set. Raises ``Refusal``."""
    return _prepare(path, importables, reading, _profile(reading.profile))


def in_turn(
    paths: Sequence[Path], importables: Sequence[Importable], reading: Reading
) -> Iterator[tuple[Path, Callable[[], Ready]]]:
    """Files in the order they must land (customers, bills, payments), each with a function that waits until it is ready,
    or raises its ``Refusal``. While the caller lands one, the next is read and checked: from when the landing says
    ``read_on``, so that two files do not slow each other down while the database has nothing to do."""
    order = {importable.kind.name: place for place, importable in enumerate(importables)}
    if len(paths) > 1 and not reading.wanted:
        kinds = {path: kind_of(path, importables) for path in paths}
        paths = sorted(paths, key=lambda path: order.get(kinds[path] or "", len(order)))
    remembered = _profile(reading.profile)
    with ThreadPoolExecutor(max_workers=1) as reader:
        gates = [_Gate() for _path in [*paths, None]]
        given_up = threading.Event()

        def prepared(place: int) -> Ready:
            gates[place].opened.wait()
            if given_up.is_set():
                raise CancelledError
            ready = _prepare(paths[place], importables, reading, remembered)
            ready.read_on = gates[place + 1].open
            if ready.importable.foresee and (foretold := gates[place].foretold) is not None:
                ready.importable.foresee(ready.staging, frozenset(ready.columns), foretold)
            return ready

        coming: list[Future[Ready]] = []
        try:
            for place, path in enumerate(paths):
                gates[place].open()
                coming += [
                    reader.submit(contextvars.copy_context().run, prepared, ahead)
                    for ahead in range(place + len(coming), min(place + 2, len(paths)))
                ]
                if place == 0:
                    make_ready()
                yield path, coming.pop(0).result
        finally:
            given_up.set()
            for gate in gates:
                gate.open()
            for future in coming:
                if not future.cancel() and future.exception() is None:  # the caller gave up
                    future.result().staging.close()


class _Gate:
    """Before it opens, the next file is not read; what the file before foretells comes through it."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.foretold: Callable[[], Any] | None = None

    def open(self, foretold: Callable[[], Any] | None = None) -> None:
        if not self.opened.is_set():
            self.foretold = foretold
            self.opened.set()


def _prepare(path: Path, importables: Sequence[Importable], reading: Reading, remembered: Profile | None) -> Ready:
    if path.is_dir():
        raise Refusal("is_folder", _("“{path}” is a folder. Name the files in it."), status=422, path=path)
    if not path.is_file():
        raise Refusal("no_file", _("There is no file “{path}”."), status=404, path=path)
    kinds = [importable.kind for importable in importables]
    options = dict(remembered.mapping) if remembered else {}
    said = {"date_order": reading.date_order, "decimal_mark": reading.decimal_mark}
    options |= {option: value for option, value in said.items() if value}
    options |= reading.columns
    wanted = reading.wanted or (remembered.kind if remembered else None)
    with contextlib.ExitStack() as undoing:
        staging = undoing.enter_context(Staging(Path(settings.HOME) / "tmp"))
        sheet = staging.read(path, kinds=kinds, profile=options)
        kind, columns = recognise(sheet.headers, kinds, wanted=wanted, profile=options)
        if wanted is None:
            staging.doubt(sheet, kind, columns)
        staging.type(sheet, kind, columns, currency=reading.currency, profile=options)
        importable = next(each for each in importables if each.kind.name == kind.name)
        undoing.pop_all()
        return Ready(path, staging, sheet, importable, columns, _sha256(path), reading.profile, options)


def land(
    ready: Ready,
    *,
    no_clearing: bool = False,
    dry_run: bool = False,
    by: Actor | None = None,
    progress: Progress | None = None,
) -> Result:
    """Land the good rows of a file that is ready, write the others to an error file, and seal what was told."""
    hear = progress or (lambda _step: None)
    hear("land")
    staging, sheet, kind = ready.staging, ready.sheet, ready.importable.kind
    record = Import(
        file=ready.path.name,
        sha256=ready.sha256,
        kind=kind.name,
        mapping=ready.mapping,
        rows=sheet.rows,
        landed_at=clock.now(),
        actor_id=by.pk if by else None,
    )
    landed = _land(ready, record, no_clearing=no_clearing, dry_run=dry_run, by=by)
    result = _result(ready.path, staging, sheet, kind, landed, record)
    if result.rejected:
        result.error_file = str(_error_file(ready.path))
        staging.write_errors(Path(result.error_file), sheet)
    if dry_run:
        result.import_id = None
        return result
    if ready.profile:
        remember(ready.profile, kind.name, ready.mapping, ready.options)
    hear("seal")
    seal()
    return result


def _land(ready: Ready, record: Import, *, no_clearing: bool, dry_run: bool, by: Actor | None) -> Landed:
    """One transaction, one import at a time."""
    staging = ready.staging
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing import'))")
        record.created = record.updated = record.unchanged = record.rejected = 0
        record.warnings = {}
        record.save()
        arrival = Arrival(
            staging=staging,
            cursor=cursor,
            record=record,
            mapped=frozenset(ready.columns),
            options={"no_clearing": no_clearing},
            read_on=ready.read_on,
        )
        landed = ready.importable.land(arrival)
        record.created, record.updated, record.unchanged = landed.created, landed.updated, landed.unchanged
        record.rejected = _rejected(staging)
        record.warnings = _warnings(staging)
        record.save()
        tell(
            FileImported(
                thing_id=record.pk,
                file=record.file,
                sha256=record.sha256,
                kind=record.kind,
                rows=record.rows,
                created=record.created,
                updated=record.updated,
                unchanged=record.unchanged,
                rejected=record.rejected,
                digests=landed.digests,
            ),
            by=by,
        )
        if dry_run:
            transaction.set_rollback(True)
    return landed


def _result(path: Path, staging: Staging, sheet: Sheet, kind: Kind, landed: Landed, record: Import) -> Result:
    return Result(
        file=str(path),
        kind=kind.name,
        rows=sheet.rows,
        created=landed.created,
        updated=landed.updated,
        unchanged=landed.unchanged,
        rejected=_rejected(staging),
        warnings=_warnings(staging),
        errors=staging.first_problems(SHOWN_ERRORS),
        import_id=record.pk,
        sentences=[warning["message"] for warning in staging.warnings()],
    )


def _rejected(staging: Staging) -> int:
    ((count,),) = staging.con.execute("SELECT count(DISTINCT row) FROM problems").fetchall()
    return int(count)


def _warnings(staging: Staging) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for warning in staging.warnings():
        counts[warning["code"]] += warning["count"]
    return dict(counts)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _error_file(path: Path) -> Path:
    """A free name beside the file, or in the data folder when that place can't be written to."""
    for folder in (path.parent, Path(settings.HOME) / "errors"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for turn in range(1, 10_000):
                place = folder / f"{path.stem}.errors{'' if turn == 1 else f'-{turn}'}.csv"
                if not place.exists():
                    place.touch(mode=0o600)
                    return place
        except OSError:
            continue
    raise Refusal("no_place", _("No error file can be written beside {path} nor in the data folder."), path=path)


def _profile(name: str | None) -> Profile | None:
    return Profile.objects.filter(name=name).first() if name else None


def remember(name: str, kind: str, mapping: Mapping[str, str], options: Mapping[str, str]) -> Profile:
    """Keep how a file was read under the profile's name, so that the next of its origin is read the same way: the fields
    by their headers, those left without a column on purpose, and what was said about dates and decimals."""
    kept = {key: value for key, value in options.items() if key in PROFILE_OPTIONS or value == NO_COLUMN}
    profile, _made = Profile.objects.update_or_create(
        name=name, defaults={"kind": kind, "mapping": {**kept, **mapping}}
    )
    return profile


def undo(
    import_id: int,
    importables: Sequence[Importable],
    *,
    by: Actor | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> Import:
    """Take an import back while nothing depends on it. ``progress`` hears of the steps: take back, seal.

    Raises ``Refusal``: ``no_import``, ``already_undone``, or the reason why something depends on it.
    """
    progress("take back")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing import'))")
        record = Import.objects.filter(pk=import_id).first()
        if record is None:
            raise Refusal("no_import", _("There is no import {number}."), status=404, number=import_id)
        if record.status == Import.Status.UNDONE:
            raise Refusal("already_undone", _("Import {number} has been undone already."), number=import_id)
        importable = next(each for each in importables if each.kind.name == record.kind)
        digests = importable.undo(record, cursor)
        Import.objects.filter(pk=record.pk).update(status=Import.Status.UNDONE)
        tell(ImportUndone(thing_id=record.pk, file=record.file, digests=digests), by=by)
    progress("seal")
    seal()
    record.refresh_from_db()
    return record


def headers_of(path: Path, importables: Sequence[Importable], reading: Reading = _AS_FOUND) -> list[str]:
    """The headers of a file as written; of a text only the beginning is read. Raises ``Refusal``."""
    kinds = [importable.kind for importable in importables]
    with Staging(Path(settings.HOME) / "tmp") as staging:
        head = staging.folder / path.name
        with path.open("rb") as file:
            start = file.read(_HEAD)
            whole = not file.read(1)
        # A text is cut after its last whole line.
        if whole or start.startswith(_NOT_CUT):
            head = path
        else:
            with open(head, "wb", opener=private.opener) as file:
                file.write(start[: start.rfind(b"\n") + 1] or start)
        return staging.read(head, kinds=kinds, profile=dict(reading.columns)).headers


def kind_of(path: Path, importables: Sequence[Importable]) -> str | None:
    """Which kind a file is, or None when it can't be told; of a text only the beginning is read."""
    kinds = [importable.kind for importable in importables]
    try:
        return recognise(headers_of(path, importables), kinds)[0].name
    except (Refusal, OSError):
        return None
