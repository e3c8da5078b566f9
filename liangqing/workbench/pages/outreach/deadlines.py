"""What the institution itself must do by a day: complaints to answer, claims in bankruptcy to file."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.parties.models import Alarm, Deadline, Purpose
from liangqing.parties.queries.deadlines import figures
from liangqing.parties.rules.deadlines import state
from liangqing.people.duties import Duty
from liangqing.workbench.doors import Request, page
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.words import customer_name

_STATES = (
    ("open", pgettext_lazy("deadline", "open")),
    ("near", pgettext_lazy("deadline", "due soon")),
    ("overdue", pgettext_lazy("deadline", "overdue")),
    ("met", pgettext_lazy("deadline", "done")),
)
_COLOURS = {Alarm.NONE: "", Alarm.NEAR: "yellow", Alarm.OVERDUE: "red"}


@page("customer.see")
def listed(request: Request) -> HttpResponseBase:
    """Those of the customers I may see, what is due first on top; with how many are open, due soon and overdue."""
    user = request.user
    mine = Deadline.objects.filter(restraint__party__in=visible.parties(user))
    listing = Listing(
        name="deadlines",
        title=gettext_lazy("Complaints and claims"),
        rows=mine.select_related("restraint__party", "responsible", "met_by").defer("restraint__party__search"),
        order=("due_on", "id"),
        columns=(
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.restraint.party, user)),
            Column("what", pgettext_lazy("deadline", "What"), lambda row: row.get_purpose_display()),
            Column("grade", gettext_lazy("Intake"), lambda row: row.get_grade_display() or None),
            Column("began", pgettext_lazy("deadline", "Since"), lambda row: row.restraint.day, kind="date"),
            Column("due", pgettext_lazy("deadline", "Due"), lambda row: row.due_on, kind="date"),
            Column("last", gettext_lazy("At the latest"), lambda row: row.last_on, kind="date"),
            Column("who", gettext_lazy("Who answers for it"), _who),
            Column("state", gettext_lazy("State"), _tag, kind="html", plain=_said),
            Column("number", gettext_lazy("Customer number"), lambda row: row.restraint.party.number, shown=False),
        ),
        filters=(
            Filter(
                "purpose",
                pgettext_lazy("deadline", "What"),
                lambda rows, value: rows.filter(purpose=value),
                Purpose.choices,
            ),
            Filter("state", gettext_lazy("State"), _in_state, _STATES, default="open"),
        ),
        link=lambda row: reverse("customers-restraints", args=[row.restraint.party.number]),
        empty=gettext_lazy("Nothing waits: no complaint is open, no claim to be filed."),
    )
    return show(request, listing, "workbench/outreach/deadlines.html", figures=figures(mine, clock.today()))


def _who(row: Deadline) -> str:
    if row.responsible is not None and row.responsible.is_active:
        return row.responsible.name
    return str(Duty(row.duty).label)


def _state(row: Deadline) -> str:
    return state(row.due_on, row.warn_on, clock.today())


def _said(row: Deadline) -> str:
    if row.met_on is not None:
        return _("done {day}").format(day=row.met_on)
    return str(Alarm(_state(row)).label)


def _tag(row: Deadline) -> SafeString:
    colour = "green" if row.met_on is not None else _COLOURS[Alarm(_state(row))]
    return format_html('<span class="lq-tag {}">{}</span>', colour, _said(row))


def _in_state(rows: Any, value: str) -> Any:
    today = clock.today()
    if value == "met":
        return rows.filter(met_on__isnull=False)
    rows = rows.filter(met_on=None)
    if value == "overdue":
        return rows.filter(due_on__lt=today)
    return rows.filter(due_on__gte=today, warn_on__lte=today) if value == "near" else rows
