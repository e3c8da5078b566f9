"""Sending to many at once 群发: chosen, looked at, approved where the policy says so, sent, stopped, its results seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions import requests
from liangqing.approvals.events import RequestRejected, RequestReturned, RequestWithdrawn
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import messages, previews
from liangqing.outreach.actions.previews import Preview
from liangqing.outreach.events import DispatchMoved
from liangqing.outreach.kinds import Content
from liangqing.outreach.lifecycle import DISPATCH, DUE, DispatchState, MessageState
from liangqing.outreach.models import Addressee, Dispatch, Incoming, Message, Source, TemplateVersion
from liangqing.outreach.queries.freshness import demand_fresh
from liangqing.parties.models import Contact
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

ACT, SUBJECT = "outreach.dispatch", "dispatch"
MOST = 50_000
"""Addressees of one dispatch."""
_AT_ONCE = 1_000
GOES = ("allowed", "later")
"""Answers of a preview with which a message is written; the guard is asked again when it leaves."""


@dataclass(frozen=True)
class To:
    """One customer of a dispatch, towards one creditor. ``given`` is what only the asking room knows (``Message``)."""

    party_id: int
    creditor_id: int
    case: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)


@action
@clause("P3 4.1.1")
def make(
    name: str,
    *,
    channel: str,
    content: str,
    to: Iterable[To],
    by: User,
    template: TemplateVersion | None = None,
    occasion: str = "",
) -> Dispatch:
    """A draft of a dispatch. Raises ``Refusal``: 403; 422 without a name or anybody to send to, with too many, or for a
    channel or content that is none."""
    demand(by, ACT)
    if not name.strip():
        raise Refusal("name_missing", _("Give it a name."), status=422, field="name")
    if channel not in messages.WRITTEN:
        raise Refusal("unknown_channel", _("Choose text message, e-mail or letter."), status=422, field="channel")
    if content not in Content.values:
        raise Refusal("unknown_choice", _("Choose what it is for."), status=422, field="content")
    once = {(each.party_id, each.creditor_id): each for each in to}
    if not once:
        raise Refusal("nobody_chosen", _("Choose at least one customer."), status=422, field="to")
    if len(once) > MOST:
        raise Refusal("too_many", _("At most {most} customers at once."), status=422, field="to", most=MOST)
    made = Dispatch.objects.create(
        name=name.strip()[:100],
        channel=channel,
        content=content,
        occasion=occasion,
        template=template,
        by=by,
        made_at=clock.now(),
    )
    Addressee.objects.bulk_create(
        (
            Addressee(
                dispatch=made,
                party_id=each.party_id,
                creditor_id=each.creditor_id,
                case=each.case,
                given=dict(each.given),
            )
            for each in once.values()
        ),
        batch_size=_AT_ONCE,
    )
    _tell(made, by, {"addressees": len(once)})
    return made


@clause("P2 3.3.2")
def look(dispatch: Dispatch, *, by: User, at: dt.datetime | None = None) -> Preview:
    """Who would get it now (or ``at`` an instant to come), and who not and why; nothing is kept but the figures and what the
    guard said of each. Raises ``Refusal``: 403; 409 once it is being sent."""
    demand(by, ACT)
    if dispatch.state not in (DispatchState.DRAFT, DispatchState.ASKED, DispatchState.APPROVED):
        raise _moved_on()
    shown = previews.preview(dispatch, at=at)
    dispatch.figures, dispatch.looked_at = shown.figures, clock.now()
    dispatch.save(update_fields=["figures", "looked_at"])
    return shown


def needs_approval(dispatch: Dispatch) -> bool:
    """Whether so many addressees need an approval (term ``outreach.approved_from_recipients``)."""
    from_so_many = int(policy.in_force(clock.today()).terms["outreach.approved_from_recipients"])
    return dispatch.state != DispatchState.APPROVED and dispatch.addressees.count() >= from_so_many


@action
def ask(dispatch: Dispatch, *, reason: str, by: User) -> Request:
    """Ask that it be approved; a request that was returned is asked again. Raises ``Refusal``: 403; 409 when it was not
    looked at or is no draft; what ``requests.request`` raises."""
    demand(by, ACT)
    row = _locked(dispatch)
    if row.looked_at is None:
        raise Refusal("not_looked_at", _("Look at it first: who would get it, and who not."))
    DISPATCH.move(row, "ask")
    facts = {"channel": row.channel, "content": row.content, **row.figures}
    returned = Request.objects.select_for_update().filter(
        act=ACT, subject_kind=SUBJECT, subject_id=row.pk, state=RequestState.RETURNED, requested_by=by
    )
    again = returned.order_by("-id").first()
    if again is not None:
        asked = requests.resubmit(again, by, reason=reason, facts=facts)
    else:
        asked = requests.request(
            ACT, subject_kind=SUBJECT, subject_id=row.pk, subject=f"{row.number} {row.name}", reason=reason, by=by,
            facts=facts,
        )  # fmt: skip
    Dispatch.objects.filter(pk=row.pk).update(request=asked.number)
    _tell(row, by, row.figures)
    return asked


def check(request: Request) -> None:
    """Whether it could still be approved; the dispatch is locked. Raises ``Refusal`` (409)."""
    row = Dispatch.objects.select_for_update(of=("self",)).get(pk=request.subject_id)
    if row.state not in (DispatchState.DRAFT, DispatchState.ASKED):
        raise _moved_on()


def perform(request: Request) -> None:
    """Approved: it may be started."""
    row = Dispatch.objects.select_for_update(of=("self",)).get(pk=request.subject_id)
    DISPATCH.move(row, "approve")
    _tell(row, request.decided_by, row.figures)


def given_back(event: RequestRejected | RequestReturned | RequestWithdrawn) -> None:
    """A request that ended without a yes leaves the dispatch a draft again."""
    request = Request.objects.select_related("requested_by", "decided_by").get(pk=event.thing_id)
    row = (
        Dispatch.objects.filter(pk=request.subject_id, state=DispatchState.ASKED).first()
        if request.act == ACT
        else None
    )
    if row is not None:
        DISPATCH.move(row, "return")
        _tell(row, request.decided_by or request.requested_by, row.figures)


def register() -> None:
    """Make the act known to approvals."""
    acts.register(acts.Act(ACT, _("sending to many"), perform=perform, check=check, right=ACT))


@action
@clause("P3 4.1.1", "P2 3.3.2")
def start(dispatch: Dispatch, *, by: User) -> int:
    """Write the messages of all whom the guard lets through, now or later; how many. The worker sends them.

    Raises ``Refusal``: 403; 409 where it was not looked at today (``not_looked_at``), needs an approval
    (``approval_needed``), is no draft any more, or money received is not entered up to now (``receipts_stale``).
    """
    demand(by, ACT)
    row = _locked(dispatch)
    if row.state not in (DispatchState.DRAFT, DispatchState.APPROVED):
        raise _moved_on()
    if row.looked_at is None or row.looked_at.astimezone(clock.zone()).date() != clock.today():
        raise Refusal("not_looked_at", _("Look at it first: who would get it today, and who not."))
    if needs_approval(row):
        raise Refusal("approval_needed", _("So many recipients need an approval. Ask for it."))
    demand_fresh(row.content)
    DISPATCH.move(row, "start", started_at=clock.now())
    count = messages.write_many(_wants(row), by=by, source=Source.CAMPAIGN)
    dispatch.refresh_from_db()
    _tell(row, by, {**row.figures, "written": count})
    return count


def _wants(dispatch: Dispatch) -> Iterator[messages.Want]:
    rows = Addressee.objects.filter(dispatch=dispatch, answer__in=GOES).select_related("party__merged_into", "creditor")
    for some in _chunks(list(rows.order_by("id"))):
        contacts = Contact.objects.in_bulk([each.contact for each in some if each.contact])
        for each in some:
            contact = contacts.get(each.contact or 0)
            if contact is not None:
                yield messages.Want(
                    party=each.party, creditor=each.creditor, channel=dispatch.channel, content=dispatch.content,
                    contact=contact, step=f"dispatch:{dispatch.pk}", case=each.case, occasion=dispatch.occasion,
                    template=dispatch.template, given=each.given, dispatch=dispatch,
                )  # fmt: skip


def _chunks(rows: Sequence[Addressee]) -> Iterator[Sequence[Addressee]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


@action
def call_off(dispatch: Dispatch, *, reason: str, by: User) -> int:
    """It ends here: what waits is called off; how many messages. What left, left. Raises ``Refusal``: 403; 422 without a
    reason; 409 when it has ended."""
    demand(by, "outreach.stop")
    if not reason.strip():
        raise Refusal("no_reason", _("Say why."), status=422, field="reason")
    row = _locked(dispatch)
    DISPATCH.move(row, "call off", ended_at=clock.now())
    waiting = Message.objects.filter(dispatch=row, state__in=(*DUE, MessageState.PRINTED)).select_for_update()
    count = 0
    for message in waiting.order_by("id"):
        messages.move(message, "call off", reason="dispatch_called_off", said=reason, by=by, ended_at=clock.now())
        count += 1
    dispatch.refresh_from_db()
    _tell(row, by, {"called_off": count})
    return count


@dataclass(frozen=True)
class Progress:
    """How many messages stand where, and how many were answered."""

    states: Mapping[str, int]
    answers: int

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return sum(self.states.get(state, 0) for state in _OPEN)


_OPEN = (*DUE, MessageState.CLAIMED, MessageState.DOUBTFUL, MessageState.PRINTED)


def progress(dispatch: Dispatch) -> Progress:
    """How far a dispatch is, by its own index."""
    rows = Message.objects.filter(dispatch=dispatch).values_list("state").annotate(Count("id")).order_by()
    return Progress(dict(rows), Incoming.objects.filter(message__dispatch=dispatch).count())


def finish_done() -> int:
    """End what has nothing more to send; how many."""
    count = 0
    for row in Dispatch.objects.filter(state=DispatchState.SENDING).order_by("id"):
        if not Message.objects.filter(dispatch=row, state__in=_OPEN).exists():
            _finish(row)
            count += 1
    return count


@action
def _finish(row: Dispatch) -> None:
    DISPATCH.move(row, "finish", ended_at=clock.now())
    _tell(row, None, dict(progress(row).states))


def _locked(dispatch: Dispatch) -> Dispatch:
    return Dispatch.objects.select_for_update(of=("self",)).select_related("template").get(pk=dispatch.pk)


def _moved_on() -> Refusal:
    return Refusal("moved_on", _("This dispatch has moved on. Reload to see where it stands."))


def _tell(row: Dispatch, by: User | None, figures: Mapping[str, Any]) -> None:
    told = DispatchMoved(
        thing_id=row.pk,
        dispatch=row.name,
        channel=row.channel,
        content=row.content,
        state=row.state,
        figures={name: count for name, count in figures.items() if isinstance(count, int)},
    )
    tell(told, by=by)
