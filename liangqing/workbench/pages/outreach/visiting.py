"""One stop on a phone: arriving, what came of it, its pictures; and the script that keeps the route at hand off the line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing import policy
from liangqing.kit import clock, files
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard, visits
from liangqing.outreach.lifecycle import RoundState
from liangqing.outreach.models import Answer, Stop, Visit, VisitFile
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.visits import Position
from liangqing.people.rights import can
from liangqing.receivables.queries import account
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.visits import VisitForm
from liangqing.workbench.pages.outreach.visits import address_of, seen, shows_addresses, stops_of
from liangqing.workbench.words import customer_name

WORKER = Path(__file__).resolve().parents[2] / "static" / "workbench" / "visits-worker.js"
MOST_BILLS = 50


def _stop(request: Request, pk: int) -> Stop:
    """A stop of a round this person may see, and itself seen there."""
    found = find(Stop.objects.filter(round__in=seen(request.user)).select_related("round"), pk=pk)
    return find(stops_of(found.round, request.user).select_related("round"), pk=pk)


def _form(stop: Stop, request: Request | None = None) -> VisitForm:
    owed = account.open_bills(stop.party, clock.today(), creditor=stop.creditor, most=MOST_BILLS)
    bills = [(row.bill.number, row.bill.currency) for row in owed if row.owed > 0]
    rules = policy.in_force(clock.today())
    if request is not None:
        return VisitForm(request.POST, request.FILES, rules=rules, bills=bills)
    return VisitForm(initial=VisitForm.start(), rules=rules, bills=bills)


@page("case.see", post="case.work")
def stop(request: Request, pk: int) -> HttpResponseBase:
    """A stop: the address, the arrival, the form; posting writes what came of it. A device that sends it later asks for
    JSON and is told in one sentence."""
    row = _stop(request, pk)
    if request.method != "POST":
        return _answer(request, row)
    form, program = _form(row, request), _wants_json(request)
    status = 422
    if form.is_valid():
        try:
            visits.record(
                row,
                form.told(),
                key=form.cleaned_data["key"],
                by=request.user,
                slips=form.uploads("slip"),
                photos=form.uploads("photos"),
            )
        except Refusal as refusal:
            if program:
                return JsonResponse({"sentence": refusal.sentence, "code": refusal.code}, status=refusal.status)
            form.refuse(refusal)
            status = refusal.status
        else:
            if program:
                return JsonResponse({"done": True})
            messages.success(request, _("Written."), extra_tags="good")
            return HttpResponseRedirect(reverse("visits-round", args=[row.round_id]))
    if program:
        return JsonResponse({"sentence": _faults(form), "code": "invalid"}, status=422)
    return _answer(request, row, form=form, status=status)


def _faults(form: VisitForm) -> str:
    """What is wrong, in one paragraph, each field named."""
    said = [str(each) for each in form.non_field_errors()]
    for name, errors in form.errors.items():
        if name in form.fields:
            said.append(f"{form.fields[name].label}: {' '.join(str(each) for each in errors)}")
    return " ".join(said)


def _wants_json(request: Request) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _answer(
    request: Request, row: Stop, *, form: VisitForm | None = None, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    user, visit = request.user, getattr(row, "visit", None)
    goes = row.round.people.filter(pk=user.pk).exists() and can(user, "case.work")
    whole = shows_addresses(row.round, user)
    arrived = row.attempt is not None and row.arrived_at is not None and row.attempt.outcome == Outcome.OPEN
    writes = goes and visit is None and row.round.started_at is not None
    context: dict[str, Any] = {
        "row": row,
        "round": row.round,
        "customer": customer_name(row.party, user),
        "address": address_of(row, whole=whole),
        "accounts": account.account(row.party, clock.today(), creditor=row.creditor),
        "visit": visit,
        "files": _pictures(visit, whole=whole) if visit else [],
        "position": _shown(visit.position, whole=whole) if visit else "",
        "arrived": arrived,
        "arrives": writes and not arrived and row.round.state == RoundState.UNDER_WAY,
        "form": (form or _form(row)) if writes else None,
        "open": arrived or form is not None,
        "refusal": refusal,
        "refused": row.attempt
        if row.attempt is not None and row.attempt.answer != Answer.ALLOWED and not visit
        else None,
        "offline": writes,
    }
    return render(request, "workbench/outreach/visits/stop.html", context, status=status)


def _pictures(visit: Visit, *, whole: bool) -> list[dict[str, Any]]:
    """The pictures of a visit, each with what it says of itself and what the phone said. A place is shown whole to whoever
    sees the address whole; how far it lies from the visit, to everybody."""
    here = visit.position

    def told(at: dt.datetime | None, place: Position | None) -> dict[str, Any]:
        return {
            "told": bool(at or place),
            "at": at,
            "place": _shown(place, whole=whole),
            "metres": here.metres_to(place) if here and place else None,
        }

    return [
        {
            "file": each,
            "taken": told(each.taken_at, each.taken_place),
            "chosen": told(each.chosen_at, each.chosen_place),
        }
        for each in visit.files.order_by("id")
    ]


def _shown(place: Position | None, *, whole: bool) -> str:
    return "" if place is None else str(place) if whole else place.coarse


@page("case.see", post="case.work")
def arrival(request: Request, pk: int) -> HttpResponse:
    """At the door: the guard is asked, and its no is shown here."""
    row = _stop(request, pk)
    if request.method == "POST":
        try:
            guard.demand(visits.arrive(row, by=request.user))
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            return _answer(request, _stop(request, pk), refusal=refusal, status=refusal.status)
    return HttpResponseRedirect(reverse("visits-stop", args=[pk]))


@page("case.see")
def file(request: Request, pk: int, number: int) -> HttpResponseBase:
    """A picture of a visit, as it was handed in; its hash is checked on the way out."""
    row = _stop(request, pk)
    found = find(VisitFile.objects.filter(visit__stop=row), pk=number)
    content = files.read(found.sha256, found.size)
    answer = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@page("case.see")
def worker(_request: HttpRequest) -> HttpResponse:
    """The script that shows the route without a connection. It stands under /visits/, and so sees nothing else."""
    if not WORKER.exists():
        raise Refusal("not_built", _("The pages were not built. Run `make ui`."), status=404)
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
