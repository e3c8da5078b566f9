"""Warnings: what the nights raised, at which level; acknowledged with what follows, escalated while nobody has."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit.money import Money
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.warning.actions import alerts
from liangqing.warning.level import Level
from liangqing.warning.models import Alert
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.warnings import AcknowledgeForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.money import day_filter
from liangqing.workbench.templatetags.lq import level as level_tag
from liangqing.workbench.words import customer_name

_STATES = (
    ("open", gettext_lazy("not acknowledged")),
    ("acknowledged", gettext_lazy("acknowledged")),
    ("escalated", gettext_lazy("escalated")),
)


@page("warning.see")
def warnings(request: Request) -> HttpResponseBase:
    """Warnings I may see, the latest first; the chosen ones can be acknowledged together."""
    user = request.user
    listing = Listing(
        name="warnings",
        title=gettext_lazy("Warnings"),
        rows=visible.alerts(user).select_related("party", "creditor", "acknowledged_by"),
        order=("-raised_on", "-id"),
        columns=(
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.party, user)),
            Column("raised", gettext_lazy("Raised"), lambda row: row.raised_on, kind="date", sort=("raised_on",)),
            Column(
                "level",
                gettext_lazy("Level"),
                lambda row: level_tag(row.level),
                kind="html",
                plain=lambda row: str(Level(row.level).label),
            ),
            Column("amount", gettext_lazy("Late amount"), lambda row: Money(row.amount, row.currency), kind="money"),
            Column("days", gettext_lazy("Days late"), lambda row: row.days_late, kind="num"),
            Column("told", gettext_lazy("Told"), lambda row: "、".join(row.told)),
            Column("state", gettext_lazy("State"), _state),
            Column("note", gettext_lazy("What follows"), lambda row: row.note or None),
            Column("escalated", gettext_lazy("Escalated"), lambda row: row.escalated_on, kind="date", shown=False),
            Column("number", gettext_lazy("Customer number"), lambda row: row.party.number, shown=False),
            Column("creditor", gettext_lazy("Creditor"), lambda row: row.creditor.name, shown=False),
        ),
        filters=(
            Filter("level", gettext_lazy("Level"), lambda rows, value: rows.filter(level=value), Level.choices),
            Filter("state", gettext_lazy("State"), _in_state, _STATES),
            Filter(
                "mine",
                gettext_lazy("told to me"),
                lambda rows, _on: rows.filter(recipients__contains=[user.pk]),
                kind="flag",
            ),
            Filter("from", gettext_lazy("Raised from"), day_filter("raised_on__gte"), kind="date"),
            Filter("until", gettext_lazy("until"), day_filter("raised_on__lte"), kind="date"),
        ),
        load=_told,
        link=lambda row: reverse("customers-customer", args=[row.party.number]),
        pick=(lambda row: row.pk) if can(user, "warning.acknowledge") else None,
        empty=gettext_lazy("No warning yet. The night raises one when a customer reaches a level."),
    )
    form = AcknowledgeForm() if can(user, "warning.acknowledge") else None
    return show(request, listing, "workbench/warnings/warnings.html", acknowledge_form=form)


def _state(row: Alert) -> str:
    if row.acknowledged_at is not None and row.acknowledged_by is not None:
        return _("acknowledged by {name}").format(name=row.acknowledged_by.name)
    return _("escalated") if row.escalated_on else _("not acknowledged")


def _in_state(rows: Any, value: str) -> Any:
    if value == "acknowledged":
        return rows.filter(acknowledged_at__isnull=False)
    rows = rows.filter(acknowledged_at=None)
    return rows.filter(escalated_on__isnull=False) if value == "escalated" else rows


def _told(rows: list[Alert]) -> list[Alert]:
    """The names of the people told, for a page of warnings in one query."""
    names = dict(User.objects.filter(pk__in={pk for row in rows for pk in row.recipients}).values_list("id", "name"))
    for row in rows:
        row.told = [names[pk] for pk in row.recipients if pk in names]  # type: ignore[attr-defined]
    return rows


@page("warning.see", post="warning.acknowledge")
def acknowledgements(request: Request) -> HttpResponse:
    """Acknowledge the chosen warnings, saying what follows."""
    form = AcknowledgeForm(request.POST)
    picked = [int(key) for key in request.POST.getlist("pick") if key.isdigit()]
    if request.method == "POST":
        chosen = list(visible.alerts(request.user).filter(pk__in=picked))
        if not chosen or not form.is_valid():
            messages.error(request, _("Choose warnings, and say what follows."), extra_tags="bad")
        else:
            within = visible.alerts(request.user)
            count = alerts.acknowledge_many(chosen, form.cleaned_data["note"], request.user, seen=within)
            messages.success(request, _("{count} warnings acknowledged.").format(count=count), extra_tags="good")
    return HttpResponseRedirect(reverse("warnings"))
