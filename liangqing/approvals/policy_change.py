"""The act of changing the policy: a version is submitted with a request, and in force from its day at the last yes.

Policy knows nobody and stands below; this room asks and answers for it. Where a version goes past a bound that only counsel may lift, the
table of routes hears ``loosens_law``, and whoever of counsel said yes is written into the version (P1 2.1.1, P2 4.2).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.events import RequestRejected, RequestReturned, RequestWithdrawn
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.approvals.models.vote import Decision
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.policy.actions import versions
from liangqing.policy.bounds import past_bounds
from liangqing.policy.models import Trial, Version

ACT, KIND = "policy.change", "policy"


@clause("P2 10.1", "P1 4")
@action
def ask(version: Version, *, reason: str, by: User) -> Request:
    """Submit a draft and ask that it be approved; a request that was returned is asked again.

    The last finished trial of this very content is named in the facts, so that whoever decides sees what would happen.
    Raises ``Refusal`` as ``versions.submit`` and ``requests.request`` do.
    """
    demand(by, "policy.edit")
    before = Request.objects.select_for_update().filter(
        act=ACT, subject_kind=KIND, subject_id=version.pk, state=RequestState.RETURNED, requested_by=by
    )
    again = before.order_by("-id").first()
    row = versions.submit(version, by=by)
    trial = Trial.objects.filter(version=row, digest=row.digest, state=Trial.State.DONE).order_by("-id").first()
    facts: dict[str, Any] = {"loosens_law": bool(past_bounds(row.content)), "trial": trial.pk if trial else None}
    if again is not None:
        return requests.resubmit(again, by, reason=reason, facts=facts)
    return requests.request(
        ACT,
        subject_kind=KIND,
        subject_id=row.pk,
        subject=f"{row.name} {row.title} ({row.from_on.isoformat()})",
        reason=reason,
        by=by,
        facts=facts,
    )


def check(request: Request) -> None:
    """The version must be as it was submitted."""
    version = Version.objects.filter(pk=request.subject_id).first()
    if version is None or version.state != Version.State.SUBMITTED:
        raise Refusal("not_submitted", _("The version is not submitted any more; look at it and submit it again."))


def perform(request: Request) -> None:
    """Put the version in force from its day, with the names of those who said yes."""
    said_yes = request.votes.filter(round=request.round, decision=Decision.APPROVE).select_related("person")
    voices, counsel = [], ""
    for vote in said_yes.order_by("id"):
        voices.append({"name": vote.person.name, "step": request.steps[vote.step], "at": vote.at.isoformat()})
        if vote.person.has_duty(Duty.LEGAL):
            counsel = vote.person.name
    person = request.decided_by or request.requested_by
    versions.approve(Version.objects.get(pk=request.subject_id), voices=voices, counsel=counsel, by=person)


def given_back(event: RequestRejected | RequestReturned | RequestWithdrawn) -> None:
    """A request that ended without a yes leaves the version a draft again."""
    request = Request.objects.select_related("requested_by").get(pk=event.thing_id)
    if request.act != ACT:
        return
    version = Version.objects.filter(pk=request.subject_id, state=Version.State.SUBMITTED).first()
    if version is not None:
        versions.give_back(version, by=request.decided_by or request.requested_by)


def register() -> None:
    acts.register(acts.Act(ACT, _("change of the policy"), perform=perform, check=check, right="policy.edit"))
