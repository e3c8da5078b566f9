"""What holds contact with a customer back: put on record, read, lifted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import agreements, deadlines
from liangqing.parties.actions import restraints as actions
from liangqing.parties.models import Agreement, Deadline, Hold, Party, Restraint
from liangqing.parties.queries import members
from liangqing.parties.queries import restraints as found
from liangqing.parties.rules.deadlines import state
from liangqing.people.rights import can
from liangqing.receivables.queries.account import still_open
from liangqing.receivables.queries.bankruptcy import paid_after
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.outreach import DayForm, LiftForm, RestraintForm
from liangqing.workbench.words import customer_name

MOST = 200


def _party(request: Request, number: str) -> Party:
    return find(visible.parties(request.user).select_related("merged_into"), number=number)


@page("customer.see", post="case.work")
def restraints(request: Request, number: str) -> HttpResponse:
    """All that holds or held back; posting puts one more on record."""
    party = _party(request, number)
    form = _form(request, party)
    if request.method == "POST" and form.is_valid():
        try:
            actions.place(party, by=request.user, **form.given())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("On record. It counts from now on."), extra_tags="good")
            return HttpResponseRedirect(reverse("customers-restraints", args=[number]))
    return _answer(request, party, form, status=422 if request.method == "POST" else 200)


def _form(request: Request, party: Party) -> RestraintForm:
    bills = [each.bill.number for each in still_open(members.members(party), clock.today()) if each.owed > 0]
    return RestraintForm(request.POST or None, contacts=members.contacts(party)[:60], bills=bills)


def _answer(
    request: Request,
    party: Party,
    form: RestraintForm,
    *,
    lift_form: LiftForm | DayForm | None = None,
    status: int = 200,
) -> HttpResponse:
    ids, today = members.members(party), clock.today()
    rows = list(found.of(ids).select_related("agreement", "deadline__responsible", "deadline__met_by")[:MOST])
    for row in rows:
        row.holding = actions.holds(row)  # type: ignore[attr-defined]
        mine = row.kind != Hold.BREACH and actions.may_lift(row, request.user)
        row.may_end = row.holding and mine  # type: ignore[attr-defined]
        row.clock = getattr(row, "deadline", None)  # type: ignore[attr-defined]
        row.plan = getattr(row, "agreement", None)  # type: ignore[attr-defined]
        if row.clock is not None:  # type: ignore[attr-defined]
            row.clock.state = "" if row.clock.met_on else state(row.clock.due_on, row.clock.warn_on, today)  # type: ignore[attr-defined]
    after = list(paid_after(visible.receipts(request.user).filter(party__in=ids))[:20]) if _bankrupt(rows) else []
    context = {
        "party": party,
        "name": customer_name(party, request.user),
        "rows": rows,
        "form": form,
        "lift_form": lift_form or LiftForm(),
        "works": can(request.user, "case.work"),
        "extends": can(request.user, "deadline.extend"),
        "after": after,
    }
    return render(request, "workbench/outreach/restraints.html", context, status=status)


@page("customer.see", post="case.work")
def lifting(request: Request, pk: int) -> HttpResponse:
    """It holds no more, with the reason."""
    row = find(Restraint.objects.filter(party__in=visible.parties(request.user)).select_related("party"), pk=pk)
    if request.method == "POST":
        form = LiftForm(request.POST)
        if not form.is_valid():
            return _answer(request, row.party, _form_for(row.party), lift_form=form, status=422)
        actions.lift(row, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("Lifted."), extra_tags="good")
    return HttpResponseRedirect(reverse("customers-restraints", args=[row.party.number]))


def _bankrupt(rows: Sequence[Restraint]) -> bool:
    return any(row.kind == Hold.BANKRUPTCY and actions.holds(row) for row in rows)


@page("customer.see", post="deadline.extend")
def deadline_extension(request: Request, pk: int) -> HttpResponse:
    """A deadline put off to another day; where the table says so, more time is asked for."""
    row = _deadline(request, pk)

    def act(day: dt.date, reason: str) -> None:
        asked = deadlines.extend(row, day, reason, request.user)
        told = _("Put off.") if asked is None else _("Asked for as {number}.").format(number=asked.number)
        messages.success(request, told, extra_tags="good")

    return _dated(request, row.restraint.party, act)


@page("customer.see", post="case.work")
def deadline_completion(request: Request, pk: int) -> HttpResponse:
    """The complaint was answered, the claim was filed."""
    row = _deadline(request, pk)
    if request.method == "POST":
        form = LiftForm(request.POST)
        if not form.is_valid():
            return _answer(request, row.restraint.party, _form_for(row.restraint.party), lift_form=form, status=422)
        deadlines.meet(row, form.cleaned_data["reason"], request.user)
        messages.success(request, _("On record."), extra_tags="good")
    return HttpResponseRedirect(reverse("customers-restraints", args=[row.restraint.party.number]))


@page("customer.see", post="case.work")
def agreement_breach(request: Request, pk: int) -> HttpResponse:
    """An instalment was missed: only the notice of it may go out now."""
    row = _agreement(request, pk)

    def act(day: dt.date, reason: str) -> None:
        agreements.miss(row, day, reason, request.user)
        messages.success(
            request, _("On record. Now tell the customer; nothing may be demanded before."), extra_tags="good"
        )

    return _dated(request, row.restraint.party, act)


@page("customer.see", post="case.work")
def agreement_notice(request: Request, pk: int) -> HttpResponse:
    """The customer was told of the missed instalment."""
    row = _agreement(request, pk)

    def act(day: dt.date, reason: str) -> None:
        agreements.notify(row, day, reason, request.user)
        messages.success(request, _("On record. Collection is as before the agreement."), extra_tags="good")

    return _dated(request, row.restraint.party, act)


def _dated(request: Request, party: Party, act: Callable[[dt.date, str], None]) -> HttpResponse:
    """An act that needs a day and a reason; what refuses it stands above the list."""
    if request.method == "POST":
        form = DayForm(request.POST)
        if form.is_valid():
            try:
                act(form.cleaned_data["on"], form.cleaned_data["reason"])
            except Refusal as refusal:
                form.refuse(refusal)
        if form.errors:
            return _answer(request, party, _form_for(party), lift_form=form, status=422)
    return HttpResponseRedirect(reverse("customers-restraints", args=[party.number]))


def _deadline(request: Request, pk: int) -> Deadline:
    mine = Deadline.objects.filter(restraint__party__in=visible.parties(request.user))
    return find(mine.select_related("restraint__party"), pk=pk)


def _agreement(request: Request, pk: int) -> Agreement:
    mine = Agreement.objects.filter(restraint__party__in=visible.parties(request.user))
    return find(mine.select_related("restraint__party"), pk=pk)


def _form_for(party: Party) -> RestraintForm:
    return RestraintForm(contacts=members.contacts(party)[:60], bills=[])
