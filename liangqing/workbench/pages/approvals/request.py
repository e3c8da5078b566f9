"""One request: what, for how much, why, its way with who said what, and what I may do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing import policy
from liangqing.approvals import policy_change
from liangqing.approvals.actions import files, requests, votes
from liangqing.approvals.actions.requests import TABLE
from liangqing.approvals.lifecycle import REQUEST, RequestState
from liangqing.approvals.models import Attachment
from liangqing.approvals.models import Request as Asked
from liangqing.approvals.queries import inbox, route, visible
from liangqing.cases.actions import grace
from liangqing.cases.queries.grace import ACT as GRACE
from liangqing.cases.words import spoken
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.policy import words
from liangqing.warning.level import Level
from liangqing.workbench import shell
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.approvals import (
    AskForm,
    DecideForm,
    GraceForm,
    WithdrawForm,
)
from liangqing.workbench.pages.approvals.subjects import act_label, state_tag, subjects, voice_tag
from liangqing.workbench.pages.policy import trials
from liangqing.workbench.telling import entries as telling
from liangqing.workbench.telling.words import fact


def _asked(request: Request, number: str) -> Asked:
    rows = visible.visible_to(request.user).select_related("requested_by", "department", "decided_by")
    return find(rows, number=number)


@page("approval.see")
def one(request: Request, number: str) -> HttpResponse:
    """One request: what, for how much, why, its way with who said what, and what I may do about it."""
    return _show(request, _asked(request, number))


def _show(
    request: Request,
    found: Asked,
    *,
    decide: DecideForm | None = None,
    again: AskForm | None = None,
    withdraw: WithdrawForm | None = None,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    user = request.user
    moves = {move.name for move in REQUEST.open_to(found) if not move.right or can(user, move.right)}
    mine = found.requested_by_id == user.pk
    decides = "approve" in moves and route.may_decide(found, user)
    row = policy.row_of(found.policy, TABLE, found.row)
    spoken_votes = list(route.votes_of(found))
    context = {
        "found": found,
        "act": act_label(found.act),
        "about": subjects([found], user)[found.pk],
        "state": state_tag(found),
        "overdue": found.due_on is not None and found.due_on < clock.today(),
        "facts": facts(found),
        "policy": trials.of_request(found),
        "why_so": spoken(row.reason) if row.reason else "",
        "steps": [(step, words.route(str(step.step))) for step in route.route_of(found)],
        "votes": [(vote, voice_tag(vote)) for vote in spoken_votes],
        "rounds": found.round > 1,
        "files": list(found.attachments.select_related("by").order_by("id")),
        "history": [(told, _brief(told)) for told in telling.tell(list(route.history(found)[:200]), user)],
        "decides": decides,
        "for_whom": _speaks_for(found, user) if decides else None,
        "own": mine and found.state == RequestState.OPEN,
        "withdraws": mine and "withdraw" in moves,
        "asks_again": mine and "resubmit" in moves,
        "elsewhere": found.act in ELSEWHERE,
        "decide_form": decide or DecideForm(),
        "again_form": again or (_again_form(found) if mine and "resubmit" in moves else None),
        "withdraw_form": withdraw or WithdrawForm(prefix="w"),
        "wrong": wrong,
    }
    return render(request, "workbench/approvals/request.html", context, status=status)


def _speaks_for(found: Asked, user: User) -> str | None:
    principal = inbox.for_whom(found, user)
    return User.objects.values_list("name", flat=True).get(pk=principal) if principal is not None else None


_FACTS = ("from_on", "until_on", "days", "days_before", "level")
"""In this order; what else a request states comes after them."""


def facts(found: Asked) -> list[tuple[str, str]]:
    """What the request states besides amount and department, in words."""
    order = {key: place for place, key in enumerate(_FACTS)}
    given = sorted(found.facts.items(), key=lambda each: (order.get(each[0], len(order)), each[0]))
    return [_fact(key, value) for key, value in given if value is not None and value != "" and key != "trial"]


def _fact(key: str, value: Any) -> tuple[str, str]:
    if key == "from_on":
        return _("First day"), str(value)
    if key == "until_on":
        return _("Last day"), (dt.date.fromisoformat(value) - dt.timedelta(days=1)).isoformat()
    if key == "level" and value in Level.values:
        return fact(key), str(Level(value).label)
    if isinstance(value, bool):
        return fact(key), _("yes") if value else _("no")
    return fact(key), str(value)


_SAID_ELSEWHERE = ("act", "number", "policy", "reason", "row", "subject_kind")


def _brief(told: telling.Told) -> str:
    """The facts of an entry without what the page of the request says anyway."""
    known = {fact(key) for key in _SAID_ELSEWHERE}
    return " · ".join(f"{label} {value}" for label, value in told.facts if label not in known)


def _over(request: Request, found: Asked, sentence: str) -> HttpResponse:
    shell.forget_waiting(request.user)
    messages.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("approvals-request", args=[found.number]))


def _refused(refusal: Refusal) -> int:
    """The status of a page that says why not: whoever came this far has the right, only not for this one, or not now."""
    return 409 if refusal.status == 403 else refusal.status


def _decided(request: Request, number: str, decide: Callable[[Asked, User, str], Asked], said: Any) -> HttpResponse:
    """Let somebody say yes or no, and show what came of it, or why not."""
    found = _asked(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _show(request, found, decide=form, status=422)
    try:
        after = decide(found, request.user, form.cleaned_data["reason"])
    except Refusal as refusal:
        at_field = refusal.status == 422 and refusal.facts.get("field") in form.fields
        if at_field:
            form.refuse(refusal)
        wrong = "" if at_field else refusal.sentence
        return _show(request, _asked(request, number), decide=form, wrong=wrong, status=_refused(refusal))
    return _over(request, after, str(said(after)))


def _approval_said(after: Asked) -> str:
    if after.state == RequestState.APPROVED:
        return _("Approved, and done.")
    return _("Your approval counts; others are asked as well.")


@page("approval.see", post="approval.decide")
def approval(request: Request, number: str) -> HttpResponse:
    """Say yes."""
    return _decided(request, number, votes.approve, _approval_said)


@page("approval.see", post="approval.decide")
def rejection(request: Request, number: str) -> HttpResponse:
    """Say no, and why."""
    return _decided(request, number, votes.reject, lambda _after: _("Rejected."))


@page("approval.see", post="approval.decide")
def return_for_change(request: Request, number: str) -> HttpResponse:
    """Return it, saying what to change."""
    return _decided(request, number, votes.send_back, lambda _after: _("Returned for change."))


@page("approval.see", post="approval.request")
def withdrawal(request: Request, number: str) -> HttpResponse:
    """Ask for it no longer."""
    found = _asked(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = WithdrawForm(request.POST, prefix="w")
    if form.is_valid():
        try:
            requests.withdraw(found, request.user, form.cleaned_data["reason"])
        except Refusal as refusal:
            return _show(request, found, wrong=refusal.sentence, status=_refused(refusal))
        return _over(request, found, _("Withdrawn."))
    return _show(request, found, withdraw=form, status=422)


ELSEWHERE = frozenset((policy_change.ACT,))
"""Acts that are asked for again where their subject is changed, not on the page of the request."""


def _again_form(found: Asked, *given: Any) -> AskForm:
    """What is filled in to ask again, with what was said before."""
    initial = {"reason": found.reason}
    if found.act == GRACE:
        last = dt.date.fromisoformat(found.facts["until_on"]) - dt.timedelta(days=1)
        return GraceForm(*given, initial={**initial, "last_day": last})
    return AskForm(*given, prefix="g", initial=initial)


@page("approval.see", post="approval.request")
def resubmission(request: Request, number: str) -> HttpResponse:
    """Ask again for what was returned for change."""
    found = _asked(request, number)
    if request.method != "POST" or found.act in ELSEWHERE:
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = _again_form(found, request.POST, request.FILES)
    if form.is_valid():
        given = {"reason": form.cleaned_data["reason"], "by": request.user, "attachments": form.uploads()}
        try:
            if isinstance(form, GraceForm):
                grace.ask_again(found, form.until_on(), **given)
            else:
                requests.resubmit(found, **given)
        except Refusal as refusal:
            if refusal.status != 422:
                return _show(
                    request, _asked(request, number), again=form, wrong=refusal.sentence, status=_refused(refusal)
                )
            form.refuse(refusal)
        else:
            return _over(request, found, _("Requested again."))
    return _show(request, found, again=form, status=422)


@page("approval.see")
def attachment(request: Request, number: str, pk: int) -> HttpResponseBase:
    """A file that belongs to a request, as it was handed in; its hash is checked on the way out."""
    found = find(Attachment.objects.filter(request=_asked(request, number)), pk=pk)
    answer = FileResponse(files.read(found), as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
