"""People: who is here, the departments, what each may do; and for administrators, changing it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.models import Load
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import certificates as certifying
from liangqing.people.actions import staff
from liangqing.people.duties import Duty
from liangqing.people.models import Certificate, Department, User
from liangqing.people.queries import certificates as certified
from liangqing.people.queries import matrix as rights_matrix
from liangqing.people.rights import Act, can, reach
from liangqing.trail.queries import search
from liangqing.trail.queries.search import Wanted
from liangqing.workbench import accounts
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.people import DepartmentForm, JoinForm, PersonForm, desks
from liangqing.workbench.forms.sending import CertificateForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.telling import entries as telling

_LAST_ACTS = 10


def _duties(person: User) -> str:
    known = dict(Duty.choices)
    return "、".join(str(known.get(duty, duty)) for duty in person.duties) if person.duties else ""


def _with_loads(people: list[User]) -> list[User]:
    """What each carried on the morning after the last night, as the night counted it."""
    last = Load.objects.order_by("-date").values_list("date", flat=True).first()
    loads = {load.owner_id: load for load in Load.objects.filter(date=last, owner__in=people)} if last else {}
    for person in people:
        person.load = loads.get(person.pk)  # type: ignore[attr-defined]
    return people


@page("people.see")
def people(request: Request) -> HttpResponseBase:
    """Everybody who works here."""
    listing = Listing(
        name="people",
        title=gettext_lazy("People"),
        rows=User.objects.select_related("department"),
        order=("department__code", "username"),
        load=_with_loads,
        link=lambda person: reverse("people-person", args=(person.pk,)),
        row_class=lambda person: "" if person.is_active else "muted",
        columns=(
            Column("name", gettext_lazy("Name"), lambda person: person.name, sort=("name",)),
            Column("username", gettext_lazy("Login name"), lambda person: person.username, sort=("username",)),
            Column(
                "department",
                gettext_lazy("Department"),
                lambda person: person.department.name if person.department else None,
                sort=("department__code",),
            ),
            Column("position", gettext_lazy("Position"), lambda person: person.position or None),
            Column("duties", gettext_lazy("Duties"), lambda person: _duties(person) or None),
            Column("skills", gettext_lazy("Skills"), lambda person: ", ".join(map(_desk, person.skills)) or None),
            Column("capacity", gettext_lazy("Capacity"), lambda person: person.capacity, kind="num"),
            Column("cases", gettext_lazy("Cases"), lambda person: person.load.cases if person.load else 0, kind="num"),
            Column("tasks", gettext_lazy("Tasks"), lambda person: person.load.tasks if person.load else 0, kind="num"),
            Column("active", gettext_lazy("Here"), _here, kind="html", plain=_here_plain),
        ),
        filters=(
            Filter(
                "department",
                gettext_lazy("Department"),
                lambda rows, value: rows.filter(department__code=value),
                lambda: list(Department.objects.order_by("code").values_list("code", "name")),
            ),
            Filter(
                "duty", gettext_lazy("Duty"), lambda rows, value: rows.filter(duties__contains=[value]), Duty.choices
            ),
            Filter(
                "here",
                gettext_lazy("Here"),
                lambda rows, value: rows if value == "any" else rows.filter(is_active=value == "yes"),
                (("yes", gettext_lazy("works here")), ("no", gettext_lazy("has left")), ("any", gettext_lazy("both"))),
                default="yes",
            ),
            Filter(
                "q",
                gettext_lazy("Name"),
                lambda rows, value: rows.filter(Q(name__icontains=value) | Q(username__icontains=value)),
                kind="text",
            ),
        ),
    )
    return show(request, listing, "workbench/people/people.html")


def _desk(code: str) -> str:
    return str(dict(desks()).get(code, code))


def _here(person: User) -> Any:
    return format_html('<span class="lq-tag {}">{}</span>', "green" if person.is_active else "", _here_plain(person))


def _here_plain(person: User) -> str:
    return _("works here") if person.is_active else _("has left")


# One person ---------------------------------------------------------------------------------------------------------------


def _person(number: int) -> User:
    return find(User.objects.select_related("department"), pk=number)


def _as_entered(person: User) -> dict[str, Any]:
    return {
        "name": person.name,
        "department": person.department_id,
        "position": person.position,
        "capacity": person.capacity,
        "duties": person.duties,
        "skills": person.skills,
    }


def _show_person(request: Request, person: User, *, status: int = 200, **context: Any) -> HttpResponse:
    """A person's page. What the person did is shown to those who may search the trail."""
    (person,) = _with_loads([person])
    sees_trail = can(request.user, "trail.see")
    acts = search.page(Wanted(actor=person.pk), size=_LAST_ACTS).entries if sees_trail else []
    told = search.page(Wanted(things={"user": [person.pk]}), size=_LAST_ACTS).entries if sees_trail else []
    return render(
        request,
        "workbench/people/person.html",
        {
            "person": person,
            "duties": _duties(person),
            "skills": ", ".join(map(_desk, person.skills)),
            "heads": Department.objects.filter(head=person).order_by("code"),
            "edits": can(request.user, "people.edit"),
            "form": PersonForm(initial=_as_entered(person), person=person),
            "signs_in": person.has_usable_password(),
            "certificates": [(each, _holds(each)) for each in certified.of(person)[:50]],
            "certificate_form": CertificateForm(auto_id="certificate_%s"),
            "two_step": accounts.has_two_step(person),
            "acts": telling.tell(acts, request.user),
            "told": telling.tell(told, request.user),
            **context,
        },
        status=status,
    )


@page("people.see", post="people.edit")
def person(request: Request, number: int) -> HttpResponse:
    """One person; a post changes what the person is there for."""
    one = _person(number)
    if request.method != "POST":
        return _show_person(request, one)
    form = PersonForm(request.POST, person=one)
    if form.is_valid():
        try:
            staff.change(one, request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("{name} was changed.").format(name=form.cleaned_data["name"]), "good")
            return HttpResponseRedirect(reverse("people-person", args=(number,)))
    return _show_person(request, one, form=form, status=422)


@page("people.edit")
def employment(request: Request, number: int) -> HttpResponse:
    """A post says that somebody leaves (``stays=no``) or comes back (``stays=yes``)."""
    one = _person(number)
    stays = request.POST.get("stays", "")
    if request.method != "POST" or stays not in ("yes", "no"):
        return _show_person(request, one, status=422 if request.method == "POST" else 200)
    staff.change(one, request.user, active=stays == "yes")
    sentence = _("{name} works here again.") if stays == "yes" else _("{name} has left and can no longer sign in.")
    messages.success(request, sentence.format(name=one.name), "good")
    return HttpResponseRedirect(reverse("people-person", args=(number,)))


@page("people.edit")
def password(request: Request, number: int) -> HttpResponse:
    """A post gives a new password, made here and shown this once."""
    one = _person(number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("people-person", args=(number,)))
    given = accounts.suggest_password()
    staff.set_password(one, given, request.user)
    response = _show_person(request, _person(number), given=given)
    response.headers["Cache-Control"] = "no-store"
    return response


@page("people.edit")
def two_step(request: Request, number: int) -> HttpResponse:
    """A post takes the second step of signing in away."""
    one = _person(number)
    if request.method == "POST":
        accounts.reset_two_step(one, by=request.user)
        messages.success(
            request,
            _("{name} signs in with the password alone until a new second step is set up.").format(name=one.name),
            "good",
        )
    return HttpResponseRedirect(reverse("people-person", args=(number,)))


@page("people.edit")
def entry(request: Request) -> HttpResponse:
    """Somebody new."""
    form = JoinForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                new = staff.join(form.cleaned_data.pop("username"), by=request.user, **form.cleaned_data)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(
                    request,
                    _("{name} was added. Give a password, so that {name} can sign in.").format(name=new.name),
                    "good",
                )
                return HttpResponseRedirect(reverse("people-person", args=(new.pk,)))
        form = form if form.is_bound else JoinForm({})
        return render(request, "workbench/people/entry.html", {"form": form}, status=422)
    return render(request, "workbench/people/entry.html", {"form": form})


# Certificates -------------------------------------------------------------------------------------------------------------


def _holds(one: Certificate) -> str:
    """Where a certificate stands today: ``ahead``, ``holds``, ``soon`` when it runs out, or ``over``."""
    today = clock.today()
    if one.until_on <= today:
        return "over"
    if one.from_on > today:
        return "ahead"
    return "soon" if one.until_on <= certified.soon(today) else "holds"


@page("people.see")
def certificates(request: Request) -> HttpResponse:
    """Whose certificate runs out, and who collects without one."""
    today = clock.today()
    collects = [Duty.COLLECT.value, Duty.HEAD.value]
    return render(
        request,
        "workbench/people/certificates.html",
        {
            "soon": certified.running_out(today)[:_MOST_CERTIFICATES],
            "without": certified.without(Certificate.Kind.COLLECTION, today, collects)[:_MOST_CERTIFICATES],
        },
    )


_MOST_CERTIFICATES = 500


@page("people.see", post="people.edit")
def person_certificates(request: Request, number: int) -> HttpResponse:
    """A post enters that somebody passed. The form names the last day; the books hold the day after it."""
    one = _person(number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("people-person", args=(number,)))
    form = CertificateForm(request.POST, auto_id="certificate_%s")
    if form.is_valid():
        said = form.cleaned_data
        until = said["last_day"] + dt.timedelta(days=1)
        try:
            certifying.grant(
                one, said["kind"], from_on=said["from_on"], until_on=until, note=said["note"], by=request.user
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The certificate was entered."), "good")
            return HttpResponseRedirect(reverse("people-person", args=(number,)))
    return _show_person(request, one, certificate_form=form, status=422)


@page("people.see", post="people.edit")
def certificate_end(request: Request, pk: int) -> HttpResponse:
    """It holds no more from today on."""
    one = find(Certificate.objects.select_related("user"), pk=pk)
    if request.method == "POST":
        certifying.end(one, reason=request.POST.get("reason", ""), by=request.user)
        messages.success(request, _("It holds no more."), "good")
    return HttpResponseRedirect(reverse("people-person", args=(one.user_id,)))


# Departments --------------------------------------------------------------------------------------------------------------


@page("people.see", post="people.edit")
def departments(request: Request) -> HttpResponse:
    """The departments with their heads; a post founds one."""
    form = DepartmentForm(request.POST) if request.method == "POST" else DepartmentForm()
    if request.method == "POST":
        if form.is_valid() and Department.objects.filter(code=form.cleaned_data["code"]).exists():  # also a closed one
            form.add_error("code", _("There is already a department with this code. Choose another."))
        if form.is_valid():
            new = staff.found_department(
                form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                kind=form.cleaned_data["kind"],
                by=request.user,
            )
            messages.success(request, _("{name} was founded. Name who heads it.").format(name=new.name), "good")
            return HttpResponseRedirect(reverse("people-department", args=(new.pk,)))
    found = (
        Department.objects.select_related("head")
        .annotate(people=Count("members", filter=Q(members__is_active=True)))
        .order_by("code")
    )
    return render(
        request,
        "workbench/people/departments.html",
        {"departments": found, "form": form, "edits": can(request.user, "people.edit")},
        status=422 if form.errors else 200,
    )


@page("people.see", post="people.edit")
def department(request: Request, number: int) -> HttpResponse:
    """One department and who works there; a post renames it and names its head."""
    one = find(Department.objects.select_related("head"), pk=number)
    form = DepartmentForm(
        request.POST if request.method == "POST" else None,
        initial={"name": one.name, "kind": one.kind, "head": one.head_id},
        department=one,
    )
    if request.method == "POST" and form.is_valid():
        try:
            _reshape(one, form, request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("{name} was changed.").format(name=form.cleaned_data["name"]), "good")
            return HttpResponseRedirect(reverse("people-department", args=(number,)))
    members = _with_loads(list(User.objects.filter(department=one).order_by("-is_active", "username")))
    return render(
        request,
        "workbench/people/department.html",
        {
            "department": one,
            "members": [(member, _duties(member)) for member in members],
            "form": form,
            "edits": can(request.user, "people.edit"),
        },
        status=422 if form.errors else 200,
    )


@page("people.edit")
def department_closure(request: Request, number: int) -> HttpResponse:
    """A post closes a department (``open=no``) or opens it again (``open=yes``)."""
    one = find(Department.objects.all(), pk=number)
    if request.method == "POST":
        if request.POST.get("open") == "yes":
            staff.reopen_department(one, request.user)
            messages.success(request, _("{name} is open again. Name who heads it.").format(name=one.name), "good")
        else:
            staff.close_department(one, request.user)
            messages.success(request, _("{name} is closed.").format(name=one.name), "good")
    return HttpResponseRedirect(reverse("people-department", args=(number,)))


@action
def _reshape(department: Department, form: DepartmentForm, by: User) -> None:
    """Name and head together or neither."""
    staff.rename(department, form.cleaned_data["name"], by)
    staff.head(department, form.cleaned_data["head"], by)


# The matrix ---------------------------------------------------------------------------------------------------------------

_ABOUT_CUSTOMERS = ("case", "customer", "contact", "bill", "money", "warning", "overview", "list")
"""Acts that reach as far as the duty does; of the others there is only one of a kind."""
_MOST_SHOWN = 40


@page("people.see")
def matrix(request: Request) -> HttpResponse:
    """What each duty includes, and with ``?by=person`` what each person may do."""
    context: dict[str, Any] = {"by_person": request.GET.get("by") == "person"}
    if context["by_person"]:
        chosen = request.GET.get("department", "")
        everybody = User.objects.filter(is_active=True).order_by("department__code", "username")
        if chosen:
            everybody = everybody.filter(department__code=chosen)
        shown = list(everybody.select_related("department")[: _MOST_SHOWN + 1])
        context |= {
            "heads": [
                (one.name, _duties(one), reverse("people-person", args=(one.pk,))) for one in shown[:_MOST_SHOWN]
            ],
            "rows": [
                (row.act, [_cell(row.act, allowed, one.duties) for one, allowed in row.allowed])
                for row in rights_matrix.by_person(shown[:_MOST_SHOWN])
            ],
            "more": len(shown) > _MOST_SHOWN,
            "departments": Department.objects.order_by("code"),
            "chosen": chosen,
        }
    else:
        context |= {
            "heads": [(duty.label, "", "") for duty in Duty],
            "rows": [
                (row.act, [_cell(row.act, allowed, [duty.value]) for duty, allowed in row.allowed])
                for row in rights_matrix.by_duty()
            ],
        }
    return render(request, "workbench/people/matrix.html", context)


def _cell(act: Act, allowed: bool, duties: list[str]) -> tuple[str, str]:
    """What stands in the matrix, and in which colour: how far an act about customers reaches, else that it is allowed."""
    if not allowed:
        return "", ""
    if act.code.split(".")[0] not in _ABOUT_CUSTOMERS:
        return "✓", ""
    how = extent(duties)
    return str(_EXTENTS[how][0]), _EXTENTS[how][1]


_EXTENTS = {
    "all": (gettext_lazy("everything"), "green"),
    "department": (gettext_lazy("department"), "yellow"),
    "own": (gettext_lazy("own"), "blue"),
}


def extent(duties: list[str]) -> str:
    """How far somebody with these duties sees: all, department or own. Asked of the rights, duty by duty."""
    for duty in duties:
        if duty != Duty.HEAD and reach(User(duties=[duty])) is None:
            return "all"
    return "department" if Duty.HEAD in duties else "own"
