"""What holds contact with a customer back: put on record, read, lifted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import restraints as actions
from liangqing.parties.models import Party, Restraint
from liangqing.parties.queries import members
from liangqing.parties.queries import restraints as found
from liangqing.people.rights import can
from liangqing.receivables.queries.account import still_open
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.outreach import LiftForm, RestraintForm
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
    request: Request, party: Party, form: RestraintForm, *, lift_form: LiftForm | None = None, status: int = 200
) -> HttpResponse:
    now = clock.now()
    rows = list(found.of(members.members(party))[:MOST])
    for row in rows:
        over = row.lifted_at is not None or (row.until_at is not None and row.until_at <= now)
        row.holds = not over  # type: ignore[attr-defined]
        row.may_end = not over and actions.may_lift(row, request.user)  # type: ignore[attr-defined]
    context = {
        "party": party,
        "name": customer_name(party, request.user),
        "rows": rows,
        "form": form,
        "lift_form": lift_form or LiftForm(),
        "works": can(request.user, "case.work"),
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


def _form_for(party: Party) -> RestraintForm:
    return RestraintForm(contacts=members.contacts(party)[:60], bills=[])
