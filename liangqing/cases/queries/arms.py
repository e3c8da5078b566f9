"""How a version tried on a share fares against control."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from liangqing.cases.models import Arm
from liangqing.cases.rules.arms import Comparison, Share, compare


@dataclass(frozen=True)
class Trial:
    """Both arms after the last night that counted them, and the shares compared."""

    date: dt.date
    drawn: Arm
    control: Arm
    paying: Comparison
    closed: Comparison
    kept: Comparison


def arms(version: str, *, least: int) -> Trial | None:
    """None before the first night that counted. ``least`` is the term trial.least_in_arm."""
    last = Arm.objects.filter(version=version).order_by("-date").values_list("date", flat=True).first()
    if last is None:
        return None
    both = {arm.drawn: arm for arm in Arm.objects.filter(version=version, date=last)}
    drawn, control = both[True], both[False]

    def shares(hits: str, of: str) -> Comparison:
        one, other = (Share(getattr(arm, hits), getattr(arm, of)) for arm in (drawn, control))
        return compare(one, other, least=least)

    return Trial(
        last, drawn, control, shares("paying", "customers"), shares("closed", "cases"), shares("kept", "judged")
    )
