"""import, imports, undo: files in, and back out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liangqing.house.commands import command, json_option, say

if TYPE_CHECKING:
    from liangqing.people.models import User

_KINDS = ("customers", "bills", "payments", "contacts")


@command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), help="What the files hold; guessed when not given.")
@click.option("--profile", help="Remember how these files are read under this name, or read them as remembered.")
@click.option("--currency", help="The currency of amounts that name none (CNY).")
@click.option(
    "--date-order", type=click.Choice(["dmy", "mdy"]), help="What 03/04/2020 means, where a column does not tell."
)
@click.option(
    "--decimal-mark", type=click.Choice(["point", "comma"]), help="What 2.500 means, where a column does not tell."
)
@click.option("--by", "username", help="Who brings them, by user name; contacts that name nobody are this person's.")
@click.option("--no-clearing", is_flag=True, help="Leave clearing dates out: land every bill as open.")
@click.option("--dry-run", is_flag=True, help="Check and tell everything, land nothing.")
@json_option
def import_files(
    files: tuple[Path, ...],
    kind: str | None,
    profile: str | None,
    currency: str | None,
    date_order: str | None,
    decimal_mark: str | None,
    username: str | None,
    no_clearing: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import customers, bills, payments and contacts from CSV, XLSX or XLS files."""
    from liangqing.cases.importables import IMPORTABLES
    from liangqing.imports.actions.bring import Reading, Result, in_turn, land
    from liangqing.kit.refusal import Refusal

    told: list[dict[str, Any]] = []
    rejected = landed = failed = 0
    by = _person(username) if username else None
    reading = Reading(kind, profile, (currency or "CNY").upper(), date_order, decimal_mark)
    for path, wait in in_turn(files, IMPORTABLES, reading):
        from liangqing.house.commands import terminal  # dear to load: the first file is being read meanwhile

        try:
            with terminal.progress(path.name, quiet=as_json) as hear:
                hear("read")
                with wait() as ready:
                    result = land(ready, no_clearing=no_clearing, dry_run=dry_run, by=by, progress=hear)
        except Refusal as refusal:
            failed += 1
            result = Result(file=str(path), kind=kind or "")
            result.errors = [{"row": None, "field": None, "code": refusal.code, "message": refusal.sentence}]
        rejected += result.rejected
        landed += result.landed
        told.append(result.as_json())
        if not as_json:
            terminal.import_result(result, dry_run=dry_run)
    if as_json:
        say(told)
    if failed or rejected:
        sys.exit(1 if landed else 2)


def _person(username: str) -> User:
    from django.utils.translation import gettext as _

    from liangqing.people.models import User

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise click.UsageError(_("There is no user “{name}”.").format(name=username))
    return found


@command("imports")
@json_option
def list_imports(as_json: bool) -> None:
    """What was imported, the last first."""
    from liangqing.house.commands import terminal
    from liangqing.imports.models import Import

    records = list(Import.objects.order_by("-id")[:50])
    if as_json:
        names = ("id", "file", "kind", "rows", "created", "updated", "unchanged", "rejected", "status", "landed_at")
        say([{name: getattr(record, name) for name in names} for record in records])
    else:
        terminal.imports(records)


@command("undo")
@click.argument("number", type=int)
def undo_import(number: int) -> None:
    """Take import NUMBER back, while nothing depends on it."""
    from django.utils.translation import gettext as _

    from liangqing.cases.importables import IMPORTABLES
    from liangqing.imports.actions.bring import undo

    record = undo(number, IMPORTABLES)
    click.echo(_("Import {number} ({file}) is undone.").format(number=record.pk, file=record.file))
