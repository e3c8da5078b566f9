"""Templates of what is said 话术模板: which there are, one with its wordings, new ones, taking one out of use."""

from __future__ import annotations

import difflib
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import templates as actions
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import Template, TemplateVersion
from liangqing.people.rights import can
from liangqing.warning.level import Level
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.templates import ReasonForm, TemplateForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.templatetags.lq import attitude_words

State = TemplateVersion.State
COLOURS = {"draft": "yellow", "submitted": "blue", "approved": "green", "retired": "", "dropped": ""}
_MOST = 100
"""Wordings of a template that are shown."""


def state_tag(row: TemplateVersion) -> SafeString:
    return format_html('<span class="lq-tag {}">{}</span>', COLOURS.get(row.state, ""), row.get_state_display())


def preset_tag() -> SafeString:
    """What the institution's counsel has not approved yet."""
    return format_html(
        '<span class="lq-tag orange">{}</span>', _("comes with the product, to be confirmed by counsel")
    )  # fmt: skip


class _Line:
    """A template with the wording that counts: the one in force, else the last."""

    def __init__(self, template: Template, versions: list[TemplateVersion]) -> None:
        self.template = template
        self.in_force = next((row for row in versions if row.state == State.APPROVED), None)
        self.last = versions[0] if versions else None
        self.pending = next((row for row in versions if row.state in (State.DRAFT, State.SUBMITTED)), None)

    @property
    def shown(self) -> TemplateVersion | None:
        return self.in_force or self.last

    def state(self) -> SafeString | str:
        parts = [state_tag(row) for row in dict.fromkeys((self.in_force or self.last, self.pending)) if row]
        if self.in_force is not None and self.in_force.preset:
            parts.append(preset_tag())
        return SafeString(" ".join(parts)) or "—"

    def plain(self) -> str:
        parts = [row.get_state_display() for row in dict.fromkeys((self.in_force or self.last, self.pending)) if row]
        if self.in_force is not None and self.in_force.preset:
            parts.append(_("comes with the product, to be confirmed by counsel"))
        return "; ".join(parts)


def _lines(templates: list[Template]) -> list[_Line]:
    versions: dict[int, list[TemplateVersion]] = {}
    for row in TemplateVersion.objects.filter(template__in=templates).defer("body").order_by("-number"):
        versions.setdefault(row.template_id, []).append(row)
    return [_Line(each, versions.get(each.pk, [])) for each in templates]


def _in_state(rows: QuerySet[Template], value: str) -> QuerySet[Template]:
    versions = TemplateVersion.objects.filter(template=OuterRef("pk"))
    if value == "preset":
        return rows.filter(Exists(versions.filter(state=State.APPROVED, preset=True)))
    return rows.filter(Exists(versions.filter(state=value)))


@page("case.see")
def templates(request: Request) -> HttpResponseBase:
    """All templates: for which circumstances each is, and where its wording stands."""
    listing = Listing(
        name="templates",
        title=gettext_lazy("Templates"),
        rows=Template.objects.all(),
        order=("channel", "content", "recipient", "name", "pk"),
        load=_lines,
        columns=(
            Column("name", gettext_lazy("Name"), lambda line: line.template.name, sort=("name",)),
            Column("channel", gettext_lazy("Channel"), lambda line: line.template.get_channel_display(), sort=("channel", "content")),
            Column("content", gettext_lazy("Content"), lambda line: line.template.get_content_display(), sort=("content", "channel")),
            Column("recipient", gettext_lazy("Recipient"), lambda line: line.template.get_recipient_display(), sort=("recipient",)),
            Column("occasion", gettext_lazy("Occasion"), lambda line: line.template.get_occasion_display() or None),
            Column("level", gettext_lazy("Level"), lambda line: line.template.get_level_display() or None),
            Column("class", gettext_lazy("Class"), lambda line: line.template.customer_class or None),
            Column("regime", gettext_lazy("Whose rules"), lambda line: line.template.get_regime_display() or None, shown=False),
            Column("attitude", gettext_lazy("Attitude"), lambda line: attitude_words(line.template.attitude) or None, shown=False),
            Column("language", gettext_lazy("Language"), lambda line: line.template.get_language_display(), sort=("language", "channel")),
            Column("version", gettext_lazy("Version"), lambda line: line.shown.name.replace(" ", "\u00a0") if line.shown else None),
            Column("state", gettext_lazy("State"), lambda line: line.state(), plain=lambda line: line.plain()),
            Column("from", gettext_lazy("In force from"), lambda line: line.shown.from_on if line.shown else None, kind="date"),
        ),
        filters=(
            Filter("channel", gettext_lazy("Channel"), lambda rows, value: rows.filter(channel=value), Channel.choices),
            Filter("content", gettext_lazy("Content"), lambda rows, value: rows.filter(content=value), Content.choices),
            Filter("recipient", gettext_lazy("Recipient"), lambda rows, value: rows.filter(recipient=value), Recipient.choices),
            Filter("level", gettext_lazy("Level"), lambda rows, value: rows.filter(level=value), Level.choices),
            Filter("language", gettext_lazy("Language"), lambda rows, value: rows.filter(language=value), Template.Language.choices),
            Filter("state", gettext_lazy("State"), _in_state, _states),
            Filter("name", gettext_lazy("Name"), lambda rows, value: rows.filter(name__icontains=value), kind="text"),
        ),
        link=lambda line: reverse("templates-one", args=[line.template.pk]),
        empty=gettext_lazy("There is no template yet. Nothing is sent that nobody approved: write the first one."),
    )  # fmt: skip
    return show(
        request, listing, "workbench/outreach/templates/templates.html", writes=can(request.user, "template.edit")
    )


def _states() -> list[tuple[str, str]]:
    return [*((each.value, str(each.label)) for each in State), ("preset", _("comes with the product"))]


@page("case.see")
def template(request: Request, pk: int) -> HttpResponse:
    """One template: the wording in force, all its wordings, and what changed from one to the next."""
    return _answer(request, find(Template.objects.all(), pk=pk))


def _answer(request: Request, row: Template, *, form: ReasonForm | None = None, status: int = 200) -> HttpResponse:
    user = request.user
    versions = list(row.versions.select_related("drafted_by", "approved_by").order_by("-number")[:_MOST])
    in_force = next((each for each in versions if each.state == State.APPROVED), None)
    context: dict[str, Any] = {
        "row": row,
        "in_force": in_force,
        "preset": preset_tag() if in_force is not None and in_force.preset else "",
        "versions": [(each, state_tag(each)) for each in versions],
        "draft": next((each for each in versions if each.state == State.DRAFT), None),
        "writes": can(user, "template.edit"),
        "form": form or ReasonForm(),
    }
    return render(request, "workbench/outreach/templates/template.html", context, status=status)


@page("template.edit")
def new(request: Request) -> HttpResponse:
    """A template for circumstances there is none for yet; for others, a new wording of the one there is."""
    form = TemplateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.found(**form.cleaned_data, by=request.user)
            return _draft(request, made)
        except Refusal as refusal:
            form.refuse(refusal)
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/outreach/templates/new.html", {"form": form}, status=status)


@page("case.see", post="template.edit")
def drafts(request: Request, pk: int) -> HttpResponse:
    """Begin a new wording from the last one; a draft that is there already is gone on with."""
    row = find(Template.objects.all(), pk=pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("templates-one", args=[pk]))
    return _draft(request, row)


def _draft(request: Request, row: Template) -> HttpResponse:
    started = row.versions.filter(state=State.DRAFT).order_by("-number").first()
    if started is None:
        last = row.versions.filter(state=State.APPROVED).first() or row.versions.order_by("-number").first()
        started = actions.draft(
            row, subject=last.subject if last else "", body=last.body if last else "", by=request.user
        )  # fmt: skip
    return HttpResponseRedirect(reverse("templates-version", args=[started.pk]))


@page("case.see", post="template.edit")
def retirement(request: Request, pk: int) -> HttpResponse:
    """Use the wording in force no longer."""
    row = find(Template.objects.all(), pk=pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("templates-one", args=[pk]))
    form = ReasonForm(request.POST)
    in_force = row.versions.filter(state=State.APPROVED).first()
    if form.is_valid():
        try:
            if in_force is None:
                raise Refusal("none_in_force", gettext_lazy("No wording of this template is in force."))
            actions.retire(in_force, reason=form.cleaned_data["reason"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("{name} is used no longer.").format(name=in_force.name), extra_tags="good")
            return HttpResponseRedirect(reverse("templates-one", args=[pk]))
    return _answer(request, row, form=form, status=422)


def difference(before: TemplateVersion, after: TemplateVersion) -> list[tuple[str, str]]:
    """What changed from one wording to the next, line by line: (``same``, ``gone`` or ``new``, the line)."""
    kinds = {" ": "same", "-": "gone", "+": "new"}
    old, new_lines = (
        [*([each.subject] if each.subject else []), *each.body.splitlines()] for each in (before, after)
    )  # fmt: skip
    return [(kinds[line[0]], line[2:]) for line in difflib.ndiff(old, new_lines) if line[0] in kinds]
