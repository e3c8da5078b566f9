"""The states of a template at a provider, and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from liangqing.kit.lifecycle import Lifecycle, Move


class TemplateState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("template at a provider", "waiting for the provider")
    APPROVED = "approved", pgettext_lazy("template at a provider", "approved by the provider")
    REFUSED = "refused", pgettext_lazy("template at a provider", "refused by the provider")


TEMPLATE = Lifecycle(
    "state",
    (
        Move("approve", (TemplateState.WAITING, TemplateState.REFUSED), TemplateState.APPROVED, right="channel.manage"),
        Move("refuse", (TemplateState.WAITING, TemplateState.APPROVED), TemplateState.REFUSED, right="channel.manage"),
        Move("submit again", (TemplateState.REFUSED,), TemplateState.WAITING, right="channel.manage"),
    ),
)
