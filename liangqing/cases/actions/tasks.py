"""Tasks, as people finish them."""

from __future__ import annotations

from liangqing.cases.events import TaskFinished
from liangqing.cases.lifecycle import TASK
from liangqing.cases.models import Task
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.people.models import User
from liangqing.trail.actions.tell import tell


@action
def finish(task: Task, *, by: User) -> None:
    """It is done; the night will not ask for the same again on this day. Raises ``Refusal`` when it is not open."""
    TASK.move(task, "finish", ended_on=clock.today())
    tell(TaskFinished(thing_id=task.pk, party_id=task.party_id, action=task.action), by=by)
