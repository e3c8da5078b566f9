"""Land the night's levels: standings that changed, an alert for each account that reached a level, and the alerts that
nobody acknowledged in time."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from liangqing.kit import bulk
from liangqing.kit.actions import clause
from liangqing.nightly.night import Night
from liangqing.trail.actions.tell import write
from liangqing.warning.events import ALERT_ESCALATED, ALERT_RAISED

_ACCOUNT = "party_id bigint, creditor_id bigint, currency text"


def land_standings(night: Night, cursor: Any) -> int:
    """Standings: came, moved, went. Changed rows only."""
    changes = night.arrow(
        night.table("level_changes").select(
            "standing_id", "party_id", "creditor_id", "currency", "level", "row", "policy"
        )
    )
    columns = f"standing_id bigint, {_ACCOUNT}, level text, row text, policy text"
    bulk.stage(cursor, "staged_standing", columns, changes)
    cursor.execute(
        """DELETE FROM warning_standing s USING staged_standing n WHERE s.id = n.standing_id AND n.level IS NULL"""
    )
    gone = cursor.rowcount
    cursor.execute(
        """UPDATE warning_standing s SET level = n.level, row = n.row, policy = n.policy,
                  since_on = CASE WHEN s.level = n.level THEN s.since_on ELSE %s::date END
           FROM staged_standing n WHERE s.id = n.standing_id AND n.level IS NOT NULL""",
        [night.date],
    )
    moved = cursor.rowcount

    def come(fresh: bool) -> int:
        cursor.execute(
            f"""INSERT INTO warning_standing (party_id, creditor_id, currency, level, row, policy, since_on)
                SELECT party_id, creditor_id, currency, level, row, policy, %s FROM staged_standing
                WHERE standing_id IS NULL
                {"" if fresh else "ON CONFLICT (party_id, creditor_id, currency) DO NOTHING"}""",
            [night.date],
        )
        return int(cursor.rowcount)

    return int(gone + moved) + bulk.first_load(cursor, "warning_standing", changes.num_rows, come)


@clause("P3 3.3")
def land_alerts(night: Night, cursor: Any) -> int:
    """One alert an account that reached a level it did not have, with amount, days, level and the people told."""
    alerts = night.arrow(
        night.table("alerts").select(
            "party_id", "creditor_id", "currency", "level", "row", "policy", "amount", "days_late", "recipients"
        )
    )
    ids = bulk.reserve(cursor, bulk.sequence_of("warning_alert"), alerts.num_rows)
    alerts = alerts.append_column("id", pa.array(ids, pa.int64()))
    columns = f"{_ACCOUNT}, level text, row text, policy text, amount bigint, days_late int, recipients text, id bigint"
    bulk.stage(cursor, "staged_alert", columns, alerts)
    landed: set[int] = set()

    def come(fresh: bool) -> int:
        cursor.execute(
            f"""INSERT INTO warning_alert (id, party_id, creditor_id, currency, level, row, policy, raised_on, amount,
                                           days_late, recipients)
                SELECT id, party_id, creditor_id, currency, level, row, policy, %s, amount, days_late,
                       ARRAY(SELECT DISTINCT unnest(string_to_array(nullif(recipients, ''), ' ')::bigint[]) ORDER BY 1)
                FROM staged_alert ORDER BY id
                {"" if fresh else "ON CONFLICT (raised_on, party_id, creditor_id, currency, level) DO NOTHING"}
                RETURNING id""",
            [night.date],
        )
        landed.update(number for (number,) in cursor.fetchall())
        return len(landed)

    bulk.first_load(cursor, "warning_alert", alerts.num_rows, come)
    if len(landed) < alerts.num_rows:
        alerts = alerts.filter(pc.is_in(alerts["id"], pa.array(sorted(landed), pa.int64())))
    rows = zip(
        *(alerts[name].to_pylist() for name in ("id", "party_id", "currency", "level", "row", "amount", "days_late")),
        strict=True,
    )
    write(
        (
            (
                ALERT_RAISED,
                None,
                "alert",
                alert,
                party,
                {"currency": currency, "level": level, "row": row, "amount": amount, "days_late": days},
            )
            for alert, party, currency, level, row, amount, days in rows
        ),
        day=night.date,
    )
    return len(landed)


@clause("P3 3.3.2")
def land_escalations(night: Night, cursor: Any) -> int:
    """The next heads are told, once an alert, while nobody has acknowledged it."""
    rows = night.arrow(
        night.table("escalations").select("alert_id", "party_id", "currency", "level", "raised_on", "heads")
    )
    if not rows.num_rows:
        return 0
    bulk.stage(cursor, "staged_escalation", "alert_id bigint, heads text", rows.select(["alert_id", "heads"]))
    cursor.execute(
        """UPDATE warning_alert a SET escalated_on = %s, escalated_to = n.told,
                  recipients = ARRAY(SELECT DISTINCT unnest(a.recipients || n.told) ORDER BY 1)
           FROM (SELECT alert_id, string_to_array(heads, ' ')::bigint[] AS told FROM staged_escalation) n
           WHERE a.id = n.alert_id AND a.acknowledged_at IS NULL AND a.escalated_on IS NULL
           RETURNING a.id""",
        [night.date],
    )
    landed = {number for (number,) in cursor.fetchall()}
    told = [row for row in rows.to_pylist() if row["alert_id"] in landed]
    return write(
        (
            (
                ALERT_ESCALATED,
                None,
                "alert",
                row["alert_id"],
                row["party_id"],
                {
                    "currency": row["currency"],
                    "level": row["level"],
                    "raised_on": row["raised_on"].isoformat(),
                    "to": [int(head) for head in row["heads"].split()],
                },
            )
            for row in sorted(told, key=lambda row: int(row["alert_id"]))
        ),
        day=night.date,
    )
