"""Decide a stored night once more from what was kept of it, and compare: the proof that its decisions follow from its
snapshot and the version of the policy it names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.trial import replayed
from liangqing.nightly.models import Run
from liangqing.nightly.plan import Plan
from liangqing.policy import Policy

COMPARED = {
    "levels": ("party_id", "creditor_id", "currency", "level", "row", "days", "share_bp"),
    "work": (
        "party_id",
        "creditor_id",
        "level",
        "level_row",
        "customer_class",
        "class_row",
        "action",
        "action_row",
        "points",
        "reasons",
        "skipped",
    ),
}


@dataclass(frozen=True)
class Replay:
    """How many decisions were made anew, and those that came out otherwise (at most a hundred)."""

    date: dt.date
    policy: str
    decisions: int
    differences: list[dict[str, Any]]

    @property
    def agrees(self) -> bool:
        return not self.differences


def replay(date: dt.date, plan: Plan, *, party_id: int | None = None) -> Replay:
    """Decide the night of a date again, of everybody or of one customer.

    Raises ``Refusal`` (404) for a night that was not run or whose inputs were not kept, or under a version that is no
    longer what it was.
    """
    run = Run.objects.filter(date=date).first()
    if run is None:
        raise Refusal("no_night", _("No night of {date} has been run."), status=404, date=date)
    rules = version_of(run)
    try:
        night = replayed(date, rules, plan, party_id=party_id)
    except FileNotFoundError:
        raise Refusal(
            "not_kept",
            _("What the night of {date} was decided from is no longer there; it can't be decided again."),
            status=404,
            date=date,
        ) from None
    with night:
        differences, decisions = [], 0
        for name, columns in COMPARED.items():
            kept = night.kept(name)
            if party_id is not None:
                kept = kept.filter(kept.party_id == party_id)
            had, has = kept.select(*columns), night.table(name).select(*columns)
            decisions += int(has.count().execute())
            for side, rows in (("kept", had.difference(has)), ("again", has.difference(had))):
                found = rows.limit(50).to_pyarrow().to_pylist()
                differences += [{"table": name, "side": side, **row} for row in found]
    return Replay(date, run.policy, decisions, differences)


def version_of(run: Run) -> Policy:
    """The policy a night was decided by. Raises ``Refusal`` when it can't be found as it was."""
    rules = policy.policy_of(run.policy.partition("/")[0])
    if rules is None or rules.stamp != run.policy:
        raise Refusal(
            "no_version",
            _("The policy {stamp} of that night is not known here."),
            status=404,
            stamp=run.policy,
        )
    return rules
