"""Deadlines of the institution itself: put off with a reason and, beyond the days of a complex complaint, by approval;
met."""

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
from liangqing.parties.actions import restraints
from liangqing.parties.actions.particulars import book
from liangqing.parties.events import DeadlineMet, DeadlinePutOff
from liangqing.parties.models import Deadline, Extension, Purpose
from liangqing.parties.rules import deadlines
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.policy import calendar
from liangqing.trail.actions.tell import tell

ACT, SUBJECT = "complaint.extension", "deadline"


@action
@clause("P4-3.1 refusal")
def extend(deadline: Deadline, until_on: dt.date, reason: str, by: User) -> Request | None:
    """Put a deadline off until ``until_on``, the new last day in time. None when that is done; where a complaint would
    take longer than a complex one may, the request for approval.

    Of a claim in bankruptcy this enters the day of the court's notice, whichever it is. Raises what ``check_until`` and
    ``approvals.requests.request`` raise; ``Refusal`` (403) without the right, (422) without a reason.
    """
    demand(by, "deadline.extend")
    row = _locked(deadline.pk)
    reason = restraints.demanded(reason)
    check_until(row, until_on)
    party = row.restraint.party
    terms = deadlines.Terms.of(book(party, row.restraint.creditor, clock.today()).terms)
    free_until = deadlines.alone_until(row.restraint.day, terms, calendar.is_working)
    if row.purpose == Purpose.CLAIM or until_on <= free_until:
        _put_off(row, until_on, reason, by)
        return None
    return requests.request(
        ACT,
        subject_kind=SUBJECT,
        subject_id=row.pk,
        subject=f"{row.get_purpose_display()}: {party.number} {party.name}",
        reason=reason,
        by=by,
        department=by.department,
        facts={"from_on": row.due_on.isoformat(), "until_on": until_on.isoformat()},
        party_id=party.pk,
    )


def check_until(row: Deadline, until_on: dt.date) -> None:
    """Whether a deadline could be put off until a day.

    Raises ``Refusal``: ``deadline_met`` (409); 422 (field ``until_on``) for a day that is past or no later than it is due
    (``deadline_not_later``), or after the last day there may ever be (``deadline_last``).
    """
    _demand_open(row)
    if row.purpose == Purpose.CLAIM:
        if until_on < row.restraint.day:
            raise Refusal(
                "claims_until",
                _("The window for claims can't end before the bankruptcy was accepted. Check both days."),
                status=422,
                field="until_on",
            )
        return
    if until_on <= row.due_on or until_on < clock.today():
        raise Refusal(
            "deadline_not_later",
            _("It is due on {due} already. Choose a later day."),
            status=422,
            field="until_on",
            due=row.due_on,
        )
    if row.last_on is not None and until_on > row.last_on:
        raise Refusal(
            "deadline_last",
            _("A complaint must be answered by {last} at the latest, whoever approves more."),
            status=422,
            field="until_on",
            last=row.last_on,
        )


def check(request: Request) -> None:
    """Whether what is asked for could be done now: as ``check_until``; ``deadline_asked`` (409) where it is asked already."""
    row = _locked(request.subject_id)
    check_until(row, _until(request))
    if pending(ACT, SUBJECT, row.pk).exclude(pk=request.pk).exists():
        raise Refusal("deadline_asked", _("More time is asked for already. Wait for the answer."))


def grant(request: Request) -> None:
    """Put it off: done with the last approval, in its transaction, after ``check``."""
    assert request.decided_by is not None
    _put_off(_locked(request.subject_id), _until(request), request.reason, request.decided_by, request.number)


@action
@clause("P4-3.1 refusal")
def meet(deadline: Deadline, note: str, by: User) -> Deadline:
    """The complaint was answered in writing, the claim was filed; ``note`` says how. What a complaint held back is free
    again. It may be met late: that stays to be seen.

    Raises ``Refusal``: ``deadline_met`` (409), 422 without a note.
    """
    demand(by, "case.work")
    row = _locked(deadline.pk)
    _demand_open(row)
    note = restraints.demanded(note)
    row.met_on, row.met_by, row.met_note_stored = clock.today(), by, sealing.seal(note)
    row.save(update_fields=["met_on", "met_by", "met_note_stored"])
    if row.purpose == Purpose.ANSWER and restraints.holds(row.restraint):
        restraints.lift(row.restraint, reason=note, by=by)
    tell(DeadlineMet(thing_id=row.pk, party_id=row.restraint.party_id, purpose=row.purpose, due_on=row.due_on), by=by)
    return row


def register() -> None:
    """Make the act known to approvals."""
    acts.register(Act(ACT, _("more time to answer a complaint"), perform=grant, check=check, right="deadline.extend"))


def _put_off(row: Deadline, until_on: dt.date, reason: str, by: User, request: str = "") -> None:
    rules = book(row.restraint.party, row.restraint.creditor, clock.today())
    key = "claim.warn_days" if row.purpose == Purpose.CLAIM else "complaint.warn_days"
    was, row.due_on, row.policy = row.due_on, until_on, rules.stamp
    row.warn_on = until_on - dt.timedelta(days=int(rules.terms[key]))
    row.alarm = deadlines.state(row.due_on, row.warn_on, clock.today())
    row.save(update_fields=["due_on", "warn_on", "alarm", "policy"])
    Extension.objects.create(
        deadline=row,
        from_on=was,
        until_on=until_on,
        reason_stored=sealing.seal(reason),
        request=request,
        at=clock.now(),
        by=by,
    )
    tell(
        DeadlinePutOff(
            thing_id=row.pk, party_id=row.restraint.party_id, purpose=row.purpose, was=was, until=until_on,
            request=request, policy=row.policy,
        ),
        by=by,
    )  # fmt: skip


def _locked(pk: int) -> Deadline:
    found = Deadline.objects.select_for_update(of=("self",))
    return found.select_related("restraint__party", "restraint__creditor").get(pk=pk)


def _demand_open(row: Deadline) -> None:
    if row.met_on is not None:
        raise Refusal("deadline_met", _("This was done on {day}. Reload to see it."), day=row.met_on)


def _until(request: Request) -> dt.date:
    return dt.date.fromisoformat(request.facts["until_on"])
