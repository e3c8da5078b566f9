from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from liangqing.kit import sealing


class DelegationSet(models.QuerySet["Delegation"]):
    def in_force(self, on: dt.date) -> DelegationSet:
        """Those that hold on a day and were not ended."""
        return self.filter(from_on__lte=on, until_on__gt=on, ended_at=None)


class Delegation(models.Model):
    """While the principal is away, the delegate may decide for them: from a day until the day before another.

    It gives the principal's own voice only, never one the principal was given: nobody stands in for a stand-in.
    """

    principal = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_on = models.DateField()
    until_on = models.DateField(help_text="the first day on which it no longer holds")
    acts = ArrayField(models.CharField(max_length=64), default=list, help_text="codes of acts; empty for all")
    reason_stored = models.TextField(help_text="sealed")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="when it was ended before its time")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = DelegationSet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("delegate")), name="approvals_delegation_to_another"),
            models.CheckConstraint(condition=Q(until_on__gt=F("from_on")), name="approvals_delegation_days"),
        ]
        indexes = [
            models.Index(fields=["delegate", "until_on"], name="approvals_delegate", condition=Q(ended_at=None)),
            models.Index(fields=["principal", "until_on"], name="approvals_principal", condition=Q(ended_at=None)),
        ]

    @property
    def reason(self) -> str:
        return sealing.unseal(self.reason_stored)

    def covers(self, act: str) -> bool:
        return not self.acts or act in self.acts
