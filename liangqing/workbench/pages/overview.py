"""For those who lead: how old the debts are and become, how they move, who carries how much, and what comes of it.

Four pages of one overview, so that each asks only for what it shows: ageing, roll, load, results. All figures are those
of ``liangqing.cases.queries.overview``; here they are only added up by department and laid out.
"""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from liangqing import policy
from liangqing.cases.queries import overview as figures
from liangqing.cases.words import RESULTS
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.money import Money, plain
from liangqing.people.rights import demand
from liangqing.receivables.rules.owing import BUCKETS
from liangqing.trail.actions.tell import tell
from liangqing.workbench.doors import Request, page
from liangqing.workbench.lists import ListExported
from liangqing.workbench.words import BUCKET_NAMES

NIGHTS = (7, 30, 60)
"""Periods on offer: so many nights up to the last."""
MOST_NIGHTS = 400
_WEEK = dt.timedelta(days=7)

_COLOURS = {"not_due": "#a9bad6", "1-30": "#f2cf5b", "31-60": "#f0a04b", "61-90": "#dc6b4a", "91+": "#9b1c1c"}
_LINES = ("#1d4ed8", "#0f766e", "#b45309", "#7c3aed", "#be185d", "#4d7c0f", "#0369a1", "#78350f", "#475569", "#a21caf")

_TABS = (
    ("overview", pgettext_lazy("of debts", "Ageing")),
    ("overview-rolls", pgettext_lazy("between age bands", "Roll")),
    ("overview-load", pgettext_lazy("of work", "Load")),
    ("overview-results", pgettext_lazy("of work", "Results")),
)


# The period -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """Whole days, both included. ``nights`` is the choice ("7", "30", "60"), empty for days chosen freely."""

    since: dt.date
    last: dt.date
    nights: str = ""
    wrong: str | Promise = ""

    @property
    def until(self) -> dt.date:
        """The first day after it."""
        return self.last + dt.timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last - self.since).days + 1


def _period(request: Request) -> Period:
    today = clock.today()
    since, last = (request.GET.get(name, "").strip() for name in ("since", "until"))
    if (since or last) and not request.GET.get("nights"):
        start, end = _date(since), _date(last) if last else today
        if start and end and start <= (end := min(end, today)) and (end - start).days < MOST_NIGHTS:
            return Period(start, end)
        return _nights("30", today, gettext_lazy("Choose two days, the first before the second, at most 400 apart."))
    return _nights(request.GET.get("nights", ""), today)


def _nights(choice: str, today: dt.date, wrong: str | Promise = "") -> Period:
    choice = choice if choice in {str(each) for each in NIGHTS} else "30"
    return Period(today - dt.timedelta(days=int(choice) - 1), today, "" if wrong else choice, wrong)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


# What can be taken away -------------------------------------------------------------------------------------------------


@dataclass
class Sheet:
    """A table as it is exported: amounts are ``Money`` and take two columns."""

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Any]] = field(default_factory=list)


def _answer(
    request: Request, name: str, period: Period, context: dict[str, Any], sheets: Sequence[Sheet]
) -> HttpResponseBase:
    if request.GET.get("export") == "xlsx":
        return _export(request, name, period, sheets)
    kept = request.GET.copy()
    for key in ("export", "page", "of"):
        kept.pop(key, None)
    tail = f"?{kept.urlencode()}" if kept else ""
    return render(
        request,
        f"workbench/overview/{name.partition('-')[2] or 'ageing'}.html",
        {
            "tabs": [(label, reverse(each) + tail, each == name) for each, label in _TABS],
            "period": period,
            "choices": NIGHTS,
            **context,
        },
    )


@action
def _export(request: Request, name: str, period: Period, sheets: Sequence[Sheet]) -> HttpResponseBase:
    """The tables of the page as XLSX, marked with who took them and when. Nothing in a cell is a formula."""
    user = request.user
    demand(user, "list.export")
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    bold, date = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    amount = book.add_format({"num_format": "#,##0.00"})
    now = clock.now().astimezone(clock.zone())
    count = 0
    for sheet in sheets:
        tab = book.add_worksheet(sheet.title[:31].translate(str.maketrans("[]:*?/\\", "       ")))
        tab.write_string(
            0,
            0,
            _("{title} · {since} to {until} · exported by {name} ({login}) at {at}").format(
                title=sheet.title,
                since=period.since,
                until=period.last,
                name=user.name,
                login=user.username,
                at=f"{now:%Y-%m-%d %H:%M}",
            ),
        )
        for place, head in enumerate(sheet.heads):
            tab.write_string(1, place, head, bold)
        for line, row in enumerate(sheet.rows, 2):
            count += 1
            for place, value in enumerate(row):
                if isinstance(value, Money):
                    tab.write_number(line, place, float(plain(value.amount, value.currency)), amount)
                elif isinstance(value, dt.date):
                    tab.write_datetime(line, place, dt.datetime.combine(value, dt.time()), date)
                elif isinstance(value, (int, float)) and not isinstance(value, bool):
                    tab.write_number(line, place, value)
                elif value is not None:
                    tab.write_string(line, place, str(value))
    book.close()
    tell(
        ListExported(
            thing_id=user.pk, list=name, rows=count, filters={key: str(each) for key, each in request.GET.items()}
        ),
        by=user,
    )
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename=f"{name}-{period.last}.xlsx")


def _share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole > 0 else None


def _percent(basis_points: int | None) -> float | None:
    return None if basis_points is None else basis_points / 100


def _name(who: figures.Who) -> str:
    return who.person or str(pgettext_lazy("no person", "nobody"))


def _home(name: str) -> str:
    """A department's name; nobody's is what no case was opened for (or a person in no department)."""
    return name or _("without a case")


def _mine(who: figures.Who) -> str:
    """Where the cases of a line are."""
    return f"{reverse('cases')}?owner={who.person_id or 'none'}"


def _bands() -> list[str]:
    return [str(label) for _code, label in BUCKET_NAMES]


def _currency(request: Request, known: Iterable[str]) -> tuple[str, list[str]]:
    """The currency looked at, and those there are: CNY first. Currencies are never added."""
    codes = sorted(set(known), key=lambda code: (code != "CNY", code))
    wanted = request.GET.get("currency", "")
    return (wanted if wanted in codes else codes[0] if codes else "CNY"), codes


# Ageing -----------------------------------------------------------------------------------------------------------------


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
        return _share(self.late, self.asked)

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


@dataclass
class Night:
    """What stood on one morning, as far as it is looked at."""

    date: dt.date
    amounts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    bills: int = 0
    amount: int = 0
    asked: int = 0
    late: int = 0

    @property
    def late_bp(self) -> int | None:
        return _share(self.late, self.asked)


@page("overview.see")
def ageing(request: Request) -> HttpResponseBase:
    """Who answers for how much of which age, now and over the nights; the late share."""
    user, period = request.user, _period(request)
    rows = figures.ageing(user, period.last)
    currency, currencies = _currency(request, (row.currency for row in rows))
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
    nights = _by_night(points)
    shown = [night for night in nights if night.date >= period.since]
    last = shown[-1] if shown else None
    before = next((night for night in nights if last and night.date == last.date - _WEEK), None)
    context = {
        "filled": bool(rows or shown),
        "homes": homes,
        "total": total,
        "currency": currency,
        "currencies": currencies,
        "bands": _bands(),
        "nights": shown[::-1],
        "last": last,
        "changes": _changes(last, before, currency) if last and before else None,
        "whose": whose,
        "people": people,
        "of": chosen,
        "of_name": names.get(chosen, ""),
        "ageing_chart": _stacked(shown, currency),
        "late_chart": _late_lines(
            shown, [] if chosen else [p for p in points if p.date >= period.since], names.get(chosen, "")
        ),
    }
    bands = _bands()
    heads = [_("Department"), _("Person"), *bands, _("Open"), _("Bills"), _("Customers"), _("Late")]
    sheets = [
        Sheet(
            f"{_('Ageing')} {currency}",
            [*heads, _("Late share %")],
            (
                [_home(row.who.department), _name(row.who)]
                + [Money(band.amount, currency) for band in row.bands]
                + [Money(row.amount, currency), row.bills, row.obligors, Money(row.late, currency)]
                + [_percent(row.late_bp)]
                for row in rows
            ),
        ),
        Sheet(
            f"{_('Nights')} {currency}",
            [_("Day"), *bands, _("Open"), _("Late"), _("Late share %")],
            (
                [
                    night.date,
                    *(Money(each, currency) for each in night.amounts),
                    Money(night.amount, currency),
                    Money(night.late, currency),
                    _percent(night.late_bp),
                ]
                for night in shown
            ),
        ),
    ]
    return _answer(request, "overview", period, context, sheets)


def _homes(rows: list[figures.Ageing]) -> tuple[list[Home], Line]:
    """People under their departments, with sums; who carries most of what is late first."""
    homes: dict[int | None, Home] = {}
    total = Line()
    for row in rows:
        home = homes.setdefault(row.who.department_id, Home(row.who.department_id, _home(row.who.department)))
        home.total.add(row)
        total.add(row)
        home.people.append((row, _name(row.who), _mine(row.who)))
    return list(homes.values()), total


def _by_night(points: Iterable[figures.Morning]) -> list[Night]:
    nights: dict[dt.date, Night] = {}
    for point in points:
        night = nights.setdefault(point.date, Night(point.date))
        night.amounts = [sum(pair) for pair in zip(night.amounts, point.amounts, strict=True)]
        night.bills += sum(point.bills)
        night.amount += sum(point.amounts)
        night.asked += point.asked
        night.late += point.late
    return [nights[date] for date in sorted(nights)]


@dataclass(frozen=True)
class Change:
    """Against a week ago. ``better``: whether that is to be welcomed; None where nothing changed."""

    money: Money | None
    points: int | None
    better: bool | None

    @property
    def sign(self) -> str:
        value = self.money.amount if self.money else self.points or 0
        return "+" if value > 0 else ""

    @property
    def in_points(self) -> str:
        """Percentage points."""
        return f"{(self.points or 0) / 100:.1f}"


def _changes(last: Night, before: Night, currency: str) -> dict[str, Change]:
    def fewer(value: int) -> bool | None:
        return None if value == 0 else value < 0

    late = last.late - before.late
    share = last.late_bp - before.late_bp if last.late_bp is not None and before.late_bp is not None else None
    oldest = last.amounts[-1] - before.amounts[-1]
    return {
        "open": Change(Money(last.amount - before.amount, currency), None, None),
        "late": Change(Money(late, currency), None, fewer(late)),
        "share": Change(None, share, fewer(share) if share is not None else None),
        "oldest": Change(Money(oldest, currency), None, fewer(oldest)),
    }


def _unit(most: int, currency: str) -> tuple[int, str]:
    """What amounts of a chart are divided by, and how that is called on its axis."""
    if Money(most, currency).major >= 1_000_000:
        return 10_000, _("10,000 {currency}").format(currency=currency)
    return 1, currency


def _stacked(nights: list[Night], currency: str) -> dict[str, Any]:
    """ECharts: the amount in each age band, one on the other, night after night."""
    unit, axis = _unit(max((night.amount for night in nights), default=0), currency)
    return {
        "grid": {"left": 64, "right": 12, "top": 46, "bottom": 24},
        "legend": {"top": 0, "itemWidth": 14, "itemHeight": 9, "itemGap": 14},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "category", "data": [f"{night.date:%m-%d}" for night in nights]},
        "yAxis": {"type": "value", "name": axis, "nameTextStyle": {"align": "right"}},
        "series": [
            {
                "name": _in_days(bucket),
                "type": "bar",
                "stack": "all",
                "barCategoryGap": "18%",
                "itemStyle": {"color": _COLOURS[bucket]},
                "data": [
                    round(float(Money(night.amounts[place], currency).major) / unit, 2 if unit == 1 else 1)
                    for night in nights
                ],
            }
            for place, bucket in enumerate(BUCKETS)
        ],
    }


def _in_days(bucket: str) -> str:
    return _("not due") if bucket == "not_due" else _("{days} days late").format(days=bucket)


def _late_lines(nights: list[Night], points: list[figures.Morning], name: str) -> dict[str, Any]:
    """ECharts: the late share of what is looked at (called ``name``), and of each department where there are several."""
    dates = [night.date for night in nights]
    by_home: dict[tuple[int | None, str], dict[dt.date, int | None]] = defaultdict(dict)
    for point in points:
        if point.department_id is None:
            continue  # what no case was opened for is not late yet
        by_home[point.department_id, point.department][point.date] = point.late_bp
    lines = [
        {
            "name": name or pgettext("all departments", "all"),
            "data": [_percent(night.late_bp) for night in nights],
            "lineStyle": {"width": 3},
            "itemStyle": {"color": "#0f2147"},
        }
    ]
    if len(by_home) > 1:
        lines += [
            {
                "name": name,
                "data": [_percent(shares.get(date)) for date in dates],
                "lineStyle": {"width": 1.5},
                "itemStyle": {"color": _LINES[place % len(_LINES)]},
            }
            for place, ((_home_id, name), shares) in enumerate(by_home.items())
        ]
    return {
        "grid": {"left": 44, "right": 12, "top": 46, "bottom": 24},
        "legend": {"top": 0, "itemWidth": 14, "itemHeight": 9, "type": "plain"},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{date:%m-%d}" for date in dates]},
        "yAxis": {"type": "value", "name": "%", "min": 0, "nameTextStyle": {"align": "right"}},
        "series": [{"type": "line", "symbol": "circle", "symbolSize": 4, **line} for line in lines],
    }


# Roll -------------------------------------------------------------------------------------------------------------------


@page("overview.see")
def rolls(request: Request) -> HttpResponseBase:
    """How much of what stood in an age band went to which, or was paid."""
    period = _period(request)
    found = figures.rolls(request.user, period.since, period.until)
    currency, currencies = _currency(request, (row.currency for row in found))
    rows = [row for row in found if row.currency == currency]
    lines = [
        (
            _("new") if row.from_bucket == "new" else _band(row.from_bucket),
            row,
            [(move, _tone(row.from_bucket, move.to_bucket, move.amount_bp)) for move in row.moves],
        )
        for row in rows
    ]
    columns = [*_bands(), pgettext("money", "paid")]
    context = {"filled": bool(rows), "rows": lines, "columns": columns, "currency": currency, "currencies": currencies}
    sheets = [
        Sheet(
            f"{_('Roll')} {currency}",
            [
                _("From"),
                _("Amount"),
                _("Bills"),
                *(head for column in columns for head in (column, f"{column} %")),
            ],
            (
                [name, Money(row.amount, currency), row.bills]
                + [each for move in row.moves for each in (Money(move.amount, currency), _percent(move.amount_bp))]
                for name, row, _cells in lines
            ),
        )
    ]
    return _answer(request, "overview-rolls", period, context, sheets)


def _band(code: str) -> str:
    return str(dict(BUCKET_NAMES)[code])


def _tone(came: str, went: str, share: int | None) -> str:
    """How a cell is shaded: green for money that came, red for what grew older, grey for what stays; stronger with more."""
    if not share:
        return ""
    strength = 1 + sum(share >= limit for limit in (1_000, 3_000, 6_000))
    if went == "paid":
        return f"lq-shade good-{strength}"
    if came == "new" or came == went or BUCKETS.index(went) <= BUCKETS.index(came):
        return f"lq-shade same-{strength}"
    return f"lq-shade bad-{strength}"


# Load -------------------------------------------------------------------------------------------------------------------


@page("overview.see")
def load(request: Request) -> HttpResponseBase:
    """What each person carries; who drowns in it, and who sleeps."""
    period = _period(request)
    rows = figures.carried(request.user, period.last)
    lines: list[dict[str, Any]] = [
        {
            "row": row,
            "name": _name(row.who),
            "home": row.who.department,
            "url": _mine(row.who),
            "late": tuple(Money(amount, code) for code, amount in row.late.items()),
            "waits": (period.last - row.oldest_task_on).days if row.oldest_task_on else None,
            "silent": (period.last - row.last_seen_on).days if row.last_seen_on else None,
        }
        for row in rows
    ]
    terms = policy.in_force(period.last).terms
    context = {
        "filled": bool(rows),
        "lines": lines,
        "night": figures.last_night(period.last) if rows else None,
        "cases": sum(row.cases for row in rows),
        "tasks": sum(row.tasks for row in rows),
        "drowning": sum(row.drowns for row in rows),
        "sleeping": sum(row.sleeps for row in rows),
        "unowned": next((row for row in rows if row.who.person_id is None and row.cases), None),
        "drowns_over": terms["overview.drowns_over_percent"],
        "sleeps_after": terms["overview.sleeps_after_days"],
    }
    heads = [_("Department"), _("Person"), _("Cases"), _("Tasks"), _("Points"), _("Capacity"), _("Load")]
    sheets = [
        Sheet(
            _("Load"),
            [*heads, _("Late amount"), _("Oldest task"), _("Last active"), _("Drowns"), _("Sleeps")],
            (
                [
                    line["home"],
                    line["name"],
                    row.cases,
                    row.tasks,
                    row.points,
                    row.capacity,
                    row.load,
                    "; ".join(f"{each.currency} {plain(each.amount, each.currency)}" for each in line["late"]),
                    row.oldest_task_on,
                    row.last_seen_on,
                    _yes(row.drowns),
                    _yes(row.sleeps),
                ]
                for line in lines
                for row in [line["row"]]
            ),
        )
    ]
    return _answer(request, "overview-load", period, context, sheets)


def _yes(value: bool) -> str:
    return _("yes") if value else ""


# Results ----------------------------------------------------------------------------------------------------------------


@page("overview.see")
def results(request: Request) -> HttpResponseBase:
    """Of each person: promises and what became of them, contacts by result, what was collected."""
    user, period = request.user, _period(request)
    promised = figures.promised(user, period.since, period.until)
    contacts = figures.contacts(user, period.since, period.until)
    collected = figures.collected(user, period.since, period.until)
    counts: dict[str, int] = defaultdict(int)
    for line in contacts:
        for code, count in line.results.items():
            counts[code] += count
    codes = sorted(counts, key=lambda code: -counts[code])
    sums: dict[str, int] = defaultdict(int)
    for income in collected:
        sums[income.currency] += income.amount
    given, kept = sum(row.given for row in promised), sum(row.kept for row in promised)
    judged = kept + sum(row.partly + row.broken for row in promised)
    context = {
        "filled": bool(promised or contacts or collected),
        "promised": [(row, _name(row.who), row.who.department, _mine(row.who)) for row in promised],
        "contacts": [
            (row, _name(row.who), _mine(row.who), [row.results.get(code, 0) for code in codes]) for row in contacts
        ],
        "results": [(str(RESULTS.get(code, code)), counts[code]) for code in codes],
        "collected": [(row, _name(row.who), _mine(row.who), Money(row.amount, row.currency)) for row in collected],
        "given": given,
        "kept_bp": _share(kept, judged),
        "judged": judged,
        "records": sum(counts.values()),
        "sums": tuple(Money(sums[code], code) for code in sorted(sums, key=lambda code: (code != "CNY", code))),
    }
    sheets = [
        Sheet(
            _("Promises"),
            [_("Department"), _("Person"), _("Given"), _("Kept"), _("Partly kept"), _("Broken"), _("Kept %")],
            (
                [
                    row.who.department,
                    _name(row.who),
                    row.given,
                    row.kept,
                    row.partly,
                    row.broken,
                    _percent(row.kept_bp),
                ]
                for row in promised
            ),
        ),
        Sheet(
            _("Contacts"),
            [_("Department"), _("Person"), _("Contacts"), *(str(RESULTS.get(code, code)) for code in codes)],
            (
                [row.who.department, _name(row.who), row.records] + [row.results.get(code, 0) for code in codes]
                for row in contacts
            ),
        ),
        Sheet(
            _("Collected"),
            [_("Department"), _("Person"), _("Currency"), _("Receipts"), _("Amount")],
            (
                [row.who.department, _name(row.who), row.currency, row.receipts, Money(row.amount, row.currency)]
                for row in collected
            ),
        ),
    ]
    return _answer(request, "overview-results", period, context, sheets)
