"""Looking at the whole: the clause register, the printed policy, what differs between two versions of it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.oversight.printing import docx, pdf
from liangqing.oversight.printing.changes import changes
from liangqing.oversight.queries import printed
from liangqing.oversight.queries.evidence import DAYS, MOST
from liangqing.oversight.queries.register import Line, Setting, register
from liangqing.oversight.rules.clauses import SOURCES
from liangqing.people.actions.institution import describe
from liangqing.people.models import User
from liangqing.people.queries.institution import institution
from liangqing.people.rights import can
from liangqing.policy import in_force, words
from liangqing.policy.queries.versions import lines
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.oversight import InstitutionForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.telling.words import EVENTS

KINDS: Mapping[str, Promise] = {
    "parameter": gettext_lazy("a number"),
    "control": gettext_lazy("a control"),
    "duty": gettext_lazy("a duty"),
}
STATES: Mapping[str, Promise] = {
    "open": gettext_lazy("runs, something is left undone"),
    "runs": gettext_lazy("runs"),
    "silent": gettext_lazy("no sign of it yet"),
    "none": gettext_lazy("no control yet"),
}
COLOURS: Mapping[str, str] = {"open": "orange", "runs": "green", "silent": "yellow", "none": ""}
COUNTS: Mapping[str, Promise] = {
    "alerts": gettext_lazy("warnings raised"),
    "alerts_escalated": gettext_lazy("warnings passed to the next head"),
    "cases_opened": gettext_lazy("cases opened"),
    "cases_closed": gettext_lazy("cases closed"),
    "promises_broken": gettext_lazy("promises judged broken"),
    "tasks": gettext_lazy("tasks on the lists after the last night"),
    "late_bills": gettext_lazy("late bills in the last night"),
}
UNDONE: Mapping[str, Promise] = {
    "alerts_unheard": gettext_lazy("warnings not acknowledged in time"),
    "cases_over_cycle": gettext_lazy("cases open longer than the target"),
    "approvals_overdue": gettext_lazy("requests for approval past their day"),
    "departments_headless": gettext_lazy("departments nobody heads"),
    "contacts_against_rules": gettext_lazy("contacts that took place against the rules"),
    "complaints_overdue": gettext_lazy("complaints not answered in time"),
    "claims_overdue": gettext_lazy("claims in bankruptcy not filed in time"),
    "channels_without_lines": gettext_lazy("channels in use without a registered line"),
    "night_missing": gettext_lazy("no night since yesterday"),
}
_ROWS = 200
"""More lines than there are clauses: the register is one page."""


def _count(number: int) -> str:
    return f"{MOST:,}+" if number > MOST else f"{number:,}"


def _night_count(number: int) -> str:
    return f"{number:,}"


# The register -----------------------------------------------------------------------------------------------------------


@page("policy.see")
def clauses(request: Request) -> HttpResponseBase:
    """Every clause of the sources: what makes it run, with which values, when it last ran, what shows it."""
    found = register(clock.today())
    tally = {state: sum(1 for line in found if line.state == state) for state in STATES}
    listing = Listing(
        name="clauses",
        title=gettext_lazy("Clause register"),
        rows=found,
        page_size=_ROWS,
        link=lambda line: reverse("oversight-clause", args=(line.clause.code,)),
        row_class=lambda line: "muted" if line.state == "none" else "",
        columns=(
            Column("code", gettext_lazy("Clause"), lambda line: line.clause.code),
            Column("summary", gettext_lazy("What it asks"), lambda line: words.spoken(line.clause.summary)),
            Column("kind", gettext_lazy("Kind"), lambda line: str(KINDS[line.clause.kind])),
            Column("state", gettext_lazy("State"), _state, "html", plain=lambda line: str(STATES[line.state])),
            Column("values", gettext_lazy("Values in force"), lambda line: _settings(line.settings) or None),
            Column("last_on", gettext_lazy("Last ran"), lambda line: line.last_on, "date"),
            Column("evidence", gettext_lazy("Evidence"), lambda line: "；".join(_evidence(line)) or None),
            Column("open", gettext_lazy("Left undone"), lambda line: "；".join(_undone(line)) or None),
            Column("marks", gettext_lazy("Run by"), lambda line: ", ".join(line.marks) or None, shown=False),
        ),
        filters=(
            Filter(
                "source",
                gettext_lazy("Source"),
                lambda rows, value: [line for line in rows if line.clause.source == value],
                lambda: [(code, f"{code} {words.spoken(name)}") for code, name in SOURCES.items()],
            ),
            Filter(
                "state",
                gettext_lazy("State"),
                lambda rows, value: [line for line in rows if line.state == value],
                tuple(STATES.items()),
            ),
            Filter(
                "kind",
                gettext_lazy("Kind"),
                lambda rows, value: [line for line in rows if line.clause.kind == value],
                tuple(KINDS.items()),
            ),
        ),
    )
    states = [(STATES[state], count, COLOURS[state], state) for state, count in tally.items()]
    return show(request, listing, "workbench/oversight/clauses.html", states=states, days=DAYS)


def _state(line: Line) -> SafeString:
    return format_html('<span class="lq-tag {}">{}</span>', COLOURS[line.state], STATES[line.state])


def _settings(settings: Sequence[Setting]) -> str:
    return "；".join(f"{words.spoken(each.definition.name)} {words.in_force(each.term)}" for each in settings)


def _evidence(line: Line) -> list[str]:
    nights = [f"{COUNTS[name]} {_night_count(number)}" for name, number in line.counts]
    return nights + [f"{EVENTS.get(each.event, each.event)} {_count(each.count)}" for each in line.told]


def _undone(line: Line) -> list[str]:
    return [str(UNDONE[code]) if code == "night_missing" else f"{UNDONE[code]} {_count(n)}" for code, n in line.open]


@page("policy.see")
def clause(request: Request, code: str) -> HttpResponse:
    """One clause: its marks, terms, tables, evidence and what was left undone, each with its page."""
    line = next((line for line in register(clock.today()) if line.clause.code == code), None)
    if line is None:
        raise Refusal("not_here", gettext_lazy("There is nothing here, or it is not within your reach."), status=404)
    return render(
        request,
        "workbench/oversight/clause.html",
        {
            "line": line,
            "summary": words.spoken(line.clause.summary),
            "source": words.spoken(SOURCES[line.clause.source]),
            "kind": KINDS[line.clause.kind],
            "state": STATES[line.state],
            "colour": COLOURS[line.state],
            "settings": [_Shown.of(each) for each in line.settings],
            "tables": [(words.spoken(table.name), table.key) for table in line.tables],
            "version": in_force(clock.today()).version,
            "counts": [(COUNTS[name], _night_count(number)) for name, number in line.counts],
            "told": [
                (EVENTS.get(each.event, each.event), _count(each.count), each.last_at, _in_trail(request.user, each))
                for each in line.told
            ],
            "undone": _undone(line),
            "place": _page_of(request.user, line.clause.page),
            "marks": [mark.removeprefix("liangqing.") for mark in line.marks],
            "days": DAYS,
        },
    )


@dataclass(frozen=True)
class _Shown:
    """A term as the page shows it."""

    key: str
    name: str
    value: str
    why: str
    basis: str
    is_law: bool

    @classmethod
    def of(cls, setting: Setting) -> _Shown:
        it = setting.definition
        value = words.in_force(setting.term)
        return cls(it.key, words.spoken(it.name), value, words.spoken(it.why), words.spoken(it.basis), it.is_law)


def _page_of(user: User, name: str) -> str:
    """The address of a page, for whoever may open it."""
    if not name:
        return ""
    address = reverse(name)
    return address if can(user, resolve(address).func.act) else ""  # type: ignore[attr-defined]


def _in_trail(user: User, told: Any) -> str:
    address = _page_of(user, "trail")
    return f"{address}?what={told.event.replace(' ', '+')}" if address and told.last_id else ""


# The printed policy -----------------------------------------------------------------------------------------------------


@page("policy.see")
def policy(request: Request) -> HttpResponse:
    """The policy in force, to be read; ``?version=`` chooses another."""
    document = printed.document(request.GET.get("version", ""))
    return render(
        request,
        "workbench/oversight/policy.html",
        {
            "document": document,
            "versions": _versions(),
            "named": institution() is not None,
            "edits": can(request.user, "people.edit"),
        },
    )


def _versions() -> list[tuple[str, str]]:
    """Every version by name, with its title and first day, the newest first."""
    return [
        (line.name, " · ".join(part for part in (line.name, line.title, str(line.from_on)) if part))
        for line in lines(clock.today())
    ]


@page("policy.see")
def file(_request: Request, version: str, kind: str) -> HttpResponseBase:
    """A version as ``pdf`` or ``docx``, in the reader's language."""
    document = printed.document(version)
    made = pdf.pdf(document) if kind == "pdf" else docx.write(document)
    name = f"{document.title} {version}.{kind}"
    return FileResponse(io.BytesIO(made), as_attachment=True, filename=name)


@page("policy.see")
def comparison(request: Request) -> HttpResponse:
    """Two versions side by side: every term and row that is not the same, in words."""
    known = _versions()
    names = [name for name, _label in known]
    after = request.GET.get("after") or in_force(clock.today()).version
    before = request.GET.get("before") or next((name for name in names if name != after), after)
    return render(
        request,
        "workbench/oversight/comparison.html",
        {
            "versions": known,
            "before": before,
            "after": after,
            "changes": changes(printed.content_of(before), printed.content_of(after)),
        },
    )


@page("policy.see", post="people.edit")
def institution_page(request: Request) -> HttpResponse:
    """What the institution is called on what it prints; a post changes it."""
    us = institution()
    if request.method != "POST":
        form = InstitutionForm(initial={name: getattr(us, name) for name in InstitutionForm.base_fields} if us else {})
        return _show_institution(request, form)
    form = InstitutionForm(request.POST)
    if form.is_valid():
        try:
            describe(request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("What is printed from now on names {name}.").format(name=_name()), "good")
            return HttpResponseRedirect(reverse("oversight-institution"))
    return _show_institution(request, form, status=422)


def _name() -> str:
    us = institution()
    return us.name if us else ""


def _show_institution(request: Request, form: InstitutionForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "us": institution(), "edits": can(request.user, "people.edit")}
    return render(request, "workbench/oversight/institution.html", context, status=status)
