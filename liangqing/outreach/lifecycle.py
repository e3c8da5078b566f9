"""The states of a message, a dispatch and a word to staff, and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from liangqing.kit.lifecycle import Lifecycle, Move


class MessageState(models.TextChoices):
    """Where a message stands. A letter is printed before it is sent (posted), and may be declined or come back."""

    WAITING = "waiting", pgettext_lazy("message", "waiting to be sent")
    HELD = "held", pgettext_lazy("message", "held until it is permitted")
    CLAIMED = "claimed", pgettext_lazy("message", "being sent")
    DOUBTFUL = "doubtful", pgettext_lazy("message", "not known whether it went out")
    PRINTED = "printed", pgettext_lazy("message", "printed")
    SENT = "sent", pgettext_lazy("message", "sent")
    DELIVERED = "delivered", pgettext_lazy("message", "delivered")
    FAILED = "failed", pgettext_lazy("message", "could not be sent")
    BOUNCED = "bounced", pgettext_lazy("message", "came back")
    DECLINED = "declined", pgettext_lazy("message", "not accepted by the recipient")
    REFUSED = "refused", pgettext_lazy("message", "not allowed")
    SETTLED = "settled", pgettext_lazy("message", "paid meanwhile")
    MERGED = "merged", pgettext_lazy("message", "part of another message")
    EXPIRED = "expired", pgettext_lazy("message", "too late to be sent")
    STOPPED = "stopped", pgettext_lazy("message", "called off")


_S = MessageState
DUE = (_S.WAITING, _S.HELD)
"""What the worker may take."""
OUT = (_S.SENT, _S.DELIVERED)
"""What went out, as far as is known."""

MESSAGE = Lifecycle(
    "state",
    (
        Move("claim", DUE, _S.CLAIMED),
        Move("take over", (_S.CLAIMED, _S.DOUBTFUL), _S.CLAIMED),
        Move("hold", (*DUE, _S.CLAIMED), _S.HELD),
        Move("put back", (*DUE, _S.CLAIMED, _S.PRINTED), _S.WAITING),
        Move("doubt", (_S.CLAIMED,), _S.DOUBTFUL),
        Move("print", DUE, _S.PRINTED),
        Move("send", (_S.CLAIMED, _S.DOUBTFUL, _S.PRINTED), _S.SENT),
        Move("deliver", (_S.CLAIMED, _S.DOUBTFUL, _S.PRINTED, _S.SENT, _S.FAILED, _S.BOUNCED), _S.DELIVERED),
        Move("fail", (*DUE, _S.CLAIMED, _S.DOUBTFUL, _S.PRINTED, _S.SENT), _S.FAILED),
        Move("bounce", (_S.CLAIMED, _S.DOUBTFUL, _S.PRINTED, _S.SENT, _S.DELIVERED), _S.BOUNCED),
        Move("decline", (_S.PRINTED, _S.SENT), _S.DECLINED),
        Move("refuse", DUE, _S.REFUSED),
        Move("settle", DUE, _S.SETTLED),
        Move("merge", DUE, _S.MERGED),
        Move("expire", DUE, _S.EXPIRED),
        Move("call off", (*DUE, _S.PRINTED), _S.STOPPED, right="outreach.send"),
        Move("send again", (_S.DOUBTFUL, _S.REFUSED, _S.FAILED), _S.WAITING, right="outreach.send"),
    ),
)


class DispatchState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("dispatch", "draft")
    ASKED = "asked", pgettext_lazy("dispatch", "waiting for approval")
    APPROVED = "approved", pgettext_lazy("dispatch", "approved")
    SENDING = "sending", pgettext_lazy("dispatch", "being sent")
    DONE = "done", pgettext_lazy("dispatch", "done")
    CALLED_OFF = "called_off", pgettext_lazy("dispatch", "called off")


_D = DispatchState
DISPATCH = Lifecycle(
    "state",
    (
        Move("ask", (_D.DRAFT,), _D.ASKED, right="outreach.dispatch"),
        Move("approve", (_D.DRAFT, _D.ASKED), _D.APPROVED),
        Move("return", (_D.ASKED,), _D.DRAFT),
        Move("start", (_D.DRAFT, _D.APPROVED), _D.SENDING, right="outreach.dispatch"),
        Move("finish", (_D.SENDING,), _D.DONE),
        Move("call off", (_D.DRAFT, _D.ASKED, _D.APPROVED, _D.SENDING), _D.CALLED_OFF, right="outreach.stop"),
    ),
)


class WordState(models.TextChoices):
    """Of a word to staff."""

    WAITING = "waiting", pgettext_lazy("word to staff", "waiting")
    CLAIMED = "claimed", pgettext_lazy("word to staff", "being sent")
    SENT = "sent", pgettext_lazy("word to staff", "sent")
    FAILED = "failed", pgettext_lazy("word to staff", "given up")


WORD = Lifecycle(
    "state",
    (
        Move("claim", (WordState.WAITING, WordState.CLAIMED), WordState.CLAIMED),
        Move("send", (WordState.CLAIMED,), WordState.SENT),
        Move("put back", (WordState.CLAIMED,), WordState.WAITING),
        Move("give up", (WordState.CLAIMED,), WordState.FAILED),
    ),
)


class RoundState(models.TextChoices):
    """Of a round of visits."""

    PLANNED = "planned", pgettext_lazy("round of visits", "planned")
    UNDER_WAY = "under_way", pgettext_lazy("round of visits", "under way")
    FINISHED = "finished", pgettext_lazy("round of visits", "finished")
    CALLED_OFF = "called_off", pgettext_lazy("round of visits", "called off")


_R = RoundState
ROUND = Lifecycle(
    "state",
    (
        Move("start", (_R.PLANNED,), _R.UNDER_WAY, right="case.work"),
        Move("finish", (_R.UNDER_WAY,), _R.FINISHED, right="case.work"),
        Move("call off", (_R.PLANNED,), _R.CALLED_OFF, right="case.work"),
    ),
)
