"""Land which bills are unsettled: what came and what went since the last night."""

from __future__ import annotations

from typing import Any

from liangqing.kit import bulk
from liangqing.nightly.night import Night

_TABLE = "receivables_unsettled"
_KEY = ("bill_id", "asks")


def land_unsettled(night: Night, cursor: Any) -> int:
    """It follows from the books and decides nothing, and so counts as no change."""
    owed, before = night.table("owed"), night.table("unsettled_before")
    now = owed.select("bill_id", "party_id", asks=owed.owed > 0)
    came, went = night.arrow(now.anti_join(before, _KEY)), night.arrow(before.anti_join(now, _KEY).select("bill_id"))
    bulk.stage(cursor, "staged_settled", "bill_id bigint", went)
    cursor.execute(f"DELETE FROM {_TABLE} u USING staged_settled s WHERE u.bill_id = s.bill_id")
    bulk.large_load(
        cursor, _TABLE, came.num_rows, lambda fresh: bulk.copy_in(cursor, _TABLE, came, came.schema.names, fresh=fresh)
    )
    return 0
