"""The collector's pages: my day, the cases, and one case as a drawer beside the list or as a page of its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing import policy
from liangqing.cases.actions import assign, files, grace, promises, records, tasks
from liangqing.cases.actions.files import Upload
from liangqing.cases.attitudes import ATTITUDES
from liangqing.cases.lifecycle import TASK, CaseStage
from liangqing.cases.models import Attachment, Case, Record, Task
from liangqing.cases.queries import file, lists, visible
from liangqing.cases.queries import grace as graces
from liangqing.cases.queries.governing import governing, kept_until
from liangqing.cases.words import ACTIONS, action, spoken
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import reveal
from liangqing.parties.models import Contact
from liangqing.parties.queries import members
from liangqing.parties.queries.restraints import holding
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.receivables.queries import account
from liangqing.warning.level import Level
from liangqing.workbench import audio
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.approvals import GraceForm
from liangqing.workbench.forms.cases import AssignForm, PostponeForm, PromiseForm, RecordForm
from liangqing.workbench.forms.customers import PurposeForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.outreach.reviews import told
from liangqing.workbench.templatetags.lq import level as level_tag
from liangqing.workbench.words import customer_name, owed_columns

PAGE = 30


# My day -----------------------------------------------------------------------------------------------------------------


@page("case.see")
def day(request: Request) -> HttpResponse:
    """My list in order, each line with its reasons; what I did, was promised and collected today."""
    user, today = request.user, clock.today()
    chosen = {name: request.GET.get(name, "").strip() for name in ("level", "action", "area")}
    turn = _page(request)
    lines = lists.worklist(
        user,
        today,
        level=chosen["level"] or None,
        action=chosen["action"] or None,
        area=chosen["area"] or None,
        offset=(turn - 1) * PAGE,
        limit=PAGE + 1,
    )
    context: dict[str, Any] = {
        "lines": [_line(line, user) for line in lines[:PAGE]],
        "more": len(lines) > PAGE,
        "page": turn,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "levels": Level.choices,
        "actions": sorted(((code, str(label)) for code, label in ACTIONS.items()), key=lambda each: each[1]),
        "works": can(user, "case.work"),
    }
    if request.headers.get("HX-Target") == "list":
        return render(request, "workbench/cases/day.html#list", context)
    return render(request, "workbench/cases/day.html", {**context, "done": file.today(user)})


def _line(line: lists.Line, user: User) -> dict[str, Any]:
    return {
        "place": line.place,
        "task": line.task,
        "name": customer_name(line.task.party, user),
        "late": line.late,
        "days": line.days_late,
        "action": action(line.task.action),
        "asked": spoken(line.asked_by.words),
        "why": [(reason.points, spoken(reason.words)) for reason in line.reasons],
    }


def _page(request: Request) -> int:
    text = request.GET.get("page", "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 5 else 1


# Cases ------------------------------------------------------------------------------------------------------------------


@page("case.see")
def cases(request: Request) -> HttpResponseBase:
    """All cases I may see."""
    user = request.user
    people = (
        User.objects.select_related("department")
        .filter(is_active=True, duties__overlap=["collect", "sell"])
        .order_by("name")
    )
    people = people if (within := reach(user)) is None else people.filter(pk__in=within)
    listing = Listing(
        name="cases",
        title=gettext_lazy("Cases"),
        rows=visible.cases(user).select_related("party", "creditor", "owner"),
        order=("-opened_on", "-id"),
        columns=(
            Column("number", gettext_lazy("Case"), lambda row: row.number, sort=("number",)),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.party, user)),
            Column(
                "level",
                gettext_lazy("Level"),
                lambda row: level_tag(row.level),
                kind="html",
                plain=lambda row: str(Level(row.level).label),
            ),
            Column("late", gettext_lazy("Late amount"), lambda row: row.asked, kind="money"),
            Column("days", gettext_lazy("Days late"), lambda row: row.days, kind="num"),
            Column("owner", gettext_lazy("Owner"), lambda row: row.owner.name if row.owner else None),
            Column("opened", gettext_lazy("Opened"), lambda row: row.opened_on, kind="date", sort=("opened_on",)),
            Column("next", gettext_lazy("Next contact"), lambda row: row.next_on, kind="date"),
            Column("stage", gettext_lazy("Stage"), lambda row: row.get_stage_display()),
            Column("area", gettext_lazy("Area"), lambda row: row.party.area or None, shown=False),
            Column("creditor", gettext_lazy("Creditor"), lambda row: row.creditor.name, shown=False),
            Column("closed", gettext_lazy("Closed"), lambda row: row.closed_on, kind="date", shown=False),
        ),
        filters=(
            Filter("level", gettext_lazy("Level"), lambda rows, value: rows.filter(level=value), Level.choices),
            Filter(
                "stage",
                gettext_lazy("Stage"),
                lambda rows, value: rows if value == "any" else rows.filter(stage=value),
                [*CaseStage.choices, ("any", gettext_lazy("open and closed"))],
                default="open",
            ),
            Filter(
                "owner",
                gettext_lazy("Owner"),
                lambda rows, value: (
                    rows.filter(owner=None if value == "none" else value)
                    if value == "none" or value.isdigit()
                    else rows.none()
                ),
                lambda: [("none", gettext_lazy("nobody")), *((str(each.pk), each.name) for each in people)],
            ),
        ),
        load=_with_amounts,
        link=lambda row: reverse("cases-case", args=[row.number]),
        drawer=True,
        pick=(lambda row: row.pk) if can(user, "case.assign") else None,
        empty=gettext_lazy("No case yet. Cases open by themselves in the night, for customers who are late."),
    )
    form = AssignForm(people=people) if can(user, "case.assign") else None
    return show(request, listing, "workbench/cases/cases.html", assign_form=form)


def _with_amounts(rows: list[Case]) -> list[Case]:
    """Late amounts and days of a page of cases."""
    late = account.late_of({(row.party_id, row.creditor_id) for row in rows}, clock.today())
    for row in rows:
        found = late.get((row.party_id, row.creditor_id))
        row.asked = tuple(found.late) if found else ()  # type: ignore[attr-defined]
        row.days = found.days if found else None  # type: ignore[attr-defined]
    return rows


@page("case.see", post="case.assign")
def assignments(request: Request) -> HttpResponse:
    """Give the chosen cases to somebody else."""
    people = User.objects.select_related("department").filter(is_active=True)
    form = AssignForm(request.POST or None, people=people)
    chosen = list(
        visible.cases(request.user).filter(pk__in=[key for key in request.POST.getlist("pick") if key.isdigit()])
    )
    if request.method == "POST" and form.is_valid():
        if not chosen:
            messages.error(request, _("Choose at least one case first."), extra_tags="bad")
        else:
            assign.assign(chosen, form.cleaned_data["to"], by=request.user, reason=form.cleaned_data["reason"])
            messages.success(
                request,
                _("{count} cases now belong to {name}.").format(count=len(chosen), name=form.cleaned_data["to"].name),
                extra_tags="good",
            )
        return HttpResponseRedirect(reverse("cases"))
    for sentence in form.errors.values():
        messages.error(request, " ".join(str(each) for each in sentence), extra_tags="bad")
    return HttpResponseRedirect(reverse("cases"))


# One case ---------------------------------------------------------------------------------------------------------------


def _case(request: Request, number: str) -> Case:
    last = Record.objects.filter(case=OuterRef("pk")).order_by("-id").values("pk")[:1]
    found = (
        visible.cases(request.user).select_related("party", "creditor", "owner").annotate(last_record=Subquery(last))
    )
    return find(graces.with_grace(found), number=number)


@page("case.see")
def case(request: Request, number: str) -> HttpResponse:
    return _answer(request, _case(request, number))


def _answer(
    request: Request,
    case: Case,
    *,
    record_form: RecordForm | None = None,
    promise_form: PromiseForm | None = None,
    grace_form: GraceForm | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    """The case as it stands, whole or as the drawer's part."""
    user, today = request.user, clock.today()
    task = Task.objects.filter(case=case, state="open").first()
    rules = governing(case)
    contacts = _contacts(case)
    works = can(user, "case.work") and case.stage == CaseStage.OPEN
    accounts = account.account(case.party, today, creditor=case.creditor)
    last_day = graces.last_day(case)
    context = {
        "case": case,
        "customer": customer_name(case.party, user),
        "task": task,
        "asked": _asked(task),
        "reasons": _reasons(task),
        "level_row": spoken(policy.row_of(case.policy, "warning.level", case.level_row).reason)
        if case.level_row
        else "",
        "class_row": spoken(policy.row_of(case.policy, "customer.class", case.class_row).reason)
        if case.class_row
        else "",
        "accounts": accounts,
        "bills": account.open_bills(case.party, today, creditor=case.creditor, most=200),
        "contacts": contacts,
        "timeline": file.timeline(case, limit=60),
        "promises": case.promises.select_related("by").order_by("-id")[:20],
        "neighbours": [each.case.number if each and each.case else "" for each in lists.neighbours(task)]
        if task and task.owner_id == user.pk
        else None,
        "works": works,
        "reveals": can(user, "contact.reveal"),
        "record_form": record_form
        or RecordForm(case=case, contacts=contacts, rules=rules, accounts=accounts, initial=_initial(request, case)),
        "promise_form": promise_form or PromiseForm(accounts=accounts),
        "grace_form": (grace_form or GraceForm(last=last_day)) if works and _may_wait(case) and last_day else None,
        "grace_last_day": last_day,
        "grace_runs_to": case.grace_until - dt.timedelta(days=1) if case.grace_until else None,  # type: ignore[attr-defined]
        "postpone_form": PostponeForm() if task else None,
        "kept_until": kept_until(case),
        "held": list(holding([case.party.merged_into_id or case.party_id, case.party_id], clock.now())),
        "moves": [move.name for move in TASK.open_to(task) if move.right] if task else [],
        "attitudes": [(code, each, spoken(each.name)) for code, each in ATTITUDES.items()],
        **owed_columns(accounts),
        "said": said,
        "drawer": (part := request.headers.get("HX-Target") == "drawer-body"),
    }
    return render(
        request, "workbench/cases/case.html#case" if part else "workbench/cases/case.html", context, status=status
    )


def _may_wait(case: Case) -> bool:
    """Whether grace may be asked for: the customer is mildly late, and nothing is asked for already."""
    return case.level == Level.MILD and not case.grace_request  # type: ignore[attr-defined]


def _contacts(case: Case) -> list[Contact]:
    """The ways to reach the customer, those that work first, those that don't last."""
    rank = {"valid": 0, "unknown": 1, "invalid": 2}
    found = members.contacts(case.party)
    return sorted(found, key=lambda each: (rank[each.validity], each.kind != "phone", each.pk))[:40]


def _initial(request: Request, case: Case) -> dict[str, Any]:
    """What a new record begins with: the last record its author has seen; or the record to be corrected, as written."""
    initial: dict[str, Any] = {"seen": case.last_record}  # type: ignore[attr-defined]
    wrong = request.GET.get("correct", "")
    old = Record.objects.filter(case=case, pk=wrong, corrected_by=None).first() if wrong.isdigit() else None
    if old is not None:
        names = ("channel", "reached", "result", "reason", "attitude", "note", "next_on")
        initial |= {name: getattr(old, name) for name in names} | {"corrects": old.pk, "contact": old.contact_id}
    return initial


def _asked(task: Task | None) -> dict[str, str] | None:
    if task is None:
        return None
    row = policy.row_of(task.policy, "case.action", task.action_row)
    return {"action": action(task.action), "reason": spoken(row.reason)}


def _reasons(task: Task | None) -> list[tuple[str, int]]:
    if task is None:
        return []
    rows = (policy.row_of(task.policy, "case.priority", name) for name in task.reasons)
    return [(spoken(row.reason), row.then.get("points", 0)) for row in rows]


def _done(request: Request, case: Case, sentence: str) -> HttpResponse:
    """After something was done: the drawer anew, or the page again."""
    if request.headers.get("HX-Target") == "drawer-body":
        return _answer(request, _case(request, case.number), said=sentence)
    messages.success(request, sentence, extra_tags="good")
    return HttpResponseRedirect(reverse("cases-case", args=[case.number]))


@page("case.see", post="case.work")
def case_records(request: Request, number: str) -> HttpResponse:
    """Write a record of a contact; what follows from its result happens with it."""
    case = _case(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("cases-case", args=[number]))
    today = clock.today()
    rules = governing(case)
    contacts = _contacts(case)
    accounts = account.account(case.party, today, creditor=case.creditor)
    form = RecordForm(request.POST, request.FILES, case=case, contacts=contacts, rules=rules, accounts=accounts)
    if form.is_valid():
        given = form.cleaned_data
        corrects = find(Record.objects.filter(case=case), pk=given["corrects"]) if given.get("corrects") else None
        try:
            written = records.record(
                case,
                channel=given["channel"],
                result=given["result"],
                reached=given["reached"],
                by=request.user,
                contact=given["contact"],
                address=given["address"],
                reason=given["reason"],
                attitude=given["attitude"],
                note=given["note"],
                next_on=given["next_on"],
                promise=form.promise(),
                attachments=[Upload(each.name or "", each.read()) for each in request.FILES.getlist("attachments")],
                seen=given["seen"],
                corrects=corrects,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            meanwhile = file.meanwhile(written)
            sentence = _("Recorded.")
            if meanwhile:
                names = "、".join(sorted({each.by.name for each in meanwhile}))
                sentence = _("Recorded. Meanwhile {names} recorded something too: see the timeline.").format(
                    names=names
                )
            return _done(request, case, " ".join(filter(None, (sentence, told(f"record/{written.pk}")))))
    return _answer(request, case, record_form=form, status=422)


@page("case.see", post="case.work")
def case_promises(request: Request, number: str) -> HttpResponse:
    """Take a promise."""
    case = _case(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("cases-case", args=[number]))
    form = PromiseForm(request.POST, accounts=account.account(case.party, clock.today(), creditor=case.creditor))
    if form.is_valid():
        try:
            given = promises.record(case, amount=form.money(), due_on=form.cleaned_data["due_on"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _done(request, case, _("Promised for {day}.").format(day=given.due_on))
    return _answer(request, case, promise_form=form, status=422)


@page("case.see", post="case.work")
def case_graces(request: Request, number: str) -> HttpResponse:
    """Ask for grace: whoever the policy names decides."""
    case = _case(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("cases-case", args=[number]))
    form = GraceForm(request.POST, request.FILES, last=graces.last_day(case))
    if form.is_valid():
        try:
            asked = grace.ask(case, form.until_on(), form.cleaned_data["reason"], request.user, form.uploads())
        except Refusal as refusal:
            if not _may_wait(case):
                raise
            form.refuse(refusal)
        else:
            return _done(request, case, _("Grace requested: {number}.").format(number=asked.number))
    return _answer(request, case, grace_form=form, status=422)


# Tasks ------------------------------------------------------------------------------------------------------------------


def _task(request: Request, pk: int) -> Task:
    return find(visible.tasks(request.user).select_related("party", "case"), pk=pk)


def _back(request: Request, task: Task) -> HttpResponse:
    where = request.POST.get("back", "")
    if where.startswith("/") and not where.startswith("//"):
        return HttpResponseRedirect(where)
    return HttpResponseRedirect(reverse("cases-case", args=[task.case.number]) if task.case else reverse("day"))


@page("case.see", post="case.work")
def task_pin(request: Request, pk: int) -> HttpResponse:
    """Put a task at the top of my list, or back in its place."""
    task = _task(request, pk)
    if request.method == "POST":
        (tasks.unpin if task.pinned_at else tasks.pin)(task, by=request.user)
    return _back(request, task)


@page("case.see", post="case.work")
def task_postponement(request: Request, pk: int) -> HttpResponse:
    """Put a task off until a day, with the reason."""
    task = _task(request, pk)
    form = PostponeForm(request.POST)
    if request.method == "POST":
        if form.is_valid():
            tasks.postpone(task, form.cleaned_data["until"], form.cleaned_data["reason"], by=request.user)
            messages.success(
                request, _("Put off until {day}.").format(day=form.cleaned_data["until"]), extra_tags="good"
            )
        else:
            messages.error(request, _("Give a day and a reason."), extra_tags="bad")
    return _back(request, task)


@page("case.see", post="case.work")
def task_completion(request: Request, pk: int) -> HttpResponse:
    """It is done, without a record of a contact (an inner task)."""
    task = _task(request, pk)
    if request.method == "POST":
        tasks.finish(task, by=request.user)
        messages.success(request, _("Done."), extra_tags="good")
    return HttpResponseRedirect(reverse("day"))


# Attachments ------------------------------------------------------------------------------------------------------------


@page("case.see")
def attachment(request: Request, number: str, pk: int) -> HttpResponseBase:
    """A file that belongs to a record, as it was handed in; its hash is checked on the way out. A recording is listened to
    (``hearing``) first: the trail knows who does, and what for."""
    case = _case(request, number)
    found = find(Attachment.objects.filter(record__case=case), pk=pk)
    if found.is_audio:
        if not audio.permitted(request.user, pk, request.GET.get("heard", "")):
            return HttpResponseRedirect(reverse("cases-hearing", args=[number, pk]))
        return audio.answer(
            files.read(found).read(), name=found.name, media_type=found.media_type,
            wanted=request.headers.get("Range", ""), save="save" in request.GET,
        )  # fmt: skip
    answer = FileResponse(files.read(found), as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@page("case.see", post="contact.reveal")
def hearing(request: Request, number: str, pk: int) -> HttpResponse:
    """A recording that belongs to a record: played in the page for a purpose that stays in the trail."""
    case = _case(request, number)
    found = find(Attachment.objects.filter(record__case=case, media_type__startswith="audio/"), pk=pk)
    context: dict[str, Any] = {"case": case, "file": found, "plays": found.media_type in audio.PLAYED}
    if request.method == "POST":
        form = PurposeForm(request.POST)
        reveal.hear(
            case.party_id, of="attachment", of_id=pk, by=request.user,
            purpose=form.cleaned_data["purpose"] if form.is_valid() else "",
        )  # fmt: skip
        context["heard"] = audio.permit(request.user, pk)
    return render(request, "workbench/cases/hearing.html", context)
