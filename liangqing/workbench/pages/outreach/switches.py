"""The stop switch of sending: of everything, of a channel, of what is running; pulled with a reason, and released."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import switches as actions
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DispatchState
from liangqing.outreach.models import Dispatch, Switch
from liangqing.outreach.queries import messages as found
from liangqing.people.rights import can
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.sending import StopForm

LAST = 20


@page("channel.see", post="outreach.stop")
def switches(request: Request) -> HttpResponse:
    """What is stopped, what runs, how much waits; a post stops everything or a channel."""
    form = StopForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            actions.stop(reason=form.cleaned_data["reason"], channel=form.cleaned_data["channel"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Stopped. What waits, waits."), extra_tags="good")
            return HttpResponseRedirect(reverse("channels-switches"))
    return _answer(request, form=form, status=422 if form is not None else 200)


def _answer(request: Request, *, form: StopForm | None = None, status: int = 200) -> HttpResponse:
    waiting = found.waiting_by_channel()
    running = Dispatch.objects.filter(state=DispatchState.SENDING).select_related("by").order_by("-id")[:LAST]
    stopped = {each.dispatch_id for each in actions.holding() if each.dispatch_id}
    context: dict[str, Any] = {
        "holding": actions.holding(),
        "waiting": [(Channel(code).label, number, found.MOST_COUNTED) for code, number in sorted(waiting.items())],
        "running": [(each, each.pk in stopped) for each in running],
        "providers": found.stopped_providers(),
        "past": Switch.objects.filter(lifted_at__isnull=False)
        .select_related("by", "lifted_by", "dispatch")
        .order_by("-lifted_at")[:LAST],
        "may": can(request.user, "outreach.stop"),
        "sees": can(request.user, "overview.see"),
        "form": form or StopForm(),
        "tab": "switches",
    }
    return render(request, "workbench/outreach/channels/switches.html", context, status=status)


@page("channel.see", post="outreach.stop")
def release(request: Request, pk: int) -> HttpResponse:
    """It may go on."""
    row = find(Switch.objects.select_related("dispatch"), pk=pk)
    if request.method == "POST":
        actions.resume(row, by=request.user)
        messages.success(request, _("It goes on."), extra_tags="good")
    return HttpResponseRedirect(reverse("channels-switches"))
