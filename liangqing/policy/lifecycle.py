"""The states of a version and the moves between them."""

from __future__ import annotations

from liangqing.kit.lifecycle import Lifecycle, Move

VERSION = Lifecycle(
    "state",
    (
        Move("submit", ("draft",), "submitted", right="policy.edit"),
        Move("return", ("submitted",), "draft"),
        Move("approve", ("submitted",), "approved"),
        Move("withdraw", ("draft", "approved"), "withdrawn", right="policy.edit"),
    ),
)
