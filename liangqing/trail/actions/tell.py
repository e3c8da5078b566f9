"""Tell what was done: one act, one entry."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db import connection

from liangqing.kit import bus, clock, sealing
from liangqing.trail.rules import codes


class Actor(Protocol):
    """Whoever can act: a person of the institution."""

    pk: Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, in the words of its room. Subclasses name it and say which thing and party it is about."""

    name: ClassVar[str]
    thing: ClassVar[str]
    thing_id: int
    party_id: int | None = None

    def facts(self) -> dict[str, Any]:
        """What the trail remembers besides thing and party; whole numbers and texts."""
        kept = {field.name for field in dataclasses.fields(self)} - {"thing_id", "party_id"}
        return {name: _plain(getattr(self, name)) for name in kept}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def tell(event: Event, *, by: Actor | None, day: dt.date | None = None) -> None:
    """Write the entry in this transaction, then let the listeners hear the event."""
    write(
        [(event.name, by.pk if by else None, event.thing, event.thing_id, event.party_id, event.facts())],
        day=day or clock.today(),
    )
    bus.publish(event)


_ROWS_A_WRITE = 10_000

Told = tuple[str, int | None, str, int, int | None, dict[str, Any]]
"""event, actor, thing, thing id, party, facts"""


def write(told: Iterable[Told], *, day: dt.date) -> int:
    """Write many entries in one COPY, in this transaction; returns how many.

    Ids come in one reserved block after the table lock, so that a sealer which sees the lock free has seen all ids.
    """
    rows = list(told)
    if not rows:
        return 0
    at, key = clock.now(), sealing.key_for("trail")
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE trail_entry IN ROW EXCLUSIVE MODE")
        cursor.execute("SELECT nextval('trail_entry_id') FROM generate_series(1, %s)", [len(rows)])
        numbers = sorted(number for (number,) in cursor.fetchall())

        def line(number: int, told: Told) -> str:
            event, actor, thing, thing_id, party, facts = told
            text = codes.canonical(facts)
            columns = (number, at, day, event, actor, thing, thing_id, party, text)
            # Canonical JSON has no tab and no line's end; its backslashes are COPY's as well.
            values = ["\\N" if each is None else str(each) for each in columns[:-1]]
            values += [text.replace("\\", r"\\"), rf"\\x{codes.entry_code(key, columns).hex()}"]
            return "\t".join(values) + "\n"

        with cursor.copy(
            "COPY trail_entry (id, at, day, event, actor_id, thing, thing_id, party_id, facts, mac) FROM STDIN"
        ) as copy:
            together = zip(numbers, rows, strict=True)
            while lines := "".join(line(*each) for each in itertools.islice(together, _ROWS_A_WRITE)):
                copy.write(lines)
    return len(rows)
