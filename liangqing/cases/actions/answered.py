"""Somebody answered: the case is looked at again, whatever day was agreed."""

from __future__ import annotations

from django.db.models import Q

from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.outreach.events import ReplyReceived
from liangqing.outreach.models import Incoming
from liangqing.parties.queries.members import customer, members


@clause("P2 3.4")
def answered(event: ReplyReceived) -> None:
    """Put the case the answer is about (else all open ones of the customer) on the list of the next night.

    What a machine answered, a holiday notice, changes nothing; nor does an answer nobody knows the sender of. A day that
    was agreed and has come already stays.
    """
    if event.party_id is None or event.kind == Incoming.Kind.AUTOMATIC:
        return
    cases = Case.objects.filter(stage=CaseStage.OPEN)
    if event.case:
        cases = cases.filter(number=event.case)
    else:
        row = Incoming.objects.select_related("party__merged_into").get(pk=event.thing_id)
        cases = cases.filter(party__in=members(customer(row.party))) if row.party else cases.none()
    today = clock.today()
    cases.filter(Q(next_on=None) | Q(next_on__gt=today)).update(next_on=today)
