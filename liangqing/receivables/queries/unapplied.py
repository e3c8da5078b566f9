"""Money on account: received, set against nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection


def unapplied(as_of: dt.date) -> dict[str, tuple[int, int]]:
    """By currency: how many receipts have something left, and how much (minor units)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT currency, count(*), sum(rest) FROM (
                   SELECT r.currency, r.amount - coalesce(sum(a.amount), 0) AS rest
                   FROM receivables_receipt r LEFT JOIN receivables_allocation a ON a.receipt_id = r.id AND a.allocated_on <= %s
                   WHERE r.received_on <= %s AND r.reverses_id IS NULL
                     AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id)
                   GROUP BY r.id) q WHERE rest <> 0 GROUP BY currency ORDER BY currency""",
            [as_of, as_of],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {currency: (int(count), int(rest)) for currency, count, rest in rows}
