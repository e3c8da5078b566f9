"""Ageing: who answers for how much of which age, now and over the nights; the late share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from liangqing.cases.queries import overview as figures
from liangqing.kit.money import Money
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.workbench.doors import Request, page
from liangqing.workbench.pages.overview.charts import late_lines, stacked
from liangqing.workbench.pages.overview.frame import (
    answer,
    bands,
    cases_of,
    currency_of,
    home_of,
    name_of,
    percent,
    share,
)
from liangqing.workbench.pages.overview.nights import by_night, changes
from liangqing.workbench.pages.overview.period import period_of
from liangqing.workbench.sheets import Sheet

_WEEK = dt.timedelta(days=7)


@dataclass
class Line:
    """A line of the ageing table: a person, or the sum of a department, in one currency and minor units."""

    amounts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    obligors: int = 0
    bills: int = 0
    amount: int = 0
    asked: int = 0
    late: int = 0

    @property
    def late_bp(self) -> int | None:
        return share(self.late, self.asked)

    def add(self, row: figures.Ageing) -> None:
        self.amounts = [sum(pair) for pair in zip(self.amounts, (band.amount for band in row.bands), strict=True)]
        for name in ("obligors", "bills", "amount", "asked", "late"):
            setattr(self, name, getattr(self, name) + getattr(row, name))


@dataclass
class Home:
    """A department's part of the ageing table."""

    department_id: int | None
    name: str
    total: Line = field(default_factory=Line)
    people: list[tuple[figures.Ageing, str, str]] = field(default_factory=list)


@page("overview.see")
def ageing(request: Request) -> HttpResponseBase:
    """Who answers for how much of which age, now and over the nights; the late share."""
    user, period = request.user, period_of(request)
    rows = figures.ageing(user, period.last)
    currency, currencies = currency_of(request, (row.currency for row in rows))
    rows = [row for row in rows if row.currency == currency]
    of = request.GET.get("of", "")
    person = int(of[1:]) if of[:1] == "p" and of[1:].isdigit() and len(of) < 18 else None
    points = [
        point
        for point in figures.mornings(user, period.until, nights=max(period.days, 8), person=person)
        if point.currency == currency
    ]
    homes, total = _homes(rows)
    whose = [(f"d{home.department_id or 0}", home.name) for home in homes]
    people = [(f"p{row.who.person_id}", row.who.person) for row in rows if row.who.person_id]
    names = dict([*whose, *people])
    chosen = of if of in names else ""
    if chosen.startswith("d"):
        points = [point for point in points if (point.department_id or 0) == int(chosen[1:])]
    nights = by_night(points)
    shown = [night for night in nights if night.date >= period.since]
    last = shown[-1] if shown else None
    before = next((night for night in nights if last and night.date == last.date - _WEEK), None)
    context = {
        "filled": bool(rows or shown),
        "homes": homes,
        "total": total,
        "currency": currency,
        "currencies": currencies,
        "bands": bands(),
        "nights": shown[::-1],
        "last": last,
        "changes": changes(last, before, currency) if last and before else None,
        "whose": whose,
        "people": people,
        "of": chosen,
        "of_name": names.get(chosen, ""),
        "ageing_chart": stacked(shown, currency),
        "late_chart": late_lines(
            shown, [] if chosen else [p for p in points if p.date >= period.since], names.get(chosen, "")
        ),
    }
    heads = [_("Department"), _("Person"), *bands(), _("Open"), _("Bills"), _("Customers"), _("Late")]
    sheets = [
        Sheet(
            f"{_('Ageing')} {currency}",
            [*heads, _("Late share %")],
            (
                [home_of(row.who.department), name_of(row.who)]
                + [Money(band.amount, currency) for band in row.bands]
                + [Money(row.amount, currency), row.bills, row.obligors, Money(row.late, currency)]
                + [percent(row.late_bp)]
                for row in rows
            ),
        ),
        Sheet(
            f"{_('Nights')} {currency}",
            [_("Day"), *bands(), _("Open"), _("Late"), _("Late share %")],
            (
                [
                    night.date,
                    *(Money(each, currency) for each in night.amounts),
                    Money(night.amount, currency),
                    Money(night.late, currency),
                    percent(night.late_bp),
                ]
                for night in shown
            ),
        ),
    ]
    return answer(request, "overview", period, context, sheets)


def _homes(rows: list[figures.Ageing]) -> tuple[list[Home], Line]:
    """People under their departments, with sums; who carries most of what is late first."""
    homes: dict[int | None, Home] = {}
    total = Line()
    for row in rows:
        home = homes.setdefault(row.who.department_id, Home(row.who.department_id, home_of(row.who.department)))
        home.total.add(row)
        total.add(row)
        home.people.append((row, name_of(row.who), cases_of(row.who)))
    return list(homes.values()), total
