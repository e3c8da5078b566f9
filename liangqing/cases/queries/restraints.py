"""What holds ordinary collection of a case back today, as it was told: a special circumstance, a dispute, a complaint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from liangqing.cases.models import Case, Record

HOLDING = ("special", "dispute_claimed", "complaint")
"""What the night hears of a record (``Record.says``) that holds back; grace and agreed days stand on the case itself."""


@dataclass(frozen=True)
class Restraint:
    """``kind`` is one of ``HOLDING``; ``result`` what was recorded, ``until_on`` the first day it holds no more."""

    kind: str
    result: str
    since_on: dt.date
    until_on: dt.date


def restraint(case: Case, today: dt.date) -> Restraint | None:
    """The restraint that the last record of the case which says something speaks of, while it holds."""
    last = (
        Record.objects.filter(case=case, corrected_by__isnull=True)
        .exclude(says="unchanged")
        .order_by("-contacted_on", "-id")
        .values_list("says", "result", "contacted_on", "says_until_on")
        .first()
    )
    if last is None or last[0] not in HOLDING or last[3] <= today:
        return None
    return Restraint(*last)
