"""The warning level of every account, by days late and by the share of the balance that is late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.policy import Policy, Row

RANK = {"mild": 1, "moderate": 2, "severe": 3}


def rank(level: ir.StringValue) -> ir.IntegerValue:
    """1 mild, 2 moderate, 3 severe, 0 for none."""
    return ibis.cases(*((level == name, place) for name, place in RANK.items()), else_=0)


@clause("P3 3.1", "P3 3.2")
def levels(accounts: ir.Table, policy: Policy) -> ir.Table:
    """One row an account with something late: party_id, creditor_id, currency, late, days, share_bp, level, row, variant.

    When days and share differ, the table says what wins. Below the floor amount the share says nothing: it counts as 0.
    """
    late = accounts.filter(accounts.late > 0)
    floor = policy.each(late, lambda rules: rules.terms.money_over("warning.share_floor", late.currency))
    facts = late.mutate(days_late=late.days, share_bp=(late.late >= floor).ifelse(late.share_bp, 0))
    decided = facts.mutate(row=policy.each(facts, lambda rules: rules.tables["warning.level"].row_for(facts)))
    return decided.select(
        "party_id",
        "creditor_id",
        "currency",
        "late",
        "days",
        "share_bp",
        "row",
        "variant",
        level=policy.each(decided, lambda rules: rules.tables["warning.level"].output(decided.row, "level")),
    )


def level_of(*, late: int, days: int, share_bp: int, currency: str, policy: Policy) -> Row:
    """The twin for one account: the row of warning.level that decides. ``late`` in minor units, more than 0."""
    counted = share_bp if late >= policy.terms.money("warning.share_floor", currency) else 0
    facts: Mapping[str, Any] = {"days_late": days, "share_bp": counted}
    return policy.tables["warning.level"].decide(facts)


@clause("P3 3.3.1")
def changes(levels: ir.Table, standings: ir.Table, policy: Policy) -> ir.Table:
    """What differs from the stored standings: one row an account that came, moved or went.

    In: ``standings`` (standing_id, party_id, creditor_id, currency, level, row). Out: the account, standing_id (NULL:
    came), level and row now (NULL: went), ``before`` the level it had, late, days, ``raised``: whether it reached a
    level it did not have, which is what a warning tells, ``policy`` the stamp of the version that decided.
    """
    now = levels
    then = standings.rename(
        then_party="party_id", then_creditor="creditor_id", then_currency="currency", before="level", row_before="row"
    )
    both = now.outer_join(
        then,
        [
            now.party_id == then.then_party,
            now.creditor_id == then.then_creditor,
            now.currency == then.then_currency,
        ],
    )
    return (
        both.filter(
            both.standing_id.isnull()
            | both.level.isnull()
            | (both.level != both.before)
            | (both.row != both.row_before)
        )
        .select(
            "standing_id",
            "level",
            "row",
            "before",
            "late",
            "days",
            "variant",
            party_id=ibis.coalesce(both.party_id, both.then_party),
            creditor_id=ibis.coalesce(both.creditor_id, both.then_creditor),
            currency=ibis.coalesce(both.currency, both.then_currency),
        )
        .mutate(raised=lambda t: rank(t.level) > rank(t.before), policy=policy.stamp_over)
    )
