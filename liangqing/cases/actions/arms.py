"""Count the two arms of a version that is tried on a share of the customers."""

from __future__ import annotations

import json
from typing import Any

from liangqing.cases.models import Arm
from liangqing.kit.actions import clause
from liangqing.nightly.night import Night
from liangqing.policy.draw import LOT_SQL

_COUNT = f"""
    WITH everybody AS (
        SELECT c.id, c.party_id, c.stage, ({LOT_SQL.format(party="c.party_id")}) < %(share)s AS drawn
        FROM cases_case c WHERE c.stage = 'open' OR c.closed_on >= %(since)s
    ), customers AS (SELECT DISTINCT party_id, drawn FROM everybody
    ), money AS (
        SELECT u.drawn, r.party_id, r.currency, sum(r.amount) AS amount
        FROM customers u JOIN receivables_receipt r ON r.party_id = u.party_id
        WHERE r.received_on >= %(since)s AND r.received_on <= %(until)s
        GROUP BY u.drawn, r.party_id, r.currency
    )
    SELECT a.drawn,
           (SELECT count(*) FROM customers u WHERE u.drawn = a.drawn),
           (SELECT count(DISTINCT m.party_id) FROM money m WHERE m.drawn = a.drawn AND m.amount > 0),
           (SELECT count(*) FROM everybody e WHERE e.drawn = a.drawn),
           (SELECT count(*) FROM everybody e WHERE e.drawn = a.drawn AND e.stage = 'closed'),
           (SELECT count(*) FROM everybody e JOIN cases_promise p ON p.case_id = e.id
            WHERE e.drawn = a.drawn AND p.judged_on >= %(since)s AND p.state IN ('kept', 'partly', 'broken')),
           (SELECT count(*) FROM everybody e JOIN cases_promise p ON p.case_id = e.id
            WHERE e.drawn = a.drawn AND p.judged_on >= %(since)s AND p.state = 'kept'),
           (SELECT count(*) FROM everybody e JOIN cases_record r ON r.case_id = e.id
            WHERE e.drawn = a.drawn AND r.contacted_on >= %(since)s),
           coalesce((SELECT jsonb_object_agg(t.currency, t.amount ORDER BY t.currency) FROM
            (SELECT m.currency, sum(m.amount)::bigint AS amount FROM money m WHERE m.drawn = a.drawn GROUP BY 1) t), '{{}}')
    FROM (VALUES (true), (false)) a (drawn)"""


@clause("P2 10.2")
def land_arms(night: Night, cursor: Any) -> int:
    """How both arms stand after this night; nothing where no version is tried on a share. Returns the rows that changed."""
    rules = night.policy
    if rules.rollout is None:
        return 0
    since = {"since": rules.from_on, "until": night.date, "share": rules.rollout.share, "seed": rules.rollout.seed}
    cursor.execute(_COUNT, since)
    names = ("drawn", "customers", "paying", "cases", "closed", "judged", "kept", "contacts", "collected")
    changed = 0
    for line in cursor.fetchall():
        found = dict(zip(names, line, strict=True))
        if isinstance(found["collected"], str):
            found["collected"] = json.loads(found["collected"])
        drawn = found.pop("drawn")
        stored = Arm.objects.filter(version=rules.version, date=night.date, drawn=drawn)
        if not stored.filter(**found).exists():
            Arm.objects.update_or_create(version=rules.version, date=night.date, drawn=drawn, defaults=found)
            changed += 1
    return changed
