"""Roll: how much of what stood in an age band went to which, or was paid."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from liangqing.cases.queries import overview as figures
from liangqing.kit.money import Money
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.workbench.doors import Request, page
from liangqing.workbench.pages.overview.frame import answer, bands, currency_of, percent
from liangqing.workbench.pages.overview.period import period_of
from liangqing.workbench.sheets import Sheet
from liangqing.workbench.words import BUCKET_NAMES


@page("overview.see")
def rolls(request: Request) -> HttpResponseBase:
    """How much of what stood in an age band went to which, or was paid."""
    period = period_of(request)
    found = figures.rolls(request.user, period.since, period.until)
    currency, currencies = currency_of(request, (row.currency for row in found))
    rows = [row for row in found if row.currency == currency]
    lines = [
        (
            _("new") if row.from_bucket == "new" else _band(row.from_bucket),
            row,
            [(move, _tone(row.from_bucket, move.to_bucket, move.amount_bp)) for move in row.moves],
        )
        for row in rows
    ]
    columns = [*bands(), pgettext("money", "paid")]
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
                + [each for move in row.moves for each in (Money(move.amount, currency), percent(move.amount_bp))]
                for name, row, _cells in lines
            ),
        )
    ]
    return answer(request, "overview-rolls", period, context, sheets)


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
