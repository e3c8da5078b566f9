"""Why a case stands where it stands: the night's own steps over one customer, each deciding row named."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.cases.models import Case, Task
from liangqing.cases.rules.classes import FACTS as CLASS_FACTS
from liangqing.house.night import PLAN
from liangqing.kit.money import plain
from liangqing.kit.refusal import Refusal
from liangqing.nightly.models import Run
from liangqing.nightly.night import Night
from liangqing.policy import Row

FACTS = (
    "level",
    "days",
    "customer_class",
    "last_result",
    "covered",
    "amount_band",
    "in_grace",
    "due_again",
    "over_cycle",
)
"""What the tables of action and priority look at."""


def explain(number: str) -> dict[str, Any]:
    """Facts, and the rows of policy that made level, action and priority of a case, as of the last night.

    Raises ``Refusal`` for an unknown case, or before any night was run.
    """
    case = Case.objects.select_related("party", "creditor", "owner").filter(number=number).first()
    if case is None:
        raise Refusal("no_case", _("There is no case “{number}”."), status=404, number=number)
    last = Run.objects.order_by("-date").first()
    if last is None:
        raise Refusal("no_night", _("No night has been run yet. Run one first: liangqing night --date D."))
    as_of = case.closed_on or last.date
    rules = policy.in_force(as_of)
    with Night(as_of, rules, purpose=f"explain-{secrets.token_hex(4)}") as night:  # two may ask at once
        night.read(PLAN.sources, party_id=case.party_id)
        for step in PLAN.steps:
            step.run(night)
        accounts = _of(night, "accounts", case)
        levels = {row["currency"]: row for row in _of(night, "levels", case)}
        work = next(iter(_of(night, "work", case)), None)
        graded = next(iter(_of(night, "classes", case)), None)
    own = rules.variant(work["variant"]) if work else rules
    task = Task.objects.filter(case=case, state="open").first()
    return {
        "case": case.number,
        "as_of": as_of.isoformat(),
        "stage": case.stage,
        "policy": case.policy,
        "customer": case.party.number,
        "name": case.party.name,
        "creditor": case.creditor.name,
        "owner": case.owner.username if case.owner else None,
        "level": case.level,
        "accounts": [_account(row, levels.get(row["currency"]), own) for row in accounts],
        "level_row": _told(policy.row_of(case.policy, "warning.level", case.level_row)),
        "action": _action(work, own),
        "points": task.points if task else (work["points"] if work else 0),
        "priority": _priority(work, own),
        "skipped": work["skipped"] if work else None,
        "class": _class(graded, own),
        "facts": {name: work[name] for name in FACTS} if work else {},
        "desk": _told(own.tables["case.desk"].decide({"level": case.level})),
    }


def _of(night: Night, name: str, case: Case) -> list[dict[str, Any]]:
    table = night.table(name)
    return list(night.arrow(table.filter(table.creditor_id == case.creditor_id)).to_pylist())


def _account(row: dict[str, Any], level: dict[str, Any] | None, rules: policy.Policy) -> dict[str, Any]:
    currency = row["currency"]
    amounts = {name: plain(row[name], currency) for name in ("balance", "late", "unapplied", "credit")}
    decided = rules.tables["warning.level"].row(level["row"]) if level else None
    return {
        "currency": currency,
        **amounts,
        "days": row["days"],
        "share_bp": row["share_bp"],
        "share_counted_bp": level["share_bp"] if level else None,
        "level": level["level"] if level else None,
        "row": _told(decided) if decided else None,
    }


def _action(work: dict[str, Any] | None, rules: policy.Policy) -> dict[str, Any] | None:
    if work is None or work["action_row"] is None:
        return None
    row = rules.tables["case.action"].row(work["action_row"])
    return {"action": work["action"], "due_in_days": work["due_in_days"], **_told(row)}


def _class(graded: dict[str, Any] | None, rules: policy.Policy) -> dict[str, Any] | None:
    if graded is None:
        return None
    row = rules.tables["customer.class"].row(graded["class_row"])
    said = {name: graded[name] for name in ("customer_class", "credit", "ability")}
    return {**said, "facts": {name: graded[name] for name in CLASS_FACTS}, **_told(row)}


def _priority(work: dict[str, Any] | None, rules: policy.Policy) -> list[dict[str, Any]]:
    if work is None:
        return []
    table = rules.tables["case.priority"]
    rows = (table.row(name) for name in work["reasons"].split())
    return [{"points": row.then["points"], **_told(row)} for row in rows]


def _told(row: Row) -> dict[str, Any]:
    return {"row": row.row, "reason": dict(row.reason)}


def as_of_last_night() -> dt.date | None:
    """The date of the last night, if any was run."""
    last = Run.objects.order_by("-date").first()
    return last.date if last else None
