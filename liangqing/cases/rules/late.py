"""Since when a case is late and with how much, as it is kept beside the case."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.sets import day, listed

_PAIR = ("party_id", "creditor_id")


def changes(
    standing: ir.Table, obligors: ir.Table, accounts: ir.Table, live_cases: ir.Table, as_of: dt.date
) -> ir.Table:
    """The cases that are open after tonight whose late amounts, or the day since when, are not what is stored.

    In: ``standing`` cases of tonight (party_id, creditor_id, fate), ``obligors`` (party_id, creditor_id, days), ``accounts``
    (party_id, creditor_id, currency, late), ``live_cases`` as stored (party_id, creditor_id, late_since_on, late). Out:
    party_id, creditor_id, since, late: minor units by currency, as PostgreSQL writes JSON.
    """
    live = standing.filter(standing.fate != "closes").select(*_PAIR)
    aged = obligors.select(*_PAIR, "days").semi_join(live, _PAIR)
    late = accounts.filter(accounts.late > 0)
    late = late.mutate(part=ibis.literal('"') + late.currency + '": ' + late.late.cast("string"))
    amounts = late.group_by(of_party="party_id", of_creditor="creditor_id").agg(parts=lambda t: listed(t.part, ", "))
    had = live_cases.select(
        had_party="party_id", had_creditor="creditor_id", had_since="late_since_on", had_late="late"
    )
    both = aged.left_join(amounts, [aged.party_id == amounts.of_party, aged.creditor_id == amounts.of_creditor])
    both = both.left_join(had, [both.party_id == had.had_party, both.creditor_id == had.had_creditor])
    rows = both.select(
        *_PAIR,
        "had_since",
        "had_late",
        since=(day(as_of) - both.days.as_interval("D")).cast("date"),
        late=ibis.literal("{") + both.parts.fill_null("") + "}",
    )
    moved = rows.filter(~rows.since.identical_to(rows.had_since) | ~rows.late.identical_to(rows.had_late))
    return moved.select(*_PAIR, "since", "late")
