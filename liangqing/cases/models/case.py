from __future__ import annotations

from django.conf import settings
from django.db import models

from liangqing.cases.lifecycle import CaseStage
from liangqing.parties.models import Creditor, Party
from liangqing.warning.level import Level


class Case(models.Model):
    """All that is late between one customer and one creditor, while anything is. One person answers for it (P4-5)."""

    number = models.CharField(max_length=20, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(max_length=8, choices=CaseStage, default=CaseStage.OPEN)
    level = models.CharField(max_length=8, choices=Level)
    level_row = models.CharField(max_length=32, help_text="the row of warning.level that decided")
    customer_class = models.CharField(
        max_length=16, blank=True, default="", help_text="the class that counts, P2 3.1.2"
    )
    class_row = models.CharField(
        max_length=32, blank=True, default="", help_text="the row of customer.class that decided"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    desk = models.CharField(max_length=32, blank=True, default="", help_text="the desk the policy deals the case to")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    next_on = models.DateField(null=True, help_text="the day agreed for the next contact; no task is asked for before")
    late_since_on = models.DateField(
        null=True, help_text="the day the oldest late bill fell due, as the last night found it"
    )
    policy = models.CharField(max_length=64, help_text="the policy version of the last decision")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "creditor"], condition=models.Q(stage="open"), name="cases_one_live"
            )
        ]
        indexes = [
            models.Index(fields=["opened_on", "id"], name="cases_case_age", condition=models.Q(stage="open")),
            models.Index(fields=["late_since_on", "id"], name="cases_case_late", condition=models.Q(stage="open")),
            # What programs ask for, in the order of the ids.
            models.Index(fields=["stage", "id"], name="cases_case_in_stage"),
            models.Index(fields=["level", "id"], name="cases_case_at_level"),
            models.Index(fields=["opened_on"], name="cases_case_opened"),
        ]

    def __str__(self) -> str:
        return self.number
