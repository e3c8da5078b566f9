"""Land what keeps debtors from being asked for payment today for reasons of their own: changed rows only."""

from __future__ import annotations

from typing import Any

from liangqing.kit import bulk
from liangqing.kit.actions import clause
from liangqing.nightly.night import Night


@clause("P2 3.3.2")
def land_outlook(night: Night, cursor: Any) -> int:
    """Came, changed, went."""
    columns = (
        "outlook_id bigint, party_id bigint, creditor_id bigint, channel text, effect text, from_minute int, rules text"
    )
    changes = night.arrow(night.table("outlook_changes"))
    if not changes.num_rows:
        return 0
    bulk.stage(cursor, "staged_outlook", columns, changes.select([each.split()[0] for each in columns.split(", ")]))
    cursor.execute(
        "DELETE FROM outreach_outlook o USING staged_outlook n WHERE o.id = n.outlook_id AND n.effect IS NULL"
    )
    gone = cursor.rowcount
    cursor.execute(
        """UPDATE outreach_outlook o SET effect = n.effect, from_minute = n.from_minute,
                  rules = string_to_array(n.rules, ' '), since_on = %s
           FROM staged_outlook n WHERE o.id = n.outlook_id AND n.effect IS NOT NULL""",
        [night.date],
    )
    changed = cursor.rowcount
    cursor.execute(
        """INSERT INTO outreach_outlook (party_id, creditor_id, channel, effect, from_minute, rules, since_on)
           SELECT party_id, creditor_id, channel, effect, from_minute, string_to_array(rules, ' '), %s
           FROM staged_outlook WHERE outlook_id IS NULL ORDER BY party_id, creditor_id, channel
           ON CONFLICT (party_id, creditor_id, channel) DO NOTHING""",
        [night.date],
    )
    return int(gone + changed + cursor.rowcount)
