"""Which variant of the policy speaks for an account."""

from __future__ import annotations

import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.policy import Policy


def placed(accounts: ir.Table, parties: ir.Table, creditors: ir.Table) -> ir.Table:
    """The accounts with what scopes tell apart: line (the creditor's code), place (country), debtor (kind).

    In: ``parties`` (party_id, kind, country), ``creditors`` (creditor_id, code).
    """
    who = parties.select(who_id="party_id", debtor="kind", place="country")
    whose = creditors.select(whose_id="creditor_id", line="code")
    both = accounts.left_join(who, accounts.party_id == who.who_id)
    both = both.left_join(whose, both.creditor_id == whose.whose_id)
    return both.select(*accounts.columns, "line", "place", "debtor")


@clause("P2 3.1.2")
def decided_by(accounts: ir.Table, policy: Policy) -> ir.Table:
    """The accounts with ``variant``: 0 the policy itself, n the n-th of its variants."""
    kept = [column for column in accounts.columns if column not in ("line", "place", "debtor")]
    return accounts.mutate(variant=policy.variant_over(accounts)).select(*kept, "variant")
