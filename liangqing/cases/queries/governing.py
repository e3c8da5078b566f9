"""By which policy a case is worked on, and how long its file is kept."""

from __future__ import annotations

import calendar
import datetime as dt

from liangqing import policy
from liangqing.cases.models import Case
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.policy import Policy


def governing(case: Case, on: dt.date | None = None) -> Policy:
    """The policy of a day (today) as it counts for the customer and creditor of the case."""
    party = case.party
    rules = policy.in_force(on or clock.today())
    return rules.of(party.pk, line=case.creditor.code, place=party.country, debtor=party.kind)


@clause("P3 7.3.1")
def kept_until(case: Case) -> dt.date | None:
    """The first day on which the file of a closed case may be asked to be destroyed: the years of the term
    ``archive.keep_years`` after it closed, by the policy of today. None while it is open."""
    if case.closed_on is None:
        return None
    year = case.closed_on.year + int(governing(case).terms["archive.keep_years"])
    last = calendar.monthrange(year, case.closed_on.month)[1]
    return dt.date(year, case.closed_on.month, min(case.closed_on.day, last))
