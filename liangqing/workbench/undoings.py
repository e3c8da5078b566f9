"""Imports taken back: small ones in the request, large ones by a worker, told while it goes on."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.importables import IMPORTABLES
from liangqing.imports.actions import bring
from liangqing.imports.models import Import
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.workbench import worker
from liangqing.workbench.models import Undoing
from liangqing.workbench.models.undoing import UNDOING
from liangqing.workbench.uploads import busy

AT_ONCE_ROWS = 20_000
"""An import of so many rows is taken back in the request, as its file would have come in."""

_S = Undoing.State
UNDER_WAY = (_S.WAITING, _S.RUNNING)


def begin(record: Import, *, by: User) -> Undoing:
    """Ask for an import to be taken back, at once or by a worker; how it went stands in what is returned.

    Raises ``Refusal``: ``not_allowed``; ``already_undone``; ``being_undone`` while it waits or goes on already; and for
    a small one what ``imports.actions.bring.undo`` refuses.
    """
    demand(by, "import.bring")
    if record.status == Import.Status.UNDONE:
        raise Refusal("already_undone", gettext_lazy("Import {number} has been undone already."), number=record.pk)
    small = record.rows <= AT_ONCE_ROWS and not busy()
    try:
        with transaction.atomic():
            asked = Undoing.objects.create(
                imported=record,
                user=by,
                asked_at=clock.now(),
                language=translation.get_language() or settings.LANGUAGE_CODE,
            )
            if not small:
                worker.ask("undo_import", asked.pk, queue="imports", lock="import")
    except IntegrityError:
        raise Refusal(
            "being_undone",
            gettext_lazy("Import {number} is being taken back. Wait until it is done."),
            number=record.pk,
        ) from None
    if small and (refusal := _take_back(asked)):
        raise refusal
    asked.refresh_from_db()
    return asked


def carry_out(number: int) -> None:
    """Take back the import that was asked for. Done twice, the second time changes nothing."""
    asked = Undoing.objects.select_related("user", "imported").get(pk=number)
    if asked.state in UNDER_WAY:
        _take_back(asked)


def _take_back(asked: Undoing) -> Refusal | None:
    def hear(step: str) -> None:
        Undoing.objects.filter(pk=asked.pk).update(step=step)

    UNDOING.move(asked, "begin")
    with translation.override(asked.language):
        try:
            demand(asked.user, "import.bring")
            if Import.objects.get(pk=asked.imported_id).status != Import.Status.UNDONE:  # a worker died after it
                bring.undo(asked.imported_id, IMPORTABLES, by=asked.user, progress=hear)
        except Refusal as refusal:
            UNDOING.move(asked, "refuse", refusal=refusal.sentence, step="")
            return refusal
        except Exception:
            UNDOING.move(
                asked,
                "refuse",
                refusal=_("Something went wrong on the server. Nothing was taken back; tell the administrator."),
                step="",
            )
            raise
        UNDOING.move(asked, "finish", step="")
    return None


def give_up(number: int) -> None:
    """Every worker that began it has died."""
    asked = Undoing.objects.filter(pk=number).first()
    if asked and asked.state in UNDER_WAY:
        with translation.override(asked.language):
            why = _("Workers that began this stopped again and again; tell the administrator.")
            UNDOING.move(asked, "refuse", refusal=why, step="")


def of(record: Import) -> Undoing | None:
    """The last time somebody asked for this import to be taken back."""
    return Undoing.objects.filter(imported=record).select_related("user").order_by("-id").first()


def under_way() -> list[Undoing]:
    """Those that wait or go on, the first asked for first."""
    found = Undoing.objects.filter(state__in=UNDER_WAY).select_related("user", "imported")
    return list(found.order_by("id")[:20])
