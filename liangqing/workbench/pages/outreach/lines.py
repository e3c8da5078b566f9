"""Lines: our own numbers, addresses and accounts for reaching debtors; registered, changed, closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import lines as actions
from liangqing.outreach.actions import routing
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Line, Provider
from liangqing.outreach.queries.lines import unregistered
from liangqing.people.rights import can
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.sending import LineForm

MOST = 500


@page("channel.see", post="channel.manage")
def lines(request: Request) -> HttpResponse:
    """All lines; a post registers one more."""
    form = LineForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.register(
                said["channel"], said["value"], name=said["name"], contracted=said["contracted"], by=request.user
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("{line} is registered.").format(line=made.value), extra_tags="good")
            return HttpResponseRedirect(reverse("channels-lines"))
    return _answer(request, form=form, status=422 if form is not None else 200)


def _answer(request: Request, *, form: LineForm | None = None, status: int = 200) -> HttpResponse:
    rows = list(Line.objects.order_by("-active", "channel", "value")[:MOST])
    edits = can(request.user, "channel.manage")
    context: dict[str, Any] = {
        "rows": rows,
        "strangers": _strangers(rows),
        "without": [str(Channel(each).label) for each in unregistered()],
        "edits": edits,
        "form": (form or LineForm()) if edits else None,
        "tab": "lines",
    }
    return render(request, "workbench/outreach/channels/lines.html", context, status=status)


def _strangers(rows: list[Line]) -> list[tuple[str, str]]:
    """Senders of providers whose channel has registered lines, and which are none of them: by these nothing may leave."""
    known = {(row.channel, row.value) for row in rows if row.active}
    channels = {channel for channel, _value in known}
    found = []
    for provider in Provider.objects.filter(active=True, for_staff=False, channel__in=channels).order_by("name"):
        line = routing.line_of(provider)
        if line and (provider.channel, line) not in known:
            found.append((provider.name, line))
    return found


@page("channel.see", post="channel.manage")
def line(request: Request, pk: int) -> HttpResponse:
    """What it is called and whether it may carry what presses for payment; ``do=close`` and ``do=open`` end it and take
    it up again."""
    row = find(Line.objects.all(), pk=pk)
    if request.method == "POST":
        wanted = request.POST.get("do", "")
        if wanted == "close":
            actions.close(row, by=request.user)
            messages.success(request, _("{line} is closed.").format(line=row.value), extra_tags="good")
        elif wanted == "open":
            actions.reopen(row, by=request.user)
            messages.success(request, _("{line} is in use again.").format(line=row.value), extra_tags="good")
        elif wanted == "save":
            name, contracted = request.POST.get("name", ""), bool(request.POST.get("contracted"))
            actions.change(row, name=name, contracted=contracted, by=request.user)
            messages.success(request, _("Changed."), extra_tags="good")
    return HttpResponseRedirect(reverse("channels-lines"))
