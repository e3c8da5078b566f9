"""The states of a delivery, and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from liangqing.kit.lifecycle import Lifecycle, Move


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")


DELIVERY = Lifecycle(
    "state",
    (
        Move("send", (DeliveryState.WAITING,), DeliveryState.SENT),
        Move("give up", (DeliveryState.WAITING,), DeliveryState.FAILED),
        Move("try again", (DeliveryState.FAILED,), DeliveryState.WAITING, right="api.manage"),
    ),
)
