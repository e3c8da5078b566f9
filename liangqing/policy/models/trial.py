from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Trial(models.Model):
    """What a version would have done: 试算. It is made by the worker and kept with the draft; nothing of it lands.

    ``revision`` and ``digest`` name the content that was tried. ``dates`` are the nights looked at; ``done`` how many
    are ready. ``result`` holds counts and moves (``liangqing.nightly.actions.trial``); who is affected stands in a
    Parquet file under the house's data folder.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    version = models.ForeignKey("policy.Version", on_delete=models.CASCADE, related_name="trials")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=12)
    nights = models.PositiveIntegerField(
        default=0, help_text="past nights; 0: the portfolio as it stands, for one date"
    )
    as_of = models.DateField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=64, blank=True, default="")
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)

    class Meta:
        indexes = [models.Index(fields=["version", "-id"], name="policy_trials")]
