"""Rules of contact lifted for one customer, by approval and for a while: standards and the institution's own, never law.

What the guard refused is what the request is about: the receipt names the rules, and a yes lifts just these.
"""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.acts import Act
from liangqing.approvals.models import Request
from liangqing.approvals.queries.inbox import pending
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions.guard import reason_of
from liangqing.outreach.events import RulesLifted
from liangqing.outreach.models import Answer, Attempt, Exemption
from liangqing.outreach.rules.facts import LIFTABLE
from liangqing.people.models import User
from liangqing.policy import in_force
from liangqing.trail.actions.tell import tell

ACT, SUBJECT = "outreach.exempt", "attempt"


def liftable(attempt: Attempt) -> list[str]:
    """The rules that said no and that an approval may lift; empty when any of them is law or a regulator's."""
    held = [each for each in attempt.findings if each["effect"] in ("approval", "block")]
    return [each["rule"] for each in held] if held and all(each["basis"] in LIFTABLE for each in held) else []


@action
@clause("P2 3.3.2")
def ask(attempt: Attempt, until_on: dt.date, reason: str, by: User) -> Request:
    """Ask that what refused this contact be lifted until the end of a day.

    Raises what ``check`` and ``approvals.requests.request`` raise.
    """
    return requests.request(
        ACT,
        subject_kind=SUBJECT,
        subject_id=attempt.pk,
        subject=f"{attempt.number} {attempt.get_channel_display()}: {reason_of(attempt)}",
        reason=reason,
        by=by,
        facts={"rules": liftable(attempt), "until_on": until_on.isoformat(), "channel": attempt.channel},
        party_id=attempt.party_id,
    )


def check(request: Request) -> None:
    """Whether it could be lifted.

    Raises ``Refusal``: ``not_liftable`` (409) where law or a regulator's rule said no, or nothing did;
    ``exemption_asked`` (409); 422 (field ``until_on``) for a day that is past or beyond the term
    ``contact.exemption_most_days``.
    """
    attempt = Attempt.objects.get(pk=request.subject_id)
    if attempt.answer == Answer.ALLOWED or not liftable(attempt):
        raise Refusal(
            "not_liftable",
            _("What forbids this is law or a regulator's rule. No approval can lift it; wait, or write."),
        )
    if pending(ACT, SUBJECT, attempt.pk).exclude(pk=request.pk).exists():
        raise Refusal("exemption_asked", _("This is asked for already. Wait for the answer."))
    today, most = clock.today(), int(in_force(clock.today()).terms["contact.exemption_most_days"])
    until = dt.date.fromisoformat(request.facts["until_on"])
    if not today <= until < today + dt.timedelta(days=most):
        raise Refusal(
            "exemption_too_long",
            _("Rules can be lifted from today for {most} days at most. Choose an earlier day."),
            status=422,
            field="until_on",
            most=most,
        )


def grant(request: Request) -> None:
    """Lift the rules until the end of the day that was asked for."""
    attempt = Attempt.objects.get(pk=request.subject_id)
    assert request.decided_by is not None
    until = dt.date.fromisoformat(request.facts["until_on"]) + dt.timedelta(days=1)
    lifted = Exemption.objects.create(
        party_id=attempt.party_id,
        channel=attempt.channel,
        rules=liftable(attempt),
        from_at=clock.now(),
        until_at=dt.datetime.combine(until, dt.time(), clock.zone()),
        request=request.number,
        reason_stored=sealing.seal(request.reason),
        granted_by=request.decided_by,
    )
    tell(
        RulesLifted(
            thing_id=lifted.pk,
            party_id=lifted.party_id,
            channel=lifted.channel,
            rules=lifted.rules,
            until=lifted.until_at,
            request=lifted.request,
        ),
        by=request.decided_by,
    )


def register() -> None:
    """Make the act known to approvals."""
    acts.register(Act(ACT, _("rules of contact lifted"), perform=grant, check=check, right="case.work"))
