"""Land the night's decisions on cases, promises and tasks: changed rows only, by set, in the run's transaction.

Each statement names the state it expects to find, so that what a person did while the night was deciding is respected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from liangqing.cases import events
from liangqing.kit import bulk
from liangqing.kit.actions import clause
from liangqing.nightly.night import Night
from liangqing.trail.actions.tell import Told, write


def hold(night: Night, cursor: Any) -> int:
    """Hold the customers and the cases that are about to change, in the order in which people's own acts do: the customer,
    then the case, then what belongs to it; several by their ids. So neither waits for the other in a circle."""
    pair = ["party_id", "creditor_id"]
    live, late = night.table("live_cases"), night.table("late_changes")
    of_tasks = night.table("task_changes").select(*pair).union(late.select(*pair), distinct=True)
    touched = ibis.union(
        live.semi_join(of_tasks, pair).select("case_id"),
        *(night.table(name).select("case_id") for name in ("promise_fates", "overruled", "case_changes")),
        distinct=True,
    )
    held = night.arrow(live.semi_join(touched, "case_id").select("case_id", "party_id"))
    bulk.stage(cursor, "staged_held", "case_id bigint, party_id bigint", held)
    for table, key, lock in (("parties_party", "party_id", "KEY SHARE"), ("cases_case", "case_id", "NO KEY UPDATE")):
        cursor.execute(
            f"""SELECT count(*) FROM (SELECT 1 FROM {table} WHERE id IN (SELECT {key} FROM staged_held)
                                      ORDER BY id FOR {lock}) held"""
        )
    return 0


@clause("P4-3.1")
def land_promises(night: Night, cursor: Any) -> int:
    """Promises judged: kept, kept in part, broken."""
    fates = night.arrow(night.table("promise_fates").select("promise_id", "party_id", "state", "paid"))
    bulk.stage(cursor, "staged_fate", "promise_id bigint, party_id bigint, state text, paid bigint", fates)
    cursor.execute(
        """UPDATE cases_promise p SET state = n.state, judged_on = %s FROM staged_fate n
           WHERE p.id = n.promise_id AND p.state = 'open' RETURNING p.id, n.party_id, n.state, n.paid, p.amount""",
        [night.date],
    )
    judged = cursor.fetchall()
    _tell(
        night,
        (
            (events.PROMISE_JUDGED[state], None, "promise", promise, party, {"paid": paid, "promised": amount})
            for promise, party, state, paid, amount in judged
        ),
    )
    return len(judged)


@clause("P4-3.1")
def land_next_dates(night: Night, cursor: Any) -> int:
    """Agreed next days that are overruled are gone, unless a person has agreed on another one meanwhile."""
    overruled = night.arrow(night.table("overruled").select("case_id", "next_on"))
    bulk.stage(cursor, "staged_next", "case_id bigint, next_on date", overruled)
    cursor.execute(
        """UPDATE cases_case c SET next_on = NULL FROM staged_next n
           WHERE c.id = n.case_id AND c.next_on = n.next_on AND c.stage = 'open'"""
    )
    return int(cursor.rowcount)


@clause("P1 2.1.2", "P4-5 one case")
def land_cases(night: Night, cursor: Any) -> int:
    """Cases that open, move, change hands or close, and since when each is late: that changes only with the books."""
    cases = night.arrow(night.table("case_changes"))
    opening = pc.equal(cases["fate"], "opens")
    ids = iter(bulk.reserve(cursor, bulk.sequence_of("cases_case"), pc.sum(opening).as_py() or 0))
    number = cases["case_id"].to_pylist()
    new = [next(ids) if fate == "opens" else kept for fate, kept in zip(cases["fate"].to_pylist(), number, strict=True)]
    cases = cases.set_column(cases.schema.get_field_index("case_id"), "case_id", pa.array(new, pa.int64()))
    bulk.stage(
        cursor,
        "staged_case",
        "case_id bigint, party_id bigint, creditor_id bigint, level text, level_row text, customer_class text, "
        "class_row text, owner_id bigint, desk text, "
        "number text, fate text, handed boolean, had_owner bigint, policy text",
        cases,
    )
    cursor.execute(
        """UPDATE cases_case c SET stage = 'closed', closed_on = %s, policy = n.policy FROM staged_case n
           WHERE c.id = n.case_id AND n.fate = 'closes' AND c.stage = 'open'
           RETURNING c.id, c.party_id, c.number""",
        [night.date],
    )
    closed = cursor.fetchall()
    # A person who moved the case by hand while the night was deciding is not overruled: the owner must be as it was.
    cursor.execute(
        """UPDATE cases_case c SET level = n.level, level_row = n.level_row, policy = n.policy,
                  customer_class = n.customer_class, class_row = n.class_row,
                  owner_id = CASE WHEN n.handed AND c.owner_id IS NOT DISTINCT FROM n.had_owner THEN n.owner_id
                                  ELSE c.owner_id END,
                  desk = CASE WHEN n.handed THEN n.desk ELSE c.desk END
           FROM staged_case n
           WHERE c.id = n.case_id AND n.fate IN ('moves', 'stays') AND c.stage = 'open'
           RETURNING c.id, c.party_id, n.level, n.level_row, n.fate, n.handed, c.owner_id"""
    )
    moved = cursor.fetchall()
    late = night.arrow(night.table("late_changes"))
    bulk.stage(cursor, "staged_late", "party_id bigint, creditor_id bigint, since date", late)
    opened: list[tuple[Any, ...]] = []

    def open_cases(_fresh: bool) -> int:
        cursor.execute(
            """INSERT INTO cases_case (id, number, party_id, creditor_id, stage, level, level_row, customer_class,
                                       class_row, owner_id, desk, opened_on, late_since_on, policy)
               SELECT case_id, number, party_id, creditor_id, 'open', level, level_row, customer_class, class_row,
                      owner_id, desk, %s, since, policy
               FROM staged_case LEFT JOIN staged_late USING (party_id, creditor_id) WHERE fate = 'opens' ORDER BY case_id
               RETURNING id, party_id, number, level, level_row, owner_id""",
            [night.date],
        )
        opened.extend(cursor.fetchall())
        return len(opened)

    bulk.first_load(cursor, "cases_case", pc.sum(opening).as_py() or 0, open_cases)
    cursor.execute(
        """UPDATE cases_case c SET late_since_on = n.since FROM staged_late n
           WHERE c.party_id = n.party_id AND c.creditor_id = n.creditor_id AND c.stage = 'open'
             AND c.late_since_on IS DISTINCT FROM n.since"""
    )
    aged = int(cursor.rowcount)

    def told() -> Iterable[Told]:
        for case, party, name in closed:
            yield events.CASE_CLOSED, None, "case", case, party, {"number": name}
        for case, party, level, row, fate, handed, owner in moved:
            if fate == "moves":
                yield events.CASE_MOVED, None, "case", case, party, {"level": level, "row": row}
            if handed:
                yield events.CASE_ASSIGNED, None, "case", case, party, {"owner": owner}
        for case, party, name, level, row, owner in opened:
            facts = {"number": name, "level": level, "row": row, "owner": owner}
            yield events.CASE_OPENED, None, "case", case, party, facts

    _tell(night, told())
    return len(closed) + len(moved) + len(opened) + aged


@clause("P4-4 worklist")
def land_tasks(night: Night, cursor: Any) -> int:
    """The morning's lists: tasks that come, change and go."""
    columns = "task_id bigint, party_id bigint, creditor_id bigint, action text, action_row text, owner_id bigint, "
    columns += "points int, reasons text, due_on date, fate text, policy text"
    names = [column.split()[0] for column in columns.split(", ")]
    tasks = night.arrow(night.table("task_changes").select(*names))
    bulk.stage(cursor, "staged_task", columns, tasks)
    cursor.execute(
        """UPDATE cases_task t SET state = 'dropped', ended_on = %s FROM staged_task n
           WHERE t.id = n.task_id AND n.fate IN ('goes', 'replaced') AND t.state = 'open'""",
        [night.date],
    )
    gone = cursor.rowcount
    cursor.execute(
        """UPDATE cases_task t SET action_row = n.action_row, points = n.points, policy = n.policy,
                  reasons = string_to_array(n.reasons, ' '),
                  owner_id = CASE WHEN t.case_id IS NULL THEN n.owner_id
                                  ELSE (SELECT c.owner_id FROM cases_case c WHERE c.id = t.case_id) END
           FROM staged_task n WHERE t.id = n.task_id AND n.fate = 'changes' AND t.state = 'open'"""
    )
    changed = cursor.rowcount

    def come(fresh: bool) -> int:
        cursor.execute(
            f"""INSERT INTO cases_task (party_id, creditor_id, case_id, action, action_row, owner_id, points, reasons,
                                        policy, created_on, due_on, state)
                SELECT n.party_id, n.creditor_id, c.id, n.action, n.action_row,
                       CASE WHEN c.id IS NULL THEN n.owner_id ELSE c.owner_id END, n.points,
                       string_to_array(n.reasons, ' '), n.policy, %s, n.due_on, 'open'
                FROM staged_task n
                LEFT JOIN cases_case c ON c.party_id = n.party_id AND c.creditor_id = n.creditor_id AND c.stage = 'open'
                WHERE n.fate IN ('new', 'replaced')
                {"" if fresh else "ON CONFLICT (party_id, creditor_id) WHERE state = 'open' DO NOTHING"}""",
            [night.date],
        )
        return int(cursor.rowcount)

    return int(gone + changed) + bulk.first_load(cursor, "cases_task", tasks.num_rows, come)


def _tell(night: Night, told: Iterable[Told]) -> None:
    write(told, day=night.date)
