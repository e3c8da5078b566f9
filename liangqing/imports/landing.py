"""What a room gives so that files of a kind can land: the kind, how its good rows land, how an import is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from liangqing.imports.fields import Kind
from liangqing.imports.models import Import
from liangqing.imports.staging import Staging


@dataclass
class Arrival:
    """A file whose rows are typed and about to land: the staging tables, the open cursor, the record of the import."""

    staging: Staging
    cursor: Any
    record: Import
    mapped: frozenset[str]
    """The fields the file has a column for."""
    options: dict[str, Any] = field(default_factory=dict)
    read_on: Callable[[Callable[[], Any] | None], None] = lambda _foretold: None
    """The next file is read from here on: said once this one waits for the database rather than for the processor; at
    the latest when it has landed. What comes with it goes to ``Importable.foresee`` of the next, which calls it and waits
    for what this one foretells."""


@dataclass(frozen=True)
class Landed:
    """How many rows were new, changed something, changed nothing; and the digests of money rows, by table."""

    created: int
    updated: int
    unchanged: int
    digests: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Importable:
    """A kind of file with what happens to its rows."""

    kind: Kind
    land: Callable[[Arrival], Landed]
    undo: Callable[[Import, Any], dict[str, dict[str, str]]]
    """Takes back what an import brought, and returns the digests of all its money rows as they are now; raises
    ``Refusal`` when something depends on it."""
    foresee: Callable[[Staging, frozenset[str], Callable[[], Any]], None] | None = None
    """Works ahead on a typed file and the fields it has, by what the file before told when its rows began to land. They
    may still fail to: ``land`` looks whether all came as foretold, and takes the work back when it did not."""
