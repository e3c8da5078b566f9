"""Grace 宽限期: time for somebody mildly late who is willing to pay, asked of those the policy names, and given by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.acts import Act
from liangqing.approvals.models import Request
from liangqing.approvals.queries.inbox import pending
from liangqing.cases.events import GraceGranted
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case, Grace
from liangqing.cases.queries.governing import governing
from liangqing.cases.queries.grace import ACT, SUBJECT, days_before, days_left, starts_on
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.policy import Policy
from liangqing.receivables.queries import account
from liangqing.trail.actions.tell import tell
from liangqing.warning.level import Level


@action
@clause("P3 4.1.2")
def ask(case: Case, until_on: dt.date, reason: str, by: User, attachments: Sequence[Upload] = ()) -> Request:
    """Ask that the customer be given time: from today, or from the end of the grace that runs, until ``until_on`` (the
    first day on which they are asked again).

    The amount is what is late in the currency where most is at stake; the department is that of whoever has the case.
    Raises what ``check`` and ``approvals.requests.request`` raise.
    """
    case = Case.objects.select_related("party", "creditor", "owner__department").get(pk=case.pk)
    _demand_open_and_mild(case)
    return requests.request(
        ACT,
        subject_kind=SUBJECT,
        subject_id=case.pk,
        subject=f"{case.number} {case.party.name}",
        reason=reason,
        by=by,
        amount=_at_stake(case, governing(case)),
        department=case.owner.department if case.owner else None,
        facts=_facts(case, until_on),
        party_id=case.party_id,
        attachments=attachments,
    )


@action
@clause("P3 4.1.2")
def ask_again(
    request: Request, until_on: dt.date, reason: str, by: User, attachments: Sequence[Upload] = ()
) -> Request:
    """Ask again for what was returned for change, perhaps for other days. Raises what ``check`` and
    ``approvals.requests.resubmit`` raise."""
    case = Case.objects.select_related("party", "creditor").get(pk=request.subject_id)
    return requests.resubmit(
        request,
        by,
        reason=reason,
        amount=_at_stake(case, governing(case)),
        facts=_facts(case, until_on),
        attachments=attachments,
    )


@clause("P3 4.1.2")
def check(request: Request) -> None:
    """Whether the grace that is asked for could be given today; the case is locked.

    Raises ``Refusal``: ``case_closed``, ``grace_not_mild``, ``grace_asked_already`` (all 409); 422 (field ``until_on``)
    for a day that is past or not after the grace that runs (``grace_over``), or where all grace of the case together
    would be more days than the term ``grace.most_days`` allows (``grace_too_long``).
    """
    case = _locked(request)
    _demand_open_and_mild(case)
    other = pending(ACT, SUBJECT, case.pk).exclude(pk=request.pk).first()
    if other is not None:
        raise Refusal(
            "grace_asked_already",
            _("Grace for this case is asked for already: {number}. Wait for the answer, or withdraw it."),
            number=other.number,
        )
    starts, until_on = starts_on(case), _until(request)
    if until_on <= starts:
        raise Refusal(
            "grace_over",
            _("The last day of grace must not come before {day}. Choose a later one."),
            status=422,
            field="until_on",
            day=starts,
        )
    left = days_left(case)
    if (until_on - starts).days > left:
        last = starts + dt.timedelta(days=left - 1)
        raise Refusal(
            "grace_too_long",
            _(
                "The policy allows this case no more grace than until {last} ({left} more days). Agree on a plan instead."
            )
            if left > 0
            else _("This case has had all the grace the policy allows. Agree on a plan instead."),
            status=422,
            field="until_on",
            last=last,
            left=left,
        )


@clause("P3 4.1.2")
def grant(request: Request) -> None:
    """Give the grace: done with the last approval, in its transaction, after ``check``. From the next night on nothing is
    asked of the customer until the day it ends."""
    case = _locked(request)
    given = Grace.objects.create(
        case=case,
        from_on=starts_on(case),
        until_on=_until(request),
        reason_stored=sealing.seal(request.reason),
        request=request.number,
        granted_by=_decider(request),
        granted_at=clock.now(),
        policy=governing(case).stamp,
    )
    tell(
        GraceGranted(
            thing_id=given.pk,
            party_id=case.party_id,
            case=case.number,
            from_on=given.from_on,
            until=given.until_on,
            request=request.number,
            policy=given.policy,
        ),
        by=request.decided_by,
    )


def register() -> None:
    """Make the act known to approvals."""
    acts.register(Act(ACT, _("grace"), perform=grant, check=check, right="case.work"))


def _demand_open_and_mild(case: Case) -> None:
    if case.stage != CaseStage.OPEN:
        raise Refusal("case_closed", _("Case {number} is closed; nothing is late any more."), number=case.number)
    if case.level != Level.MILD:
        raise Refusal(
            "grace_not_mild",
            _("Grace is for customers who are mildly late. This one is {level}: agree on a plan instead."),
            level=Level(case.level).label,
        )


def _locked(request: Request) -> Case:
    found = Case.objects.select_for_update(of=("self",)).select_related("party", "creditor")
    return found.get(pk=request.subject_id)


def _until(request: Request) -> dt.date:
    return dt.date.fromisoformat(request.facts["until_on"])


def _decider(request: Request) -> User:
    assert request.decided_by is not None
    return request.decided_by


def _at_stake(case: Case, book: Policy) -> Money:
    """What is late in the currency where it weighs most, measured by what the policy calls a large amount."""

    def weight(each: account.Account) -> Fraction:
        return Fraction(each.late, book.terms.money("priority.large_from", each.currency) or 1)

    late = [each for each in account.account(case.party, clock.today(), creditor=case.creditor) if each.late]
    if not late:
        raise Refusal("nothing_late", _("Nothing is late any more: there is nothing to wait for."))
    most = max(late, key=weight)
    return Money(most.late, most.currency)


def _facts(case: Case, until_on: dt.date) -> dict[str, Any]:
    starts = starts_on(case)
    return {
        "from_on": starts.isoformat(),
        "until_on": until_on.isoformat(),
        "days": (until_on - starts).days,
        "days_before": days_before(case),
        "level": case.level,
    }
