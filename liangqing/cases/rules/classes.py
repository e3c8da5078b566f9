"""The class of a customer towards one creditor, by credit standing and ability to pay; it chooses the strategy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import day, days_between
from liangqing.policy import Policy
from liangqing.receivables.rules.habits import NOTHING_FELL_DUE, FellDue, habit

TABLE = "customer.class"
GIVEN = ("A", "B", "C", "D")
"""The classes a ledger may give; anything else there says nothing."""
FACTS = ("given", "late_share_bp", "worst_days", "promises_broken", "cannot_pay")
"""What the table looks at."""
OUTPUTS = ("credit", "ability", "customer_class")


def signs(broken: ir.Table, unable: ir.Table, accounts: ir.Table, windows: Iterable[int], as_of: dt.date) -> ir.Table:
    """What became of the customer's words: one row an obligor of ``accounts`` that broke a promise or cannot pay.

    In: ``broken`` promises (party_id, creditor_id, judged_on: before ``as_of``, so that a night that is run again hears
    the same), ``unable`` (party_id, creditor_id, heard_on: the last day the customer said so). Out: party_id,
    creditor_id, promises_broken_N for each window of N days, unable_on (NULL: never).
    """
    pair = ["party_id", "creditor_id"]
    broken, unable = broken.semi_join(accounts, pair), unable.semi_join(accounts, pair)
    ago = days_between(broken.judged_on, as_of)
    counts = {f"promises_broken_{window}": (ago < window).sum().cast("int64") for window in windows}
    faults = broken.group_by(of_party="party_id", of_creditor="creditor_id").agg(**counts)
    both = faults.outer_join(unable, [faults.of_party == unable.party_id, faults.of_creditor == unable.creditor_id])
    return both.select(
        *(ibis.coalesce(both[name], 0).name(name) for name in counts),
        party_id=ibis.coalesce(both.party_id, both.of_party),
        creditor_id=ibis.coalesce(both.creditor_id, both.of_creditor),
        unable_on=both.heard_on,
    )


@clause("P2 3.1.2")
def classes(
    accounts: ir.Table, parties: ir.Table, habits: ir.Table, signs: ir.Table, policy: Policy, as_of: dt.date
) -> ir.Table:
    """One row a customer and creditor with anything open.

    In: ``accounts`` (party_id, creditor_id, variant), ``parties`` (party_id, customer_class: what the ledger says),
    ``habits`` (see receivables), ``signs`` (see there). Out: party_id, creditor_id, the facts the table looks
    at, class_row, credit, ability, customer_class.
    """
    facts = accounts.group_by("party_id", "creditor_id").agg(variant=accounts.variant.max())
    graded = parties.select(of_graded="party_id", grade="customer_class")
    facts = facts.left_join(graded, facts.party_id == graded.of_graded)
    for number, more in enumerate((habits, signs)):
        of_party, of_creditor = f"of_party_{number}", f"of_creditor_{number}"
        named = more.rename({of_party: "party_id", of_creditor: "creditor_id"})
        facts = facts.left_join(named, [facts.party_id == named[of_party], facts.creditor_id == named[of_creditor]])

    def within(fact: str) -> ir.Value:
        return policy.each(facts, lambda rules: facts[f"{fact}_{rules.terms['class.looks_back_days']}"])

    window = policy.each(facts, lambda rules: ibis.literal(rules.terms["class.looks_back_days"]))
    facts = facts.select(
        "party_id",
        "creditor_id",
        "variant",
        given=facts.grade.isin(GIVEN).ifelse(facts.grade, "none"),
        late_share_bp=ibis.coalesce(within("late_share"), NOTHING_FELL_DUE),
        worst_days=ibis.coalesce(within("worst_days"), 0),
        promises_broken=ibis.coalesce(within("promises_broken"), 0),
        cannot_pay=ibis.coalesce(
            (facts.unable_on <= day(as_of)) & (days_between(facts.unable_on, as_of) < window), False
        ),
    )
    decided = facts.mutate(class_row=policy.each(facts, lambda rules: rules.tables[TABLE].row_for(facts)))

    def says(column: str) -> ir.Value:
        return policy.each(decided, lambda rules: rules.tables[TABLE].output(decided.class_row, column))

    return decided.select("party_id", "creditor_id", *FACTS, "class_row", **{name: says(name) for name in OUTPUTS})


def facts_of(
    given: str,
    bills: Iterable[FellDue],
    broken_on: Iterable[dt.date],
    unable_on: Iterable[dt.date],
    window: int,
    as_of: dt.date,
) -> dict[str, Any]:
    """The twin for one customer and creditor: what the table looks at. ``broken_on`` are the days promises were judged
    broken, ``unable_on`` those on which the customer said so."""
    share, worst = habit(bills, window, as_of)
    return {
        "given": given if given in GIVEN else "none",
        "late_share_bp": share,
        "worst_days": worst,
        "promises_broken": sum(0 < (as_of - on).days < window for on in broken_on),
        "cannot_pay": any(0 <= (as_of - on).days < window for on in unable_on),
    }
