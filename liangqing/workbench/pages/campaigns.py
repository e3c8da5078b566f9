"""Campaigns: choose cases, share them out evenly among chosen people, look, confirm; and take it back.

Each step is a plain form. What was chosen travels from step to step signed, for the same person and one day, so that
what is confirmed is what was looked at.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core import signing
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from liangqing.cases.actions import campaigns as actions
from liangqing.cases.actions.campaigns import Portion
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Campaign, Case, Share
from liangqing.cases.queries import overview, selection, visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import reach
from liangqing.receivables.queries import account
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.campaigns import CampaignForm, PeopleForm, SelectionForm
from liangqing.workbench.lists import Column, Listing, show
from liangqing.workbench.templatetags.lq import level as level_tag
from liangqing.workbench.words import customer_name, moment

FIRST = 20
"""So many of the chosen cases are shown."""
_HOLDS = dt.timedelta(hours=12)
_CASES, _PORTIONS = "campaign cases", "campaign portions"


# What there was ---------------------------------------------------------------------------------------------------------


def _within(user: User) -> QuerySet[Campaign]:
    """The campaigns of those whose work this person reaches."""
    people = reach(user)
    found = Campaign.objects.select_related("by", "undone_by")
    return found if people is None else found.filter(by__in=people)


@page("case.assign")
def campaigns(request: Request) -> HttpResponseBase:
    """The campaigns there were; a post gives the cases out as they were looked at."""
    if request.method == "POST":
        return _confirm(request)
    listing = Listing(
        name="campaigns",
        title=gettext_lazy("Campaigns"),
        rows=_within(request.user),
        order=("-id",),
        load=_with_counts,
        link=lambda row: reverse("campaigns-one", args=[row.pk]),
        columns=(
            Column("name", gettext_lazy("Name"), lambda row: row.name),
            Column("at", gettext_lazy("Confirmed"), lambda row: moment(row.at)),
            Column("by", gettext_lazy("By"), lambda row: row.by.name),
            Column("cases", gettext_lazy("Cases"), lambda row: row.cases, kind="num"),
            Column("people", gettext_lazy("People"), lambda row: row.people, kind="num"),
            Column("undone", gettext_lazy("Undone"), lambda row: moment(row.undone_at) if row.undone_at else None),
        ),
        empty=gettext_lazy("No campaign yet. Choose cases and share them out evenly among people of yours."),
    )
    return show(request, listing, "workbench/campaigns/campaigns.html")


def _with_counts(rows: list[Campaign]) -> list[Campaign]:
    shares = Share.objects.filter(campaign__in=rows).values("campaign")
    counts = {
        row["campaign"]: row
        for row in shares.annotate(cases=Count("id"), people=Count("after", distinct=True)).order_by()
    }
    for row in rows:
        found = counts.get(row.pk, {"cases": 0, "people": 0})
        row.cases, row.people = found["cases"], found["people"]  # type: ignore[attr-defined]
    return rows


@page("case.assign")
def campaign(request: Request, number: int) -> HttpResponseBase:
    """One campaign: who got how many, what has become of it, its cases."""
    user = request.user
    found = find(_within(user), pk=number)
    shares = Share.objects.filter(campaign=found)
    within = reach(user)
    rows = shares if within is None else shares.filter(case__owner__in=within)
    back = Q(case__owner=F("after"), case__stage=CaseStage.OPEN, before__is_active=True)
    people = list(
        shares.values("after__name")
        .annotate(cases=Count("id"), still=Count("id", filter=Q(case__owner=F("after"))))
        .order_by("after__name")
    )
    listing = Listing(
        name="campaign",
        title=found.name,
        rows=rows.select_related("case__party", "case__owner", "before", "after"),
        order=("id",),
        link=lambda row: reverse("cases-case", args=[row.case.number]),
        drawer=True,
        columns=(
            Column("case", gettext_lazy("Case"), lambda row: row.case.number),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.case.party, user)),
            Column(
                "before",
                pgettext_lazy("a case", "Belonged to"),
                lambda row: row.before.name if row.before else None,
            ),
            Column("after", pgettext_lazy("a case", "Given to"), lambda row: row.after.name),
            Column(
                "owner",
                pgettext_lazy("a case", "Belongs to now"),
                lambda row: row.case.owner.name if row.case.owner else None,
            ),
            Column("stage", gettext_lazy("Stage"), lambda row: row.case.get_stage_display()),
        ),
        empty=gettext_lazy("All these cases were already with the people chosen: none changed hands."),
    )
    counted = shares.aggregate(cases=Count("id"), back=Count("id", filter=back))
    return show(
        request,
        listing,
        "workbench/campaigns/campaign.html",
        campaign=found,
        people=people,
        counted=counted,
        stays=counted["cases"] - counted["back"],
        at=moment(found.at),
        undone_at=moment(found.undone_at) if found.undone_at else "",
    )


@page("case.assign")
def undo(request: Request, number: int) -> HttpResponse:
    """Give the cases back to whom they were."""
    found = find(_within(request.user), pk=number)
    if request.method == "POST":
        returned, kept = actions.undo(found, by=request.user)
        sentence = ngettext("{count} case went back.", "{count} cases went back.", returned).format(count=returned)
        if kept:
            sentence += " " + ngettext(
                "{count} case stayed: it was given to somebody else since, is closed, or whose it was has left.",
                "{count} cases stayed: they were given to somebody else since, are closed, or whose they were has left.",
                kept,
            ).format(count=kept)
        messages.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("campaigns-one", args=[found.pk]))


# A new one --------------------------------------------------------------------------------------------------------------


def collectors(user: User) -> list[User]:
    """Those who collect and are within reach, by department and name."""
    found = User.objects.filter(is_active=True, duties__overlap=[Duty.COLLECT.value, Duty.SELL.value])
    within = reach(user)
    found = found if within is None else found.filter(pk__in=within)
    able = found.exclude(duties__contains=[Duty.AUDIT.value]).select_related("department")
    return list(able.order_by("department__code", "name", "id"))


def seal(value: Any, user: User, kind: str) -> str:
    return signing.dumps(value, salt=f"{kind} {user.pk}", compress=True)


def unseal(text: str, user: User, kind: str) -> Any:
    """What this person sealed a while ago. Raises ``Refusal`` (422) for anything else."""
    try:
        return signing.loads(text, salt=f"{kind} {user.pk}", max_age=_HOLDS)
    except signing.BadSignature as error:
        raise Refusal(
            "chosen_too_long_ago",
            _("This choice of cases is too old, or not yours. Choose the cases again."),
            status=422,
        ) from error


@page("case.assign")
def select(request: Request) -> HttpResponse:
    """Which cases; and when that is said, among whom."""
    user = request.user
    people = collectors(user)
    form = SelectionForm(request.GET if "number" in request.GET else None, people=people)
    if not form.is_bound or not form.is_valid():
        return render(request, "workbench/campaigns/select.html", {"form": form}, status=422 if form.is_bound else 200)
    found = selection.select(user, form.wanted(), clock.today())
    sealed = seal(found, user, _CASES)
    return _choose(request, form, found, people, PeopleForm(initial={"cases": sealed}, people=people))


def _choose(
    request: Request,
    form: SelectionForm | None,
    found: list[int],
    people: list[User],
    people_form: PeopleForm,
    status: int = 200,
) -> HttpResponse:
    chosen = request.POST.getlist("people") if people_form.is_bound else []
    loads = {row.who.person_id: row for row in overview.carried(request.user, clock.today())}
    return render(
        request,
        "workbench/campaigns/select.html",
        {
            "form": form,
            "searched": True,
            "count": len(found),
            "first": first_shown(request.user, found),
            "people_form": people_form,
            "people": [(each, loads.get(each.pk), str(each.pk) in chosen) for each in people],
        },
        status=status,
    )


def first_shown(user: User, cases: list[int]) -> list[dict[str, Any]]:
    """The first of the cases as a table shows them, in the order given."""
    wanted = list(cases[:FIRST])
    rows = visible.cases(user).select_related("party", "owner").in_bulk(wanted)
    found = [rows[pk] for pk in wanted if pk in rows]
    late = account.late_of({(row.party_id, row.creditor_id) for row in found}, clock.today())
    return [_shown(row, user, late.get((row.party_id, row.creditor_id))) for row in found]


def _shown(row: Case, user: User, late: account.Late | None) -> dict[str, Any]:
    return {
        "case": row,
        "customer": customer_name(row.party, user),
        "level": level_tag(row.level),
        "late": tuple(late.late) if late else (),
        "days": late.days if late else None,
    }


@page("case.assign")
def preview(request: Request) -> HttpResponse:
    """How the cases would be shared; nothing has changed yet."""
    user = request.user
    if request.method != "POST":
        return HttpResponseRedirect(reverse("campaigns-selection"))
    people = collectors(user)
    form = PeopleForm(request.POST, people=people)
    cases = unseal(request.POST.get("cases", ""), user, _CASES)
    if not form.is_valid():
        return _choose(request, None, cases, people, form, status=422)
    portions = actions.preview(cases, form.chosen(), by=user)
    sealed = seal({str(each.person.pk): list(each.cases) for each in portions}, user, _PORTIONS)
    return _look(request, portions, CampaignForm(initial={"portions": sealed}), cases)


def _look(
    request: Request, portions: list[Portion], form: CampaignForm, cases: list[int], status: int = 200
) -> HttpResponse:
    to = {case: portion.person.name for portion in portions for case in portion.cases}
    first = [{**row, "to": to.get(row["case"].pk, "")} for row in first_shown(request.user, cases)]
    context = {"portions": portions, "form": form, "first": first, "count": len(to)}
    return render(request, "workbench/campaigns/preview.html", context, status=status)


def _confirm(request: Request) -> HttpResponse:
    user = request.user
    given = unseal(request.POST.get("portions", ""), user, _PORTIONS)
    people = User.objects.in_bulk([int(key) for key in given])
    form = CampaignForm(request.POST)
    if not form.is_valid():
        cases = [case for chosen in given.values() for case in chosen]
        portions = actions.preview(cases, [people[int(key)] for key in given], by=user)
        return _look(request, portions, form, cases, status=422)
    portions = [Portion(people[int(key)], tuple(chosen), ()) for key, chosen in given.items()]
    made = actions.confirm(form.cleaned_data["name"], portions, by=user)
    changed = Share.objects.filter(campaign=made).count()
    messages.success(
        request,
        ngettext("Shared out: {count} case changed hands.", "Shared out: {count} cases changed hands.", changed).format(
            count=changed
        ),
        extra_tags="good",
    )
    return HttpResponseRedirect(reverse("campaigns-one", args=[made.pk]))
