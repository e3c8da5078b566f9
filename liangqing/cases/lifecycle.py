"""The stages of a case, a promise and a task, and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit.lifecycle import Lifecycle, Move


class CaseStage(models.TextChoices):
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class PromiseState(models.TextChoices):
    OPEN = "open", _("open")
    KEPT = "kept", _("kept")
    PARTLY = "partly", _("partly kept")
    BROKEN = "broken", _("broken")
    REPLACED = "replaced", _("replaced by a later one")


class TaskState(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    DROPPED = "dropped", _("no longer needed")


CASE = Lifecycle("stage", (Move("close", (CaseStage.OPEN,), CaseStage.CLOSED),))
PROMISE = Lifecycle(
    "state",
    (
        Move("keep", (PromiseState.OPEN,), PromiseState.KEPT),
        Move("keep in part", (PromiseState.OPEN,), PromiseState.PARTLY),
        Move("break", (PromiseState.OPEN,), PromiseState.BROKEN),
        Move("replace", (PromiseState.OPEN,), PromiseState.REPLACED),
    ),
)
TASK = Lifecycle(
    "state",
    (
        Move("finish", (TaskState.OPEN,), TaskState.DONE, right="case.work"),
        Move("postpone", (TaskState.OPEN,), TaskState.DROPPED, right="case.work"),
        Move("drop", (TaskState.OPEN,), TaskState.DROPPED),
    ),
)
