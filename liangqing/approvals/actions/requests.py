"""Asking for approval: request, resubmit, withdraw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions import files
from liangqing.approvals.events import ApprovalRequested, RequestResubmitted, RequestWithdrawn
from liangqing.approvals.lifecycle import REQUEST, RequestState
from liangqing.approvals.models import Request
from liangqing.approvals.queries.roster import question, roster, steps_of
from liangqing.approvals.rules import route as routes
from liangqing.approvals.rules import voices
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.people.models import Department, User
from liangqing.people.rights import demand
from liangqing.policy import calendar
from liangqing.policy.tables import TableError
from liangqing.trail.actions.tell import tell

TABLE = "approval.route"
LONGEST_REASON = 4000
LONGEST_SUBJECT = 300


@action
@clause("P1 4")
def request(
    act: str,
    *,
    subject_kind: str,
    subject_id: int,
    subject: str,
    reason: str,
    by: User,
    amount: Money | None = None,
    department: Department | None = None,
    facts: Mapping[str, Any] | None = None,
    party_id: int | None = None,
    attachments: Sequence[Upload] = (),
) -> Request:
    """Ask that an act be approved. The policy in force today says by whom; the way is kept as it was decided.

    ``subject`` says in a sentence what it is about (sealed); ``department`` is that of the requester unless given;
    ``facts`` are inputs of the table of routes beyond act, amount and department, such as ``loosens_law``.

    Raises ``Refusal``: 403 without the right; 422 (with ``field``) without a reason or for a file that is not taken;
    409 where the policy names nobody (``no_route``), nobody could decide (``nobody_to_decide``), or the act itself can't
    happen (whatever its ``check`` says).
    """
    known = acts.named(act)
    demand(by, "approval.request")
    if known.right:
        demand(by, known.right)
    now = clock.now()
    made = Request(
        number=_number(clock.today().year),
        act=act,
        subject_kind=subject_kind,
        subject_id=subject_id,
        subject_stored=sealing.seal(" ".join(subject.split())[:LONGEST_SUBJECT]),
        party_id=party_id,
        department=department or by.department,
        facts=dict(facts or {}),
        requested_by=by,
        requested_at=now,
    )
    _ask(made, reason, amount)
    made.save(force_insert=True)
    kept = files.attach(made, attachments, by=by)
    if known.check:
        known.check(made)
    tell(
        ApprovalRequested.about(
            made, reason=made.reason_stored, files=[each.sha256 for each in kept], recipients=made.waiting_for
        ),
        by=by,
    )
    return made


@action
@clause("P1 4")
def resubmit(
    request: Request,
    by: User,
    *,
    reason: str,
    amount: Money | None = None,
    facts: Mapping[str, Any] | None = None,
    attachments: Sequence[Upload] = (),
) -> Request:
    """Ask again for what was returned, in a new round: all voices are asked for anew, by the policy in force today.

    Amount and facts stay as they were unless given; files are added to those handed in before. Raises ``Refusal`` as
    ``request`` does, ``not_yours`` (403) for somebody else's request, ``moved_on`` for one that was not returned.
    """
    again = _own(request, by)
    if again.state != RequestState.RETURNED:
        raise Refusal("moved_on", _("Only what was returned for change can be requested again. Make a new request."))
    if facts is not None:
        again.facts = dict(facts)
    again.round += 1
    _ask(again, reason, amount if amount is not None else again.money)
    columns = (
        "amount", "currency", "facts", "reason_stored", "round", "row", "policy", "steps", "bulk", "due_in_days",
        "escalate_in_days", "step", "waiting_for", "asked", "due_on", "escalates_on", "reminded_on", "escalated_on",
    )  # fmt: skip
    REQUEST.move(
        again,
        "resubmit",
        **{column: getattr(again, column) for column in columns},
        decided_at=None,
        decided_by=None,
        failed_at=None,
        failure="",
    )
    kept = files.attach(again, attachments, by=by)
    known = acts.named(again.act)
    if known.check:
        known.check(again)
    tell(
        RequestResubmitted.about(
            again, reason=again.reason_stored, files=[each.sha256 for each in kept], recipients=again.waiting_for
        ),
        by=by,
    )
    return again


@action
@clause("P1 4")
def withdraw(request: Request, by: User, reason: str = "") -> Request:
    """Ask for it no longer. Raises ``Refusal``: ``not_yours`` (403), ``moved_on`` once it is decided."""
    gone = _own(request, by)
    REQUEST.move(gone, "withdraw", decided_at=clock.now(), decided_by=by, **nobody_asked())
    tell(
        RequestWithdrawn.about(gone, reason=sealing.seal(reason.strip()[:LONGEST_REASON])),
        by=by,
    )
    return gone


def locked(request: Request) -> Request:
    """The request as it stands, for this transaction alone."""
    return Request.objects.select_for_update(of=("self",)).get(pk=request.pk)


def nobody_asked() -> dict[str, Any]:
    """The columns of a request that waits for nobody any more."""
    return {"waiting_for": [], "due_on": None, "escalates_on": None}


def step_begins(request: Request, people: voices.Ids, place: int, today: dt.date) -> dict[str, Any]:
    """The columns of a request whose step begins to wait today for these people."""
    return {
        "step": place,
        "waiting_for": sorted(people),
        "asked": sorted({*request.asked, *people}),
        "due_on": calendar.working_days_after(today, request.due_in_days),
        "escalates_on": calendar.working_days_after(today, request.escalate_in_days),
        "reminded_on": None,
        "escalated_on": None,
    }


def _own(request: Request, by: User) -> Request:
    demand(by, "approval.request")
    found = locked(request)
    if found.requested_by_id != by.pk:
        raise Refusal("not_yours", _("Only whoever requested this can change or withdraw it."), status=403)
    return found


def _ask(request: Request, reason: str, amount: Money | None) -> None:
    """Fill in what is asked and by whom it is decided."""
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why this should be approved."), status=422, field="reason")
    request.reason_stored = sealing.seal(reason.strip()[:LONGEST_REASON])
    request.amount, request.currency = (amount.amount, amount.currency) if amount is not None else (None, "")
    today = clock.today()
    route = _route(request, today)
    request.row, request.steps, request.bulk = route.row, [str(step) for step in route.steps], route.bulk
    request.due_in_days, request.escalate_in_days = route.due_in_days, route.escalate_in_days
    request.escalated_on = None
    asking = voices.Question(route.steps, request.requested_by_id, request.department_id)
    here = roster(route.steps)
    if (stuck := voices.unfillable(asking, here)) is not None:
        raise Refusal(
            "nobody_to_decide",
            _(
                "Nobody could decide step {step} ({who}): nobody decides on their own request, nor twice. Let an "
                "administrator give somebody else this duty, or let somebody else request it."
            ),
            step=stuck + 1,
            who=str(route.steps[stuck]),
        )
    for column, value in step_begins(request, voices.asked(asking, here), 0, today).items():
        setattr(request, column, value)


def _route(request: Request, today: dt.date) -> routes.Route:
    """The way by the policy in force. Raises ``Refusal`` (``no_route``)."""
    book = policy.in_force(today)
    request.policy = book.stamp
    try:
        return routes.route(facts_of(request, book), book.tables[TABLE])
    except (KeyError, TableError, routes.RouteError) as wrong:
        raise Refusal(
            "no_route",
            _("The policy does not say who approves this ({act}). Add a row to its table of approvals."),
            act=acts.named(request.act).label,
        ) from wrong


def facts_of(request: Request, book: policy.Policy) -> dict[str, Any]:
    """What the table of routes hears of a request."""
    band = "none"
    if request.amount is not None:
        medium, large = (book.terms.money(f"priority.{size}_from", request.currency) for size in ("medium", "large"))
        band = routes.amount_band(request.amount, medium_from=medium, large_from=large)
    return {
        **request.facts,
        "act": request.act,
        "amount_band": band,
        "department_kind": request.department.kind if request.department else routes.OTHER,
    }


def _number(year: int) -> str:
    """The next number of a year. Requests made at the same moment get theirs one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO approvals_counter (year, last) VALUES (%s, 1)
               ON CONFLICT (year) DO UPDATE SET last = approvals_counter.last + 1 RETURNING last""",
            [year],
        )
        return f"LQ-A-{year}-{cursor.fetchone()[0]:06d}"


def ask_anew(request: Request) -> list[int]:
    """Whoever a waiting request asks as people stand now; written down when that changed. The request must be locked."""
    people = voices.asked(question(request), roster(steps_of(request)))
    if sorted(people) != request.waiting_for:
        request.waiting_for = sorted(people)
        request.asked = sorted({*request.asked, *people})
        Request.objects.filter(pk=request.pk).update(waiting_for=request.waiting_for, asked=request.asked)
    return request.waiting_for
