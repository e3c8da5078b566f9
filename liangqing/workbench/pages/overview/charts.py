"""The charts of the overview, as ECharts options."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from liangqing.cases.queries import overview as figures
from liangqing.kit.money import Money
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.workbench.pages.overview.frame import percent
from liangqing.workbench.pages.overview.nights import Night

_COLOURS = {"not_due": "#a9bad6", "1-30": "#f2cf5b", "31-60": "#f0a04b", "61-90": "#dc6b4a", "91+": "#9b1c1c"}
_LINES = ("#1d4ed8", "#0f766e", "#b45309", "#7c3aed", "#be185d", "#4d7c0f", "#0369a1", "#78350f", "#475569", "#a21caf")


def _unit(most: int, currency: str) -> tuple[int, str]:
    """What amounts of a chart are divided by, and how that is called on its axis."""
    if Money(most, currency).major >= 1_000_000:
        return 10_000, _("10,000 {currency}").format(currency=currency)
    return 1, currency


def stacked(nights: list[Night], currency: str) -> dict[str, Any]:
    """ECharts: the amount in each age band, one on the other, night after night."""
    unit, axis = _unit(max((night.amount for night in nights), default=0), currency)
    return {
        "grid": {"left": 64, "right": 12, "top": 46, "bottom": 24},
        "legend": {"top": 0, "itemWidth": 14, "itemHeight": 9, "itemGap": 14},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "category", "data": [f"{night.date:%m-%d}" for night in nights]},
        "yAxis": {"type": "value", "name": axis, "nameTextStyle": {"align": "right"}},
        "series": [
            {
                "name": _in_days(bucket),
                "type": "bar",
                "stack": "all",
                "barCategoryGap": "18%",
                "itemStyle": {"color": _COLOURS[bucket]},
                "data": [
                    round(float(Money(night.amounts[place], currency).major) / unit, 2 if unit == 1 else 1)
                    for night in nights
                ],
            }
            for place, bucket in enumerate(BUCKETS)
        ],
    }


def _in_days(bucket: str) -> str:
    return _("not due") if bucket == "not_due" else _("{days} days late").format(days=bucket)


def late_lines(nights: list[Night], points: list[figures.Morning], name: str) -> dict[str, Any]:
    """ECharts: the late share of what is looked at (called ``name``), and of each department where there are several."""
    dates = [night.date for night in nights]
    by_home: dict[tuple[int | None, str], dict[dt.date, int | None]] = defaultdict(dict)
    for point in points:
        if point.department_id is None:
            continue  # what no case was opened for is not late yet
        by_home[point.department_id, point.department][point.date] = point.late_bp
    lines = [
        {
            "name": name or pgettext("all departments", "all"),
            "data": [percent(night.late_bp) for night in nights],
            "lineStyle": {"width": 3},
            "itemStyle": {"color": "#0f2147"},
        }
    ]
    if len(by_home) > 1:
        lines += [
            {
                "name": name,
                "data": [percent(shares.get(date)) for date in dates],
                "lineStyle": {"width": 1.5},
                "itemStyle": {"color": _LINES[place % len(_LINES)]},
            }
            for place, ((_home_id, name), shares) in enumerate(by_home.items())
        ]
    return {
        "grid": {"left": 44, "right": 12, "top": 46, "bottom": 24},
        "legend": {"top": 0, "itemWidth": 14, "itemHeight": 9, "type": "plain"},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{date:%m-%d}" for date in dates]},
        "yAxis": {"type": "value", "name": "%", "min": 0, "nameTextStyle": {"align": "right"}},
        "series": [{"type": "line", "symbol": "circle", "symbolSize": 4, **line} for line in lines],
    }
