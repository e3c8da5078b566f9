"""Warnings nobody has acknowledged in time: which, and who is told next."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import days_between, listed
from liangqing.policy import Policy

NEXT = ("management", "risk", "business")
"""The kinds of departments whose heads are told, the first that has one not told yet."""


@clause("P3 3.3.2")
def escalations(unheard: ir.Table, levels: ir.Table, heads: ir.Table, policy: Policy, as_of: dt.date) -> ir.Table:
    """One row a warning that goes to the next head tonight.

    In: ``unheard`` (alert_id, party_id, creditor_id, currency, level, raised_on, told: the people's ids, each with a
    space before and after), neither acknowledged nor escalated; ``levels`` of tonight; ``heads`` (head_id, kind).
    Out: alert_id, party_id, currency, level, raised_on, heads (ids with spaces between). A warning waits as many days
    as ``warning.acknowledge_within_days`` gives its level. An account that is no longer late needs no head; where
    everybody has been told already, nothing happens.
    """
    late = levels.select(
        late_party="party_id", late_creditor="creditor_id", late_currency="currency", variant="variant"
    )
    waiting = unheard.join(
        late,
        [
            unheard.party_id == late.late_party,
            unheard.creditor_id == late.late_creditor,
            unheard.currency == late.late_currency,
        ],
    )

    def allowed(rules: Policy) -> ir.IntegerValue:
        within = rules.terms["warning.acknowledge_within_days"]
        return ibis.cases(
            *((waiting.level == level, days) for level, days in within.items()), else_=max(within.values())
        )

    over = waiting.filter(days_between(waiting.raised_on, as_of) >= policy.each(waiting, allowed))
    # A few groups of people were told of all warnings: whoever is next is worked out once for each group.
    next_heads = _next(over.select("told").distinct(), heads)
    return over.join(next_heads, over.told == next_heads.told_before).select(
        "alert_id", "party_id", "currency", "level", "raised_on", "heads"
    )


def _next(told: ir.Table, heads: ir.Table) -> ir.Table:
    """For each group told: the heads of the first kind that has one who is not among them."""
    able = heads.filter(heads.kind.isin(NEXT)).select("head_id", "kind").distinct()
    pairs = told.cross_join(able)
    fresh = pairs.filter(~pairs.told.contains(ibis.literal(" ") + pairs.head_id.cast("string") + " ")).mutate(
        place=lambda t: ibis.cases(*((t.kind == kind, place) for place, kind in enumerate(NEXT)), else_=len(NEXT))
    )
    first = fresh.group_by("told").agg(first=fresh.place.min()).rename(of_told="told")
    chosen = fresh.join(first, [fresh.told == first.of_told, fresh.place == first.first])
    return chosen.group_by(told_before="told").agg(heads=lambda t: listed(t.head_id))
