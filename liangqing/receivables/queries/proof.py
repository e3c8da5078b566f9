"""Proof that the money rows are as they came: their digests of today against those told to the trail.

Rows an import brought are compared a thousand ids at a time, rows entered by hand one by one. A row that nobody told of
is found too.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from liangqing.receivables.actions.digests import TABLES, all_by_hand, all_stored, ids_of
from liangqing.receivables.events import BY_HAND
from liangqing.trail.models import Entry


def flaws() -> Iterator[str]:
    """Each block of rows, and each row entered by hand, that is not as it was written, as a sentence that names it."""
    yield from _imported()
    yield from _by_hand()


def _imported() -> Iterator[str]:
    told: dict[int, dict[str, dict[str, str]]] = {}
    for number, facts in (
        Entry.objects.filter(event__in=("file imported", "import undone"))
        .order_by("id")
        .values_list("thing_id", "facts")
    ):
        told[number] = facts["digests"]
    with connection.cursor() as cursor:
        for number, tables in told.items():
            now = all_stored(cursor, number)
            for table in sorted({*tables, *now}):
                before, after = tables.get(table, {}), now.get(table, {})
                for block in sorted({*before, *after}, key=int):
                    if before.get(block) != after.get(block):
                        first, last = ids_of(block)
                        yield _(
                            "Rows {first} to {last} of {table} (import {number}) are not as they were written."
                        ).format(first=first, last=last, table=table, number=number)


def _by_hand() -> Iterator[str]:
    told: dict[str, dict[str, str]] = {table: {} for table in TABLES}
    entries = Entry.objects.filter(event__in=BY_HAND).order_by("id")
    for facts in entries.values_list("facts", flat=True).iterator(5000):
        for table, rows in facts["rows"].items():
            told[table].update(rows)
    with connection.cursor() as cursor:
        for table, expected in told.items():
            for row, code in all_by_hand(cursor, table):
                before = expected.pop(row, None)
                if before is None:
                    yield _("Row {row} of {table} came neither by an import nor by an entry of the trail.").format(
                        row=row, table=table
                    )
                elif before != code:
                    yield _("Row {row} of {table}, entered by hand, is not as it was written.").format(
                        row=row, table=table
                    )
            for row in expected:
                yield _("Row {row} of {table}, entered by hand, is gone or passes for imported.").format(
                    row=row, table=table
                )
