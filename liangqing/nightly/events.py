from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class NightRun(Event):
    name: ClassVar[str] = "night run"
    thing: ClassVar[str] = "night"
    date: str
    policy: str
    changed_rows: int
    counts: dict[str, Any]
    checksums: dict[str, str]
