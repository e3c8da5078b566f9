"""Proof that the money rows are as they came: their digests of today against those told to the trail."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from liangqing.receivables.actions.digests import all_stored, ids_of
from liangqing.trail.models import Entry


def flaws() -> Iterator[str]:
    """Each block of rows that is not as it was written, as a sentence that names table and ids."""
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
