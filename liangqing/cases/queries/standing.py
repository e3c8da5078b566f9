"""How one customer stands under a policy, or under two: what the tables look at, worked out by the night's own steps."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from liangqing.cases import steps as cases
from liangqing.cases.rules import classes
from liangqing.nightly.models import Run
from liangqing.nightly.night import Night
from liangqing.parties import steps as parties
from liangqing.parties.models import Party
from liangqing.people import steps as people
from liangqing.policy import Policy
from liangqing.receivables import steps as receivables
from liangqing.warning import steps as warning

_SOURCES = (
    *people.SOURCES,
    *parties.SOURCES,
    *receivables.SOURCES,
    *receivables.RESTING,
    *warning.SOURCES,
    *cases.SOURCES,
)
_PREPARING = (*receivables.PREPARING, *cases.PREPARING)
_DECIDING = (
    *receivables.STEPS,
    *(step for step in warning.STEPS if step.name == "levels"),
    *(step for step in cases.STEPS if step.name in ("classes", "cases", "promises", "work")),
)
"""The steps up to the facts: who is told of it and who does the work is not asked here."""

FACTS = {
    "case.action": ("level", "customer_class", "days", "last_result", "amount_band", "covered", "in_grace"),
    "case.priority": (
        "level",
        "customer_class",
        "days",
        "last_result",
        "amount_band",
        "covered",
        "due_again",
        "over_cycle",
    ),
    "case.desk": ("level",),
    "customer.class": classes.FACTS,
}
"""Tables about what a customer owes one creditor, and what they look at."""
TABLES = frozenset(("warning.level", *FACTS))
"""Tables whose facts follow from what a customer owes. The level looks at each currency by itself."""


@dataclass(frozen=True)
class Standing:
    """What one creditor (and for a level: in one currency) is owed by the customer, as the tables look at it.

    ``facts``: by table key, the value of each input. A table is missing that has nothing to decide here.
    """

    creditor_id: int
    currency: str = ""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)


def as_of() -> dt.date | None:
    """The date of the last night: the books are read as they stood for it. None before the first."""
    return Run.objects.order_by("-date").values_list("date", flat=True).first()


def standings(party: Party, policies: Sequence[Policy], on: dt.date) -> list[list[Standing]]:
    """For each policy, how the customer stands under it on a date: accounts by currency, then the whole by creditor.

    Nothing is written. One customer's rows are read, by index.
    """
    with Night(on, policies[0], purpose=f"stand-{secrets.token_hex(4)}") as night:
        night.read(_SOURCES, party_id=party.pk)
        for step in _PREPARING:
            step.run(night)
        found = []
        for number, policy in enumerate(policies):
            decided = night.under(policy, f"p{number}")
            for step in _DECIDING:
                step.run(decided)
            found.append(_standings(decided))
        return found


def _standings(night: Night) -> list[Standing]:
    found = []
    for row in night.arrow(night.table("levels").order_by("creditor_id", "currency")).to_pylist():
        facts = {"days_late": row["days"], "share_bp": row["share_bp"]}
        found.append(Standing(row["creditor_id"], row["currency"], {"warning.level": facts}))
    graded = {row["creditor_id"]: row for row in night.arrow(night.table("classes")).to_pylist()}
    for row in night.arrow(night.table("work").order_by("creditor_id")).to_pylist():
        known = {**row, **graded[row["creditor_id"]]}
        facts_by_table = {key: {name: known[name] for name in names} for key, names in FACTS.items()}
        found.append(Standing(row["creditor_id"], "", facts_by_table))
    return found
