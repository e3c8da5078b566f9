"""Nights: every run with its report, two beside each other, and starting one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.words import skipped
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.events import NightRun
from liangqing.nightly.models import Run
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.trail.models import Entry
from liangqing.warning.level import Level
from liangqing.workbench import orders, worker
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.models import NightOrder
from liangqing.workbench.words import moment

_CHOOSABLE = 90
"""So many nights back two can be compared."""

COUNTS: dict[str, Promise] = {
    "open_bills": gettext_lazy("open bills"),
    "late_bills": gettext_lazy("late bills"),
    "late_customers": gettext_lazy("late customers"),
    "cases_opened": gettext_lazy("cases opened"),
    "cases_closed": gettext_lazy("cases closed"),
    "promises_broken": gettext_lazy("promises broken"),
    "tasks": gettext_lazy("tasks on the lists"),
    "alerts_escalated": gettext_lazy("warnings told to the next higher"),
}
STEPS: dict[str, Promise] = {
    "snapshot": gettext_lazy("reading the books"),
    "owed": gettext_lazy("what is owed"),
    "totals": gettext_lazy("what each customer owes"),
    "came": gettext_lazy("money for promises"),
    "accounts": gettext_lazy("customers' accounts"),
    "levels": gettext_lazy("warning levels"),
    "alerts": gettext_lazy("warnings"),
    "cases": gettext_lazy("cases"),
    "promises": gettext_lazy("promises"),
    "work": gettext_lazy("what to do"),
    "deal": gettext_lazy("dealing out"),
    "lists": gettext_lazy("lists"),
    "figures": gettext_lazy("figures"),
    "land": gettext_lazy("writing down"),
    "close": gettext_lazy("checking and sealing"),
    "seal": gettext_lazy("sealing"),
    "keep": gettext_lazy("keeping the day"),
}
_TABLES: dict[str, Promise] = {
    "owed": gettext_lazy("what each bill owes"),
    "accounts": gettext_lazy("customers' accounts"),
    "levels": gettext_lazy("warning levels"),
    "work": gettext_lazy("what is to be done, and why"),
    "owners": gettext_lazy("whose it is"),
    "tasks": gettext_lazy("tasks in order"),
    "skipped": gettext_lazy("who was passed over, and why"),
    "marks": gettext_lazy("up to which receipt was read"),
    "classes": gettext_lazy("classes of customers"),
}
_COLOURS = {Run.Status.DONE: "green", Run.Status.RUNNING: "blue", Run.Status.LANDED: "yellow"}


class DateForm(forms.Form):
    """The night to be run."""

    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _in_order(seconds: Mapping[str, float]) -> list[str]:
    """The steps of a run in the order they are made; the database keeps them in none."""
    order = {name: place for place, name in enumerate(STEPS)}
    return sorted(seconds, key=lambda name: order.get(name, len(order)))


def _step(code: str) -> str:
    return str(STEPS.get(code, code))


# The list ---------------------------------------------------------------------------------------------------------------


@page("night.see", post="night.run")
def nights(request: Request) -> HttpResponseBase:
    """Every night that was run, the last first; and the form that starts one."""
    if request.method == "POST":
        return _start(request)
    return _show(request, DateForm(initial={"date": _next()}))


def _show(request: Request, form: DateForm, **context: Any) -> HttpResponseBase:
    return show(
        request,
        _listing(),
        "workbench/nights/list.html",
        form=form,
        order=orders.under_way(),
        nobody=can(request.user, "night.run") and not worker.alive(),
        comparable=Run.objects.all()[:2].count() == 2,
        **context,
    )


def _next() -> dt.date:
    """The night one would start now: today's, unless a later one has been run."""
    last = Run.objects.order_by("-date").values_list("date", flat=True).first()
    return max(last, clock.today()) if last else clock.today()


def _start(request: Request) -> HttpResponseBase:
    form = DateForm(request.POST)
    status, sentence = 422, ""
    if form.is_valid():
        try:
            ordered = orders.order(form.cleaned_data["date"], by=request.user)
        except Refusal as refusal:
            status, sentence = refusal.status, refusal.sentence
        else:
            return HttpResponseRedirect(reverse("nights-order", args=[ordered.pk]))
    answer = _show(request, form, refusal=sentence)
    answer.status_code = status
    return answer


def _listing() -> Listing:
    def count(name: str) -> Any:
        return lambda row: _number(row["run"].counts.get(name))

    return Listing(
        name="nights",
        title=gettext_lazy("Nights"),
        rows=Run.objects.all(),
        order=("-date",),
        load=_lines,
        link=lambda row: reverse("nights-one", args=[row["run"].date.isoformat()]),
        columns=(
            Column("date", gettext_lazy("Date"), lambda row: row["run"].date, "date", sort=("date",)),
            Column("status", gettext_lazy("Status"), _status, plain=lambda row: row["run"].get_status_display()),
            Column("policy", gettext_lazy("Policy"), lambda row: row["run"].policy),
            Column("open_bills", gettext_lazy("Open bills"), count("open_bills"), "num"),
            Column("late_bills", gettext_lazy("Late bills"), count("late_bills"), "num"),
            Column("late_customers", gettext_lazy("Late customers"), count("late_customers"), "num"),
            Column("alerts", gettext_lazy("New warnings"), lambda row: _number(_alerts(row["run"])), "num"),
            Column("opened", gettext_lazy("Cases opened"), count("cases_opened"), "num"),
            Column("closed", gettext_lazy("Cases closed"), count("cases_closed"), "num"),
            Column("tasks", gettext_lazy("Tasks"), count("tasks"), "num"),
            Column("changed", gettext_lazy("Rows changed"), lambda row: _number(row["changed"]), "num"),
            Column("seconds", gettext_lazy("Seconds"), lambda row: _seconds(row["run"]), "num"),
            Column("runs", gettext_lazy("Times run"), lambda row: row["run"].runs, "num"),
            Column("by", gettext_lazy("By"), lambda row: row["by"], shown=False),
        ),
        filters=(
            Filter("from", gettext_lazy("From"), _since, kind="date"),
            Filter("to", gettext_lazy("To"), _until, kind="date"),
        ),
        empty=gettext_lazy(
            "No night has been run yet. Import customers and bills, then start the first night here: "
            "it decides levels, warnings, cases and everybody’s list."
        ),
    )


def _since(rows: Any, value: str) -> Any:
    return rows.filter(date__gte=day) if (day := _date(value)) else rows


def _until(rows: Any, value: str) -> Any:
    return rows.filter(date__lte=day) if (day := _date(value)) else rows


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "—"


def _status(row: Mapping[str, Any]) -> Any:
    run: Run = row["run"]
    colour = _COLOURS.get(Run.Status(run.status), "")
    return format_html('<span class="lq-tag {}">{}</span>', colour, run.get_status_display())


def _alerts(run: Run) -> int | None:
    return sum(run.counts["alerts"].values()) if "alerts" in run.counts else None


def _seconds(run: Run) -> str:
    return f"{sum(run.seconds.values()):.1f}" if run.seconds else "—"


def _lines(runs: list[Run]) -> list[dict[str, Any]]:
    """Runs with what the trail tells of them: how many rows changed when one last changed something, and who ran it."""
    told: dict[int, Entry] = {}
    for entry in Entry.objects.filter(
        thing=NightRun.thing, thing_id__in=[run.pk for run in runs], event=NightRun.name
    ).order_by("id"):
        told[entry.thing_id] = entry
    names = dict(User.objects.filter(pk__in={entry.actor_id for entry in told.values()}).values_list("pk", "name"))
    lines = []
    for run in runs:
        known = told.get(run.pk)
        actor = known.actor_id if known else None
        lines.append(
            {
                "run": run,
                "changed": known.facts.get("changed_rows") if known else None,
                "by": names.get(actor, "") if actor else _("the house itself"),
            }
        )
    return lines


# One night --------------------------------------------------------------------------------------------------------------


@page("night.see")
def one(request: Request, date: str) -> HttpResponse:
    """The report of a night: what was counted, who was passed over and why, how long it took, its checksums."""
    run = find(Run.objects.all(), date=_date(date))
    line = _lines([run])[0]
    longest = max(run.seconds.values(), default=0) or 1
    before = Run.objects.filter(date__lt=run.date).order_by("-date").first()
    after = Run.objects.filter(date__gt=run.date).order_by("date").first()
    return render(
        request,
        "workbench/nights/one.html",
        {
            "run": run,
            "line": line,
            "colour": _COLOURS.get(Run.Status(run.status), ""),
            "started": moment(run.started_at),
            "finished": moment(run.finished_at) if run.finished_at else "—",
            "changed": _number(line["changed"]),
            "groups": _groups(run),
            "steps": [
                (_step(name), f"{run.seconds[name]:.1f}", round(100 * run.seconds[name] / longest))
                for name in _in_order(run.seconds)
            ],
            "total": _seconds(run),
            "checksums": [
                (_TABLES.get(name, name), *code.split(":", 1)) for name, code in sorted(run.checksums.items())
            ],
            "before": before,
            "after": after,
        },
    )


def _groups(run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """The counts of a run under headings, in words."""
    return [
        (heading, [(label, _number(count)) for label, count in lines.values()])
        for heading, lines in _counted(run).items()
        if lines
    ]


def _counted(run: Run) -> dict[str, dict[str, tuple[str, Any]]]:
    """heading: {code: (label, count)}"""
    counts = run.counts
    levels = {level.value: str(level.label) for level in Level}
    plain = {
        name: (str(COUNTS.get(name, name)), value)
        for name, value in counts.items()
        if isinstance(value, int) and name not in COUNTS
    }
    return {
        _("Counts"): {name: (str(label), counts[name]) for name, label in COUNTS.items() if name in counts} | plain,
        _("New warnings"): {
            level: (label, counts["alerts"][level])
            for level, label in levels.items()
            if level in counts.get("alerts", {})
        },
        _("Passed over"): {
            reason: (skipped(reason), count) for reason, count in sorted(counts.get("skipped", {}).items())
        },
    }


# Two nights -------------------------------------------------------------------------------------------------------------


@page("night.see")
def compare(request: Request) -> HttpResponse:
    """Two nights beside each other: what was counted, whether the tables are the same, how long each step took."""
    dates = list(Run.objects.order_by("-date").values_list("date", flat=True)[:_CHOOSABLE])
    wanted = [_date(request.GET.get(name, "")) for name in ("a", "b")]
    chosen = [day or (dates[place] if len(dates) > place else None) for day, place in zip(wanted, (1, 0), strict=True)]
    runs = {run.date: run for run in Run.objects.filter(date__in=[day for day in chosen if day])}
    first, second = (runs.get(day) if day else None for day in chosen)
    context: dict[str, Any] = {"dates": sorted({*dates, *runs}, reverse=True), "a": chosen[0], "b": chosen[1]}
    if first and second:
        context |= {
            "first": first,
            "second": second,
            "groups": _beside(first, second),
            "tables": [
                (
                    _TABLES.get(name, name),
                    _rows(first.checksums.get(name)),
                    _rows(second.checksums.get(name)),
                    first.checksums.get(name) == second.checksums.get(name),
                )
                for name in sorted({*first.checksums, *second.checksums})
            ],
            "steps": [
                (_step(name), _one_digit(first.seconds.get(name)), _one_digit(second.seconds.get(name)))
                for name in _in_order({**first.seconds, **second.seconds})
            ],
        }
    return render(request, "workbench/nights/compare.html", context)


def _beside(first: Run, second: Run) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    left, right = _counted(first), _counted(second)
    groups = []
    for heading in left:
        lines = []
        for code in dict.fromkeys((*left[heading], *right[heading])):
            label, a = left[heading].get(code, (right[heading].get(code, ("", None))[0], 0))
            b = right[heading].get(code, ("", 0))[1]
            lines.append((label, _number(a), _number(b), f"{b - a:+,}" if b != a else "="))
        if lines:
            groups.append((heading, lines))
    return groups


def _rows(checksum: str | None) -> str:
    """How many rows a table had: its checksum begins with it."""
    count = (checksum or "").partition(":")[0]
    return f"{int(count):,}" if count.isdigit() else "—"


def _one_digit(seconds: float | None) -> str:
    return "—" if seconds is None else f"{seconds:.1f}"


# A night that was asked for ---------------------------------------------------------------------------------------------


@page("night.see")
def order(request: Request, number: int) -> HttpResponse:
    """A night that was started: where it stands, until its report is there."""
    ordered = find(NightOrder.objects.select_related("user"), pk=number)
    part = request.headers.get("HX-Target") == "progress"
    if ordered.state == NightOrder.State.DONE:
        there = reverse("nights-one", args=[ordered.date.isoformat()])
        return HttpResponse(status=204, headers={"HX-Redirect": there}) if part else HttpResponseRedirect(there)
    waits = ordered.state in (NightOrder.State.WAITING, NightOrder.State.RUNNING)
    context = {"order": ordered, "step": _step(ordered.step), "waits": waits, "nobody": waits and not worker.alive()}
    template = "workbench/nights/order.html"
    return render(request, f"{template}#progress" if part else template, context)
