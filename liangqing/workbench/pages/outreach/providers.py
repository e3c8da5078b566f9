"""Providers: who carries what is sent, with what settings, in which order; tested, stopped, resumed; texts they approve."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import providers as actions
from liangqing.outreach.channels.kinds import CHANNELS, FAULT_LABELS, FIELDS, SHARED, Kind
from liangqing.outreach.channels.lifecycle import TEMPLATE, TemplateState
from liangqing.outreach.kinds import Channel
from liangqing.outreach.models import Provider, ProviderPace, ProviderTemplate, TemplateVersion
from liangqing.people.rights import can
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.sending import KindForm, ProviderForm, ReasonForm, SubmissionForm

_MOST_TEMPLATES = 200
_TEMPLATES = {TemplateState.WAITING: "yellow", TemplateState.APPROVED: "green", TemplateState.REFUSED: "red"}


def _one(pk: int) -> Provider:
    return find(Provider.objects.select_related("stopped_by"), pk=pk)


def standing(row: Provider) -> SafeString:
    """Whether it sends now."""
    colour, words = ("green", _("sends")) if row.kind != Kind.IMAP else ("green", _("is read"))
    if not row.active:
        colour, words = "", _("put away")
    elif row.stopped_at is not None:
        colour, words = "red", _("stopped")
    return format_html('<span class="lq-tag {}">{}</span>', colour, words)


def _test(row: Provider) -> SafeString:
    if row.test_passed is None:
        return format_html('<span class="muted">{}</span>', _("never tested"))
    colour, words = ("green", _("reached")) if row.test_passed else ("red", row.test_code or _("not reached"))
    return format_html('<span class="lq-tag {}">{}</span>', colour, words)


@page("channel.see")
def channels(request: Request) -> HttpResponse:
    """All providers, channel by channel in the order they are used; and what is missing."""
    rows = list(Provider.objects.select_related("stopped_by").order_by("channel", "order", "id"))
    groups = [
        (label, [(row, standing(row), _test(row)) for row in rows if row.channel == code])
        for code, label in Channel.choices
    ]
    able = {row.channel for row in rows if row.sends and not row.for_staff and row.kind != Kind.IMAP}
    context = {
        "groups": [(label, lines) for label, lines in groups if lines],
        "missing": [Channel(each).label for each in (Channel.SMS, Channel.EMAIL) if each not in able],
        "unread": not any(row.kind == Kind.IMAP and row.sends for row in rows),
        "edits": can(request.user, "channel.manage"),
        "tab": "providers",
    }
    return render(request, "workbench/outreach/channels/providers.html", context)


@page("channel.manage")
def new(request: Request) -> HttpResponse:
    """A provider more: first its kind, then what that kind has to be told."""
    kind = (request.POST if request.method == "POST" else request.GET).get("kind", "")
    if kind not in Kind.values:
        form = KindForm(request.POST) if request.method == "POST" else KindForm()
        context = {"kinds": form, "tab": "providers"}
        return render(request, "workbench/outreach/channels/new.html", context, status=422 if form.errors else 200)
    form_of = ProviderForm(request.POST if "name" in request.POST else None, kind=kind)
    if form_of.is_bound and form_of.is_valid():
        try:
            made = actions.add(
                kind, form_of.cleaned_data["name"], form_of.config(), by=request.user, **form_of.columns()
            )
        except Refusal as refusal:
            form_of.refuse(refusal)
        else:
            messages.success(request, _("{name} was added. Test it now.").format(name=made.name), extra_tags="good")
            return HttpResponseRedirect(reverse("channels-one", args=[made.pk]))
    context = {"form": form_of, "kind": Kind(kind), "channel": CHANNELS[kind].label, "shared": kind in SHARED}
    return render(
        request, "workbench/outreach/channels/new.html", {**context, "tab": "providers"},
        status=422 if form_of.errors else 200,
    )  # fmt: skip


@page("channel.see", post="channel.manage")
def provider(request: Request, pk: int) -> HttpResponse:
    """One provider; a post changes it. A secret is never shown: left empty, it stays."""
    row = _one(pk)
    if request.method != "POST":
        return _answer(request, row)
    form = ProviderForm(request.POST, kind=row.kind, provider=row)
    if form.is_valid():
        try:
            actions.change(
                row, by=request.user, config=form.config(), name=form.cleaned_data["name"].strip(), **form.columns()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Changed. What leaves from now on goes by it."), extra_tags="good")
            return HttpResponseRedirect(reverse("channels-one", args=[pk]))
    return _answer(request, row, form=form, status=422)


def _answer(
    request: Request, row: Provider, *, form: ProviderForm | None = None, stop: ReasonForm | None = None,
    submission: SubmissionForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    edits = can(request.user, "channel.manage")
    approves = row.kind in SHARED
    templates = row.templates.order_by("-changed_at", "-id")[:_MOST_TEMPLATES] if approves else ()
    pace = ProviderPace.objects.filter(provider=row).first()
    context: dict[str, Any] = {
        "row": row,
        "standing": standing(row),
        "test": _test(row),
        "settings": _settings(row),
        "faults": ", ".join(str(FAULT_LABELS[each]) for each in FAULT_LABELS if str(each) in row.moves_on),
        "used": pace.used if pace and pace.day == clock.today() else 0,
        "callback": _callback(request, row),
        "edits": edits,
        "form": (form or ProviderForm(kind=row.kind, provider=row)) if edits else None,
        "stop": stop or ReasonForm(),
        "approves": approves,
        "templates": [(each, _template(each), each.state in TEMPLATE.named("approve").sources) for each in templates],
        "submission": (submission or SubmissionForm(wordings=_wordings())) if edits and approves else None,
        "tab": "providers",
    }
    return render(request, "workbench/outreach/channels/provider.html", context, status=status)


def _settings(row: Provider) -> list[tuple[str, Any]]:
    """The settings for those who only look: of a secret, whether there is one."""
    shown = row.shown()
    found: list[tuple[str, Any]] = []
    for field in FIELDS[row.kind]:
        value = shown[field.name]
        if field.shape == "secret":
            value = pgettext("a secret", "kept") if value else "—"
        elif field.shape == "flag":
            value = _("yes") if value else _("no")
        elif field.shape == "list":
            value = ", ".join(value) or "—"
        elif field.shape == "map":
            value = ", ".join(f"{key} = {each}" for key, each in value.items()) or "—"
        found.append((str(field.label), value if value != "" else "—"))
    return found


def _callback(request: Request, row: Provider) -> str:
    """The address the provider is told to send its reports and answers to; the token of a cloud is left out."""
    if row.kind not in (Kind.HTTP_SMS, Kind.HTTP_CALL, *SHARED):
        return ""
    last = "TOKEN" if row.kind in SHARED else "signed"
    return request.build_absolute_uri(f"/callbacks/{row.pk}/{last}/")


def _template(row: ProviderTemplate) -> SafeString:
    return format_html(
        '<span class="lq-tag {}">{}</span>', _TEMPLATES[TemplateState(row.state)], row.get_state_display()
    )  # fmt: skip


def _wordings() -> dict[str, str]:
    """Approved wordings of text messages, by their names."""
    found = TemplateVersion.objects.filter(
        state=TemplateVersion.State.APPROVED, template__channel=Channel.SMS
    ).select_related("template")
    return {each.name: f"{each.template.name} ({each.name})" for each in found.order_by("template_id", "-number")[:500]}


@page("channel.see", post="channel.manage")
def test(request: Request, pk: int) -> HttpResponse:
    """Whether it can be reached with its settings; nothing goes to a debtor."""
    row = _one(pk)
    if request.method == "POST":
        receipt = actions.test(row, by=request.user)
        if receipt.accepted:
            messages.success(request, _("It was reached with these settings."), extra_tags="good")
        else:
            said = f"{receipt.code} {receipt.sentence}".strip()
            messages.error(request, _("It was not reached: {why}").format(why=said), extra_tags="bad")
    return HttpResponseRedirect(reverse("channels-one", args=[pk]))


@page("channel.see", post="channel.manage")
def stop(request: Request, pk: int) -> HttpResponse:
    """Nothing goes out by it until it is resumed."""
    row = _one(pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("channels-one", args=[pk]))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _answer(request, row, stop=form, status=422)
    actions.stop(row, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("Stopped: nothing goes out by it."), extra_tags="good")
    return HttpResponseRedirect(reverse("channels-one", args=[pk]))


@page("channel.see", post="channel.manage")
def resumption(request: Request, pk: int) -> HttpResponse:
    """It sends again."""
    row = _one(pk)
    if request.method == "POST":
        actions.resume(row, by=request.user)
        messages.success(request, _("It sends again."), extra_tags="good")
    return HttpResponseRedirect(reverse("channels-one", args=[pk]))


@page("channel.see", post="channel.manage")
def activity(request: Request, pk: int) -> HttpResponse:
    """Put away (``active=no``): kept for what it carried, used no more; or used again (``active=yes``)."""
    row = _one(pk)
    wanted = request.POST.get("active", "")
    if request.method == "POST" and wanted in ("yes", "no"):
        actions.change(row, by=request.user, active=wanted == "yes")
        messages.success(
            request,
            _("It is used again.") if wanted == "yes" else _("Put away: it is used no more."),
            extra_tags="good",
        )
    return HttpResponseRedirect(reverse("channels-one", args=[pk]))


@page("channel.see", post="channel.manage")
def templates(request: Request, pk: int) -> HttpResponse:
    """One of our wordings was given to the provider for approval."""
    row = _one(pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("channels-one", args=[pk]))
    form = SubmissionForm(request.POST, wordings=_wordings())
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.submit_template(
                row, said["template_code"], said["their_code"], by=request.user, variables=form.names(),
                signature=said["signature"],
            )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("It waits for the provider."), extra_tags="good")
            return HttpResponseRedirect(reverse("channels-one", args=[pk]))
    return _answer(request, row, submission=form, status=422)


@page("channel.see", post="channel.manage")
def decision(request: Request, pk: int) -> HttpResponse:
    """What the provider decided about one of our wordings."""
    template = find(ProviderTemplate.objects.select_related("provider"), pk=pk)
    said = request.POST.get("approved", "")
    if request.method == "POST" and said in ("yes", "no"):
        actions.decide_template(
            template, approved=said == "yes", by=request.user, reason=request.POST.get("reason", "")
        )  # fmt: skip
        messages.success(request, _("Kept what the provider decided."), extra_tags="good")
    return HttpResponseRedirect(reverse("channels-one", args=[template.provider_id]))
