"""The calendar of working days: a year at a glance, holidays and days worked in exchange, and changing them."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import chinese_calendar
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.rights import can
from liangqing.policy import words
from liangqing.policy.actions import calendar as actions
from liangqing.policy.calendar import is_announced
from liangqing.policy.queries.calendar import Day, days_of, not_taken
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.policy import DayForm

FIRST_YEAR, LAST_YEAR = 2000, 2100
_ENGLISH = {each.chinese: each.value for each in chinese_calendar.Holiday}


@page("policy.see", post="policy.edit")
def days(request: Request) -> HttpResponse:
    """A year (``?year=``); a post says what a day is, or lets it be again what its weekday says (``do=clear``)."""
    if request.method != "POST":
        wanted = _day(request.GET.get("day", ""))
        return _show(request, wanted.year if wanted else _year(request.GET.get("year", "")), wanted=wanted)
    form = DayForm(request.POST)
    if request.POST.get("do") == "clear":
        on = _day(request.POST.get("on", ""))
        if on is not None:
            actions.clear_day(on, by=request.user)
            messages.success(
                request, _("{on} is again what its weekday and the announced calendar say.").format(on=on), "good"
            )
            return _back(on.year)
        form.add_error("on", _("Which day?"))
    elif form.is_valid():
        given = form.cleaned_data
        try:
            actions.set_day(
                given["on"], works=given["works"], name=given["name"], source=given["source"], by=request.user
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("{on} was set.").format(on=given["on"]), "good")
            return _back(given["on"].year)
    on = form.cleaned_data.get("on") if hasattr(form, "cleaned_data") else None
    return _show(request, on.year if on else clock.today().year, form=form, wanted=on, status=422)


@page("policy.edit")
def announcement(request: Request) -> HttpResponse:
    """A post takes the announced calendar of a year over into the institution's own."""
    year = _year(request.POST.get("year", ""))
    if request.method == "POST":
        count = actions.take_announced(year, by=request.user)
        messages.success(request, _("{count} days of {year} were taken over.").format(count=count, year=year), "good")
    return _back(year)


def _back(year: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('policy-calendar')}?year={year}")


def _year(text: str) -> int:
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else clock.today().year
    return min(max(year, FIRST_YEAR), LAST_YEAR)


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def day_name(name: str) -> str:
    """A holiday's name in the reader's language, where it is one of the announced ones."""
    if words.language_of() == "zh" or not name:
        return name
    holiday = _ENGLISH.get(name.removesuffix("调休"), "")
    if not holiday:
        return name
    return f"{holiday}, in exchange" if name.endswith("调休") else holiday


def _show(
    request: Request, year: int, *, form: DayForm | None = None, wanted: dt.date | None = None, status: int = 200
) -> HttpResponse:
    known = days_of(year)
    by_day = {day.on: day for day in known}
    chosen = by_day.get(wanted) if wanted else None
    edits = can(request.user, "policy.edit")
    return render(
        request,
        "workbench/policy/calendar.html",
        {
            "year": year,
            "before": year - 1 if year > FIRST_YEAR else None,
            "after": year + 1 if year < LAST_YEAR else None,
            "weekdays": [date_format(dt.date(2024, 1, 1 + n), "D").removeprefix("星期") for n in range(7)],
            "months": [_month(year, month, by_day, wanted) for month in range(1, 13)],
            "special": [(day, date_format(day.on, "D"), day_name(day.name)) for day in known if day.source],
            "working": sum(day.works for day in known),
            "announced": is_announced(year),
            "not_taken": not_taken(year),
            "form": form or DayForm(initial=_initial(chosen)) if edits else None,
            "chosen": chosen,
            "edits": edits,
        },
        status=status,
    )


def _initial(chosen: Day | None) -> dict[str, Any]:
    if chosen is None:
        return {"works": "no"}
    works = chosen.works if chosen.source else not chosen.works
    return {"on": chosen.on, "works": "yes" if works else "no", "name": chosen.name, "source": chosen.said_by}


def _month(year: int, month: int, by_day: dict[dt.date, Day], wanted: dt.date | None) -> dict[str, Any]:
    weeks = [
        [_cell(by_day[day], wanted) if day.month == month else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(year, month)
    ]
    return {"name": date_format(dt.date(year, month, 1), "F"), "weeks": weeks}


def _cell(day: Day, wanted: dt.date | None) -> dict[str, Any]:
    kind = ("worked" if day.works else "off") if day.special or day.source else "" if day.works else "weekend"
    title = f"{day.on} {day_name(day.name)}".strip()
    classes = " ".join(
        name
        for name, there in (
            (kind, bool(kind)),
            ("own", day.source == "own"),
            ("today", day.on == clock.today()),
            ("chosen", day.on == wanted),
        )
        if there
    )
    return {"on": day.on, "number": day.on.day, "classes": classes, "title": title, "works": day.works}
