from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.imports.models import Import
from liangqing.kit.lifecycle import Lifecycle, Move


class Undoing(models.Model):
    """An import somebody asked to be taken back: where that stands, and why it was refused."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a worker")
        RUNNING = "running", _("being taken back")
        DONE = "done", _("done")
        REFUSED = "refused", _("not taken back")

    imported = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    step = models.CharField(max_length=16, blank=True)
    refusal = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imported"],
                name="workbench_undoing_once",
                condition=models.Q(state__in=("waiting", "running")),
            )
        ]


_S = Undoing.State
UNDOING = Lifecycle(
    "state",
    (
        Move("begin", (_S.WAITING, _S.RUNNING), _S.RUNNING),
        Move("finish", (_S.RUNNING,), _S.DONE),
        Move("refuse", (_S.WAITING, _S.RUNNING), _S.REFUSED),
    ),
)
