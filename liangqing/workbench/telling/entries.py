"""An entry of the trail in words: what happened, to whom and what, with its facts, each linked to its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries.seals import blocks_of
from liangqing.workbench.telling.things import Named, Names
from liangqing.workbench.telling.values import said
from liangqing.workbench.telling.words import event, fact

_CODES = ("digests", "checksums", "sha256", "currency", "subject_id")
"""For machines, or said with another fact: left out of a line."""


@dataclass(frozen=True)
class Told:
    """One entry for people."""

    entry: Entry
    what: str
    actor: Named | None
    party: Named | None
    thing: Named
    facts: tuple[tuple[str, str], ...]
    block: Block | None

    @property
    def at(self) -> dt.datetime:
        return self.entry.at.astimezone(clock.zone())

    @property
    def seal(self) -> str:
        """The number of the block and the beginning of its hash; empty while not sealed."""
        return f"{self.block.number} · {bytes(self.block.hash).hex()[:10]}" if self.block else ""

    @property
    def brief(self) -> str:
        """The facts in one line, without what is only for machines."""
        return " · ".join(f"{label} {value}" for label, value in self.facts)


def tell(entries: Sequence[Entry], reader: User) -> list[Told]:
    """Entries in words, for this reader: a handful of queries for all of them."""
    names = Names(entries, reader)
    blocks = blocks_of(entry.pk for entry in entries)
    return [
        Told(
            entry=entry,
            what=event(entry.event),
            actor=names.person(entry.actor_id) if entry.actor_id else None,
            party=names.party(entry.party_id) if entry.party_id else None,
            thing=names.thing(entry.thing, entry.thing_id),
            facts=tuple(
                (fact(key), shown)
                for key, value in sorted(entry.facts.items())
                if key not in _CODES and (shown := said(entry, key, value, names)) not in ("", "—")
            ),
            block=blocks.get(entry.pk),
        )
        for entry in entries
    ]


def whole_facts(entry: Entry, reader: User) -> list[tuple[str, str, Any]]:
    """Every fact of one entry: its name, in words, and as it is kept when that is a list or a table."""
    names = Names([entry], reader)
    return [
        (fact(key), said(entry, key, value, names), value if isinstance(value, (dict, list)) else None)
        for key, value in sorted(entry.facts.items())
    ]
