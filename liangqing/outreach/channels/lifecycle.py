"""The states of a template at a provider and of a call, and the moves between them."""

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


class CallStage(models.TextChoices):
    """Where a call stands that a provider dials."""

    ASKED = "asked", pgettext_lazy("call", "about to be dialled")
    DIALLING = "dialling", pgettext_lazy("call", "being handed over")
    DIALLED = "dialled", pgettext_lazy("call", "dialling")
    RINGING = "ringing", pgettext_lazy("call", "ringing")
    CONNECTED = "connected", pgettext_lazy("call", "connected")
    ENDED = "ended", pgettext_lazy("call", "ended")
    FAILED = "failed", pgettext_lazy("call", "not dialled")
    LOST = "lost", pgettext_lazy("call", "not known how it went")


_C = CallStage
CALL_LIVE = (_C.ASKED, _C.DIALLING, _C.DIALLED, _C.RINGING, _C.CONNECTED)
"""A call that is under way, as far as is known."""
CALL = Lifecycle(
    "state",
    (
        Move("claim", (_C.ASKED,), _C.DIALLING),
        Move("fail", (_C.ASKED, _C.DIALLING), _C.FAILED),
        Move("dialled", (_C.ASKED, _C.DIALLING, _C.LOST), _C.DIALLED),
        Move("ringing", (_C.ASKED, _C.DIALLING, _C.DIALLED, _C.LOST), _C.RINGING),
        Move("connected", (_C.ASKED, _C.DIALLING, _C.DIALLED, _C.RINGING, _C.LOST), _C.CONNECTED),
        Move("ended", (*CALL_LIVE, _C.LOST), _C.ENDED),
        Move("lose", CALL_LIVE, _C.LOST),
    ),
)
