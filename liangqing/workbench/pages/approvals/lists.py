"""The lists of approvals: what waits for my decision, what I asked for, what I decided, all I may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.approvals.actions import votes
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request as Asked
from liangqing.approvals.models import Vote
from liangqing.approvals.queries import inbox, visible
from liangqing.kit import clock
from liangqing.people.models import Department, User
from liangqing.people.rights import can
from liangqing.workbench import shell
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.approvals import act_choices
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.approvals.subjects import act_label, due_tag, state_tag, subjects, voice_tag

TABS: tuple[tuple[str, Any], ...] = (
    ("approvals", gettext_lazy("waiting for me")),
    ("approvals-mine", gettext_lazy("requested by me")),
    ("approvals-answered", gettext_lazy("decided by me")),
    ("approvals-all", gettext_lazy("all I may see")),
)


def tabs(here: str) -> list[dict[str, Any]]:
    return [{"label": label, "url": reverse(name), "here": name == here} for name, label in TABS]


def _list(
    request: Request, here: str, rows: QuerySet[Asked], *, empty: Any, load: Any, **options: Any
) -> HttpResponseBase:
    """One tab: its requests with what they are about, filtered by act, state and department."""
    waits = here == "approvals"
    overdue = Filter(
        "late", gettext_lazy("overdue"), lambda found, _on: found.filter(due_on__lt=clock.today()), kind="flag"
    )
    state = Filter("state", gettext_lazy("State"), lambda found, value: found.filter(state=value), RequestState.choices)
    listing = Listing(
        name=here,
        title=gettext_lazy("Approvals"),
        rows=rows.select_related("requested_by", "department", "decided_by"),
        columns=(
            Column("number", gettext_lazy("Request"), lambda row: row.number),
            Column("act", pgettext_lazy("approval", "Act"), lambda row: act_label(row.act)),
            Column("subject", gettext_lazy("About"), lambda row: row.about.text),
            Column("amount", gettext_lazy("Amount"), lambda row: row.money, kind="money"),
            *options.pop("first", ()),
            Column(
                "by",
                gettext_lazy("Requested by"),
                lambda row: row.requested_by.name,
                shown=here != "approvals-mine",
            ),
            Column(
                "department", gettext_lazy("Department"), lambda row: row.department.name if row.department else None
            ),
            Column("at", gettext_lazy("Requested"), lambda row: _local(row.requested_at).date(), kind="date"),
            Column(
                "due",
                pgettext_lazy("approval", "Due"),
                due_tag,
                kind="html",
                plain=lambda row: row.due_on,
                sort=("due_on",) if waits else (),
            ),
            Column(
                "state",
                gettext_lazy("State"),
                state_tag,
                kind="html",
                plain=lambda row: str(row.get_state_display()),
                shown=not waits,
            ),
            Column("reason", gettext_lazy("Reason"), lambda row: row.reason, shown=False),
        ),
        filters=(
            Filter("act", pgettext_lazy("approval", "Act"), lambda found, value: found.filter(act=value), act_choices),
            overdue if waits else state,
            Filter("department", gettext_lazy("Department"), _of_department, _departments),
        ),
        load=load,
        link=lambda row: reverse("approvals-request", args=[row.number]),
        empty=empty,
        **options,
    )
    return show(request, listing, "workbench/approvals/list.html", tabs=tabs(here), waits=waits)


def _of_department(found: Any, value: str) -> Any:
    return found.filter(department=value) if value.isascii() and value.isdigit() else found.none()


def _departments() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Department.objects.order_by("name").values_list("pk", "name")]


def _about(user: User) -> Callable[[list[Asked]], list[Asked]]:
    """Each request of a page of the list with what it is about."""

    def load(rows: list[Asked]) -> list[Asked]:
        about = subjects(rows, user)
        for row in rows:
            row.about = about[row.pk]  # type: ignore[attr-defined]
        return rows

    return load


def _local(at: dt.datetime) -> dt.datetime:
    return at.astimezone(clock.zone())


@page("approval.see")
def waiting(request: Request) -> HttpResponseBase:
    """What waits for my decision, what is due first before; for whom I would speak."""
    user = request.user
    absent = {
        person.pk: person.name for person in User.objects.filter(pk__in=[pk for pk, _a in inbox.principals(user)])
    }
    about = _about(user)

    def load(rows: list[Asked]) -> list[Asked]:
        for row in about(rows):
            row.for_whom = absent.get(inbox.for_whom(row, user) or 0)  # type: ignore[attr-defined]
        return rows

    return _list(
        request,
        "approvals",
        inbox.asked(user),
        order=("due_on", "id"),
        load=load,
        first=(Column("for", gettext_lazy("On behalf of"), lambda row: row.for_whom, shown=bool(absent)),),
        pick=(lambda row: row.pk if row.bulk else None) if can(user, "approval.decide") else None,
        row_class=lambda row: "lq-pinned" if row.due_on and row.due_on < clock.today() else "",
        empty=gettext_lazy("Nothing waits for your decision."),
    )


@page("approval.see")
def mine(request: Request) -> HttpResponseBase:
    """What I asked for, the latest first."""
    return _list(
        request,
        "approvals-mine",
        Asked.objects.filter(requested_by=request.user),
        order=("-id",),
        load=_about(request.user),
        empty=gettext_lazy(
            "You have requested nothing yet. Requests are made where the matter is, as on the page of a case."
        ),
    )


@page("approval.see")
def answered(request: Request) -> HttpResponseBase:
    """What I decided, the latest first, with what I said."""
    user = request.user
    about = _about(user)

    def load(rows: list[Asked]) -> list[Asked]:
        said = {vote.request_id: vote for vote in Vote.objects.filter(person=user, request__in=rows).order_by("id")}
        for row in about(rows):
            row.said = said[row.pk]  # type: ignore[attr-defined]
        return rows

    own = Vote.objects.filter(request=OuterRef("pk"), person=user)
    return _list(
        request,
        "approvals-answered",
        visible.visible_to(user).filter(Exists(own)),
        order=("-id",),
        load=load,
        first=(
            Column(
                "said",
                gettext_lazy("I said"),
                lambda row: voice_tag(row.said),
                kind="html",
                plain=lambda row: str(row.said.get_decision_display()),
            ),
        ),
        empty=gettext_lazy("You have decided nothing yet."),
    )


@page("approval.see")
def everything(request: Request) -> HttpResponseBase:
    """All requests I may see, the latest first."""
    return _list(
        request,
        "approvals-all",
        visible.visible_to(request.user),
        order=("-id",),
        load=_about(request.user),
        empty=gettext_lazy("There is no request yet. They are made where the matter is, as on the page of a case."),
    )


@page("approval.see", post="approval.decide")
def bulk(request: Request) -> HttpResponse:
    """Approve the chosen ones together, as far as their way allows it; what became of each is shown."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("approvals"))
    picked = [int(key) for key in request.POST.getlist("pick") if key.isascii() and key.isdigit()]
    user = request.user
    chosen = list(visible.visible_to(user).filter(pk__in=picked).order_by("due_on", "id"))
    if not chosen:
        messages.error(request, _("Choose at least one request first."), extra_tags="bad")
        return HttpResponseRedirect(reverse("approvals"))
    outcomes = votes.approve_many(chosen, user, request.POST.get("reason", "")[:1000])
    shell.forget_waiting(user)
    about = subjects([each.request for each in outcomes], user)
    return render(
        request,
        "workbench/approvals/outcomes.html",
        {
            "outcomes": [
                (each, act_label(each.request.act), about[each.request.pk], state_tag(each.request))
                for each in outcomes
            ],
            "approved": sum(each.approved for each in outcomes),
        },
    )
