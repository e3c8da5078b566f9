"""Land what the night found of the books, for the pages of the day: how far they went, which bills are unsettled, and the
totals of accounts. It follows from the books and decides nothing, and so counts as no change."""

from __future__ import annotations

from typing import Any

from liangqing.kit import bulk
from liangqing.nightly.night import Night
from liangqing.receivables.models import Morning

_UNSETTLED = "receivables_unsettled"
_TOTAL = "receivables_total"
_ACCOUNT = ("party_id", "creditor_id", "currency")


def land_morning(night: Night, cursor: Any) -> int:
    """How far the books went."""
    (books,) = night.arrow(night.table("books")).to_pylist()
    Morning.objects.exclude(on=night.date).delete()
    Morning.objects.update_or_create(on=night.date, defaults=books)
    return 0


def land_unsettled(night: Night, cursor: Any) -> int:
    """Bills that have come, gone, begun to ask for money, or fall due on another day."""
    now, before = night.table("unsettled_now"), night.table("unsettled_before")
    same = ("bill_id", "due_on", "asks")
    came, went = night.arrow(now.anti_join(before, same)), night.arrow(before.anti_join(now, same).select("bill_id"))
    bulk.stage(cursor, "staged_settled", "bill_id bigint", went)
    cursor.execute(f"DELETE FROM {_UNSETTLED} u USING staged_settled s WHERE u.bill_id = s.bill_id")
    _load(cursor, _UNSETTLED, came)
    return 0


def land_totals(night: Night, cursor: Any) -> int:
    """Accounts that have come, gone, or are asked for something else."""
    now, before = night.table("asked_totals"), night.table("totals_before")
    came = night.arrow(now.anti_join(before, now.columns))
    went = night.arrow(before.anti_join(now, now.columns).select(*_ACCOUNT))
    bulk.stage(cursor, "staged_total", "party_id bigint, creditor_id bigint, currency text", went)
    cursor.execute(
        f"""DELETE FROM {_TOTAL} t USING staged_total s
            WHERE t.party_id = s.party_id AND t.creditor_id = s.creditor_id AND t.currency = s.currency"""
    )
    _load(cursor, _TOTAL, came)
    return 0


def _load(cursor: Any, table: str, came: Any) -> None:
    bulk.large_load(
        cursor, table, came.num_rows, lambda fresh: bulk.copy_in(cursor, table, came, came.schema.names, fresh=fresh)
    )
