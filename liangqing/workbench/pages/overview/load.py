"""Load: what each person carries; who drowns in it, and who sleeps."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from liangqing import policy
from liangqing.cases.queries import overview as figures
from liangqing.kit.money import Money, plain
from liangqing.workbench.doors import Request, page
from liangqing.workbench.pages.overview.frame import answer, cases_of, name_of
from liangqing.workbench.pages.overview.period import period_of
from liangqing.workbench.sheets import Sheet


@page("overview.see")
def load(request: Request) -> HttpResponseBase:
    """What each person carries; who drowns in it, and who sleeps."""
    period = period_of(request)
    rows = figures.carried(request.user, period.last)
    lines: list[dict[str, Any]] = [
        {
            "row": row,
            "name": name_of(row.who),
            "home": row.who.department,
            "url": cases_of(row.who),
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
    return answer(request, "overview-load", period, context, sheets)


def _yes(value: bool) -> str:
    return _("yes") if value else ""
