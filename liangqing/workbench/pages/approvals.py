"""Approvals: what waits for my decision, what I asked for, one request with its whole way, and who stands in for whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing import policy
from liangqing.approvals import acts, policy_change
from liangqing.approvals.actions import delegations, files, requests, votes
from liangqing.approvals.actions.requests import TABLE
from liangqing.approvals.lifecycle import REQUEST, RequestState
from liangqing.approvals.models import Attachment, Decision, Delegation, Vote
from liangqing.approvals.models import Request as Asked
from liangqing.approvals.queries import inbox, route, visible
from liangqing.cases.actions import grace
from liangqing.cases.queries import visible as cases_visible
from liangqing.cases.queries.grace import ACT as GRACE
from liangqing.cases.words import spoken
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Party
from liangqing.people.duties import Duty
from liangqing.people.models import Department, User
from liangqing.people.rights import ACTS, can
from liangqing.policy import words
from liangqing.policy.models import Version
from liangqing.warning.level import Level
from liangqing.workbench import shell, telling
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.approvals import (
    AskForm,
    DecideForm,
    DelegationForm,
    GraceForm,
    WithdrawForm,
    act_choices,
)
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.policy import trials
from liangqing.workbench.telling import Named
from liangqing.workbench.words import customer_name

_COLOURS = {"open": "blue", "approved": "green", "rejected": "red", "returned": "yellow", "withdrawn": ""}
_SAID = {Decision.APPROVE: "green", Decision.REJECT: "red", Decision.RETURN: "yellow"}
MOST_DELEGATIONS = 100


# What requests are about ------------------------------------------------------------------------------------------------


def subjects(rows: Iterable[Asked], user: User) -> dict[int, Named]:
    """What each request is about, with the page of it where this person may open that: three queries for all of them.

    The name of a natural person is masked for whoever does not work with customers, as everywhere.
    """
    rows = list(rows)
    parties = Party.objects.defer("search").in_bulk({row.party_id for row in rows if row.party_id})
    pages = _pages(rows, user)
    return {
        row.pk: Named(
            _subject(row, parties.get(row.party_id or 0), user), pages.get((row.subject_kind, row.subject_id), "")
        )
        for row in rows
    }


def _subject(row: Asked, party: Party | None, user: User) -> str:
    if party is None or party.kind == Party.Kind.COMPANY:
        return row.subject
    shown = customer_name(party, user)
    if shown == party.name:
        return row.subject
    return row.subject.replace(party.name, shown) if party.name in row.subject else f"{act_label(row.act)} {shown}"


def _pages(rows: Sequence[Asked], user: User) -> dict[tuple[str, int], str]:
    """The addresses of what is asked about, by kind and id."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.subject_kind, set()).add(row.subject_id)
    found: dict[tuple[str, int], str] = {}
    if "case" in wanted:
        for pk, number in cases_visible.cases(user).filter(pk__in=wanted["case"]).values_list("pk", "number"):
            found["case", pk] = reverse("cases-case", args=[number])
    if policy_change.KIND in wanted and can(user, "policy.see"):
        for version in Version.objects.filter(pk__in=wanted[policy_change.KIND]).defer("content"):
            found[policy_change.KIND, version.pk] = reverse("policy-version", args=[version.name])
    return found


def act_label(code: str) -> str:
    """An act by its name; one that no room knows any more by its code."""
    known = acts.known().get(code)
    return str(known.label) if known else code


# The lists --------------------------------------------------------------------------------------------------------------


TABS: tuple[tuple[str, Any], ...] = (
    ("approvals", gettext_lazy("waiting for me")),
    ("approvals-mine", gettext_lazy("requested by me")),
    ("approvals-answered", gettext_lazy("decided by me")),
    ("approvals-all", gettext_lazy("all I may see")),
)


def _tabs(here: str) -> list[dict[str, Any]]:
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
    return show(request, listing, "workbench/approvals/list.html", tabs=_tabs(here), waits=waits)


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


def due_tag(row: Asked) -> SafeString | None:
    """The day a step is due, marked where that is past."""
    if row.due_on is None:
        return None
    if row.due_on < clock.today():
        return format_html(
            '<span class="nowrap">{} <span class="lq-tag red">{}</span></span>', row.due_on, _("overdue")
        )
    return format_html('<span class="nowrap">{}</span>', row.due_on)


def state_tag(row: Asked) -> SafeString:
    """The tag of the state a request is in."""
    return format_html('<span class="lq-tag {}">{}</span>', _COLOURS.get(row.state, ""), row.get_state_display())


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


def voice_tag(vote: Vote) -> SafeString:
    return format_html(
        '<span class="lq-tag {}">{}</span>', _SAID.get(Decision(vote.decision), ""), vote.get_decision_display()
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


# One request ------------------------------------------------------------------------------------------------------------


def _asked(request: Request, number: str) -> Asked:
    rows = visible.visible_to(request.user).select_related("requested_by", "department", "decided_by")
    return find(rows, number=number)


@page("approval.see")
def one(request: Request, number: str) -> HttpResponse:
    """One request: what, for how much, why, its way with who said what, and what I may do about it."""
    return _show(request, _asked(request, number))


def _show(
    request: Request,
    found: Asked,
    *,
    decide: DecideForm | None = None,
    again: AskForm | None = None,
    withdraw: WithdrawForm | None = None,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    user = request.user
    moves = {move.name for move in REQUEST.open_to(found) if not move.right or can(user, move.right)}
    mine = found.requested_by_id == user.pk
    decides = "approve" in moves and route.may_decide(found, user)
    row = policy.row_of(found.policy, TABLE, found.row)
    spoken_votes = list(route.votes_of(found))
    context = {
        "found": found,
        "act": act_label(found.act),
        "about": subjects([found], user)[found.pk],
        "state": state_tag(found),
        "overdue": found.due_on is not None and found.due_on < clock.today(),
        "facts": facts(found),
        "policy": trials.of_request(found),
        "why_so": spoken(row.reason) if row.reason else "",
        "steps": [(step, words.route(str(step.step))) for step in route.route_of(found)],
        "votes": [(vote, voice_tag(vote)) for vote in spoken_votes],
        "rounds": found.round > 1,
        "files": list(found.attachments.select_related("by").order_by("id")),
        "history": [(told, _brief(told)) for told in telling.tell(list(route.history(found)[:200]), user)],
        "decides": decides,
        "for_whom": _speaks_for(found, user) if decides else None,
        "own": mine and found.state == RequestState.OPEN,
        "withdraws": mine and "withdraw" in moves,
        "asks_again": mine and "resubmit" in moves,
        "elsewhere": found.act in ELSEWHERE,
        "decide_form": decide or DecideForm(),
        "again_form": again or (_again_form(found) if mine and "resubmit" in moves else None),
        "withdraw_form": withdraw or WithdrawForm(prefix="w"),
        "wrong": wrong,
    }
    return render(request, "workbench/approvals/request.html", context, status=status)


def _speaks_for(found: Asked, user: User) -> str | None:
    principal = inbox.for_whom(found, user)
    return User.objects.values_list("name", flat=True).get(pk=principal) if principal is not None else None


_FACTS = ("from_on", "until_on", "days", "days_before", "level")
"""In this order; what else a request states comes after them."""


def facts(found: Asked) -> list[tuple[str, str]]:
    """What the request states besides amount and department, in words."""
    order = {key: place for place, key in enumerate(_FACTS)}
    given = sorted(found.facts.items(), key=lambda each: (order.get(each[0], len(order)), each[0]))
    return [_fact(key, value) for key, value in given if value is not None and value != "" and key != "trial"]


def _fact(key: str, value: Any) -> tuple[str, str]:
    if key == "from_on":
        return _("First day"), str(value)
    if key == "until_on":
        return _("Last day"), (dt.date.fromisoformat(value) - dt.timedelta(days=1)).isoformat()
    if key == "level" and value in Level.values:
        return telling.fact(key), str(Level(value).label)
    if isinstance(value, bool):
        return telling.fact(key), _("yes") if value else _("no")
    return telling.fact(key), str(value)


_SAID_ELSEWHERE = ("act", "number", "policy", "reason", "row", "subject_kind")


def _brief(told: telling.Told) -> str:
    """The facts of an entry without what the page of the request says anyway."""
    known = {telling.fact(key) for key in _SAID_ELSEWHERE}
    return " · ".join(f"{label} {value}" for label, value in told.facts if label not in known)


def _over(request: Request, found: Asked, sentence: str) -> HttpResponse:
    shell.forget_waiting(request.user)
    messages.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("approvals-request", args=[found.number]))


def _refused(refusal: Refusal) -> int:
    """The status of a page that says why not: whoever came this far has the right, only not for this one, or not now."""
    return 409 if refusal.status == 403 else refusal.status


def _decided(request: Request, number: str, decide: Callable[[Asked, User, str], Asked], said: Any) -> HttpResponse:
    """Let somebody say yes or no, and show what came of it, or why not."""
    found = _asked(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _show(request, found, decide=form, status=422)
    try:
        after = decide(found, request.user, form.cleaned_data["reason"])
    except Refusal as refusal:
        at_field = refusal.status == 422 and refusal.facts.get("field") in form.fields
        if at_field:
            form.refuse(refusal)
        wrong = "" if at_field else refusal.sentence
        return _show(request, _asked(request, number), decide=form, wrong=wrong, status=_refused(refusal))
    return _over(request, after, str(said(after)))


def _approval_said(after: Asked) -> str:
    if after.state == RequestState.APPROVED:
        return _("Approved, and done.")
    return _("Your approval counts; others are asked as well.")


@page("approval.see", post="approval.decide")
def approval(request: Request, number: str) -> HttpResponse:
    """Say yes."""
    return _decided(request, number, votes.approve, _approval_said)


@page("approval.see", post="approval.decide")
def rejection(request: Request, number: str) -> HttpResponse:
    """Say no, and why."""
    return _decided(request, number, votes.reject, lambda _after: _("Rejected."))


@page("approval.see", post="approval.decide")
def return_for_change(request: Request, number: str) -> HttpResponse:
    """Return it, saying what to change."""
    return _decided(request, number, votes.send_back, lambda _after: _("Returned for change."))


@page("approval.see", post="approval.request")
def withdrawal(request: Request, number: str) -> HttpResponse:
    """Ask for it no longer."""
    found = _asked(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = WithdrawForm(request.POST, prefix="w")
    if form.is_valid():
        try:
            requests.withdraw(found, request.user, form.cleaned_data["reason"])
        except Refusal as refusal:
            return _show(request, found, wrong=refusal.sentence, status=_refused(refusal))
        return _over(request, found, _("Withdrawn."))
    return _show(request, found, withdraw=form, status=422)


ELSEWHERE = frozenset((policy_change.ACT,))
"""Acts that are asked for again where their subject is changed, not on the page of the request."""


def _again_form(found: Asked, *given: Any) -> AskForm:
    """What is filled in to ask again, with what was said before."""
    initial = {"reason": found.reason}
    if found.act == GRACE:
        last = dt.date.fromisoformat(found.facts["until_on"]) - dt.timedelta(days=1)
        return GraceForm(*given, initial={**initial, "last_day": last})
    return AskForm(*given, prefix="g", initial=initial)


@page("approval.see", post="approval.request")
def resubmission(request: Request, number: str) -> HttpResponse:
    """Ask again for what was returned for change."""
    found = _asked(request, number)
    if request.method != "POST" or found.act in ELSEWHERE:
        return HttpResponseRedirect(reverse("approvals-request", args=[number]))
    form = _again_form(found, request.POST, request.FILES)
    if form.is_valid():
        given = {"reason": form.cleaned_data["reason"], "by": request.user, "attachments": form.uploads()}
        try:
            if isinstance(form, GraceForm):
                grace.ask_again(found, form.until_on(), **given)
            else:
                requests.resubmit(found, **given)
        except Refusal as refusal:
            if refusal.status != 422:
                return _show(
                    request, _asked(request, number), again=form, wrong=refusal.sentence, status=_refused(refusal)
                )
            form.refuse(refusal)
        else:
            return _over(request, found, _("Requested again."))
    return _show(request, found, again=form, status=422)


@page("approval.see")
def attachment(request: Request, number: str, pk: int) -> HttpResponseBase:
    """A file that belongs to a request, as it was handed in; its hash is checked on the way out."""
    found = find(Attachment.objects.filter(request=_asked(request, number)), pk=pk)
    answer = FileResponse(files.read(found), as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


# Standing in ------------------------------------------------------------------------------------------------------------


@page("approval.see", post="approval.delegate")
def standing_in(request: Request) -> HttpResponse:
    """Who stands in for whom, from when, until when, for which acts; naming somebody."""
    user = request.user
    for_others = user.has_duty(Duty.MANAGE)
    deciding = [duty.value for duty in ACTS["approval.decide"].duties]
    people = User.objects.filter(is_active=True, duties__overlap=deciding).exclude(duties__contains=[Duty.AUDIT.value])
    people = people.select_related("department").order_by("name")
    form = DelegationForm(request.POST or None, people=people, for_others=for_others, me=user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = delegations.delegate(
                given.get("principal") or user,
                given["delegate"],
                from_on=given["from_on"],
                until_on=form.until_on(),
                reason=given["reason"],
                by=user,
                acts_only=form.only(),
            )
        except Refusal as refusal:
            form.add_error("delegate", refusal.sentence) if refusal.status == 403 else form.refuse(refusal)
        else:
            messages.success(request, _("{name} stands in now.").format(name=made.delegate.name), extra_tags="good")
            return HttpResponseRedirect(reverse("approvals-delegations"))
    today = clock.today()
    rows = visible.delegations(user).select_related("principal", "delegate", "made_by", "ended_by")
    context = {
        "tabs": _tabs("approvals-delegations"),
        "rows": [_delegation(row, user, today) for row in rows.order_by("-until_on", "-id")[:MOST_DELEGATIONS]],
        "form": form if can(user, "approval.delegate") else None,
    }
    return render(
        request, "workbench/approvals/delegations.html", context, status=422 if request.method == "POST" else 200
    )


def _delegation(row: Delegation, user: User, today: dt.date) -> dict[str, Any]:
    over = row.ended_at is not None or row.until_on <= today
    return {
        "row": row,
        "last_day": row.until_on - dt.timedelta(days=1),
        "acts": "、".join(act_label(code) for code in row.acts),
        "state": "ended" if row.ended_at else "over" if over else "coming" if row.from_on > today else "now",
        "ends": not over
        and can(user, "approval.delegate")
        and (row.principal_id == user.pk or user.has_duty(Duty.MANAGE)),
    }


@page("approval.see", post="approval.delegate")
def delegation_end(request: Request, pk: int) -> HttpResponse:
    """End it now."""
    found = find(visible.delegations(request.user), pk=pk)
    if request.method == "POST":
        delegations.end_delegation(found, request.user)
        shell.forget_waiting(request.user)
        messages.success(request, _("Ended."), extra_tags="good")
    return HttpResponseRedirect(reverse("approvals-delegations"))
