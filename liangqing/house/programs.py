"""Programs and messages: who runs the system gives programs keys, takes them back, and says where events are told.

A page of the house, because it needs the workbench's doors and the API's actions, and these two do not know each other.
A key and a secret are shown once, in the answer to the post that made them, and are kept nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.api.actions import clients, deliveries, webhooks
from liangqing.api.lifecycle import DELIVERY
from liangqing.api.models import Client, Delivery, Usage, Webhook
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import Department
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.refusing import Refusing

_SHOWN = 20
"""Messages of each webhook that are shown, the last first."""
_MOST_PROGRAMS = 200

_ERRORS: Mapping[str, str | Promise] = {
    "timeout": gettext_lazy("no answer in time"),
    "no_connection": gettext_lazy("no connection"),
    "not_accepted": gettext_lazy("not accepted"),
    "bad_url": gettext_lazy("no address to send to"),
    "unknown_host": gettext_lazy("host not found"),
    "private_address": gettext_lazy("inside a private network"),
    "not_encrypted": gettext_lazy("not encrypted"),
}


class ProgramForm(Refusing):
    """A program that is to get a key."""

    places: ClassVar = {"client_needs_name": "name", "rate_out_of_range": "rate", "unknown_duty": "duties"}

    name = forms.CharField(label=gettext_lazy("Name of the program"), max_length=100)
    rate = forms.IntegerField(
        label=gettext_lazy("Requests a minute"), min_value=1, max_value=clients.MOST_RATE, initial=600
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"),
        queryset=Department.objects.none(),
        required=False,
        help_text=gettext_lazy("With the duty of heading, the program sees what is this department’s."),
    )
    duties = forms.MultipleChoiceField(
        label=gettext_lazy("Duties"), choices=Duty.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ones = Department.objects.filter(closed_on=None).order_by("code")
        self.fields["department"].queryset = open_ones  # type: ignore[attr-defined]


class WebhookForm(Refusing):
    """Where a program is to be told of what."""

    places: ClassVar = {
        "unknown_event": "events",
        "bad_url": "url",
        "unknown_host": "url",
        "private_address": "url",
        "not_encrypted": "url",
    }

    url = forms.CharField(label=gettext_lazy("Address"), max_length=500, help_text=gettext_lazy("https://host/path"))
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, name) for name in webhooks.EVENTS],
        widget=forms.CheckboxSelectMultiple,
    )


def _moment(at: dt.datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else "—"


def _clients() -> Any:
    last = Usage.objects.filter(client=OuterRef("pk")).order_by("-minute").values("minute")[:1]
    return Client.objects.select_related("user__department", "by").annotate(
        used_at=Subquery(last), hooks=Count("webhooks", filter=Q(webhooks__active=True))
    )


def _line(client: Any) -> dict[str, Any]:
    labels = dict(Duty.choices)
    return {
        "client": client,
        "duties": ", ".join(str(labels.get(duty, duty)) for duty in client.user.duties),
        "used": _moment(client.used_at) if client.used_at else _("not in the last two days"),
        "issued": _moment(client.issued_at),
        "revoked": _moment(client.revoked_at),
    }


def _once(response: HttpResponse) -> HttpResponse:
    """What shows a key or a secret is kept by nobody on the way."""
    response.headers["Cache-Control"] = "no-store"
    return response


# Programs ---------------------------------------------------------------------------------------------------------------


@page("api.manage")
def programs(request: Request) -> HttpResponse:
    """All programs; a post gives a new one a key, shown this once."""
    form = ProgramForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            client, key = clients.issue(
                given["name"], given["duties"], given["rate"], request.user, department=given["department"]
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _once(_show(request, client.pk, key=key))
    found = _clients().order_by("-active", "name", "id")[:_MOST_PROGRAMS]
    context = {"lines": [_line(each) for each in found], "form": form}
    return render(request, "house/programs.html", context, status=422 if form.errors else 200)


def _show(request: Request, number: int, *, status: int = 200, **context: Any) -> HttpResponse:
    client = find(_clients(), pk=number)
    hooks = [
        {
            "hook": hook,
            "deliveries": [
                {
                    "delivery": each,
                    "made": _moment(each.made_at),
                    "sent": _moment(each.sent_at),
                    "error": _ERRORS.get(each.last_error, each.last_error),
                    "retry": any(move.name == "try again" for move in DELIVERY.open_to(each)),
                }
                for each in hook.deliveries.order_by("-id").defer("events")[:_SHOWN]
            ],
        }
        for hook in client.webhooks.order_by("-active", "id")[:_SHOWN]
    ]
    return render(
        request,
        "house/program.html",
        {"client": client, "line": _line(client), "hooks": hooks, "form": WebhookForm(), **context},
        status=status,
    )


@page("api.manage")
def program(request: Request, number: int) -> HttpResponse:
    """One program: what it may do, where it is told of what, and whether that arrived."""
    return _show(request, number)


@page("api.manage")
def revocation(request: Request, number: int) -> HttpResponse:
    """A post takes the key back; nobody can come in with it any more."""
    client = find(Client.objects.select_related("user"), pk=number)
    if request.method == "POST":
        clients.revoke(client, request.user)
        messages.success(request, _("The key of {name} opens nothing any more.").format(name=client.name), "good")
    return _back(client.pk)


def _back(number: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("programs-one", args=(number,)))


# Messages ---------------------------------------------------------------------------------------------------------------


@page("api.manage")
def registration(request: Request, number: int) -> HttpResponse:
    """A post lets a program be told at an address; the secret that signs the messages is shown this once."""
    client = find(Client.objects.all(), pk=number)
    if request.method != "POST":
        return _back(number)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            hook, secret = webhooks.register(
                client, form.cleaned_data["url"], form.cleaned_data["events"], request.user
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _once(_show(request, number, secret=secret, secret_of=hook.url))
    return _show(request, number, form=form, status=422)


def _hook(number: int) -> Webhook:
    return find(Webhook.objects.select_related("client"), pk=number)


@page("api.manage")
def switch(request: Request, number: int) -> HttpResponse:
    """A post switches an address off (``active=no``) or on again (``active=yes``)."""
    hook = _hook(number)
    if request.method == "POST":
        webhooks.switch(hook, active=request.POST.get("active") == "yes", by=request.user)
        told = _("Messages to {url} are sent again.") if hook.active else _("Nothing is sent to {url} any more.")
        messages.success(request, told.format(url=hook.url), "good")
    return _back(hook.client_id)


@page("api.manage")
def secret(request: Request, number: int) -> HttpResponse:
    """A post gives an address a new secret, shown this once."""
    hook = _hook(number)
    if request.method != "POST":
        return _back(hook.client_id)
    made = webhooks.replace_secret(hook, request.user)
    return _once(_show(request, hook.client_id, secret=made, secret_of=hook.url))


@page("api.manage")
def retry(request: Request, number: int) -> HttpResponse:
    """A post sends a message that was given up once more."""
    message = find(Delivery.objects.select_related("webhook"), pk=number)
    if request.method == "POST":
        deliveries.try_again(message, request.user)
        messages.success(request, _("The message is sent once more within a minute."), "good")
    return _back(message.webhook.client_id)


PAGES = [
    path("programs/", programs, name="programs"),
    path("programs/<int:number>/", program, name="programs-one"),
    path("programs/<int:number>/revocation/", revocation, name="programs-revocation"),
    path("programs/<int:number>/webhooks/", registration, name="programs-webhooks"),
    path("programs/webhooks/<int:number>/switch/", switch, name="programs-switch"),
    path("programs/webhooks/<int:number>/secret/", secret, name="programs-secret"),
    path("programs/deliveries/<int:number>/retry/", retry, name="programs-retry"),
]
