from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """The run for one date, as last made: policy version, counts, checksums and timings (P3 3.3)."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        LANDED = "landed", _("landed, closing")
        DONE = "done", _("done")

    date = models.DateField(unique=True)
    status = models.CharField(max_length=8, choices=Status)
    policy = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    runs = models.IntegerField(default=1, help_text="how often this date was run")
    counts = models.JSONField(default=dict)
    checksums = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
