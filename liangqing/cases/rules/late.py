"""Since when a case is late, as it is kept beside the case."""

from __future__ import annotations

import datetime as dt

import ibis.expr.types as ir

from liangqing.kit.sets import day

_PAIR = ("party_id", "creditor_id")


def changes(standing: ir.Table, obligors: ir.Table, live_cases: ir.Table, as_of: dt.date) -> ir.Table:
    """The cases that are open after tonight and late since another day than is stored, or new.

    In: ``standing`` cases of tonight (party_id, creditor_id, fate), ``obligors`` (party_id, creditor_id, days),
    ``live_cases`` as stored (party_id, creditor_id, late_since_on). Out: party_id, creditor_id, since.
    """
    live = standing.filter(standing.fate != "closes").select(*_PAIR)
    aged = obligors.select(*_PAIR, since=(day(as_of) - obligors.days.as_interval("D")).cast("date"))
    had = live_cases.select(*_PAIR, since="late_since_on")
    return aged.semi_join(live, _PAIR).anti_join(had, [*_PAIR, "since"])
