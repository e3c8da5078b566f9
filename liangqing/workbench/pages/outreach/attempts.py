"""The receipts of the guard: every contact that was asked for, what was answered and why, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import exemptions, guard, recordings
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Answer, Attempt
from liangqing.outreach.rules.facts import Outcome
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.customers import PurposeForm
from liangqing.workbench.forms.outreach import ExemptionForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.words import customer_name, moment


def seen(user: User) -> QuerySet[Attempt]:
    """The receipts this person may see: of the customers within reach, and the person's own."""
    rows = Attempt.objects.select_related("party", "creditor", "by")
    if not can(user, "case.see"):
        return rows.none()
    if reach(user) is None:
        return rows
    return rows.filter(party__in=visible.parties(user)) | rows.filter(by=user)


@page("case.see")
def attempts(request: Request) -> HttpResponseBase:
    """All receipts within reach, the last first."""
    user = request.user
    listing = Listing(
        name="attempts",
        title=gettext_lazy("Contact receipts"),
        rows=seen(user),
        order=("-id",),
        columns=(
            Column("number", pgettext_lazy("of a contact", "Receipt"), lambda row: row.number),
            Column("at", gettext_lazy("Time"), lambda row: moment(row.at)),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.party, user)),
            Column("channel", gettext_lazy("Channel"), lambda row: row.get_channel_display()),
            Column("content", gettext_lazy("Content"), lambda row: row.get_content_display()),
            Column("recipient", gettext_lazy("Recipient"), lambda row: row.get_recipient_display()),
            Column("answer", pgettext_lazy("of the guard", "Answer"), lambda row: row.get_answer_display()),
            Column("why", gettext_lazy("Why"), lambda row: guard.reason_of(row) if row.findings else None),
            Column("outcome", gettext_lazy("What became of it"), lambda row: row.get_outcome_display()),
            Column("by", gettext_lazy("By"), lambda row: row.by.name if row.by else row.get_source_display()),
            Column("case", gettext_lazy("Case"), lambda row: row.case or None, shown=False),
            Column("policy", gettext_lazy("Policy"), lambda row: row.policy, shown=False),
        ),
        filters=(
            Filter("answer", pgettext_lazy("of the guard", "Answer"), lambda rows, value: rows.filter(answer=value), Answer.choices),
            Filter("channel", gettext_lazy("Channel"), lambda rows, value: rows.filter(channel=value), Channel.choices),
            Filter("outcome", gettext_lazy("What became of it"), lambda rows, value: rows.filter(outcome=value), Outcome.choices),
            Filter("violation", gettext_lazy("Against the rules"), _violations, (("yes", gettext_lazy("took place all the same")),)),
            Filter("customer", gettext_lazy("Customer number"), lambda rows, value: rows.filter(party__number=value), kind="text"),
            Filter("receipt", pgettext_lazy("of a contact", "Receipt"), _by_receipt, kind="text"),
            Filter("on", gettext_lazy("Day"), _on_day, kind="date"),
        ),
        link=lambda row: reverse("attempts-one", args=[row.pk]),
        empty=gettext_lazy("Nobody was contacted yet. Every call, message, letter and visit leaves a receipt here."),
    )  # fmt: skip
    return show(request, listing)


def _violations(rows: QuerySet[Attempt], _value: str) -> QuerySet[Attempt]:
    return rows.filter(ahead=False).exclude(answer=Answer.ALLOWED)


def _on_day(rows: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
    try:
        start = dt.datetime.combine(dt.date.fromisoformat(value), dt.time(), clock.zone())
    except ValueError:
        return rows.none()
    return rows.filter(at__gte=start, at__lt=start + dt.timedelta(days=1))


def _by_receipt(rows: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
    digits = value.upper().removeprefix("CR-").lstrip("0")
    return rows.filter(pk=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 19 else rows.none()


def _one(request: Request, pk: int) -> Attempt:
    return find(seen(request.user).select_related("call"), pk=pk)


@page("case.see")
def attempt(request: Request, pk: int) -> HttpResponse:
    """One receipt: what was asked, known and answered, whether it still says what was decided, and what came after."""
    return _answer(request, _one(request, pk))


def _answer(
    request: Request,
    row: Attempt,
    *,
    form: ExemptionForm | None = None,
    recording: str = "",
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    findings = [
        {**each, "said": guard.said(guard.finding(each)), "table": f"contact.{each['rule'].partition(':')[0]}"}
        for each in row.findings
    ]
    may_ask = row.answer != Answer.ALLOWED and row.ahead and exemptions.liftable(row) and can(request.user, "case.work")
    context: dict[str, Any] = {
        "row": row,
        "customer": customer_name(row.party, request.user),
        "findings": findings,
        "version": row.policy.partition("/")[0],
        "genuine": guard.genuine(row),
        "events": row.events.order_by("id"),
        "form": (form or ExemptionForm()) if may_ask else None,
        "recorded": bool((call := getattr(row, "call", None)) and call.recording_stored),
        "recording": recording,
        "refusal": refusal,
    }
    return render(request, "workbench/outreach/attempt.html", context, status=status)


@page("case.see", post="contact.reveal")
def recording(request: Request, pk: int) -> HttpResponse:
    """The recording of a call, where its provider keeps it: a link, for a purpose that stays in the trail."""
    row = _one(request, pk)
    call = getattr(row, "call", None)
    if call is None or not call.recording_stored:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(reverse("attempts-one", args=[pk]) + "#recording")
    form = PurposeForm(request.POST)
    purpose = form.cleaned_data["purpose"] if form.is_valid() else ""
    try:
        found = recordings.address(call, purpose=purpose, by=request.user)
    except Refusal as refusal:
        return _answer(request, row, refusal=refusal, status=refusal.status)
    return _answer(request, row, recording=found)


@page("case.see", post="case.work")
def exemption(request: Request, pk: int) -> HttpResponse:
    """Ask that the rules which refused this contact be lifted for a while."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("attempts-one", args=[pk]))
    form = ExemptionForm(request.POST)
    if form.is_valid():
        try:
            asked = exemptions.ask(row, form.cleaned_data["last_day"], form.cleaned_data["reason"], request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Asked for: {number}.").format(number=asked.number), extra_tags="good")
            return HttpResponseRedirect(reverse("approvals-request", args=[asked.number]))
    return _answer(request, row, form=form, status=422)
