from __future__ import annotations

from django.db import models


class Arm(models.Model):
    """How one arm of a version tried on a share has fared up to the night of a date, counted from the version's first day.

    ``drawn``: those decided by the version; the others stay with the one before, as control. Everybody counts who has had
    a case open since then. ``collected`` is by currency, in minor units. Written by the night alone.
    """

    date = models.DateField()
    version = models.CharField(max_length=16)
    drawn = models.BooleanField()
    customers = models.BigIntegerField()
    paying = models.BigIntegerField(help_text="customers who paid something")
    cases = models.BigIntegerField()
    closed = models.BigIntegerField()
    judged = models.BigIntegerField(help_text="promises that came due")
    kept = models.BigIntegerField()
    contacts = models.BigIntegerField()
    collected = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "date", "drawn"], name="cases_arm_once")]
