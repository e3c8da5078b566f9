from __future__ import annotations

from django.db import models


class Morning(models.Model):
    """How far the books went when the last night was decided: by it is told whose amounts have moved since."""

    on = models.DateField(unique=True)
    taken_at = models.DateTimeField(help_text="when the night took its snapshot")
    finished_below = models.BigIntegerField(help_text="all transactions numbered below were finished by then (32 bits)")
    last_bill = models.BigIntegerField()
    last_adjustment = models.BigIntegerField()
    last_allocation = models.BigIntegerField()
    last_import = models.BigIntegerField()
    undone = models.BigIntegerField(help_text="how many imports had been undone")
