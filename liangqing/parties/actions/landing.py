"""Land what the night found of deadlines: changed rows only, each as it was found."""

from __future__ import annotations

from typing import Any

from liangqing.kit import bulk
from liangqing.kit.actions import clause
from liangqing.nightly.night import Night
from liangqing.parties.events import DEADLINE_MISSED, DEADLINE_NEAR
from liangqing.parties.models import Alarm
from liangqing.trail.actions.tell import write


@clause("P4-3.1 refusal")
def land_alarms(night: Night, cursor: Any) -> int:
    """What came near or ran out rings at whoever answers for it, until it is done."""
    changes = night.arrow(night.table("deadline_alarms"))
    if not changes.num_rows:
        return 0
    columns = "deadline_id bigint, due_on date, alarm text, state text"
    bulk.stage(cursor, "staged_deadline", columns, changes.select(["deadline_id", "due_on", "alarm", "state"]))
    cursor.execute(
        """UPDATE parties_deadline d SET alarm = n.state, alarmed_on = %s
           FROM staged_deadline n JOIN parties_deadline x ON x.id = n.deadline_id
                JOIN parties_restraint r ON r.id = x.restraint_id
           WHERE d.id = n.deadline_id AND d.met_on IS NULL AND d.due_on = n.due_on AND d.alarm = n.alarm
           RETURNING d.id, r.party_id, d.purpose, d.due_on, d.alarm""",
        [night.date],
    )
    landed = sorted(cursor.fetchall())
    events = {Alarm.NEAR.value: DEADLINE_NEAR, Alarm.OVERDUE.value: DEADLINE_MISSED}
    write(
        (
            (
                events[alarm],
                None,
                "deadline",
                number,
                party,
                {"purpose": purpose, "due_on": due_on.isoformat()},
            )
            for number, party, purpose, due_on, alarm in landed
            if alarm in events
        ),
        day=night.date,
    )
    return len(landed)
