"""What only the case knows for the words of a message (``given`` of ``outreach.actions.messages.Want``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from liangqing.cases.lifecycle import PromiseState
from liangqing.cases.models import Case, Promise
from liangqing.people.models import User


def given(cases: Iterable[Case]) -> dict[int, dict[str, Any]]:
    """By case id: ``level``, ``customer_class``, and ``promise`` (minor units, currency, day) where one was given that is not
    kept yet, the last of them. One query."""
    found: dict[int, dict[str, Any]] = {
        case.pk: {"level": case.level, "customer_class": case.customer_class} for case in cases
    }
    waiting = Promise.objects.filter(case__in=found, state__in=(PromiseState.OPEN, PromiseState.BROKEN))
    for promise in waiting.order_by("id"):
        told = (promise.amount, promise.currency, promise.due_on.isoformat())
        found[promise.case_id]["promise"] = told
    return found


def signed(owner: User | None) -> dict[str, str]:
    """Who answers for the case, as whose message goes out what nobody sends by hand."""
    return {"collector": owner.name, "collector_number": owner.username} if owner is not None else {}
