"""The trail: searched by person, customer, event, thing and date; the proof of an entry; the seals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate import exceptions
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob

from liangqing.cases.models import Promise, Record, Task
from liangqing.cases.queries import visible
from liangqing.imports.models import Import
from liangqing.parties.models import Party
from liangqing.parties.queries import members
from liangqing.parties.queries.search import search as find_parties
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.trail.actions import check
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries import seals, search
from liangqing.trail.queries.search import Wanted
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.telling import entries as telling
from liangqing.workbench.telling.entries import Told
from liangqing.workbench.telling.words import EVENTS, THINGS
from liangqing.workbench.words import customer_name

PAGE = 50
_MOST_THINGS = 500
"""Promises, records and tasks of one case that are looked for along with it."""
_MOST_CUSTOMERS = 8
_JOB = "check_trail"


class SearchForm(forms.Form):
    """What is searched for. Everything may be left empty."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    customer = forms.CharField(label=gettext_lazy("Customer"), required=False, max_length=200)
    what = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Thing"), required=False)
    number = forms.CharField(label=gettext_lazy("Its number"), required=False, max_length=80)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.order_by("name", "username")
        choices: dict[str, Any] = {
            "who": [("", _("anybody")), ("0", _("the system")), *((str(each.pk), str(each)) for each in people)],
            "what": [("", _("anything")), *_sorted(EVENTS)],
            "kind": [("", _("any thing")), *((kind, str(THINGS[kind])) for kind in _FOUND_BY_NUMBER)],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            raise ValidationError(_("The first day comes after the last. Exchange the two."))
        return cleaned


def _sorted(words: Mapping[str, Any]) -> list[tuple[str, str]]:
    return sorted(((name, str(label)) for name, label in words.items()), key=lambda each: each[1])


@page("trail.see")
def trail(request: Request) -> HttpResponseBase:
    """What was done, newest first."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "workbench/trail/trail.html", {"form": form}, status=422)
    asked = form.cleaned_data
    others: list[tuple[str, str]] = []
    customers: list[Party] = []
    things: dict[str, list[int]] = {}
    nothing = ""
    if asked["customer"]:
        customers = find_parties(visible.parties(request.user), asked["customer"], limit=_MOST_CUSTOMERS)
        if customers:
            others = [(each.number, customer_name(each, request.user)) for each in customers[1:]]
        else:
            nothing = _("No customer is found for “{text}”.").format(text=asked["customer"])
    if asked["number"]:
        things = _things(request.user, asked["kind"], asked["number"])
        if not things:
            nothing = _("Nothing has the number “{text}”.").format(text=asked["number"])
    elif asked["kind"] and not nothing:
        nothing = _("Enter the number of the thing too.")
    wanted = Wanted(
        actor=int(asked["who"]) if asked["who"] else None,
        event=asked["what"],
        parties=members.members(customers[0]) if customers else (),
        things=things,
        since=asked["since"],
        until=asked["until"],
    )
    if request.GET.get("export") == "xlsx" and not nothing:
        return show(request, _listing(request, wanted, form))
    found = search.Found([], None, None)
    if not nothing:
        found = search.page(wanted, before=_id(request, "before"), after=_id(request, "after"), size=PAGE)
    return render(
        request,
        "workbench/trail/trail.html",
        {
            "form": form,
            "lines": telling.tell(found.entries, request.user),
            "found": found,
            "nothing": nothing,
            "customer": _shown(customers[0], request.user) if customers else "",
            "others": others,
            "asked": any(asked.values()),
            "may_export": can(request.user, "list.export"),
        },
    )


def _shown(party: Party, reader: User) -> str:
    return f"{party.number} {customer_name(party, reader)}"


def _id(request: Request, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# Things by their numbers ------------------------------------------------------------------------------------------------


def _things(user: User, kind: str, number: str) -> dict[str, list[int]]:
    """Ids by kind of the things with this number, among those the reader may see; of a case also what belongs to it."""
    number = number.strip()
    found: dict[str, list[int]] = {}
    for each in (kind,) if kind else ("case", "bill", "receipt"):
        if ids := _FOUND_BY_NUMBER[each](user, number):
            found[each] = ids
    if "case" in found:
        case = found["case"]
        for each, rows in (("promise", Promise.objects), ("record", Record.objects), ("task", Task.objects)):
            found[each] = list(rows.filter(case__in=case).order_by("-id").values_list("id", flat=True)[:_MOST_THINGS])
    return found


def _numbered(rows: QuerySet[Any], **wanted: Any) -> list[int]:
    return list(rows.filter(**wanted).order_by("id").values_list("id", flat=True)[:_MOST_THINGS])


def _counted(rows: QuerySet[Any], number: str) -> list[int]:
    """By the number the system itself gave, as 12 or #12."""
    digits = number.removeprefix("#")
    return _numbered(rows, pk=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 19 else []


_FOUND_BY_NUMBER: dict[str, Any] = {
    "case": lambda user, number: _numbered(visible.cases(user), number=number),
    "bill": lambda user, number: _numbered(visible.bills(user), number=number),
    "receipt": lambda user, number: _numbered(visible.receipts(user), number=number),
    "import": lambda _user, number: _counted(Import.objects.all(), number),
    "user": lambda _user, number: _numbered(User.objects.all(), username=number),
    "alert": lambda user, number: _counted(visible.alerts(user), number),
}


# The list as a file -----------------------------------------------------------------------------------------------------


class _Slices:
    """The rows of a search, slice after slice: each begins behind the last entry of the one before."""

    def __init__(self, wanted: Wanted) -> None:
        self._rows = search.rows(wanted).order_by("-id")
        self._next: dict[int, int] = {}

    def __getitem__(self, part: slice) -> list[Entry]:
        rows = self._rows
        if part.start:
            rows = rows.filter(id__lt=self._next[part.start])
        found = list(rows[: part.stop - part.start])
        if found:
            self._next[part.stop] = found[-1].pk
        return found


def _listing(request: Request, wanted: Wanted, form: SearchForm) -> Listing:
    def same(rows: Any, _value: str) -> Any:
        return rows

    return Listing(
        name="trail",
        title=gettext_lazy("Trail"),
        rows=_Slices(wanted),
        load=lambda entries: telling.tell(entries, request.user),
        filters=[Filter(name, str(field.label), same, kind="text") for name, field in form.fields.items()],
        columns=(
            Column("id", gettext_lazy("Entry"), lambda told: told.entry.pk, kind="num"),
            Column("at", gettext_lazy("When"), lambda told: f"{told.at:%Y-%m-%d %H:%M:%S}"),
            Column("day", gettext_lazy("Business day"), lambda told: told.entry.day, kind="date"),
            Column("who", gettext_lazy("Who"), lambda told: told.actor.text if told.actor else _("the system")),
            Column("what", gettext_lazy("What"), lambda told: told.what),
            Column("customer", gettext_lazy("Customer"), lambda told: told.party.text if told.party else None),
            Column("thing", gettext_lazy("Thing"), lambda told: told.thing.text),
            Column("facts", gettext_lazy("Facts"), lambda told: told.brief),
            Column("seal", gettext_lazy("Seal"), _seal),
        ),
    )


def _seal(told: Told) -> str:
    return f"{told.block.number} {bytes(told.block.hash).hex()}" if told.block else _("not sealed yet")


# One entry, and the seals -----------------------------------------------------------------------------------------------


@page("trail.see")
def entry(request: Request, number: int) -> HttpResponse:
    """One entry in full with its seal; ``?proof=1`` computes its codes anew."""
    one = find(Entry.objects.all(), pk=number)
    (told,) = telling.tell([one], request.user)
    return render(
        request,
        "workbench/trail/entry.html",
        {
            "told": told,
            "facts": [
                (name, value, json.dumps(kept, ensure_ascii=False, indent=1) if kept is not None else "")
                for name, value, kept in telling.whole_facts(one, request.user)
            ],
            "mac": bytes(one.mac).hex(),
            "sealed_by": _block(told.block) if told.block else None,
            "proof": seals.prove(one) if request.GET.get("proof") else None,
        },
    )


def _block(block: Block) -> dict[str, Any]:
    return {"block": block, "hash": bytes(block.hash).hex(), "previous": bytes(block.previous).hex()}


@page("trail.see")
def blocks(request: Request) -> HttpResponse:
    """The seals, newest first, and when all was last checked. A post checks everything: at once when it is quick, else a
    worker does."""
    if request.method == "POST":
        _check(request)
        return HttpResponseRedirect(reverse("trail-seals"))
    rows = Block.objects.order_by("-number")
    if (before := _id(request, "before")) is not None:
        rows = rows.filter(number__lt=before)
    found = list(rows[: PAGE + 1])
    last = check.last_check()
    return render(
        request,
        "workbench/trail/seals.html",
        {
            "blocks": [_block(block) for block in found[:PAGE]],
            "older": found[PAGE - 1].number if len(found) > PAGE else None,
            "last": telling.tell([last], request.user)[0] if last else None,
            "running": ProcrastinateJob.objects.filter(task_name=_JOB, status__in=("todo", "doing")).first(),
        },
    )


def _check(request: Request) -> None:
    if check.quick():
        checked = check.check(by=request.user)
        if checked.flaws:
            messages.error(request, _("The trail is not whole: {count} flaws.").format(count=checked.flaws), "bad")
        else:
            messages.success(request, _("Every entry and every seal is as it was written."), "good")
        return
    try:
        jobs.configure_task(_JOB, queue="upkeep", lock=_JOB, queueing_lock=_JOB).defer(by=request.user.pk)
    except exceptions.AlreadyEnqueued:
        messages.info(request, _("The trail is waiting to be checked already."))
    else:
        messages.info(request, _("The trail is being checked; the result will stand here."))
