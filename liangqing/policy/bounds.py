"""Which bounds of law a version goes past: only with counsel's word on record may it come into force (P1 2.1.1, P2 4.2).

A term may have a bound of law. A rule of contact that rests on a law or a regulator stands as it came, or stricter: who
leaves it out, calls it something weaker, says otherwise when it counts, or allows more, goes past it. Whose rules count at
all (``contact.regime``) is a matter for counsel too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liangqing.policy.content import Content, complete, loosened, shipped

REGIME = "contact.regime"
BINDING = ("law", "regulator")
_EFFECTS = ("record", "warn", "approval", "block")
_STRICTER: Mapping[str, int] = {"from_minute": 1, "until_minute": -1, "most": -1, "days": 1}
"""In which direction a number of a rule is stricter."""
_SAID = ("effect", "basis", "confidence", "source")


def past_bounds(content: Content) -> list[str]:
    """The terms and tables that go past a bound of law, by key."""
    terms = dict.fromkeys(key for key, _entry in loosened(content))
    return [*terms, *_weakened(content)]


def _weakened(content: Content) -> list[str]:
    came, given = shipped()["tables"], complete(content)["tables"]
    found = []
    for key, rows in came.items():
        if key == REGIME:
            changed = [_plain(row) for row in given[key]] != [_plain(row) for row in rows]
        elif key.startswith("contact."):
            mine = {row["row"]: row for row in given[key]}
            changed = any(_weaker(mine.get(row["row"]), row) for row in rows if row["then"]["basis"] in BINDING)
        else:
            continue
        if changed:
            found.append(key)
    return found


def _plain(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row.get("when") or {}, row["then"]


def _weaker(row: Mapping[str, Any] | None, law: Mapping[str, Any]) -> bool:
    """Whether a row binds less than the rule of law it stands for."""
    if row is None or (row.get("when") or {}) != (law.get("when") or {}):
        return True
    then, bound = row["then"], law["then"]
    if then.get("basis") not in BINDING or _EFFECTS.index(then["effect"]) < _EFFECTS.index(bound["effect"]):
        return True
    if "from_minute" in bound and then["from_minute"] == then["until_minute"]:
        return False  # no time of the day at all
    return any(
        (then[name] - value) * _STRICTER[name] < 0 if name in _STRICTER else then.get(name) != value
        for name, value in bound.items()
        if name not in _SAID
    )
