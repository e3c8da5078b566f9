"""Sending to many 群发: customers chosen, looked at with the guard, approved where the policy says so, sent, followed, stopped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from liangqing.cases.queries import selection, visible
from liangqing.cases.queries.given import given, signed
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import dispatches as actions
from liangqing.outreach.actions import drafting, previews, switches
from liangqing.outreach.actions import messages as writing
from liangqing.outreach.actions.dispatches import To
from liangqing.outreach.kinds import Channel
from liangqing.outreach.lifecycle import DISPATCH, DispatchState, MessageState
from liangqing.outreach.models import Addressee, Dispatch, TemplateVersion
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.workbench import worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.campaigns import SelectionForm
from liangqing.workbench.forms.sending import DispatchForm, ReasonForm, WhyForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.campaigns import collectors, first_shown, seal, unseal
from liangqing.workbench.pages.outreach.messages import WRITTEN_CHOICES
from liangqing.workbench.words import customer_name, moment

_CASES = "dispatch cases"
AT_ONCE = 200
"""So many are asked about while the page waits; more are left to a worker."""
_LOOKS = dt.timedelta(minutes=15)
"""So long a page waits for a worker's look."""
_D = DispatchState
_COLOURS = {_D.DRAFT: "", _D.ASKED: "yellow", _D.APPROVED: "blue", _D.SENDING: "blue", _D.DONE: "green"}
FIGURES = (
    ("allowed", gettext_lazy("would get it now")),
    ("later", gettext_lazy("would get it later, when they may be reached")),
    ("refused", gettext_lazy("held back by a rule")),
    ("approval", gettext_lazy("would need an approval of their own")),
    ("no_contact", gettext_lazy("have no contact for this channel")),
    ("nothing_owed", gettext_lazy("owe nothing that is late")),
)


def within(user: User) -> QuerySet[Dispatch]:
    """The dispatches of those whose work this person reaches."""
    rows = Dispatch.objects.select_related("by", "template__template")
    if not can(user, "overview.see"):
        return rows.none()
    people = reach(user)
    return rows if people is None else rows.filter(by__in=people)


def _one(request: Request, pk: int) -> Dispatch:
    return find(within(request.user), pk=pk)


def _state(row: Dispatch) -> SafeString:
    colour = _COLOURS.get(_D(row.state), "red")
    return format_html('<span class="lq-tag {}">{}</span>', colour, row.get_state_display())


# What there was -------------------------------------------------------------------------------------------------------


@page("overview.see", post="outreach.dispatch")
def dispatches(request: Request) -> HttpResponseBase:
    """The dispatches there were; a post makes one of the cases chosen."""
    if request.method == "POST":
        return _make(request)
    listing = Listing(
        name="dispatches",
        title=gettext_lazy("Sending to many"),
        rows=within(request.user),
        order=("-id",),
        load=_with_counts,
        link=lambda row: reverse("dispatches-one", args=[row.pk]),
        columns=(
            Column("number", gettext_lazy("Number"), lambda row: row.number),
            Column("name", gettext_lazy("Name"), lambda row: row.name),
            Column("state", gettext_lazy("State"), _state, kind="html", plain=lambda row: row.get_state_display()),
            Column("channel", gettext_lazy("Channel"), lambda row: row.get_channel_display()),
            Column("content", gettext_lazy("What for"), lambda row: row.get_content_display()),
            Column("total", gettext_lazy("Customers"), lambda row: row.total, kind="num"),
            Column("by", gettext_lazy("By"), lambda row: row.by.name),
            Column("made", gettext_lazy("Made"), lambda row: moment(row.made_at)),
            Column("started", gettext_lazy("Started"), lambda row: moment(row.started_at) if row.started_at else None),
            Column("ended", gettext_lazy("Ended"), lambda row: moment(row.ended_at) if row.ended_at else None),
        ),
        filters=(
            Filter("state", gettext_lazy("State"), lambda rows, value: rows.filter(state=value), DispatchState.choices),
            Filter("channel", gettext_lazy("Channel"), lambda rows, value: rows.filter(channel=value), WRITTEN_CHOICES),
        ),
        empty=gettext_lazy("Nothing was sent to many yet. Choose customers and a purpose; nothing leaves before you have looked."),
    )  # fmt: skip
    return show(request, listing, "workbench/outreach/dispatches/dispatches.html")


def _with_counts(rows: list[Dispatch]) -> list[Dispatch]:
    found = Addressee.objects.filter(dispatch__in=rows).values_list("dispatch").annotate(Count("id")).order_by()
    counts = dict(found)
    for row in rows:
        row.total = counts.get(row.pk, 0)  # type: ignore[attr-defined]
    return rows


# A new one ------------------------------------------------------------------------------------------------------------


def _wordings() -> Sequence[TemplateVersion]:
    """The approved wordings that name no single occasion, the last of each template."""
    found = TemplateVersion.objects.filter(
        state=TemplateVersion.State.APPROVED,
        from_on__lte=clock.today(),
        template__channel__in=writing.WRITTEN,
        template__occasion="",
    ).select_related("template")
    latest: dict[int, TemplateVersion] = {}
    for each in found.order_by("template_id", "-number"):
        latest.setdefault(each.template_id, each)
    return list(latest.values())


@page("outreach.dispatch")
def select(request: Request) -> HttpResponse:
    """Which customers, by their open cases; and when that is said, what they are sent."""
    user = request.user
    form = SelectionForm(request.GET if "number" in request.GET else None, people=collectors(user))
    if not form.is_bound or not form.is_valid():
        context = {"form": form}
        return render(
            request, "workbench/outreach/dispatches/select.html", context, status=422 if form.is_bound else 200
        )
    found = selection.select(user, form.wanted(), clock.today())
    made = DispatchForm(initial={"cases": seal(found, user, _CASES)}, wordings=_wordings())
    return _choose(request, form, found, made)


def _choose(
    request: Request, form: SelectionForm | None, found: list[int], made: DispatchForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "searched": True,
        "count": len(found),
        "first": first_shown(request.user, found),
        "made": made,
    }
    return render(request, "workbench/outreach/dispatches/select.html", context, status=status)


def _make(request: Request) -> HttpResponse:
    user = request.user
    chosen = unseal(request.POST.get("cases", ""), user, _CASES)
    form = DispatchForm(request.POST, wordings=_wordings())
    if form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.make(
                said["name"],
                channel=said["channel"],
                content=said["content"],
                template=form.wording(),
                to=_to(user, chosen),
                by=user,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _look(request, made)
    return _choose(request, None, chosen, form, status=422)


def _to(user: User, cases: list[int]) -> list[To]:
    """The customers of the cases, with what only the case knows and who answers for it."""
    rows = list(visible.cases(user).select_related("owner").filter(pk__in=cases).order_by("id"))
    known = given(rows)
    return [To(row.party_id, row.creditor_id, row.number, known[row.pk] | signed(row.owner)) for row in rows]


# Looked at, asked for, sent -------------------------------------------------------------------------------------------


@page("overview.see")
def dispatch(request: Request, pk: int) -> HttpResponseBase:
    """Where a dispatch stands: who would get it and who not, or how far it is, and what came of it."""
    row = _one(request, pk)
    looking = _instant(request.GET.get("looking", ""))
    if looking is not None and _being_looked_at(row, looking):
        part = request.headers.get("HX-Target") == "progress"
        template = "workbench/outreach/dispatches/looking.html"
        context = {"row": row, "state": _state(row), "nobody": not worker.alive(), "here": request.get_full_path()}
        return render(request, f"{template}#progress" if part else template, context)
    if looking is not None and request.headers.get("HX-Target") == "progress":
        answer = HttpResponse()
        answer.headers["HX-Redirect"] = reverse("dispatches-one", args=[pk])
        return answer
    return _answer(request, row)


def _instant(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _being_looked_at(row: Dispatch, since: dt.datetime) -> bool:
    looked = row.looked_at is not None and row.looked_at >= since
    return not looked and row.state in _BEFORE and clock.now() - since < _LOOKS


_BEFORE = (_D.DRAFT, _D.ASKED, _D.APPROVED)


def _answer(
    request: Request, row: Dispatch, *, why: WhyForm | None = None, stop: ReasonForm | None = None, refused: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    user, before = request.user, row.state in _BEFORE
    may = can(user, "outreach.dispatch")
    progress = actions.progress(row) if not before or row.started_at else None
    shown = previews.kept(row) if before and row.looked_at else None
    last_day = drafting.last_day()
    switch = row.switches.filter(lifted_at=None).select_related("by").first()
    context: dict[str, Any] = {
        "row": row,
        "state": _state(row),
        "before": before,
        "total": row.addressees.count(),
        "progress": progress,
        "states": _states(progress),
        "done": (progress.total - progress.open) if progress else 0,
        "running": row.state == _D.SENDING,
        "figures": [(label, row.figures.get(key, 0)) for key, label in FIGURES] if row.looked_at else (),
        "shown": shown,
        "last_day": last_day,
        "dropped": row.addressees.filter(answer="later", earliest_at__gte=_end_of(last_day)).count() if shown else 0,
        "samples": [(each, customer_name(each.addressee.party, user)) for each in shown.samples] if shown else (),
        "fresh": row.looked_at is not None and row.looked_at.astimezone(clock.zone()).date() == clock.today(),
        "needs": before and actions.needs_approval(row),
        "may": may,
        "may_ask": may and row.state == _D.DRAFT,
        "may_start": may and row.state in (_D.DRAFT, _D.APPROVED),
        "may_stop": can(user, "outreach.stop") and row.state == _D.SENDING,
        "may_off": can(user, "outreach.stop") and row.state in DISPATCH.named("call off").sources,
        "switch": switch,
        "why": why or WhyForm(),
        "stop": stop or ReasonForm(),
        "refused": refused,
    }
    template = "workbench/outreach/dispatches/dispatch.html"
    part = request.headers.get("HX-Target") == "progress"
    return render(request, f"{template}#progress" if part else template, context, status=status)


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), clock.zone())


def _states(progress: actions.Progress | None) -> list[tuple[str, str, int]]:
    """Code, name and number of each state some messages are in, in the order of a message's life."""
    if progress is None:
        return []
    return [
        (state.value, str(state.label), progress.states[state]) for state in MessageState if progress.states.get(state)
    ]


def _look(request: Request, row: Dispatch) -> HttpResponse:
    """Ask the guard about everybody: at once where they are few, else a worker does."""
    url = reverse("dispatches-one", args=[row.pk])
    if row.addressees.count() <= AT_ONCE:
        actions.look(row, by=request.user)
        return HttpResponseRedirect(url)
    worker.ask("look_at_dispatch", row.pk, queue="outreach", lock="looking")
    return HttpResponseRedirect(f"{url}?looking={clock.now():%Y-%m-%dT%H:%M:%SZ}")


@page("outreach.dispatch")
def preview(request: Request, pk: int) -> HttpResponse:
    """Look (again): who would get it now, and who not."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    return _look(request, row)


@page("outreach.dispatch")
def request_approval(request: Request, pk: int) -> HttpResponse:
    """Ask that it be approved."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    form = WhyForm(request.POST)
    if form.is_valid():
        try:
            asked = actions.ask(row, reason=form.cleaned_data["reason"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
            return _answer(request, row, why=form, status=refusal.status)
        messages.success(request, _("Asked for: {number}.").format(number=asked.number), extra_tags="good")
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    return _answer(request, row, why=form, status=422)


@page("outreach.dispatch")
def start(request: Request, pk: int) -> HttpResponse:
    """Write the messages; the worker sends them."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    try:
        count = actions.start(row, by=request.user)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return _answer(request, row, refused=refusal.sentence, status=refusal.status)
    if row.channel != Channel.LETTER:
        worker.ask("send_now", row.pk, queue="outreach", lock="outreach")
    sentence = ngettext("{count} message was written.", "{count} messages were written.", count)
    messages.success(request, sentence.format(count=count), extra_tags="good")
    return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))


@page("overview.see", post="outreach.stop")
def stop(request: Request, pk: int) -> HttpResponse:
    """Nothing more of it leaves until it is resumed."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _answer(request, row, stop=form, status=422)
    switches.stop(reason=form.cleaned_data["reason"], dispatch=row, by=request.user)
    messages.success(request, _("Stopped. What waits, waits."), extra_tags="good")
    return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))


@page("overview.see", post="outreach.stop")
def resumption(request: Request, pk: int) -> HttpResponse:
    """It goes on."""
    row = _one(request, pk)
    switch = row.switches.filter(lifted_at=None).first()
    if request.method == "POST" and switch is not None:
        switches.resume(switch, by=request.user)
        messages.success(request, _("It goes on."), extra_tags="good")
    return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))


@page("overview.see", post="outreach.stop")
def cancellation(request: Request, pk: int) -> HttpResponse:
    """It ends here; what waits is called off."""
    row = _one(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _answer(request, row, stop=form, status=422)
    count = actions.call_off(row, reason=form.cleaned_data["reason"], by=request.user)
    sentence = ngettext(
        "Called off; {count} message will not leave.", "Called off; {count} messages will not leave.", count
    )
    messages.success(request, sentence.format(count=count), extra_tags="good")
    return HttpResponseRedirect(reverse("dispatches-one", args=[pk]))
