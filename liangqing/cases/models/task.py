from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from liangqing.cases.lifecycle import TaskState
from liangqing.cases.models.case import Case
from liangqing.parties.models import Creditor, Party


class Task(models.Model):
    """One thing somebody has to do, and why it stands where it stands in the list.

    ``action_row`` is the row of the policy's table case.action that asked for it; ``points`` is the sum of the rows of
    case.priority named in ``reasons``. A reminder before the due date has a customer but no case yet.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="tasks")
    action = models.CharField(max_length=32)
    action_row = models.CharField(max_length=32)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    points = models.IntegerField()
    reasons = ArrayField(models.CharField(max_length=32))
    policy = models.CharField(max_length=64)
    created_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=TaskState, default=TaskState.OPEN)
    ended_on = models.DateField(null=True)
    pinned_at = models.DateTimeField(
        null=True, help_text="pinned tasks stand first, the one pinned earliest before all"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "creditor"], condition=models.Q(state="open"), name="cases_one_open_task"
            )
        ]
        indexes = [
            models.Index(fields=["owner", "created_on"], name="cases_task_age", condition=models.Q(state="open")),
            models.Index(
                fields=["owner", "pinned_at", "-points", "due_on", "id"],
                name="cases_task_list",
                condition=models.Q(state="open"),
            ),
            models.Index(fields=["-points", "id"], name="cases_task_points", condition=models.Q(state="open")),
            models.Index(
                fields=["owner", "ended_on"], name="cases_task_ended", condition=models.Q(ended_on__isnull=False)
            ),
            # What programs ask for, in the order of the ids.
            models.Index(fields=["state", "id"], name="cases_task_in_state"),
            models.Index(fields=["state", "action", "id"], name="cases_task_to_do"),
            models.Index(fields=["created_on"], name="cases_task_made"),
        ]
