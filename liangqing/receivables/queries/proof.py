"""Proof that the money rows are as they came: their digests of today against those told to the trail.

Rows an import brought are compared a thousand ids at a time, rows entered by hand one by one; a row that nobody told of is
found too. Where a thousand differ, the rows are named that PostgreSQL says were written by another transaction than those
that told of imports. What can't be read is reported, and everything else is compared all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from liangqing.imports.events import FileImported, ImportUndone
from liangqing.kit.shapes import Unreadable, read_facts
from liangqing.receivables.actions.digests import (
    CHANGES,
    OF_TERMS,
    TABLES,
    TERMS,
    Blocks,
    all_by_hand,
    all_stored,
    came,
    changes,
    ids_of,
    standing_changes,
    terms_by_hand,
)
from liangqing.receivables.events import BY_HAND

_MOST_NAMED = 20
"""Rows named of one block; more are left to the sentence about the block."""
_BLOCK = re.compile(r"[0-9]{1,15}")


def flaws() -> Iterator[str]:
    """Each block of rows, and each row entered by hand, that is not as it was written, as a sentence that names it."""
    told = _Told()
    yield from _listen(told)
    with connection.cursor() as cursor:
        yield from _imported(cursor, told)
        yield from _by_hand(cursor, told)


@dataclass
class _Told:
    """What the trail says of money rows."""

    imports: dict[int, dict[str, Blocks]] = field(default_factory=dict)
    entries: list[int] = field(default_factory=list)
    """The entries that said so."""
    unreadable: set[int] = field(default_factory=set)
    """Imports whose entry says nothing that can be read."""
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    """Codes of rows entered by hand, by table and id."""
    entered: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the trail said of bills entered by hand, by id."""

    @property
    def with_terms(self) -> list[int]:
        """The imports that told of terms; those of former versions did not."""
        return [number for number, tables in self.imports.items() if CHANGES in tables]


def _listen(told: _Told) -> Iterator[str]:
    brought = (FileImported.name, ImportUndone.name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event, thing_id, facts::text FROM trail_entry WHERE event = ANY (%s) ORDER BY id",
            [[*brought, *BY_HAND]],
        )
        while found := cursor.fetchmany(5000):
            for entry, event, thing, text in found:
                try:
                    facts = read_facts(text)
                    if event in brought:
                        # Taking an import back says nothing anew of the terms its bills came with.
                        told.imports[thing] = {**_terms_of(told.imports.get(thing, {})), **_blocks(facts)}
                        told.entries.append(entry)
                    else:
                        for table, rows in _codes(facts).items():
                            told.rows.setdefault(table, {}).update(rows)
                        if event == "bill entered":
                            told.entered[str(thing)] = facts
                except Unreadable:
                    if event in brought:
                        told.unreadable.add(thing)
                    yield _("What trail entry {id} ({event}) says of money rows is damaged.").format(
                        id=entry, event=event
                    )


def _is_of_terms(table: str) -> bool:
    return table == CHANGES or table.endswith(OF_TERMS)


def _terms_of(tables: dict[str, Blocks]) -> dict[str, Blocks]:
    return {table: blocks for table, blocks in tables.items() if _is_of_terms(table)}


def _blocks(facts: dict[str, Any]) -> dict[str, Blocks]:
    """The digests an entry tells. Raises ``Unreadable``."""
    tables = facts.get("digests")
    if not isinstance(tables, dict):
        raise Unreadable
    for blocks in tables.values():
        if not isinstance(blocks, dict):
            raise Unreadable
        for block, digest in blocks.items():
            if not (isinstance(digest, str) and _BLOCK.fullmatch(block)):
                raise Unreadable
    return tables


def _codes(facts: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The codes of rows an entry tells. Raises ``Unreadable``."""
    tables = facts.get("rows")
    if not isinstance(tables, dict) or not all(
        table in TABLES and isinstance(rows, dict) and all(isinstance(code, str) for code in rows.values())
        for table, rows in tables.items()
    ):
        raise Unreadable
    return tables


def _imported(cursor: Any, told: _Told) -> Iterator[str]:
    for number, tables in told.imports.items():
        if number in told.unreadable:
            continue
        yield from _compare(cursor, number, told, all_stored, _rows_differ)
        if CHANGES in tables:
            yield from _compare(cursor, number, told, partial(_terms_now, since=told.with_terms), _terms_differ)
    known = [*told.imports, *told.unreadable]
    for table in TABLES:
        cursor.execute(
            f"""SELECT DISTINCT imported FROM {table} WHERE imported IS NOT NULL AND imported <> ALL (%s::bigint[])
                  AND id::text <> ALL (%s)""",
            [known, list(told.rows.get(table, {}))],  # rows entered by hand are named one by one
        )
        for (number,) in cursor.fetchall():
            yield _("Rows of {table} pass for import {number}, of which the trail knows nothing.").format(
                table=table, number=number
            )
    for table in TERMS:
        yield from _not_the_last_change(cursor, table, told.with_terms)


def _terms_now(cursor: Any, number: int, since: Collection[int]) -> dict[str, Blocks]:
    terms = {f"{table}{OF_TERMS}": came(cursor, table, number, since) for table in TERMS}
    return {**terms, CHANGES: changes(cursor, number)}


Sentences = Callable[[Any, _Told, str, int, str], Iterator[str]]


def _compare(
    cursor: Any,
    number: int,
    told: _Told,
    read: Callable[[Any, int], dict[str, Blocks]],
    sentences: Sentences,
) -> Iterator[str]:
    try:
        now = read(cursor, number)
    except (DatabaseError, ValueError) as error:  # Arrow's errors are ValueErrors
        yield _("Rows of import {number} can't be read: {error}").format(number=number, error=str(error).strip())
        return
    terms = sentences is _terms_differ
    tables = told.imports[number]
    for table in sorted({*tables, *now}):
        if terms != _is_of_terms(table):
            continue
        before, after = tables.get(table, {}), now.get(table, {})
        for block in sorted({*before, *after}, key=int):
            if before.get(block) != after.get(block):
                yield from sentences(cursor, told, table, number, block)


def _written_otherwise(cursor: Any, told: _Told, table: str, number: int, block: str) -> list[int]:
    """The rows of a block that were written by a transaction that told nothing; one more than are named, where many."""
    first, last = ids_of(block)
    cursor.execute(
        f"""SELECT id FROM {table} WHERE imported = %s AND id BETWEEN %s AND %s
              AND xmin::text NOT IN (SELECT xmin::text FROM trail_entry WHERE id = ANY (%s))
            ORDER BY id LIMIT {_MOST_NAMED + 1}""",
        [number, first, last, told.entries],
    )
    return [row for (row,) in cursor.fetchall()]


def _rows_differ(cursor: Any, told: _Told, table: str, number: int, block: str) -> Iterator[str]:
    """The rows of a block that were written by a transaction that told nothing, and those gone from between the others;
    where there are none such, or many, the block."""
    named: list[str] = []
    if table in TABLES:
        first, last = ids_of(block)
        altered = _("Row {row} of {table} (import {number}) is not as it was written.")
        rows = _written_otherwise(cursor, told, table, number, block)
        named += [altered.format(row=row, table=table, number=number) for row in rows]
        cursor.execute(
            f"""SELECT s.id FROM generate_series(
                    (SELECT min(id) FROM {table} WHERE imported = %(number)s AND id BETWEEN %(first)s AND %(last)s),
                    (SELECT max(id) FROM {table} WHERE imported = %(number)s AND id BETWEEN %(first)s AND %(last)s)) s(id)
                WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = s.id) ORDER BY 1 LIMIT {_MOST_NAMED + 1}""",
            {"number": number, "first": first, "last": last},
        )
        missing = _("Row {row} of {table} (import {number}) is gone.")
        named += [missing.format(row=row, table=table, number=number) for (row,) in cursor.fetchall()]
    if 0 < len(named) <= _MOST_NAMED:
        yield from named
        return
    first, last = ids_of(block)
    yield _("Rows {first} to {last} of {table} (import {number}) are not as they were written.").format(
        first=first, last=last, table=table, number=number
    )


def _terms_differ(cursor: Any, told: _Told, table: str, number: int, block: str) -> Iterator[str]:
    first, last = ids_of(block)
    if table == CHANGES:
        yield _(
            "The history of what import {number} changed is not as it was written (rows {first} to {last})."
        ).format(number=number, first=first, last=last)
        return
    table = table.removesuffix(OF_TERMS)
    rows = _written_otherwise(cursor, told, table, number, block)
    if 0 < len(rows) <= _MOST_NAMED:
        for row in rows:
            yield _("Dates or kind of row {row} of {table} (import {number}) are not as they came.").format(
                row=row, table=table, number=number
            )
        return
    yield _("Dates or kinds in rows {first} to {last} of {table} (import {number}) are not as they came.").format(
        first=first, last=last, table=table, number=number
    )


def _not_the_last_change(cursor: Any, table: str, since: Collection[int]) -> Iterator[str]:
    """Rows that a file changed in place, and that say something else now."""
    cursor.execute(
        f"""SELECT l.row_id, l.key FROM (
                SELECT DISTINCT ON (c.row_id, e.key) c.row_id, e.key, e.value
                FROM ({standing_changes(table, since)}) c, jsonb_each_text(c.after) e
                ORDER BY c.row_id, e.key, c.id DESC) l
            JOIN {table} t ON t.id = l.row_id
            WHERE to_jsonb(t)->>l.key IS DISTINCT FROM l.value ORDER BY 1, 2 LIMIT 100"""
    )
    for row, name in cursor.fetchall():
        yield _("“{column}” of row {row} of {table} is not what the last file said.").format(
            column=name, row=row, table=table
        )


def _by_hand(cursor: Any, told: _Told) -> Iterator[str]:
    for table in TABLES:
        expected = dict(told.rows.get(table, {}))
        for row, code in all_by_hand(cursor, table):
            before = expected.pop(row, None)
            if before is None:
                yield _("Row {row} of {table} came neither by an import nor by an entry of the trail.").format(
                    row=row, table=table
                )
            elif before != code:
                yield _("Row {row} of {table}, entered by hand, is not as it was written.").format(row=row, table=table)
        for row in expected:
            yield _("Row {row} of {table}, entered by hand, is gone or passes for imported.").format(
                row=row, table=table
            )
    for row, terms in terms_by_hand(cursor, told.with_terms):
        said = told.entered.get(row, {})
        if any(name in said and said[name] != value for name, value in terms.items()):
            yield _("Dates or kind of row {row} of {table}, entered by hand, are not as they came.").format(
                row=row, table="receivables_bill"
            )
