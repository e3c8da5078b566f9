"""What the trail tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class TrailChecked(Event):
    """Every entry, block and link was computed anew. ``thing_id`` is the number of the last block; ``flaws`` how many were
    found, ``found`` the first of them in words."""

    name: ClassVar[str] = "trail checked"
    thing: ClassVar[str] = "block"
    blocks: int
    until: int
    flaws: int
    found: list[str]
    milliseconds: int
