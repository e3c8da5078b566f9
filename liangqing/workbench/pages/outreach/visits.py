"""Rounds of visits: all of them, a new one, one with its route, on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import rounds
from liangqing.outreach.actions.rounds import LIVE, Household
from liangqing.outreach.lifecycle import ROUND, RoundState
from liangqing.outreach.models import Round, Stop
from liangqing.outreach.queries import visits as asked
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.visits import RoundForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.words import customer_name

MOST = 200
"""Cases offered at once."""


def seen(user: User) -> QuerySet[Round]:
    """The rounds this person may see: within reach, or with a household that is."""
    if reach(user) is None:
        return asked.rounds(user)
    theirs = Stop.objects.filter(round=OuterRef("pk"), party__in=visible.parties(user).values("pk"))
    everything = Round.objects.all() if can(user, "case.see") else Round.objects.none()
    return everything.filter(Q(pk__in=asked.rounds(user).values("pk")) | Exists(theirs))


def stops_of(row: Round, user: User) -> QuerySet[Stop]:
    """The households of a round this person may see: all of a round within reach, else those that are."""
    found = row.stops.select_related("party", "creditor", "attempt", "visit").order_by("place")
    if asked.rounds(user).filter(pk=row.pk).exists():
        return found
    return found.filter(party__in=visible.parties(user).values("pk"))


def shows_addresses(row: Round, user: User) -> bool:
    """Whether the round was set out with this person: then the addresses were revealed to them."""
    return row.state == RoundState.UNDER_WAY and row.people.filter(pk=user.pk).exists()


def address_of(stop: Stop, *, whole: bool) -> str:
    return stop.address if whole else masking.address(stop.address, stop.party.area)


@page("case.see")
def listed(request: Request) -> HttpResponseBase:
    """All rounds within reach, the last first."""
    user = request.user
    people = reach(user)
    goers = User.objects.filter(is_active=True) if people is None else User.objects.filter(pk__in=people)
    listing = Listing(
        name="visits",
        title=gettext_lazy("Visits"),
        rows=asked.rounds(user).select_related("planned_by").prefetch_related("people"),
        order=("-on", "-id"),
        load=_counted,
        columns=(
            Column("number", gettext_lazy("Round"), lambda row: row.number),
            Column("on", gettext_lazy("Day"), lambda row: row.on, kind="date", sort=("on", "id")),
            Column("area", gettext_lazy("Area"), lambda row: row.area),
            Column("people", gettext_lazy("Who goes"), lambda row: "、".join(each.name for each in row.people.all())),
            Column("stops", gettext_lazy("Households"), lambda row: row.count, kind="num"),
            Column("done", gettext_lazy("Written"), lambda row: row.done, kind="num"),
            Column("left", gettext_lazy("Left out"), lambda row: len(row.left_out), kind="num"),
            Column("state", gettext_lazy("State"), lambda row: row.get_state_display()),
            Column("planned", gettext_lazy("Planned by"), lambda row: row.planned_by.name, shown=False),
        ),
        filters=(
            Filter("state", gettext_lazy("State"), lambda rows, value: rows.filter(state=value), RoundState.choices),
            Filter(
                "person",
                gettext_lazy("Who goes"),
                lambda rows, value: rows.filter(people=int(value)) if value.isdigit() else rows.none(),
                lambda: [(str(each.pk), each.name) for each in goers.order_by("name")],
            ),
            Filter("area", gettext_lazy("Area"), lambda rows, value: rows.filter(area=value), kind="text"),
            Filter("on", gettext_lazy("Day"), _on_day, kind="date"),
        ),
        link=lambda row: reverse("visits-round", args=[row.pk]),
        empty=gettext_lazy("No round of visits yet. Plan one for an area and a day."),
    )
    return show(
        request,
        listing,
        "workbench/outreach/visits/list.html",
        plans=can(user, "case.work") or can(user, "case.assign"),
    )


def _counted(rows: list[Round]) -> list[Round]:
    found = Stop.objects.filter(round__in=[row.pk for row in rows]).values("round")
    counts = {
        each["round"]: (each["count"], each["done"]) for each in found.annotate(count=Count("pk"), done=Count("visit"))
    }
    for row in rows:
        row.count, row.done = counts.get(row.pk, (0, 0))  # type: ignore[attr-defined]
    return rows


def _on_day(rows: QuerySet[Round], value: str) -> QuerySet[Round]:
    try:
        return rows.filter(on=dt.date.fromisoformat(value))
    except ValueError:
        return rows.none()


# planning ---------------------------------------------------------------------------------------------------------------


@page("case.see", post="case.work")
def planning(request: Request) -> HttpResponse:
    """A new round: area, day and people, and the households picked from the open cases of one of them."""
    user = request.user
    goers = _goers(user)
    if request.method == "POST":
        form = RoundForm(request.POST, people=goers)
        chosen = [key for key in request.POST.getlist("pick") if key.isdigit()][: rounds.MOST + 1]
        found = visible.cases(user).filter(pk__in=chosen, stage="open").select_related("party__merged_into", "creditor")
        if form.is_valid():
            try:
                row = rounds.plan(
                    area=form.cleaned_data["area"],
                    on=form.cleaned_data["on"],
                    people=list(form.cleaned_data["people"]),
                    content=form.cleaned_data["content"],
                    households=[Household(each.party, each.creditor, each.number) for each in found],
                    by=user,
                )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                return HttpResponseRedirect(reverse("visits-round", args=[row.pk]))
        return _plan(request, form, goers, picked={int(key) for key in chosen}, status=422)
    area = request.GET.get("area", "").strip()
    initial = {"area": area, "people": [user.pk] if can(user, "case.work") else []}
    return _plan(request, RoundForm(initial=initial, people=goers), goers)


def _goers(user: User) -> QuerySet[User]:
    """Who may be asked to go along: colleagues of the department, or whoever works on cases where all is in reach."""
    people = reach(user)
    found = User.objects.filter(is_active=True).order_by("name")
    if people is not None:
        found = found.filter(Q(pk__in=people) | Q(department=user.department_id, department__isnull=False))
    ids = [each.pk for each in found.only("id", "duties", "is_active")[:MOST] if can(each, "case.work")]
    return User.objects.filter(pk__in=ids).order_by("name")


def _plan(
    request: Request, form: RoundForm, goers: QuerySet[User], *, picked: set[int] | None = None, status: int = 200
) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    user, area = request.user, given.get("area", "").strip()
    people = reach(user)
    owners = User.objects.filter(is_active=True).order_by("name")
    if people is not None:
        owners = owners.filter(pk__in=people)
    owner = given.get("owner", "")
    whose = int(owner) if owner.isdigit() and len(owner) < 10 else user.pk
    cases = visible.cases(user).filter(owner=whose, stage="open").select_related("party", "creditor")
    if area:
        cases = cases.filter(party__area__contains=area)
    rows = list(cases.order_by("party__area", "party__number", "pk")[: MOST + 1])
    context: dict[str, Any] = {
        "form": form,
        "owners": [(each.pk, each.name) for each in owners[:MOST]],
        "whose": whose,
        "area": area,
        "cases": [(each, customer_name(each.party, user)) for each in rows[:MOST]],
        "more": len(rows) > MOST,
        "picked": picked or set(),
        "most": rounds.MOST,
    }
    return render(request, "workbench/outreach/visits/planning.html", context, status=status)


# one round --------------------------------------------------------------------------------------------------------------


def _round(request: Request, pk: int) -> Round:
    return find(seen(request.user).select_related("planned_by"), pk=pk)


@page("case.see")
def one(request: Request, pk: int) -> HttpResponse:
    """A round: its people, its route, who was left out and why."""
    return _answer(request, _round(request, pk))


def _answer(request: Request, row: Round, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    user = request.user
    goes = row.people.filter(pk=user.pk).exists()
    whole = shows_addresses(row, user)
    stops = list(stops_of(row, user))
    plans = can(user, "case.assign") or row.planned_by_id == user.pk or goes
    live = row.state in LIVE
    context: dict[str, Any] = {
        "row": row,
        "people": list(row.people.order_by("name")),
        "stops": [(stop, customer_name(stop.party, user), address_of(stop, whole=whole)) for stop in stops],
        "left_out": _left_out(row, user),
        "goes": goes,
        "whole": whole,
        "written": sum(hasattr(stop, "visit") for stop in stops),
        "changes": plans and live and can(user, "case.work"),
        "moves": {move.name for move in ROUND.open_to(row)} if plans and can(user, "case.work") else set(),
        "offline": whole,
        "refusal": refusal,
    }
    return render(request, "workbench/outreach/visits/round.html", context, status=status)


def _left_out(row: Round, user: User) -> list[tuple[str, str, str]]:
    """Customer, case and reason, of those this person may see."""
    parties = visible.parties(user).filter(pk__in=[each["party"] for each in row.left_out])
    names = {party.pk: customer_name(party, user) for party in parties}
    return [
        (names[each["party"]], each["case"], rounds.why(each["code"], each["findings"]))
        for each in row.left_out
        if each["party"] in names
    ]


@page("case.see", post="case.work")
def moves(request: Request, pk: int) -> HttpResponse:
    """Start, finish or call off."""
    row = _round(request, pk)
    acts = {"start": rounds.start, "finish": rounds.finish, "call off": rounds.call_off}
    if request.method == "POST" and (name := request.POST.get("move", "")) in acts:
        try:
            acts[name](row, by=request.user)
        except Refusal as refusal:
            row.refresh_from_db()
            return _answer(request, row, refusal=refusal, status=refusal.status)
    return HttpResponseRedirect(reverse("visits-round", args=[pk]))


@page("case.see", post="case.work")
def route(request: Request, pk: int) -> HttpResponse:
    """Change the route: a household up or down, off it, or on it by the number of its case."""
    row = _round(request, pk)
    if request.method == "POST":
        try:
            _change(request, row)
        except Refusal as refusal:
            row.refresh_from_db()
            return _answer(request, row, refusal=refusal, status=refusal.status)
    return HttpResponseRedirect(reverse("visits-round", args=[pk]))


def _change(request: Request, row: Round) -> None:
    user, given = request.user, request.POST
    if number := given.get("case", "").strip():
        cases = visible.cases(user).filter(stage="open").select_related("party__merged_into", "creditor")
        case = cases.filter(number=number).first()
        if case is None:
            raise Refusal("no_such_case", _("There is no open case {number} within your reach."), number=number)
        rounds.add(row, Household(case.party, case.creditor, case.number), by=user)
        messages.success(request, _("Added."), extra_tags="good")
        return
    key, what = given.get("stop", ""), given.get("what", "")
    if not key.isdigit() or what not in ("up", "down", "off"):
        return
    stop = find(row.stops.select_related("round"), pk=int(key))
    if what == "off":
        rounds.remove(stop, by=user)
        return
    order = list(row.stops.order_by("place").values_list("pk", flat=True))
    here = order.index(stop.pk)
    there = here - 1 if what == "up" else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
        rounds.reorder(row, order, by=user)


@page("case.see")
def printed(request: Request, pk: int) -> HttpResponse:
    """The route on paper, with room to write."""
    row, user = _round(request, pk), request.user
    whole = shows_addresses(row, user)
    stops = [(stop, customer_name(stop.party, user), address_of(stop, whole=whole)) for stop in stops_of(row, user)]
    people = list(row.people.order_by("name"))
    context = {"row": row, "stops": stops, "people": people, "whole": whole}
    return render(request, "workbench/outreach/visits/print.html", context)
