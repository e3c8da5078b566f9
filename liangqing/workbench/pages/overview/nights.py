"""What stood on each morning of a period, and how it changed within a week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from liangqing.cases.queries import overview as figures
from liangqing.kit.money import Money
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.workbench.pages.overview.frame import share


@dataclass
class Night:
    """What stood on one morning, as far as it is looked at."""

    date: dt.date
    amounts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    bills: int = 0
    amount: int = 0
    asked: int = 0
    late: int = 0

    @property
    def late_bp(self) -> int | None:
        return share(self.late, self.asked)


def by_night(points: Iterable[figures.Morning]) -> list[Night]:
    nights: dict[dt.date, Night] = {}
    for point in points:
        night = nights.setdefault(point.date, Night(point.date))
        night.amounts = [sum(pair) for pair in zip(night.amounts, point.amounts, strict=True)]
        night.bills += sum(point.bills)
        night.amount += sum(point.amounts)
        night.asked += point.asked
        night.late += point.late
    return [nights[date] for date in sorted(nights)]


@dataclass(frozen=True)
class Change:
    """Against a week ago. ``better``: whether that is to be welcomed; None where nothing changed."""

    money: Money | None
    points: int | None
    better: bool | None

    @property
    def sign(self) -> str:
        value = self.money.amount if self.money else self.points or 0
        return "+" if value > 0 else ""

    @property
    def in_points(self) -> str:
        """Percentage points."""
        return f"{(self.points or 0) / 100:.1f}"


def changes(last: Night, before: Night, currency: str) -> dict[str, Change]:
    def fewer(value: int) -> bool | None:
        return None if value == 0 else value < 0

    late = last.late - before.late
    share = last.late_bp - before.late_bp if last.late_bp is not None and before.late_bp is not None else None
    oldest = last.amounts[-1] - before.amounts[-1]
    return {
        "open": Change(Money(last.amount - before.amount, currency), None, None),
        "late": Change(Money(late, currency), None, fewer(late)),
        "share": Change(None, share, fewer(share) if share is not None else None),
        "oldest": Change(Money(oldest, currency), None, fewer(oldest)),
    }
