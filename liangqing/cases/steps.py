"""What cases give to the night: sources, steps and landings."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from liangqing.cases.actions import landing
from liangqing.cases.actions.arms import land_arms
from liangqing.cases.actions.tallies import land_tallies
from liangqing.cases.rules import classes, dealing, late, obligors, promises, tallies, work
from liangqing.kit.actions import clause
from liangqing.nightly.plan import Landing, Source, Step, Tables
from liangqing.policy import Policy
from liangqing.policy.terms import definitions

SOURCES = (
    Source(
        "live_cases",
        """SELECT id AS case_id, party_id, creditor_id, owner_id, level, level_row, customer_class, class_row, next_on,
                  opened_on, late_since_on
           FROM cases_case
           WHERE stage = 'open'""",
        of_party="party_id = {party}",
    ),
    Source(
        "case_numbers",
        """SELECT coalesce(max(substring(number FROM 9)::bigint), 0) AS last FROM cases_case
           WHERE number LIKE 'LQ-' || extract(year FROM date '{as_of}') || '-%'""",
    ),
    Source(
        "promises",
        """SELECT p.id AS promise_id, p.case_id, c.party_id, c.creditor_id, p.currency, p.amount, p.promised_on,
                  p.due_on, p.state, p.judged_on
           FROM cases_promise p JOIN cases_case c ON c.id = p.case_id
           WHERE c.stage = 'open'""",
        of_party="party_id = {party}",
    ),
    Source(
        "records",
        """SELECT r.id AS record_id, r.case_id, r.party_id, r.contacted_on, r.says, r.says_until_on
           FROM cases_record r JOIN cases_case c ON c.id = r.case_id
           WHERE c.stage = 'open' AND r.says <> 'unchanged'
             AND NOT EXISTS (SELECT 1 FROM cases_record n WHERE n.corrects_id = r.id)""",
        of_party="party_id = {party}",
    ),
    Source(
        "broken_promises",
        """SELECT c.party_id, c.creditor_id, p.judged_on FROM cases_promise p JOIN cases_case c ON c.id = p.case_id
           WHERE p.state = 'broken' AND p.judged_on < '{as_of}'""",
        of_party="party_id = {party}",
    ),
    Source(
        "unable",
        """SELECT party_id, creditor_id, max(contacted_on) AS heard_on FROM cases_record r
           WHERE says = 'cannot_pay' AND contacted_on <= '{as_of}'
             AND NOT EXISTS (SELECT 1 FROM cases_record n WHERE n.corrects_id = r.id)
           GROUP BY party_id, creditor_id""",
        of_party="party_id = {party}",
    ),
    Source(
        "graces",
        """SELECT g.case_id, max(g.until_on) AS until_on FROM cases_grace g JOIN cases_case c ON c.id = g.case_id
           WHERE c.stage = 'open' AND g.from_on <= '{as_of}' AND g.until_on > '{as_of}' GROUP BY g.case_id""",
        of_party="case_id IN (SELECT id FROM cases_case WHERE party_id = {party})",
    ),
    Source(
        "open_tasks",
        """SELECT id AS task_id, party_id, creditor_id, case_id, action, action_row, owner_id, points,
                  array_to_string(reasons, ' ') AS reasons
           FROM cases_task WHERE state = 'open'""",
        of_party="party_id = {party}",
    ),
    Source(
        "done_tasks",
        "SELECT party_id, creditor_id, action FROM cases_task WHERE state = 'done' AND ended_on >= '{as_of}'",
        of_party="party_id = {party}",
    ),
)


def find_what_came(night: Tables) -> None:
    """The receipts by which open promises may be judged: all the judging needs to know of them."""
    night.keep("came", promises.came(night.table("receipts"), night.table("promises")))


def find_signs(night: Tables) -> None:
    """What became of each customer's words, for every window a class may look back."""
    windows = definitions()["class.looks_back_days"].choices
    night.keep(
        "signs",
        classes.signs(
            night.table("broken_promises"), night.table("unable"), night.table("totals"), windows, night.date
        ),
    )


def decide_classes(night: Tables) -> None:
    """The class of every customer towards each creditor."""
    night.keep(
        "classes",
        classes.classes(
            night.table("accounts"),
            night.table("parties"),
            night.table("habits"),
            night.table("signs"),
            night.policy,
            night.date,
        ),
    )


def judge_promises(night: Tables) -> None:
    """Promises kept, kept in part, broken; and what the last one of each case says."""
    fates = promises.fates(
        night.table("promises"),
        night.table("came"),
        night.table("accounts"),
        night.table("standing_cases"),
        night.policy,
        night.date,
    )
    kept = night.keep("promise_fates", fates)
    night.keep(
        "last_results",
        promises.last_results(
            night.table("promises"),
            kept,
            night.table("records"),
            night.table("standing_cases"),
            night.policy,
            night.date,
        ),
    )


def decide_cases(night: Tables) -> None:
    """Obligors, and which case is live, opens, moves or closes."""
    everyone = night.keep(
        "obligors",
        obligors.obligors(night.table("accounts"), night.table("levels"), night.table("classes"), night.policy),
    )
    night.keep("standing_cases", obligors.standing_cases(everyone, night.table("live_cases"), night.policy))


def find_work(night: Tables) -> None:
    """What is to be done with whom, how urgent it is, and why; or why nothing is."""
    standing = night.table("standing_cases")
    overruled = night.keep("overruled", work.overruled(standing, night.table("promise_fates"), night.date))
    night.keep(
        "work",
        work.work(
            night.table("obligors"),
            standing,
            night.table("last_results"),
            night.table("graces"),
            overruled,
            night.policy,
            night.date,
        ),
    )


@clause("P4-4 even share", "P4-5 one person per debt", "P1 2.2.1")
def deal(night: Tables) -> None:
    """Who answers for whom: kept, the seller, or dealt desk by desk; where nobody works at a desk, any collector. Nobody
    whose certificate has ended is given anything new; nor, where the policy asks for certificates, who never had one."""
    people = _fit(night)
    kept = night.keep(
        "kept_owners",
        dealing.kept(
            night.table("standing_cases"), night.table("work"), night.table("open_tasks"), people, night.policy
        ),
    )
    owners = night.keep("owners", kept.filter(kept.owner_id.notnull()).select("party_id", "creditor_id", "owner_id"))
    able = people.filter(people.collects, people.capacity > 0)
    for desk in _desks(night.policy):
        waiting = kept.filter(kept.owner_id.isnull(), kept.desk == desk)
        if night.value(waiting.count()) == 0:
            continue
        team = able.filter(able.desks.contains(f" {desk} "))
        if night.value(team.count()) == 0:
            team = able
        if night.value(team.count()) == 0:
            continue  # nobody collects at all: the tasks stay without an owner, and the report says so
        loads = owners.group_by(user_id=owners.owner_id).agg(load=lambda t: t.count())
        dealt = dealing.dealt(waiting, team.select("user_id", "capacity"), loads)
        owners = night.replace("owners", ibis.union(owners, dealt.select("party_id", "creditor_id", "owner_id")))


def _fit(night: Tables) -> ir.Table:
    """The people, those who may not be given new cases today as if they neither collected nor sold."""
    people = night.table("people")
    if "certified" not in people.columns:
        return people
    able = people.certified
    if not night.policy.terms["people.certificate_needed"]:
        able = able | ~people.had_one if "had_one" in people.columns else ibis.literal(value=True)
    return people.mutate(collects=people.collects & able, sells=people.sells & able)


def _desks(rules: Policy) -> list[str]:
    """Every desk some variant deals to."""
    every = (rules, *(variant.policy for variant in rules.variants))
    return sorted({row.then["desk"] for each in every for row in each.tables["case.desk"].rows})


def make_lists(night: Tables) -> None:
    """The morning's tasks, and how cases and lists differ from what is stored."""
    worked, owners = night.table("work"), night.table("owners")
    wanted = night.keep("tasks", work.tasks(worked, owners, night.policy, night.date))
    night.keep("task_changes", work.task_changes(wanted, night.table("open_tasks"), night.table("done_tasks")))
    night.keep("case_changes", _case_changes(night, owners))
    unowned = wanted.filter(wanted.owner_id.isnull()).select(
        "party_id", "creditor_id", reason=ibis.literal("no_collector")
    )
    passed = worked.filter(worked.skipped.notnull()).select("party_id", "creditor_id", reason=worked.skipped)
    night.keep("skipped", ibis.union(passed, unowned))


def find_late_changes(night: Tables) -> None:
    """Which open cases are late since another day than is kept beside them."""
    night.keep(
        "late_changes",
        late.changes(night.table("standing_cases"), night.table("obligors"), night.table("live_cases"), night.date),
    )


def tally(night: Tables) -> None:
    """Sums for the overview; the answer about one party needs none. What has moved since the night before is told from
    its kept tables, and not at all where they are missing."""
    if not night.whole:
        return
    people, owed, receipts = night.table("people"), night.table("owed"), night.table("receipts")
    answers = night.keep("answers", tallies.answering(night.table("work"), night.table("owners")))
    desks = night.table("kept_owners")
    night.keep("tallies", tallies.tallies(owed, night.table("accounts"), night.table("levels"), answers, desks, people))
    night.keep("loads", tallies.loads(answers, night.table("tasks"), people))
    night.keep("marks", receipts.agg(last_receipt=ibis.coalesce(receipts.receipt_id.max(), 0)))
    had, work_had, owners_had, marks = (night.before(name) for name in ("owed", "work", "owners", "marks"))
    nobody = answers.limit(0)
    known = None if work_had is None or owners_had is None else tallies.answering(work_had, owners_had)
    answered = night.keep("answered", nobody if known is None else known)
    moved = tallies.moves(had, owed) if had is not None else tallies.moves(owed.limit(0), owed.limit(0))
    night.keep("rolls", tallies.rolls(night.keep("moves", moved), answers, answered, people))
    last_known = int(night.value(marks.last_receipt.max())) if marks is not None else 0
    came = receipts if marks is not None else receipts.limit(0)
    night.keep("collected", tallies.collected(came, last_known, answers, answered, people, night.date))


def _case_changes(night: Tables, owners: ir.Table) -> ir.Table:
    standing, last = night.table("standing_cases"), night.table("case_numbers")
    mine = owners.select(new_party="party_id", new_creditor="creditor_id", new_owner="owner_id")
    both = standing.left_join(mine, [standing.party_id == mine.new_party, standing.creditor_id == mine.new_creditor])
    handed = (both.fate != "closes") & ~both.new_owner.identical_to(both.owner_id)
    changing = both.mutate(handed=handed).filter(lambda t: (t.fate != "stays") | t.handed | t.classed)
    rules = night.policy
    changing = changing.mutate(desk_row=rules.each(changing, lambda each: each.tables["case.desk"].row_for(changing)))
    serial = ibis.row_number().over(
        ibis.window(group_by=changing.fate, order_by=[changing.party_id, changing.creditor_id])
    )
    numbered = changing.mutate(serial=serial + 1 + last.last.max().as_scalar())
    wide = numbered.serial.cast("string")
    padded = (wide.length() < 6).ifelse(wide.lpad(6, "0"), wide)
    return numbered.select(
        "case_id",
        "party_id",
        "creditor_id",
        "level_row",
        "customer_class",
        "class_row",
        "fate",
        "handed",
        level=numbered.level,
        had_owner=numbered.owner_id,
        owner_id=numbered.new_owner,
        desk=rules.each(numbered, lambda each: each.tables["case.desk"].output(numbered.desk_row, "desk")),
        policy=rules.stamp_over(numbered),
        number=(numbered.fate == "opens").ifelse(ibis.literal(f"LQ-{night.date.year}-") + padded, ibis.null("string")),
    ).order_by("party_id", "creditor_id")


PREPARING = (Step("came", find_what_came), Step("signs", find_signs))
STEPS = (
    Step("classes", decide_classes, asks_policy=True),
    Step("cases", decide_cases, asks_policy=True),
    Step("promises", judge_promises, asks_policy=True),
    Step("work", find_work, asks_policy=True),
    Step("deal", deal, asks_policy=True),
    Step("lists", make_lists, asks_policy=True),
    Step("late", find_late_changes),
    Step("tallies", tally),
)
LANDINGS = (
    Landing("tallies", land_tallies),
    Landing("hold", landing.hold),  # from here on people who work at these cases wait
    Landing("promises", landing.land_promises),
    Landing("next dates", landing.land_next_dates),
    Landing("cases", landing.land_cases),
    Landing("tasks", landing.land_tasks),
    Landing("arms", land_arms),
)
