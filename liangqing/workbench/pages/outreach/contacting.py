"""Who of a case may be reached now, by what, and if not from when; and the call that passes the guard."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import calls as calling
from liangqing.outreach.actions import guard
from liangqing.outreach.kinds import Channel, Recipient, content_for
from liangqing.outreach.models import Attempt, Call
from liangqing.outreach.queries.facts import KIND_OF, Wish, ground_of, recipient_of
from liangqing.outreach.rules.facts import Verdict
from liangqing.outreach.rules.zones import local
from liangqing.parties.actions import reveal
from liangqing.parties.models import Contact
from liangqing.parties.queries import members
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.workbench import worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.words import customer_name

WAYS = {"phone": (Channel.PHONE, Channel.SMS), "email": (Channel.EMAIL,), "address": (Channel.LETTER, Channel.VISIT)}
MOST = 40


@dataclass(frozen=True)
class Way:
    """One channel of one contact, and what the guard says of it now."""

    channel: str
    verdict: Verdict

    @property
    def label(self) -> str:
        return str(Channel(self.channel).label)

    @property
    def tone(self) -> str:
        if not self.verdict.allowed:
            return "red"
        return "orange" if self.verdict.deciding else "green"

    @property
    def reasons(self) -> list[str]:
        return [guard.said(each) for each in self.verdict.deciding]

    @property
    def earliest(self) -> dt.datetime | None:
        return None if self.verdict.allowed else self.verdict.earliest


def _case(request: Request, number: str) -> Case:
    return find(visible.cases(request.user).select_related("party__merged_into", "creditor"), number=number)


@page("case.see")
def contacting(request: Request, number: str) -> HttpResponse:
    """Every way to reach this customer, with the guard's answer as of now."""
    return _answer(request, _case(request, number))


def _answer(
    request: Request, case: Case, *, attempt: Attempt | None = None, call: Call | None = None, status: int = 200
) -> HttpResponse:
    user = request.user
    ground = ground_of(case.party, case.creditor, clock.now())
    contacts = members.contacts(case.party)[:MOST]
    wishes = [
        Wish(
            case.party,
            channel,
            content_for(recipient_of(ground.kept, contact.role)),
            case.creditor,
            contact,
            by=user,
            line=ground.line(channel),
        )
        for contact in contacts
        for channel in WAYS[contact.kind]
    ]
    ways: dict[int, list[Way]] = {}
    for wish, verdict in zip(wishes, guard.looks(ground, wishes, by=user), strict=True):
        assert wish.contact is not None
        ways.setdefault(wish.contact.pk, []).append(Way(wish.channel, verdict))
    zone = ground.debtor.zones[0]
    context: dict[str, Any] = {
        "case": case,
        "party": case.party,
        "customer": customer_name(case.party, user),
        "rows": [(contact, recipient_of(ground.kept, contact.role), ways[contact.pk]) for contact in contacts],
        "recipients": dict(Recipient.choices),
        "there": _clock(zone) if zone != clock.zone().key else "",
        "works": can(user, "case.work") and case.stage == "open",
        "sends": can(user, "outreach.send"),
        "reveals": can(user, "contact.reveal"),
        "attempt": attempt,
        "call": call,
        "reason": guard.reason_of(attempt) if attempt is not None else "",
        "number": reveal.reveal(_contact(attempt), "value", attempt.number, user)
        if attempt is not None and attempt.answer == "allowed"
        else "",
    }
    part = bool(request.headers.get("HX-Request")) and request.headers.get("HX-Boosted") is None
    template = "workbench/outreach/contacting.html"
    return render(request, f"{template}#contacting" if part else template, context, status=status)


def _clock(zone: str) -> str:
    _day, minute = local(clock.now(), zone)
    return f"{minute // 60:02d}:{minute % 60:02d} ({zone})"


def _contact(attempt: Attempt) -> Contact:
    assert attempt.contact is not None
    return Contact.objects.get(pk=attempt.contact)


@page("case.see", post="case.work")
def calls(request: Request, number: str) -> HttpResponse:
    """Ask the guard for a call; when it says yes the number is shown to be dialled, and the call counts."""
    case = _case(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("cases-contacting", args=[number]))
    key = request.POST.get("contact", "")
    ids = members.members(case.party)
    contact = Contact.objects.filter(party__in=ids, pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    if contact is None:
        raise Refusal("no_contact", _("Choose one of this customer's contacts."), status=422)
    channel = request.POST.get("channel", Channel.PHONE)
    if channel not in Channel.values or KIND_OF.get(Channel(channel)) != contact.kind:
        channel = WAYS[contact.kind][0]
    ground = ground_of(case.party, case.creditor, clock.now())
    route = calling.route(request.user) if channel == Channel.PHONE else None
    wish = Wish(
        party=case.party,
        channel=channel,
        content=content_for(recipient_of(ground.kept, contact.role)),
        creditor=case.creditor,
        contact=contact,
        by=request.user,
        case=case.number,
        line=route.line if route else ground.line(channel),
    )
    if route is not None:
        calling.demand_free(request.user)
    attempt = guard.ask(wish)
    if attempt.answer != "allowed":
        return _answer(request, case, attempt=attempt, status=409)
    return _answer(request, case, attempt=attempt, call=_dialled(attempt, request.user) if route else None)


def _dialled(attempt: Attempt, user: User) -> Call | None:
    """Let a worker dial it, where a provider dials for this person."""
    with transaction.atomic():
        call = calling.dial(attempt, by=user).call
        if call is not None:
            worker.ask("place_call", call.pk, queue="calls", lock=f"call {call.pk}")
    return call


def _own_call(request: Request, pk: int) -> Call:
    rows = Call.objects.filter(by=request.user).select_related("attempt", "provider", "by")
    return find(rows, attempt=pk)


@page("case.work")
def call_state(request: Request, pk: int) -> HttpResponse:
    """How one's own call stands; the page asks again every two seconds while it is under way."""
    return _shown(request, _own_call(request, pk))


@page("case.work")
def hanging_up(request: Request, pk: int) -> HttpResponse:
    """End one's own call."""
    call = _own_call(request, pk)
    receipt = calling.hang_up(call, by=request.user) if request.method == "POST" and call.live else None
    call.refresh_from_db()
    if receipt is not None and not receipt.accepted:
        return _shown(request, call, fault=str(receipt.sentence), status=409)
    return _shown(request, call)


def _shown(request: Request, call: Call, *, fault: str = "", status: int = 200) -> HttpResponse:
    part = bool(request.headers.get("HX-Request")) and request.headers.get("HX-Boosted") is None
    template = "workbench/outreach/call.html"
    context = {"call": call, "fault": fault, "waits": call.state == "asked" and not worker.alive()}
    return render(request, f"{template}#call" if part else template, context, status=status)


@page("case.see", post="case.work")
def call_off(request: Request, number: str) -> HttpResponse:
    """The call did not take place after all: it does not count."""
    case = _case(request, number)
    key = request.POST.get("attempt", "")
    if request.method == "POST" and key.isdigit() and len(key) < 19:
        mine = Attempt.objects.filter(case=case.number, by=request.user, outcome="open")
        under_way = mine.filter(pk=int(key), call=None).first()  # of one a provider dials, the provider tells
        if under_way is not None:
            guard.conclude(under_way, "called_off", by=request.user)
    return HttpResponseRedirect(reverse("cases-case", args=[number]))
