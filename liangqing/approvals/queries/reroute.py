"""What a draft of the policy would do to the requests that wait now."""

from __future__ import annotations

from dataclasses import dataclass

from liangqing.approvals.actions.requests import facts_of
from liangqing.approvals.lifecycle import RequestState
from liangqing.approvals.models import Request
from liangqing.approvals.rules import route as routes
from liangqing.policy import Policy
from liangqing.policy.tables import TableError

MOST = 500


@dataclass(frozen=True)
class Rerouted:
    """A waiting request that would go another way; ``steps`` is empty where the draft names nobody for it."""

    request: Request
    row: str
    steps: tuple[str, ...]


def rerouted(draft: Policy) -> list[Rerouted]:
    """Of the last 500 open requests those whose steps would differ. What was asked already keeps its way; it tells how
    much approving the draft would ask for."""
    found = []
    waiting = Request.objects.filter(state=RequestState.OPEN).select_related("department").order_by("-id")[:MOST]
    for request in waiting:
        try:
            way = routes.route(facts_of(request, draft), draft.tables["approval.route"])
            row, steps = way.row, tuple(str(step) for step in way.steps)
        except (KeyError, TableError, routes.RouteError):
            row, steps = "", ()
        if list(steps) != list(request.steps):
            found.append(Rerouted(request, row, steps))
    return found
