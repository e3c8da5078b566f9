"""The weekly report of visits 下乡汇报: by area and person, and household by household."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from liangqing.cases.words import RESULTS
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.outreach.models import Visit
from liangqing.outreach.queries import visits as asked
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.workbench.doors import Request, page
from liangqing.workbench.lists import moneys
from liangqing.workbench.sheets import Sheet, take_away
from liangqing.workbench.words import customer_name

MOST = 500
"""Households shown on the page; the file holds all."""


def week_of(text: str) -> dt.date:
    """The Monday of a week as browsers write it, 2026-W48; this week's where it is none."""
    year, _dash, number = text.partition("-W")
    try:
        return dt.date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        return asked.monday(clock.today())


@page("case.see")
def report(request: Request) -> HttpResponseBase:
    """A week: households visited, signed, cash by principal and interest, intentions, claims past limitation."""
    user = request.user
    week = week_of(request.GET.get("week", ""))
    last = week + asked.WEEK - dt.timedelta(days=1)
    lines = asked.report(asked.visits(user), week)
    found = asked.of_week(asked.visits(user), week)
    rows = (
        found.annotate(departs=asked.DEPARTS)
        .select_related("stop__round", "party", "by", "receipt")
        .order_by("stop__round__area", "on", "pk")
    )
    if request.GET.get("export") == "xlsx":
        sheets = _sheets(lines, rows.iterator(1000), user, f"{week} – {last}")
        return take_away("visits", sheets, by=user, filters={"week": str(week)}, address=request.get_full_path())
    iso = week.isocalendar()
    context = {
        "week": f"{iso.year}-W{iso.week:02d}",
        "first": week,
        "last": last,
        "before": _iso(week - asked.WEEK),
        "after": _iso(week + asked.WEEK),
        "lines": [(line, moneys(line.principal), moneys(line.interest), moneys(line.promised)) for line in lines],
        "rows": [(row, customer_name(row.party, user), *_cash(row)) for row in rows[:MOST]],
        "results": RESULTS,
        "may_export": can(user, "list.export"),
    }
    return render(request, "workbench/outreach/visits/report.html", context)


def _iso(day: dt.date) -> str:
    iso = day.isocalendar()
    return f"{iso.year}-W{iso.week:02d}"


def _cash(row: Visit) -> tuple[Money | None, Money | None]:
    """Principal and interest taken, where there is any."""
    if row.receipt_id is None:
        return None, None
    return Money(row.principal, row.currency), Money(row.interest, row.currency)


def _sheets(lines: Iterable[asked.Line], rows: Iterable[Visit], user: User, days: str) -> list[Sheet]:
    heads = [
        _("Area"), _("Person"), _("Households"), _("Signed"), _("Not signed"), _("Nobody there"), _("Paid in cash"),
        _("Principal"), _("Interest"), _("Mean to pay"), _("Promised"), _("Claim limitation"), _("Pictures depart"),
    ]  # fmt: skip
    summary = (
        [
            line.area or _("All"), line.person, line.households, line.signed, line.unsigned, line.nobody, line.payers,
            moneys(line.principal), moneys(line.interest), line.intending, moneys(line.promised), line.lapsed,
            line.departing,
        ]
        for line in lines
    )  # fmt: skip
    details = (
        [
            row.stop.round.area, row.on, customer_name(row.party, user), row.stop.case, row.by.name,
            str(RESULTS.get(row.result, row.result)), row.get_met_display(), row.get_found_display(),
            _("yes") if row.signed else _("no"), *_cash(row), row.currency if row.receipt_id else "",
            row.receipt.number if row.receipt else "", row.intention, row.lapsed_said,
            _("yes") if row.departs else _("no"),  # type: ignore[attr-defined]
        ]
        for row in rows
    )  # fmt: skip
    each = [
        _("Area"), _("Day"), _("Customer"), _("Case"), _("Person"), _("Result"), _("Who was there"), _("The address"),
        _("Signed"), _("Principal"), _("Interest"), _("Currency"), _("Receipt number"), _("Intention to pay"),
        _("What was said of limitation"), _("Pictures depart"),
    ]  # fmt: skip
    return [
        Sheet(_("Weekly report of visits"), heads, summary, about=days),
        Sheet(_("Households"), each, details, about=days),
    ]
