from __future__ import annotations

from django.db import models

from liangqing.parties.models import Creditor, Party
from liangqing.warning.level import Level


class Standing(models.Model):
    """Where an account (customer, creditor, currency) stands: its level, the row that decided, since when.

    Only accounts with something late have one. Days and amounts are computed on read, never stored here.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+", db_index=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    level = models.CharField(max_length=8, choices=Level)
    row = models.CharField(max_length=32, help_text="the row of the policy's table warning.level that decided")
    policy = models.CharField(max_length=64)
    since_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "creditor", "currency"], name="warning_standing_once")]
