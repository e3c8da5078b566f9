"""What a trial counted, laid out for the pages: before and after, beside each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangqing.kit.money import Money
from liangqing.people.models import User
from liangqing.warning.level import Level

LEVELS = ("none", *Level.values)
FATES = {
    "opens": pgettext_lazy("cases that", "open"),
    "closes": pgettext_lazy("cases that", "close"),
    "moves": gettext_lazy("change their level"),
    "stays": gettext_lazy("stay as they are"),
}


Pair = tuple[int, int, str]
"""Before, after, and the difference as it is shown."""


def pair(before: int, after: int) -> Pair:
    return before, after, f"{after - before:+,}" if after != before else "="


def moved(moves: Sequence[Mapping[str, Any]]) -> int:
    """How many accounts change their level."""
    return sum(row["accounts"] for row in moves if row["before"] != row["after"])


def currencies(result: Mapping[str, Any]) -> list[str]:
    """The currencies a trial found, that of the house first."""
    codes = {row["currency"] for row in result["moves"]}
    return sorted(codes, key=lambda code: (code != "CNY", code))


def totals(
    sides: Mapping[str, Any], name: str, key: str, count: str, *, currency: str | None = None
) -> dict[Any, tuple[int, int]]:
    """What both sides of a trial, or of one of its nights, counted under a name: by key, before and after."""
    found: dict[Any, list[int]] = {}
    for place, side in enumerate(("before", "after")):
        for row in sides[side].get(name, ()):
            if currency is None or row["currency"] == currency:
                found.setdefault(row[key], [0, 0])[place] += row[count]
    return {code: (before, after) for code, (before, after) in found.items()}


def levels(sides: Mapping[str, Any], currency: str | None = None) -> list[dict[str, Any]]:
    """A line a level: customers before and after, and in one currency the late money too."""
    customers = totals(sides, "levels", "level", "customers", currency=currency)
    late = totals(sides, "levels", "level", "late", currency=currency) if currency else {}
    lines = []
    for level in Level:
        line: dict[str, Any] = {"level": level.label, "customers": pair(*customers.get(level.value, (0, 0)))}
        if currency:
            line["late"] = tuple(Money(amount, currency) for amount in late.get(level.value, (0, 0)))
        lines.append(line)
    return lines


def beside(
    sides: Mapping[str, Any], name: str, key: str, count: str, say: Callable[[str], str]
) -> list[tuple[str, Pair]]:
    """What was counted under a name, a line each, in words."""
    return [(say(code), pair(*both)) for code, both in sorted(totals(sides, name, key, count).items())]


def people(result: Mapping[str, Any]) -> list[tuple[str, Pair]]:
    """Tasks by person, most first."""
    counted = totals(result, "people", "owner_id", "tasks")
    names = dict(User.objects.filter(pk__in=[key for key in counted if key]).values_list("pk", "name"))
    lines = [(names.get(key) or _("nobody"), pair(*both)) for key, both in counted.items()]
    return sorted(lines, key=lambda line: (-line[1][1], line[0]))


def matrix(moves: Sequence[Mapping[str, Any]], currency: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """From each level (rows) to each (columns): accounts and money."""
    found = {(row["before"], row["after"]): row for row in moves if row["currency"] == currency}

    def cell(before: str, after: str) -> dict[str, Any]:
        row = found.get((before, after), {})
        return {
            "accounts": row.get("accounts", 0),
            "late": Money(row.get("late", 0), currency),
            "same": before == after,
        }

    begun = [before for before in LEVELS if any(key[0] == before for key in found)]
    return [(level_name(before), [cell(before, after) for after in LEVELS]) for before in begun]


def level_name(code: str) -> str:
    return _("none") if code == "none" else str(Level(code).label)


def night(tried: Mapping[str, Any]) -> dict[str, Any]:
    """One of the nights of a trial over several."""
    return {
        "date": dt.date.fromisoformat(tried["date"]),
        "moved": tried["moved"],
        "levels": [line["customers"] for line in levels(tried)],
        "tasks": pair(*tasks(tried)),
    }


def tasks(sides: Mapping[str, Any]) -> tuple[int, int]:
    """All tasks of a morning, before and after."""
    counted = totals(sides, "tasks", "action", "tasks").values()
    return sum(before for before, _after in counted), sum(after for _before, after in counted)
