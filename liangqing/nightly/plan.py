"""What a run is made of. Rooms hand these over; ``house.night`` puts them in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liangqing.nightly.night import Night


@dataclass(frozen=True)
class Source:
    """A table of the snapshot: what to read from PostgreSQL. ``{as_of}`` in the query stands for the date."""

    name: str
    query: str


@dataclass(frozen=True)
class Step:
    """Named work on the tables of the night: reads tables, keeps tables. Touches nothing stored."""

    name: str
    run: Callable[[Night], None]


@dataclass(frozen=True)
class Landing:
    """Writes what a step decided, changed rows only, in the run's one transaction; returns how many rows changed."""

    name: str
    land: Callable[[Night, Any], int]


@dataclass(frozen=True)
class Plan:
    """Sources, then steps, then landings; then counts for the report, and the invariants that must hold."""

    sources: Sequence[Source]
    steps: Sequence[Step]
    landings: Sequence[Landing]
    counts: Callable[[dt.date], Mapping[str, Any]]
    invariants: Callable[[], Iterable[str]]
    keep: Sequence[str] = field(default_factory=tuple)
    """Tables kept as Parquet with the day."""
