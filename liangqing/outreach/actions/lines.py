"""Lines: the numbers and addresses the institution registered for reaching debtors; nothing else may be used."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.channels.events import LineChanged, LineClosed, LineRegistered, LineReopened
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Line
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

RIGHT = "channel.manage"


@action
@clause("P2 3.3.2")
def register(channel: str, value: str, *, by: User | None, name: str = "", contracted: bool = True) -> Line:
    """A number, address or account of ours from which debtors may be reached. ``contracted``: own, or a route with a
    contract for it, so that it may carry what presses for payment. ``by`` is empty at the command line.

    Raises ``Refusal``: 403; 422 (``unknown_channel``, ``no_line``); 409 (``line_known``).
    """
    _demand(by)
    if channel not in Channel.values:
        raise Refusal("unknown_channel", _("Choose a channel."), status=422, field="channel")
    if not value.strip():
        raise Refusal("no_line", _("Enter the number, address or account."), status=422, field="value")
    try:
        with transaction.atomic():
            line = Line.objects.create(
                channel=channel, value=value.strip(), name=name.strip()[:100], contracted=contracted
            )
    except IntegrityError:
        raise Refusal("line_known", _("This line is registered already. Open it again if it was closed.")) from None
    told = LineRegistered(thing_id=line.pk, channel=channel, line=line.value, contracted=contracted)
    tell(told, by=by)
    return line


@action
def change(line: Line, *, name: str, contracted: bool, by: User | None) -> Line:
    """What it is called, and whether it may carry what presses for payment. Raises ``Refusal``: 403."""
    _demand(by)
    row = Line.objects.select_for_update().get(pk=line.pk)
    before = {"called": row.name, "contracted": row.contracted}
    row.name, row.contracted = name.strip()[:100], contracted
    after = {"called": row.name, "contracted": row.contracted}
    if after != before:
        row.save(update_fields=["name", "contracted"])
        told = LineChanged(thing_id=row.pk, channel=row.channel, line=row.value, before=before, after=after)
        tell(told, by=by)
    return row


@action
def close(line: Line, *, by: User | None) -> None:
    """It is used no more, from now on. Raises ``Refusal``: 403; 409 (``line_closed``)."""
    _demand(by)
    if not Line.objects.filter(pk=line.pk, active=True).update(active=False, closed_on=clock.today()):
        raise Refusal("line_closed", _("Somebody else was faster: it is closed already."))
    line.refresh_from_db()
    tell(LineClosed(thing_id=line.pk, channel=line.channel, line=line.value), by=by)


@action
def reopen(line: Line, *, by: User | None) -> None:
    """It is used again. Raises ``Refusal``: 403; 409 (``line_open``)."""
    _demand(by)
    if not Line.objects.filter(pk=line.pk, active=False).update(active=True, closed_on=None):
        raise Refusal("line_open", _("Somebody else was faster: it is in use already."))
    line.refresh_from_db()
    tell(LineReopened(thing_id=line.pk, channel=line.channel, line=line.value), by=by)


def _demand(by: User | None) -> None:
    if by is not None:
        demand(by, RIGHT)
