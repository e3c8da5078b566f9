from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit.lifecycle import Lifecycle, Move


class NightOrder(models.Model):
    """A night somebody started from the page: where it stands, and why it was refused."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a worker")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("not run")

    date = models.DateField(help_text="the night to be run")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    night = models.DateField(null=True, help_text="the night being run now, while missed ones are caught up")
    step = models.CharField(max_length=32, blank=True)
    refusal = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["date"], name="workbench_night_once", condition=models.Q(state__in=("waiting", "running"))
            )
        ]


_S = NightOrder.State
NIGHT_ORDER = Lifecycle(
    "state",
    (
        Move("begin", (_S.WAITING, _S.RUNNING), _S.RUNNING),
        Move("finish", (_S.RUNNING,), _S.DONE),
        Move("refuse", (_S.WAITING, _S.RUNNING), _S.REFUSED),
    ),
)
