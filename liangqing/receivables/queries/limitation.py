"""Whether limitation may have passed for what a customer owes, by what the ledger knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from liangqing.policy import Policy
from liangqing.receivables.models import Bill, Receipt
from liangqing.receivables.queries.account import still_open
from liangqing.receivables.rules.limitation import Restart, lapses_on, years_after


def may_have_passed(
    parties: Sequence[int], creditor_id: int, on: dt.date, rules: Policy, demands: Iterable[dt.date] = ()
) -> bool:
    """Whether any bill still owed is past its safe day. ``demands`` are days on which a demand is proven to have arrived.

    One query that finds nothing for nearly everybody; two more where something fell due long ago. A payment on the
    account counts for every bill that was due then.
    """
    years, long_stop = int(rules.terms["limitation.years"]), int(rules.terms["limitation.long_stop_years"])
    cutoff = years_after(on, -years)
    old = Bill.objects.filter(party__in=parties, creditor_id=creditor_id, due_on__lt=cutoff)
    if not old.exists():
        return False
    paid = Receipt.objects.filter(party__in=parties, creditor_id=creditor_id).values_list("received_on", flat=True)
    restarts = [Restart(day, "payment") for day in paid.distinct()] + [Restart(day, "demand") for day in demands]
    return any(
        lapses_on(each.due_on, restarts, years=years, long_stop_years=long_stop) < on
        for each in still_open(parties, on)
        if each.bill.creditor_id == creditor_id and each.owed > 0
    )
