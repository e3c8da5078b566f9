"""What a run is made of. Rooms hand these over; ``house.night`` puts them in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from liangqing.kit.snapshot import Snapshot
    from liangqing.nightly.night import Night
    from liangqing.policy import Policy


class Tables(Protocol):
    """What a step sees of the night: its date, its policy and its tables, on whatever engine they stand."""

    date: dt.date
    policy: Policy
    figures: dict[str, Any]
    """Counts for the report."""
    whole: bool
    """False when only one party's rows were read."""

    def table(self, name: str) -> ir.Table:
        """The rows kept (or read) under a name."""

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Work an expression out and keep its rows under a name."""

    def replace(self, name: str, expression: ir.Table) -> ir.Table:
        """Keep rows under a name that is already taken; the expression may read the rows it replaces."""

    def before(self, name: str) -> ir.Table | None:
        """The rows kept under a name by the night before this one, if they are there."""

    def arrow(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression: for the few that Python has to see."""

    def value(self, expression: ir.Scalar) -> Any:
        """A single value, as a count."""


@dataclass(frozen=True)
class Source:
    """A table of the snapshot: what to read from PostgreSQL. ``{as_of}`` in the query stands for the date.

    ``of_party`` is the condition that keeps one party's rows (``{party}`` its id), for the answer about a single
    account; empty where the table is not about parties. A source that is made ``here`` is a view of tables read before.
    """

    name: str
    query: str
    of_party: str = ""
    here: bool = False

    def sql(self, as_of: dt.date, party_id: int | None = None) -> str:
        query = self.query.format(as_of=as_of.isoformat())
        if party_id is None or not self.of_party:
            return query
        return f"SELECT * FROM ({query}) q WHERE {self.of_party.format(party=int(party_id))}"


class Books(Protocol):
    """Keeps, from night to night, what need not be read again."""

    def bring(self, night: Night, snapshot: Snapshot) -> Collection[str]:
        """Give the night some of its sources, as of the moment of ``snapshot``; their names, none where nothing fitting
        is kept."""

    def settle(self, night: Night) -> None:
        """Keep what the next night need not read, now that this one has landed and holds."""


@dataclass(frozen=True)
class Step:
    """Named work on the tables of the night: reads tables, keeps tables. Touches nothing stored."""

    name: str
    run: Callable[[Tables], None]
    asks_policy: bool = False
    """Whether it decides by the policy: these are what a trial works out a second time."""


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
    invariants: Callable[[Night], Iterable[str]]
    keep: Sequence[str] = field(default_factory=tuple)
    """Tables kept as Parquet with the day."""
    inputs: Sequence[str] = field(default_factory=tuple)
    """Tables kept with the day from which the steps that ask the policy can decide it once more."""
    books: Books | None = None
    volatile: frozenset[str] = frozenset()
    """Columns that say how decisions meet what is stored, and so differ when a date is run again; left out of
    checksums."""

    @property
    def deciding(self) -> tuple[Step, ...]:
        """The steps that ask the policy: what a trial and a replay do again."""
        return tuple(step for step in self.steps if step.asks_policy)

    @property
    def preparing(self) -> tuple[Step, ...]:
        """The steps before the first of them: the same under every policy."""
        first = next(place for place, step in enumerate(self.steps) if step.asks_policy)
        return tuple(self.steps[:first])
