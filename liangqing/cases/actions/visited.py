"""A visit becomes a record of its case, in the same transaction."""

from __future__ import annotations

from django.utils.translation import gettext as _

from liangqing.cases.actions import records
from liangqing.cases.models import Attachment, Case, Channel
from liangqing.kit.actions import clause
from liangqing.kit.money import Money
from liangqing.outreach.events import VisitRecorded
from liangqing.outreach.models import Visit
from liangqing.parties.models import Contact


@clause("P2 3.4", "P4-3.3")
def visited(event: VisitRecorded) -> None:
    """Write the collection record of a visit, with its pictures, and conclude the attempt made at the door.

    A case that is not there writes nothing; the visit stands by itself. Raises what ``records.record`` raises.
    """
    case = Case.objects.filter(number=event.case).first() if event.case else None
    if case is None:
        return
    visit = Visit.objects.select_related("stop__attempt", "receipt", "by").get(pk=event.thing_id)
    promise = None
    if visit.promised is not None and visit.promised_for is not None:
        promise = (Money(visit.promised, visit.currency), visit.promised_for)
    written = records.record(
        case,
        channel=Channel.VISIT,
        result=visit.result,
        reached=visit.met,
        by=visit.by,
        contact=Contact.objects.filter(pk=visit.stop.contact or 0).first(),
        address=visit.stop.address,
        note=_note(visit),
        promise=promise,
        attempt=visit.stop.attempt,
    )
    Attachment.objects.bulk_create(
        Attachment(
            record=written,
            sha256=each.sha256,
            name_stored=each.name_stored,
            size=each.size,
            media_type=each.media_type,
        )
        for each in visit.files.order_by("id")
    )


def _note(visit: Visit) -> str:
    """What the form of a visit asks and a record has no field for, as sentences."""
    said = [visit.note]
    if visit.signed:
        said.append(_("The notice was signed for."))
    if visit.receipt is not None:
        said.append(
            _("Cash received: principal {principal}, interest {interest}, receipt {number}.").format(
                principal=Money(visit.principal, visit.currency),
                interest=Money(visit.interest, visit.currency),
                number=visit.receipt.number,
            )
        )
    if visit.intention:
        said.append(_("Means to pay: {words}").format(words=visit.intention))
    if visit.lapsed:
        said.append(_("Says limitation has passed: {words}").format(words=visit.lapsed_said))
    return "\n".join(each for each in said if each)[: records.LONGEST_NOTE]
