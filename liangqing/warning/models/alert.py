from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from liangqing.parties.models import Creditor, Party
from liangqing.warning.level import Level


class Alert(models.Model):
    """A warning 预警 raised by the night: an account reached a level. The figures are those of that day (P3 3.3.3).

    Somebody told acknowledges it and says what follows; while nobody has, the night tells the next head, once.
    """

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
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.TextField(
        blank=True, default="", db_default="", help_text="what follows, as whoever acknowledged it said"
    )
    escalated_on = models.DateField(null=True, help_text="the night that told the next head")
    escalated_to = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], help_text="the heads told then; recipients since"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["raised_on", "party", "creditor", "currency", "level"], name="warning_alert_once"
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at=None, acknowledged_by=None)
                | models.Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="warning_alert_acknowledged",
            ),
        ]
        indexes = [
            models.Index(fields=["level", "id"], name="warning_alert_at_level"),
            GinIndex(fields=["recipients"], name="warning_alert_waits_for", condition=models.Q(acknowledged_at=None)),
            models.Index(
                fields=["raised_on"],
                name="warning_alert_unheard",
                condition=models.Q(acknowledged_at=None, escalated_on=None),
            ),
            models.Index(
                fields=["escalated_on"],
                name="warning_alert_escalated",
                condition=models.Q(escalated_on__isnull=False),
            ),
        ]
