"""Of whom anything has moved since the last night looked at the books; of everybody else what it left behind still holds."""

from __future__ import annotations

import datetime as dt

from django.db import connection

_MARGIN = 1_000
"""How far below the last number an act may have been that was not finished when the snapshot was taken."""
_MOST_MOVED = 5_000
"""Rows written since; beyond them nothing is known of anybody."""
_RECENT_IMPORTS = 50


def _since(table: str, last: str, of_bill: str = "") -> str:
    """Whose rows of a table the night did not see: they came later, or their transaction was not finished then. They are
    taken from the end of the table's key, so that no plan goes through the others."""
    unfinished = "((n.xmin::text::bigint - (SELECT finished_below FROM morning)) & 4294967295) < 2147483648"
    rows = f"""SELECT * FROM {table} n
               WHERE n.id > (SELECT {last} FROM morning) - {_MARGIN}
                 AND (n.id > (SELECT {last} FROM morning) OR {unfinished})
               ORDER BY n.id DESC LIMIT %(most)s"""
    whose = f"JOIN receivables_bill b ON b.id = new.{of_bill}" if of_bill else ""
    return f"(SELECT {'b' if of_bill else 'new'}.party_id FROM ({rows}) new {whose})"


_MOVED = f"""
    WITH morning AS MATERIALIZED (
        SELECT * FROM receivables_morning m
        WHERE m."on" = %(on)s
          AND NOT EXISTS (SELECT 1 FROM imports_import i
                          WHERE i.id > m.last_import AND EXISTS (
                                    SELECT 1 FROM imports_change c WHERE c.imported_id = i.id
                                      AND c."table" IN ('receivables_bill', 'receivables_contract'))
                             OR i.id > m.last_import - {_RECENT_IMPORTS} AND i.id <= m.last_import
                                AND i.landed_at > m.taken_at)
          AND m.undone = (SELECT count(*) FROM imports_import WHERE status = 'undone'))
    SELECT NULL::bigint FROM morning
    UNION ALL {_since("receivables_bill", "last_bill")}
    UNION ALL {_since("receivables_adjustment", "last_adjustment", "bill_id")}
    UNION ALL {_since("receivables_allocation", "last_allocation", "bill_id")}
    LIMIT %(most)s"""
"""First a row that says there was such a night, since which no file has changed terms of bills or ends of contracts, none was
undone, and none was landing while the snapshot was taken."""


def moved(on: dt.date) -> set[int] | None:
    """The customers of whose bills anything may have changed since the night of this day took its snapshot; None where that
    can't be told of everybody, or there was no such night. One query, by keys alone."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {"on": on, "most": _MOST_MOVED + 2})
        found = {party for (party,) in cursor.fetchall()} if cursor.rowcount <= _MOST_MOVED + 1 else set()
    return found - {None} if None in found else None
