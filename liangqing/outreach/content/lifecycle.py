"""The states of a wording, and of a review of words, and the moves between them."""

from __future__ import annotations

from liangqing.kit.lifecycle import Lifecycle, Move

WORDING = Lifecycle(
    "state",
    (
        Move("submit", ("draft",), "submitted", right="template.edit"),
        Move("return", ("submitted",), "draft"),
        Move("approve", ("submitted",), "approved"),
        Move("drop", ("draft",), "dropped", right="template.edit"),
        Move("retire", ("approved",), "retired", right="template.edit"),
    ),
)

REVIEW = Lifecycle(
    "state",
    (
        Move("confirm", ("open",), "confirmed", right="review.decide"),
        Move("dismiss", ("open",), "dismissed", right="review.decide"),
    ),
)
