from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class FileImported(Event):
    name: ClassVar[str] = "file imported"
    thing: ClassVar[str] = "import"
    file: str
    sha256: str
    kind: str
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    digests: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportUndone(Event):
    name: ClassVar[str] = "import undone"
    thing: ClassVar[str] = "import"
    file: str
    digests: dict[str, Any]
