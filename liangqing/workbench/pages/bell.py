"""What concerns whoever is signed in, and the button that says it was seen."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from liangqing.kit import clock
from liangqing.parties.models import Party
from liangqing.workbench import bell as news
from liangqing.workbench.doors import Request
from liangqing.workbench.pages.approvals.subjects import act_label, subjects
from liangqing.workbench.telling import entries as telling
from liangqing.workbench.words import customer_name


class SeenForm(forms.Form):
    """Until when: the moment the page was drawn, so that nothing that came since is lost."""

    until = forms.CharField(max_length=40)

    def clean_until(self) -> dt.datetime:
        try:
            until = dt.datetime.fromisoformat(self.cleaned_data["until"])
        except ValueError:
            raise forms.ValidationError("ISO 8601") from None
        return until if until.tzinfo else until.replace(tzinfo=clock.zone())


def bell(request: Request) -> HttpResponse:
    """Everybody's own page: it asks for no right."""
    status = 200
    if request.method == "POST":
        form = SeenForm(request.POST)
        if form.is_valid():
            news.look(request.user, form.cleaned_data["until"])
            return HttpResponseRedirect(reverse("bell"))
        status = 422
    now = clock.now()
    waiting = news.waiting(request.user)
    about = subjects((*waiting.requests, *waiting.answered), request.user)
    return render(
        request,
        "workbench/bell/bell.html",
        {
            "waiting": waiting,
            "alerts": [(alert, _customer(request, alert.party), _page("warnings")) for alert in waiting.alerts],
            "requests": [(asked, act_label(asked.act), about[asked.pk].text) for asked in waiting.requests],
            "answered": [(asked, act_label(asked.act), about[asked.pk].text) for asked in waiting.answered],
            "broken": [(promise, _customer(request, promise.case.party)) for promise in waiting.broken],
            "heard": [(row, _customer(request, row.party)) for row in waiting.answers if row.party],
            "deadlines": [(row, _customer(request, row.restraint.party)) for row in waiting.deadlines],
            "cases": [(case, _customer(request, case.party)) for case in waiting.cases],
            "finished": telling.tell(waiting.finished, request.user),
            "uploads": [(upload, _page(f"/imports/{upload.pk}/")) for upload in waiting.refused_uploads],
            "until": now.isoformat(),
            "since": news.seen(request.user),
        },
        status=status,
    )


def _customer(request: Request, party: Party) -> str:
    return f"{party.number} {customer_name(party, request.user)}"


def _page(url: str) -> str:
    try:
        resolve(url if url.startswith("/") else f"/{url}/")
    except Resolver404:
        return ""
    return url
