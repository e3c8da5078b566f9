"""Who of a case may be reached now, by what, and if not from when; and the call that passes the guard."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from liangqing.cases.models import Case
from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import Attempt
from liangqing.outreach.queries.facts import KIND_OF, Wish, ground_of, recipient_of
from liangqing.outreach.rules.facts import Verdict
from liangqing.outreach.rules.zones import local
from liangqing.parties.actions import reveal
from liangqing.parties.models import Contact
from liangqing.parties.queries import members
from liangqing.people.rights import can
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


def content_for(recipient: str) -> str:
    """What a collector's contact is for: whoever does not answer for the debt is only asked to pass on a message."""
    return Content.LOCATE if recipient in (Recipient.CONTACT, Recipient.OTHER, Recipient.SPOUSE) else Content.DEMAND


@page("case.see")
def contacting(request: Request, number: str) -> HttpResponse:
    """Every way to reach this customer, with the guard's answer as of now."""
    return _answer(request, _case(request, number))


def _answer(request: Request, case: Case, *, attempt: Attempt | None = None, status: int = 200) -> HttpResponse:
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
            line=next((value for kind, value, _own in ground.lines if kind == channel), ""),
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
        "reveals": can(user, "contact.reveal"),
        "attempt": attempt,
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
    wish = Wish(
        party=case.party,
        channel=channel,
        content=content_for(recipient_of(ground.kept, contact.role)),
        creditor=case.creditor,
        contact=contact,
        by=request.user,
        case=case.number,
        line=next((value for kind, value, _own in ground.lines if kind == channel), ""),
    )
    attempt = guard.ask(wish)
    return _answer(request, case, attempt=attempt, status=200 if attempt.answer == "allowed" else 409)


@page("case.see", post="case.work")
def call_off(request: Request, number: str) -> HttpResponse:
    """The call did not take place after all: it does not count."""
    case = _case(request, number)
    key = request.POST.get("attempt", "")
    if request.method == "POST" and key.isdigit() and len(key) < 19:
        under_way = Attempt.objects.filter(case=case.number, by=request.user, outcome="open", pk=int(key)).first()
        if under_way is not None:
            guard.conclude(under_way, "called_off", by=request.user)
    return HttpResponseRedirect(reverse("cases-case", args=[number]))
