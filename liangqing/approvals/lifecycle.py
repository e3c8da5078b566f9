"""The states of a request for approval, and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit.lifecycle import Lifecycle, Move


class RequestState(models.TextChoices):
    OPEN = "open", _("waiting for approval")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", pgettext_lazy("request", "rejected")
    RETURNED = "returned", _("returned for change")
    WITHDRAWN = "withdrawn", _("withdrawn")


REQUEST = Lifecycle(
    "state",
    (
        Move("approve", (RequestState.OPEN,), RequestState.APPROVED, right="approval.decide"),
        Move("reject", (RequestState.OPEN,), RequestState.REJECTED, right="approval.decide"),
        Move("send back", (RequestState.OPEN,), RequestState.RETURNED, right="approval.decide"),
        Move("resubmit", (RequestState.RETURNED,), RequestState.OPEN, right="approval.request"),
        Move(
            "withdraw",
            (RequestState.OPEN, RequestState.RETURNED),
            RequestState.WITHDRAWN,
            right="approval.request",
        ),
    ),
)
