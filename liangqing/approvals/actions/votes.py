"""Deciding: approve, reject, send back. The request is locked first, so that of two voices one comes after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.approvals.actions.requests import LONGEST_REASON, locked, nobody_asked, step_begins
from liangqing.approvals.events import ActFailed, ApprovalGiven, RequestApproved, RequestRejected, RequestReturned
from liangqing.approvals.lifecycle import REQUEST, RequestState
from liangqing.approvals.models import Decision, Request, Vote
from liangqing.approvals.queries.roster import question, roster, stand_ins, steps_of
from liangqing.approvals.rules import voices
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell


class _ActRefused(Exception):
    """The act could not be done at the last yes."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@clause("P1 4")
def approve(request: Request, by: User, reason: str = "") -> Request:
    """Say yes to the step that waits. At the last yes the act is done, in the same transaction.

    Whoever is not asked but stands in for somebody who is, speaks on their behalf. Raises ``Refusal``: 403 for whoever
    may not (``not_allowed``, ``own_request``, ``voted_already``, ``needed_later``, ``not_asked``); ``moved_on`` when it
    no longer waits; and whatever the act itself says when it can't be done: then nothing is done, the voice is not
    counted, the request still waits, and why is kept with it and told in a transaction of its own.
    """
    try:
        with transaction.atomic():  # a savepoint inside somebody else's transaction, so that the failure can be told
            return _approve(request, by, reason)
    except _ActRefused as failed:
        _remember(request, failed.refusal, by)
        raise failed.refusal from None


@action
def _approve(request: Request, by: User, reason: str) -> Request:
    found, by, asking, voice = _speaker(request, by)
    vote = _vote(found, by, voice, Decision.APPROVE, reason)
    heard = asking.with_voice(voice)
    place, now = heard.place, clock.now()
    if place is None:
        REQUEST.move(
            found,
            "approve",
            decided_at=now,
            decided_by=by,
            failed_at=None,
            failure="",
            asked=_also_asked(found, voice),
            **nobody_asked(),
        )
        _perform(found)
        tell(
            RequestApproved.about(found, step=voice.step + 1, on_behalf_of=voice.principal, reason=vote.reason_stored),
            by=by,
        )
        return found
    people = voices.asked(heard, roster(heard.steps))
    found.asked = _also_asked(found, voice)
    if place == voice.step:
        changes = {"waiting_for": sorted(people), "asked": sorted({*found.asked, *people})}
    else:
        changes = step_begins(found, people, place, clock.today())
    Request.objects.filter(pk=found.pk).update(**changes)
    for column, value in changes.items():
        setattr(found, column, value)
    tell(
        ApprovalGiven.about(
            found,
            step=voice.step + 1,
            on_behalf_of=voice.principal,
            reason=vote.reason_stored,
            recipients=found.waiting_for,
        ),
        by=by,
    )
    return found


@action
@clause("P1 4")
def reject(request: Request, by: User, reason: str) -> Request:
    """Say no, and why: the request ends. Raises ``Refusal`` as ``approve`` does; 422 (``field``) without a reason."""
    found, by, voice, vote = _against(request, by, Decision.REJECT, reason)
    REQUEST.move(found, "reject", decided_at=vote.at, decided_by=by, asked=_also_asked(found, voice), **nobody_asked())
    tell(
        RequestRejected.about(found, step=voice.step + 1, on_behalf_of=voice.principal, reason=vote.reason_stored),
        by=by,
    )
    return found


@action
@clause("P1 4")
def send_back(request: Request, by: User, reason: str) -> Request:
    """Return it for change, saying what to change: the requester may ask again. Raises ``Refusal`` as ``reject`` does."""
    found, by, voice, vote = _against(request, by, Decision.RETURN, reason)
    REQUEST.move(
        found, "send back", decided_at=vote.at, decided_by=by, asked=_also_asked(found, voice), **nobody_asked()
    )
    tell(
        RequestReturned.about(found, step=voice.step + 1, on_behalf_of=voice.principal, reason=vote.reason_stored),
        by=by,
    )
    return found


@dataclass(frozen=True)
class Outcome:
    """What became of one of many: the request as it stands, and the refusal if it was not approved."""

    request: Request
    refusal: Refusal | None = None

    @property
    def approved(self) -> bool:
        """Whether this voice was counted; others may still be asked."""
        return self.refusal is None


MOST_AT_ONCE = 200


@clause("P1 4")
def approve_many(requests: Sequence[Request], by: User, reason: str = "") -> list[Outcome]:
    """Say yes to each of these, each in a transaction of its own; where one is refused, the others are not.

    Only what the table of routes allows to be approved in bulk; the others answer ``one_by_one``. Raises ``Refusal``
    (``too_many``, 422) for more than 200.
    """
    if len(requests) > MOST_AT_ONCE:
        raise Refusal("too_many", _("Choose at most {most} at once."), status=422, most=MOST_AT_ONCE)
    outcomes = []
    for request in requests:
        try:
            if not request.bulk:
                raise Refusal("one_by_one", _("The policy wants this to be looked at one by one. Open it to decide."))
            outcomes.append(Outcome(approve(request, by, reason)))
        except Refusal as refusal:
            outcomes.append(Outcome(request, refusal))
    return outcomes


def _speaker(request: Request, by: User) -> tuple[Request, User, voices.Question, voices.Voice]:
    """The request, locked; the person as they stand now; what is asked; and the voice they have."""
    found = locked(request)
    by = User.objects.select_related("department").get(pk=by.pk)
    demand(by, "approval.decide")
    if found.state != RequestState.OPEN:
        raise Refusal("moved_on", _("This no longer waits for approval. Reload to see what became of it."))
    asking = question(found)
    people = replace(roster(steps_of(found)), stand_ins=stand_ins(by, found.act, clock.today()))
    return found, by, asking, voices.speak(asking, by.pk, people)


def _vote(found: Request, by: User, voice: voices.Voice, decision: Decision, reason: str) -> Vote:
    return Vote.objects.create(
        request=found,
        round=found.round,
        step=voice.step,
        person=by,
        on_behalf_of_id=voice.principal,
        decision=decision,
        reason_stored=sealing.seal(reason.strip()[:LONGEST_REASON]),
        at=clock.now(),
    )


def _against(request: Request, by: User, decision: Decision, reason: str) -> tuple[Request, User, voices.Voice, Vote]:
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why, so that the requester knows."), status=422, field="reason")
    found, by, _asking, voice = _speaker(request, by)
    return found, by, voice, _vote(found, by, voice, decision, reason)


def _also_asked(found: Request, voice: voices.Voice) -> list[int]:
    """Whoever answered may look at it later, too."""
    return sorted({*found.asked, *voice.people})


def _perform(found: Request) -> None:
    act = acts.named(found.act)
    try:
        if act.check:
            act.check(found)
        act.perform(found)
    except Refusal as refusal:
        raise _ActRefused(refusal) from refusal


@action
def _remember(request: Request, refusal: Refusal, by: User) -> None:
    """All had approved, and nothing could be done. A request decided in between is left as it is."""
    found = locked(request)
    if found.state != RequestState.OPEN:
        return
    Request.objects.filter(pk=found.pk).update(failed_at=clock.now(), failure=refusal.sentence)
    tell(
        ActFailed.about(found, code=refusal.code, sentence=refusal.sentence),
        by=by,
    )
