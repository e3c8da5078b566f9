"""What a night must make of the books: the state after it, from the state before it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle import classes, money
from tests.oracle.book import Book
from tests.oracle.facts import Account, Books, Case, Obligor, Person, Promise, Receipt, Record, Standing, Task

RANK = {"none": 0, "mild": 1, "moderate": 2, "severe": 3}


@dataclass(frozen=True)
class Alert:
    account: Account
    level: str
    row: str
    amount: int
    days: int
    told: frozenset[int]


@dataclass(frozen=True)
class Standpoint:
    """What is known of a customer towards one creditor. Where currencies are equals, several rows may speak."""

    level: str
    rows: frozenset[str]
    days: int | None
    covered: bool
    band: str
    worth: bool
    asked: bool
    seller: int | None
    grade: str
    grade_row: str


@dataclass
class Work:
    case: int | None
    fate: str | None
    level: str
    days: int
    last_result: str
    action: str
    action_row: str | None
    due_in_days: int
    points: int
    reasons: list[str]
    skipped: str | None
    seller: int | None


@dataclass
class Decided:
    """One night, decided. ``owners`` of obligors that must be dealt are free: ``judge_dealing`` judges them."""

    owed: dict[int, money.Owed]
    accounts: dict[Account, money.Totals]
    levels: dict[Account, money.Level]
    standings: dict[Account, Standing]
    alerts: list[Alert]
    escalated: dict[int, frozenset[int]]
    obligors: dict[Obligor, Standpoint]
    fates: dict[Obligor, str]
    promises: dict[int, str]
    paid: dict[int, int]
    work: dict[Obligor, Work]
    overruled: set[int]
    """Cases whose agreed next day holds no more."""
    kept: dict[Obligor, frozenset[int]] = field(default_factory=dict)
    desks: dict[Obligor, str] = field(default_factory=dict)


def standpoint(
    mine: dict[Account, money.Totals], levels: dict[Account, money.Level], grade: tuple[str, str], book: Book
) -> Standpoint:
    """All currencies of one customer and creditor, never added together."""
    best, rows = "none", set()
    for account in mine:
        if account in levels and RANK[levels[account].level] > RANK[best]:
            best = levels[account].level
    for account in mine:
        if account in levels and levels[account].level == best:
            rows.add(levels[account].row)
    late = {account: totals for account, totals in mine.items() if totals.late > 0}
    bands = ["small"]
    for account, totals in mine.items():
        if totals.late >= book.money("priority.medium_from", account[2]):
            bands.append("medium")
        if totals.late >= book.money("priority.large_from", account[2]):
            bands.append("large")
    band = next(name for name in ("large", "medium", "small") if name in bands)
    known = [totals.days for totals in mine.values() if totals.days is not None]
    sold: list[tuple[int, int, str, int]] = []
    for account, totals in mine.items():
        if totals.seller is not None:
            rank = RANK[levels[account].level] if account in levels else 0
            sold.append((-rank, -(totals.days or 0), account[2], totals.seller))
    return Standpoint(
        level=best,
        rows=frozenset(rows),
        days=max(known) if known else None,
        covered=bool(late) and all(totals.unapplied + totals.credit >= totals.late for totals in late.values()),
        band=band,
        worth=any(totals.late >= book.money("case.minimum", account[2]) for account, totals in late.items()),
        asked=any(totals.balance > 0 for totals in mine.values()),
        seller=min(sold)[-1] if sold else None,
        grade=grade[0],
        grade_row=grade[1],
    )


def case_fate(case: Case | None, point: Standpoint | None, row: str, book: Book) -> str | None:
    """Opens, closes, moves or stays; None where there is no case and none is needed."""
    needed = (
        point is not None
        and point.level != "none"
        and point.worth
        and point.days is not None
        and point.days >= book.terms["case.opens_from_days"]
    )
    if case is None:
        return "opens" if needed else None
    if not needed:
        return "closes"
    assert point is not None
    return "stays" if (case.level, case.row) == (point.level, row) else "moves"


def promise_paid(promise: Promise, obligor: Obligor, receipts: list[Receipt], book: Book, as_of: dt.date) -> int:
    """What came from the day of the promise to its due day plus the tolerance, as far as the day knows."""
    until = promise.due_on + book.days("promise.tolerance_days")
    return sum(
        receipt.amount
        for receipt in receipts
        if receipt.account == (*obligor, promise.currency)
        and promise.promised_on <= receipt.received_on <= until
        and receipt.received_on <= as_of
    )


def promise_fate(promise: Promise, *, paid: int, anything_late: bool, book: Book, as_of: dt.date) -> str:
    """Kept as soon as enough came or nothing is late; judged once the time with its tolerance is over."""
    if not anything_late or paid + book.money("promise.tolerance_amount", promise.currency) >= promise.amount:
        return "kept"
    if as_of <= promise.due_on + book.days("promise.tolerance_days"):
        return "open"
    return "partly" if paid > 0 else "broken"


def last_result(
    promises: list[Promise], records: list[Record], tonight: dict[int, str], book: Book, as_of: dt.date
) -> str:
    """The word of the last record while it counts, unless a younger promise has something to say; else the promise's."""
    word, given_on = "none", None
    judged: list[tuple[dt.date, int, str, dt.date]] = []
    for promise in sorted(promises, key=lambda each: -each.id):
        state = tonight.get(promise.id, promise.state)
        if state == "open":
            word, given_on = "promise_open", promise.promised_on
            break
        day = as_of if promise.id in tonight else promise.judged_on
        known = state in ("kept", "partly", "broken") and day is not None
        if known and day > as_of - book.days("promise.remembered_days"):
            judged.append((day, promise.id, state, promise.promised_on))
    if word == "none" and judged:
        *_rest, state, given_on = max(judged)
        word = f"promise_{state}"
    put_right = {record.corrects for record in records}
    said = [
        (record.contacted_on, record.id, record)
        for record in records
        if record.id not in put_right and record.contacted_on <= as_of and record.says != "unchanged"
    ]
    if not said:
        return word
    _on, _id, last = max(said)
    if last.says == "none" or last.says_until_on <= as_of or (given_on and given_on > last.contacted_on):
        return word
    return last.says


@dataclass(frozen=True)
class Dates:
    """What the dates of a case say tonight."""

    agreed: bool = False
    due_again: bool = False
    in_grace: bool = False
    over_cycle: bool = False


def work(point: Standpoint, case: int | None, fate: str | None, result: str, book: Book, dates: Dates) -> Work:
    """What is to be done, how urgent it is and why; or why nothing is."""
    days = point.days if point.days is not None else -3650
    facts = {
        "level": point.level,
        "customer_class": point.grade,
        "days": days,
        "last_result": result,
        "covered": point.covered,
        "amount_band": point.band,
        "due_again": dates.due_again,
        "in_grace": dates.in_grace,
        "over_cycle": dates.over_cycle,
    }
    rows = book.matching("case.priority", facts)
    done = Work(
        case=case,
        fate=fate,
        level=point.level,
        days=days,
        last_result=result,
        action="none",
        action_row=None,
        due_in_days=0,
        points=sum(row["then"]["points"] for row in rows),
        reasons=[row["row"] for row in rows],
        skipped=None,
        seller=point.seller,
    )
    if fate is None and point.level != "none":
        done.skipped = "too_early" if point.worth else "below_minimum"
        return done
    row = book.decide("case.action", facts)
    if dates.agreed and row["then"]["action"] not in ("none", "wait"):
        done.action, done.skipped = "wait", "next_date"
        return done
    done.action, done.action_row, done.due_in_days = row["then"]["action"], row["row"], row["then"]["due_in_days"]
    if done.action == "wait":
        done.skipped = "grace" if dates.in_grace else "promise_open"
    elif done.action == "none":
        done.skipped = "not_due" if point.asked else "nothing_asked"
    return done


def decide(books: Books, as_of: dt.date, version: str, book: Book, rows: dict[Obligor, str]) -> Decided:
    """Decide a night. ``rows`` says which of several equal level rows a case was given; any of them is right."""
    owed = money.owed(books.bills, books.adjustments, books.allocations, as_of)
    on_account = money.unapplied(books.receipts, books.allocations, as_of)
    accounts = money.accounts(owed.values(), on_account)
    levels = {key: found for key, totals in accounts.items() if (found := money.level(key, totals, book)) is not None}
    standings, alerts = _standings(books, accounts, levels, as_of, version)

    points: dict[Obligor, Standpoint] = {}
    for obligor in {key[:2] for key in accounts}:
        mine = {key: totals for key, totals in accounts.items() if key[:2] == obligor}
        points[obligor] = standpoint(mine, levels, classes.decide(books, obligor, book, as_of), book)

    live = {case.obligor: case for case in books.cases.values() if case.stage == "open"}
    fates: dict[Obligor, str] = {}
    for obligor in points.keys() | live.keys():
        point = points.get(obligor)
        allowed = point.rows if point else frozenset()
        row = rows[obligor] if rows.get(obligor) in allowed else min(allowed, default="")
        if fate := case_fate(live.get(obligor), point, row, book):
            fates[obligor] = fate

    judged, paid = {}, {}
    for case in live.values():
        for promise in books.promises.values():
            if promise.case != case.id or promise.state != "open":
                continue
            # A promise made after the date (the night is caught up later) waits, unless its case closes with the date.
            if promise.promised_on > as_of and fates[case.obligor] != "closes":
                continue
            totals = accounts.get((*case.obligor, promise.currency))
            late = totals is not None and totals.late > 0 and fates[case.obligor] != "closes"
            came = promise_paid(promise, case.obligor, books.receipts, book, as_of)
            fate = promise_fate(promise, paid=came, anything_late=late, book=book, as_of=as_of)
            if fate != "open":
                judged[promise.id], paid[promise.id] = fate, came

    worked: dict[Obligor, Work] = {}
    overruled: set[int] = set()
    failed = {books.promises[key].case for key, fate in judged.items() if fate in ("partly", "broken")}
    for obligor, point in points.items():
        case = live.get(obligor)
        fate = fates.get(obligor)
        alive = None if fate == "closes" else fate
        result = "none"
        if case is not None and alive:
            own = [p for p in books.promises.values() if p.case == case.id and p.promised_on <= as_of]
            written = [record for record in books.records if record.case == case.id]
            result = last_result(own, written, judged, book, as_of)
        agreed = due_again = in_grace = over_cycle = False
        if case is not None and alive:
            in_grace = any(until > as_of for key, since, until in books.graces if key == case.id and since <= as_of)
            over_cycle = as_of - case.opened_on > book.days("case.cycle_target_days")
        if case is not None and alive and case.next_on is not None:
            due_again = case.next_on <= as_of
            worse = RANK[point.level] > RANK[case.level]
            if not due_again and (worse or case.id in failed):
                overruled.add(case.id)
            agreed = not due_again and case.id not in overruled
        worked[obligor] = work(
            point,
            case.id if case and alive else None,
            alive,
            result,
            book,
            Dates(agreed, due_again, in_grace, over_cycle),
        )

    decided = Decided(
        owed,
        accounts,
        levels,
        standings,
        alerts,
        escalated(books, levels, as_of, book),
        points,
        fates,
        judged,
        paid,
        worked,
        overruled,
    )
    _owners(decided, books, live, book)
    return decided


def _standings(
    books: Books,
    accounts: dict[Account, money.Totals],
    levels: dict[Account, money.Level],
    as_of: dt.date,
    version: str,
) -> tuple[dict[Account, Standing], list[Alert]]:
    after: dict[Account, Standing] = {}
    alerts: list[Alert] = []
    for account, found in levels.items():
        before = books.standings.get(account)
        if before is None:
            after[account] = Standing(found.level, found.row, version, as_of)
        elif (before.level, before.row) == (found.level, found.row):
            after[account] = before
        else:
            since = before.since_on if before.level == found.level else as_of
            after[account] = Standing(found.level, found.row, version, since)
        if RANK[found.level] > (RANK[before.level] if before else 0):
            totals = accounts[account]
            assert totals.days is not None
            told = _told(books, totals.seller)
            alerts.append(Alert(account, found.level, found.row, totals.late, totals.days, told))
    return after, alerts


def _told(books: Books, seller: int | None) -> frozenset[int]:
    """The head of the business that sold, else all heads of business; and the heads of risk."""
    here = {person.id: person for person in books.people if person.active}
    heads = [unit for unit in books.departments if unit.head in here]
    own = [
        unit.head for unit in heads if seller in here and unit.id == here[seller].department and unit.kind == "business"
    ]
    business = own or [unit.head for unit in heads if unit.kind == "business"]
    risk = [unit.head for unit in heads if unit.kind == "risk"]
    return frozenset(head for head in (*business, *risk) if head is not None)


def escalated(
    books: Books, levels: dict[Account, money.Level], as_of: dt.date, book: Book
) -> dict[int, frozenset[int]]:
    """Who is told next of each earlier warning that waited too long while its account is still late."""
    here = {person.id for person in books.people if person.active}
    found: dict[int, frozenset[int]] = {}
    for key, warned in books.warned.items():
        waited = (as_of - warned.raised_on).days
        within = book.terms["warning.acknowledge_within_days"][warned.level]
        if not warned.waits or waited < within or warned.account not in levels:
            continue
        for kind in ("management", "risk", "business"):
            heads = frozenset(unit.head for unit in books.departments if unit.kind == kind and unit.head in here)
            if fresh := heads - warned.told:
                found[key] = frozenset(head for head in fresh if head is not None)
                break
    return found


def _owners(decided: Decided, books: Books, live: dict[Obligor, Case], book: Book) -> None:
    """Who needs somebody; who keeps whom, or goes to the seller. An empty set: must be dealt."""
    here = {person.id: person for person in books.people if person.active}
    for obligor, done in decided.work.items():
        if done.fate is None and done.action in ("none", "wait"):
            continue
        before: int | None = None
        if done.fate is None:  # a reminder: whoever has it on the list keeps it, but gets no case by it
            mine = [task.owner for task in books.tasks.values() if task.state == "open" and task.obligor == obligor]
            before = mine[0] if mine else None
        elif obligor in live:
            before = live[obligor].owner
        desk = book.decide("case.desk", {"level": done.level})["then"]
        decided.desks[obligor] = desk["desk"]
        if before in here:
            decided.kept[obligor] = frozenset({before})  # type: ignore[arg-type]
        elif desk["seller_first"]:
            selling = {person for person, who in here.items() if "sell" in who.duties and who.capacity > 0}
            decided.kept[obligor] = frozenset({done.seller} & selling)
        else:
            decided.kept[obligor] = frozenset()


def judge_dealing(decided: Decided, people: list[Person], owners: dict[Obligor, int | None]) -> list[str]:
    """What is wrong with who got whom, as sentences; nothing when the dealing is right.

    Desk by desk, the most urgent first: each goes to somebody at whom it stands lowest then (load of capacity). So no
    receiver could hand one to another of the desk and make the highest load lower.
    """
    wrong: list[str] = []
    if owners.keys() - decided.kept.keys():
        wrong.append(f"owners for those who need none: {owners.keys() - decided.kept.keys()}")
    loads: Counter[int] = Counter()
    waiting: list[Obligor] = []
    for obligor, allowed in decided.kept.items():
        owner = owners.get(obligor)
        if allowed and owner not in allowed:
            wrong.append(f"{obligor} should stay with or go to {set(allowed)}, not {owner}")
        if allowed and owner is not None:
            loads[owner] += 1
        elif not allowed:
            waiting.append(obligor)
    able = [p for p in people if p.active and "collect" in p.duties and p.capacity > 0]
    for desk in sorted({decided.desks[obligor] for obligor in waiting}):
        team = {p.id: p.capacity for p in able if desk in p.skills} or {p.id: p.capacity for p in able}
        queue = [obligor for obligor in waiting if decided.desks[obligor] == desk]
        for obligor in sorted(queue, key=lambda each: (-decided.work[each].points, each)):
            owner = owners.get(obligor)
            if not team:
                if owner is not None:
                    wrong.append(f"{obligor} got {owner} although nobody collects")
                continue
            if owner not in team:
                wrong.append(f"{obligor} of desk {desk} got {owner}, who is none of {sorted(team)}")
                continue
            heights = {person: Fraction(loads[person] + 1, capacity) for person, capacity in team.items()}
            if heights[owner] > min(heights.values()):
                wrong.append(f"{obligor} went to {owner} at {heights[owner]}, though {min(heights.values())} was free")
            loads[owner] += 1
    return wrong


def cases_after(
    decided: Decided, before: Books, owners: dict[Obligor, int | None], rows: dict[Obligor, str], as_of: dt.date,
    version: str, book: Book, new_ids: dict[Obligor, int],
) -> dict[int, Case]:  # fmt: skip
    """All cases as they must stand after the night."""
    after = before.copy().cases
    live = {case.obligor: case for case in after.values() if case.stage == "open"}
    year = f"LQ-{as_of.year}-"
    serial = max((int(c.number.removeprefix(year)) for c in after.values() if c.number.startswith(year)), default=0)
    for obligor in sorted(decided.fates):
        fate, owner = decided.fates[obligor], owners.get(obligor)
        if fate == "closes":
            case = live[obligor]
            case.stage, case.closed_on, case.policy = "closed", as_of, version
            continue
        point = decided.obligors[obligor]
        desk = book.decide("case.desk", {"level": point.level})["then"]["desk"]
        if fate == "opens":
            serial += 1
            number = f"{year}{serial:06}"
            key = new_ids.get(obligor, -serial)
            after[key] = Case(
                key, number, *obligor, "open", point.level, rows[obligor], owner, desk, as_of, None, version,
                customer_class=point.grade, class_row=point.grade_row,
            )  # fmt: skip
            continue
        case = live[obligor]
        case.next_on = None if case.id in decided.overruled else case.next_on
        handed = owner != case.owner
        classed = (case.customer_class, case.class_row) != (point.grade, point.grade_row)
        if handed or classed or fate == "moves":
            case.level, case.row, case.policy = point.level, rows[obligor], version
            case.customer_class, case.class_row = point.grade, point.grade_row
            case.owner, case.desk = owner, desk if handed else case.desk
    return after


def tasks_after(
    decided: Decided, before: Books, owners: dict[Obligor, int | None], as_of: dt.date, version: str,
    case_ids: dict[Obligor, int], new_ids: dict[Obligor, int],
) -> dict[int, Task]:  # fmt: skip
    """All tasks as they must stand after the night."""
    after = before.copy().tasks
    open_now = {task.obligor: task for task in after.values() if task.state == "open"}
    finished = {
        (*task.obligor, task.action)
        for task in before.tasks.values()
        if task.state == "done" and task.ended_on is not None and task.ended_on >= as_of
    }
    wanted = {
        obligor: done
        for obligor, done in decided.work.items()
        if done.action not in ("none", "wait") and (*obligor, done.action) not in finished
    }
    for obligor, had in open_now.items():
        done = wanted.get(obligor)
        if done is None or done.action != had.action or done.case != had.case or done.fate == "opens":
            had.state, had.ended_on = "dropped", as_of
            continue
        owner = owners.get(obligor)
        if (had.row, had.owner, had.points, had.reasons) != (done.action_row, owner, done.points, done.reasons):
            assert done.action_row is not None
            had.row, had.owner, had.points, had.reasons = done.action_row, owner, done.points, done.reasons
            had.policy = version
    for number, obligor in enumerate(sorted(wanted), 1):
        had_one = open_now.get(obligor)
        if had_one is not None and had_one.state == "open":
            continue
        done = wanted[obligor]
        assert done.action_row is not None
        key = new_ids.get(obligor, -number)
        after[key] = Task(
            id=key,
            party=obligor[0],
            creditor=obligor[1],
            case=case_ids[obligor] if done.fate else None,
            action=done.action,
            row=done.action_row,
            owner=owners.get(obligor),
            points=done.points,
            reasons=done.reasons,
            policy=version,
            created_on=as_of,
            due_on=as_of + dt.timedelta(days=done.due_in_days),
            state="open",
            ended_on=None,
        )
    return after


def skipped(decided: Decided, owners: dict[Obligor, int | None]) -> list[tuple[Obligor, str]]:
    """Everybody passed over, with the reason."""
    found = [(obligor, done.skipped) for obligor, done in decided.work.items() if done.skipped]
    for obligor, done in decided.work.items():
        if done.action not in ("none", "wait") and owners.get(obligor) is None:
            found.append((obligor, "no_collector"))
    return found


def events(decided: Decided, before: Books, after_cases: dict[int, Case]) -> Counter[tuple[str, int | None]]:
    """What the trail must have been told of, by name and party (without the night itself)."""
    told: Counter[tuple[str, int | None]] = Counter()
    for alert in decided.alerts:
        told["alert raised", alert.account[0]] += 1
    for key in decided.escalated:
        told["alert escalated", before.warned[key].account[0]] += 1
    names: dict[str, str] = {"kept": "promise kept", "partly": "promise kept in part", "broken": "promise broken"}
    for promise, fate in decided.promises.items():
        told[names[fate], before.cases[before.promises[promise].case].party] += 1
    live = {case.obligor: case for case in before.cases.values() if case.stage == "open"}
    for obligor, fate in decided.fates.items():
        name: dict[str, str] = {"opens": "case opened", "closes": "case closed", "moves": "case level moved"}
        if fate in name:
            told[name[fate], obligor[0]] += 1
        if fate in ("moves", "stays") and live[obligor].owner != after_cases[live[obligor].id].owner:
            told["case assigned", obligor[0]] += 1
    return told


def figures(decided: Decided, owners: dict[Obligor, int | None]) -> dict[str, Any]:
    """How much there was to decide."""
    late = [line for line in decided.owed.values() if line.days >= 1 and line.owed > 0]
    return {
        "open_bills": len(decided.owed),
        "late_bills": len(late),
        "late_customers": len({line.bill.party for line in late}),
        "skipped": dict(Counter(reason for _who, reason in skipped(decided, owners))),
    }
