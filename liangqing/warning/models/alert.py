from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from liangqing.parties.models import Creditor, Party
from liangqing.warning.level import Level


class Alert(models.Model):
    """A warning 预警 raised by the night: an account reached a level. The figures are those of that day (P3 3.3.3)."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    level = models.CharField(max_length=8, choices=Level)
    row = models.CharField(max_length=32)
    policy = models.CharField(max_length=64)
    raised_on = models.DateField()
    amount = models.BigIntegerField(help_text="late amount, minor units")
    days_late = models.IntegerField(help_text="of the oldest late bill")
    recipients = ArrayField(models.BigIntegerField(), default=list, help_text="the people told (P3 3.3.2)")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["raised_on", "party", "creditor", "currency", "level"], name="warning_alert_once"
            )
        ]
