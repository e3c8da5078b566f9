"""Tasks, as people finish, postpone and pin them."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from liangqing.cases.events import TaskFinished, TaskPinned, TaskPostponed, TaskUnpinned
from liangqing.cases.lifecycle import TASK, TaskState
from liangqing.cases.models import Case, Task
from liangqing.cases.queries.governing import governing
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.trail.actions.tell import tell


@action
def finish(task: Task, *, by: User | None) -> None:
    """It is done, by a person or because its message went out; the night will not ask for the same again on this day.
    Raises ``Refusal`` when it is not open."""
    TASK.move(task, "finish", ended_on=clock.today())
    tell(TaskFinished(thing_id=task.pk, party_id=task.party_id, action=task.action), by=by)


@action
@clause("P3 4.1")
def postpone(task: Task, until: dt.date, reason: str, *, by: User) -> None:
    """Take the task off the list and ask again on ``until``, for a reason the trail remembers sealed.

    It comes back earlier when a promise of the case breaks or its level gets worse. Raises ``Refusal``: 409 for a task
    that is not open or has no case yet (a reminder before the due date); 422 (with ``field``) without a reason, for a
    day that is not after today or further away than the policy allows.
    """
    if task.case_id is None:
        raise Refusal("nothing_to_postpone", _("A reminder has no case yet. Finish it, or leave it for tomorrow."))
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why it can wait."), status=422, field="reason")
    today = clock.today()
    case = Case.objects.select_for_update(of=("self",)).select_related("party", "creditor").get(pk=task.case_id)
    last = today + dt.timedelta(days=governing(case).terms["task.postpone_most_days"])
    if not today < until <= last:
        raise Refusal(
            "postponed_too_far",
            _("A task can be postponed to a day from tomorrow to {last}. Choose one, or agree on a grace period."),
            status=422,
            field="until",
            last=last,
        )
    TASK.move(task, "postpone", ended_on=today)
    Case.objects.filter(pk=case.pk).update(next_on=until)
    tell(
        TaskPostponed(
            thing_id=task.pk,
            party_id=task.party_id,
            action=task.action,
            case=case.number,
            until=until,
            reason=sealing.seal(reason.strip()),  # it may tell of a person, as a note does
        ),
        by=by,
    )


@action
def pin(task: Task, *, by: User) -> None:
    """Let the task stand first in its owner's list until it ends. Pinning twice changes nothing."""
    at = clock.now()
    if _open(task).filter(pinned_at__isnull=True).update(pinned_at=at):
        task.pinned_at = at
        tell(TaskPinned(thing_id=task.pk, party_id=task.party_id, action=task.action), by=by)


@action
def unpin(task: Task, *, by: User) -> None:
    """Back to the place its points give it."""
    if _open(task).filter(pinned_at__isnull=False).update(pinned_at=None):
        task.pinned_at = None
        tell(TaskUnpinned(thing_id=task.pk, party_id=task.party_id, action=task.action), by=by)


def _open(task: Task) -> QuerySet[Task]:
    found = Task.objects.filter(pk=task.pk, state=TaskState.OPEN)
    if not found.exists():
        raise Refusal("moved_on", _("This task is no longer open. Reload the list."))
    return found
