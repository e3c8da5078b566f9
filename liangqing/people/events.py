from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class PersonJoined(Event):
    name: ClassVar[str] = "person joined"
    thing: ClassVar[str] = "user"
    username: str
    department: str
    duties: list[str]
