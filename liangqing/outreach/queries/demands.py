"""The formal demands that reached a customer, and which of them count."""

from __future__ import annotations

from collections.abc import Sequence

from liangqing.kit import clock
from liangqing.outreach.kinds import Content, Recipient
from liangqing.outreach.models import Attempt
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.spacing import Spaced, spaced
from liangqing.policy import Policy

PROVEN = (Outcome.DELIVERED, Outcome.EFFECTIVE)
"""What proves that a demand arrived: delivered, or spoken to the debtor himself."""


def demands(parties: Sequence[int], creditor_id: int, rules: Policy) -> list[Spaced]:
    """Those of one debt, in order; a customer given by all its numbers. One query by the index of the customer."""
    rows = Attempt.objects.filter(
        party__in=parties,
        creditor=creditor_id,
        content=Content.FORMAL,
        recipient=Recipient.SELF,
        outcome__in=PROVEN,
    ).values_list("outcome_at", "at")
    arrived = [(told or at).astimezone(clock.zone()).date() for told, at in rows]
    return spaced(arrived, gap_days=int(rules.terms["demand.gap_days"]))
