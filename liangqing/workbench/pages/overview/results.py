"""Results: of each person promises and what became of them, contacts by result, what was collected."""

from __future__ import annotations

from collections import defaultdict

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from liangqing.cases.queries import overview as figures
from liangqing.cases.words import RESULTS
from liangqing.kit.money import Money
from liangqing.workbench.doors import Request, page
from liangqing.workbench.pages.overview.frame import answer, cases_of, name_of, percent, share
from liangqing.workbench.pages.overview.period import period_of
from liangqing.workbench.sheets import Sheet


@page("overview.see")
def results(request: Request) -> HttpResponseBase:
    """Of each person: promises and what became of them, contacts by result, what was collected."""
    user, period = request.user, period_of(request)
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
        "promised": [(row, name_of(row.who), row.who.department, cases_of(row.who)) for row in promised],
        "contacts": [
            (row, name_of(row.who), cases_of(row.who), [row.results.get(code, 0) for code in codes]) for row in contacts
        ],
        "results": [(str(RESULTS.get(code, code)), counts[code]) for code in codes],
        "collected": [(row, name_of(row.who), cases_of(row.who), Money(row.amount, row.currency)) for row in collected],
        "given": given,
        "kept_bp": share(kept, judged),
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
                    name_of(row.who),
                    row.given,
                    row.kept,
                    row.partly,
                    row.broken,
                    percent(row.kept_bp),
                ]
                for row in promised
            ),
        ),
        Sheet(
            _("Contacts"),
            [_("Department"), _("Person"), _("Contacts"), *(str(RESULTS.get(code, code)) for code in codes)],
            (
                [row.who.department, name_of(row.who), row.records] + [row.results.get(code, 0) for code in codes]
                for row in contacts
            ),
        ),
        Sheet(
            _("Collected"),
            [_("Department"), _("Person"), _("Currency"), _("Receipts"), _("Amount")],
            (
                [row.who.department, name_of(row.who), row.currency, row.receipts, Money(row.amount, row.currency)]
                for row in collected
            ),
        ),
    ]
    return answer(request, "overview-results", period, context, sheets)
