"""What is to be done with each obligor, how urgent it is, and why."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.sets import day, days_between
from liangqing.policy import Policy

IDLE = ("none", "wait")


def overruled(standing: ir.Table, fates: ir.Table, as_of: dt.date) -> ir.Table:
    """Live cases whose agreed next day does not hold any more: case_id, next_on.

    A promise of theirs was found broken (or kept only in part) tonight, or the level got worse tonight.
    """
    failed = fates.filter(fates.state.isin(["broken", "partly"])).select(failed_case="case_id").distinct()
    waiting = standing.filter(standing.fate != "closes", standing.next_on > day(as_of))
    both = waiting.left_join(failed, waiting.case_id == failed.failed_case)
    return both.filter(both.worse | both.failed_case.notnull()).select("case_id", "next_on")


@clause("P3 4.1", "P3 4.2", "P3 4.3", "P4-4 worklist")
def work(
    obligors: ir.Table,
    standing: ir.Table,
    last_results: ir.Table,
    graces: ir.Table,
    overruled: ir.Table,
    policy: Policy,
    as_of: dt.date,
) -> ir.Table:
    """One row an obligor: the action and the row that asked for it, points and reasons, or why there is nothing to do.

    Before the agreed next day of a case nothing is asked for, unless the day is ``overruled`` (case_id). ``graces``
    (case_id, until_on): the case has time until that day.

    Out: party_id, creditor_id, case_id (NULL: opens tonight, or none), fate (NULL: no case), level, level_row, days, action,
    action_row, due_in_days, points, reasons (row names), skipped (NULL, or the reason the obligor is passed over), and
    the facts the tables looked at.
    """
    keys = ["party_id", "creditor_id"]
    live = standing.filter(standing.fate != "closes").select(
        *(standing[key].name(f"case_{key}") for key in keys),
        case_id="case_id",
        fate="fate",
        next_on="next_on",
        opened_on="opened_on",
    )
    free = overruled.select(free_case="case_id")
    results = last_results.rename(result_case="case_id")
    facts = obligors.left_join(live, [obligors[key] == live[f"case_{key}"] for key in keys])
    facts = facts.left_join(results, facts.case_id == results.result_case)
    facts = facts.left_join(free, facts.case_id == free.free_case)
    given = graces.select(grace_case="case_id", grace_until="until_on")
    facts = facts.left_join(given, facts.case_id == given.grace_case)
    target = policy.each(facts, lambda rules: ibis.literal(rules.terms["case.cycle_target_days"]))
    # Late, but without a case (below the minimum, or too early for one): not worked on, whatever the action table says.
    idle_late = facts.fate.isnull() & (facts.level != "none")
    facts = facts.mutate(
        last_result=ibis.coalesce(facts.last_result, "none"),
        idle_late=idle_late,
        days=ibis.coalesce(facts.days, -3650),
        in_grace=ibis.coalesce(facts.grace_until > day(as_of), False),
        over_cycle=ibis.coalesce(days_between(facts.opened_on, as_of) > target, False),
        due_again=ibis.coalesce(facts.next_on <= day(as_of), False),
        agreed=ibis.coalesce(facts.next_on > day(as_of), False) & facts.free_case.isnull(),
    )
    decided = facts.mutate(
        action_row=facts.idle_late.ifelse(
            ibis.null("string"), policy.each(facts, lambda rules: rules.tables["case.action"].row_for(facts))
        ),
        points=policy.each(facts, lambda rules: rules.tables["case.priority"].points(facts)),
        reasons=policy.each(facts, lambda rules: rules.tables["case.priority"].reasons(facts)),
    )

    def says(rows: ir.Table, row: ir.StringValue, column: str) -> ir.Value:
        return policy.each(rows, lambda rules: rules.tables["case.action"].output(row, column))

    decided = decided.mutate(wanted=ibis.coalesce(says(decided, decided.action_row, "action"), "none"))
    held = decided.agreed & ~decided.wanted.isin(IDLE)
    decided = decided.mutate(held=held, asked_by=held.ifelse(ibis.null("string"), decided.action_row))
    wanted = decided.wanted
    return decided.select(
        "party_id",
        "creditor_id",
        "case_id",
        "fate",
        "level",
        "level_row",
        "days",
        "seller_id",
        "customer_class",
        "class_row",
        "last_result",
        "covered",
        "amount_band",
        "in_grace",
        "due_again",
        "over_cycle",
        "points",
        "reasons",
        "variant",
        action_row=decided.asked_by,
        action=decided.held.ifelse("wait", wanted),
        due_in_days=ibis.coalesce(says(decided, decided.asked_by, "due_in_days"), 0),
        skipped=ibis.cases(
            (decided.held, "next_date"),
            (decided.idle_late & ~decided.worth, "below_minimum"),
            (decided.idle_late, "too_early"),
            ((wanted == "wait") & decided.in_grace, "grace"),
            (wanted == "wait", "promise_open"),
            ((wanted == "none") & ~decided.asked, "nothing_asked"),
            (wanted == "none", "not_due"),
            else_=ibis.null("string"),
        ),
    )


def tasks(work: ir.Table, owners: ir.Table, policy: Policy, as_of: dt.date) -> ir.Table:
    """The tasks there should be tomorrow morning: one row an obligor with an action.

    In: ``owners`` (party_id, creditor_id, owner_id). Out: party_id, creditor_id, case_id, opens, action, action_row,
    owner_id, points, reasons, due_on, policy (the stamp of the version that decided).
    """
    busy = work.filter(~work.action.isin(IDLE))
    mine = owners.select(owner_party="party_id", owner_creditor="creditor_id", owner_id="owner_id")
    both = busy.left_join(mine, [busy.party_id == mine.owner_party, busy.creditor_id == mine.owner_creditor])
    due = ibis.literal(as_of, type="date") + both.due_in_days.as_interval("D")
    return both.select(
        "party_id",
        "creditor_id",
        "case_id",
        "action",
        "action_row",
        "owner_id",
        "points",
        "reasons",
        opens=ibis.coalesce(both.fate == "opens", False),
        due_on=due.cast("date"),
        policy=policy.stamp_over(both),
    )


def task_changes(wanted: ir.Table, stored: ir.Table, done: ir.Table) -> ir.Table:
    """How the lists must change: one row a task that comes, changes or goes.

    In: ``stored`` open tasks (task_id, party_id, creditor_id, case_id, action, action_row, owner_id, points, reasons),
    ``done`` what was finished on the day itself (party_id, creditor_id, action). Out: the wanted columns, task_id,
    ``fate``: new, same action with other columns (changes), another action (replaced), or not wanted any more (goes).
    A day's finished action is not asked for again on that day.
    """
    finished = done.select(done_party="party_id", done_creditor="creditor_id", done_action="action").distinct()
    fresh = wanted.anti_join(
        finished,
        [
            wanted.party_id == finished.done_party,
            wanted.creditor_id == finished.done_creditor,
            wanted.action == finished.done_action,
        ],
    )
    had = stored.select(
        "task_id",
        had_party=stored.party_id,
        had_creditor=stored.creditor_id,
        had_case=stored.case_id,
        had_action=stored.action,
        had_row=stored.action_row,
        had_owner=stored.owner_id,
        had_points=stored.points,
        had_reasons=stored.reasons,
    )
    both = fresh.outer_join(had, [fresh.party_id == had.had_party, fresh.creditor_id == had.had_creditor])
    moved = (
        (both.action_row != both.had_row)
        | ~both.owner_id.identical_to(both.had_owner)
        | (both.points != both.had_points)
        | (both.reasons != both.had_reasons)
    )
    other = (both.action != both.had_action) | ~both.case_id.identical_to(both.had_case) | both.opens
    return both.mutate(
        fate=ibis.cases(
            (both.task_id.isnull(), "new"),
            (both.action.isnull(), "goes"),
            (other, "replaced"),
            (moved, "changes"),
            else_="stays",
        ),
    ).filter(lambda t: t.fate != "stays")
