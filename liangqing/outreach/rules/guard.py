"""The guard: whether a contact may take place. All rules that match are asked, the strictest wins.

This is the form for one contact; ``rules.portfolio`` says the same of many at once, and a property test makes both
agree. The rules are rows of the policy's tables contact.*; what each kind of row means stands here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from liangqing.kit.actions import clause
from liangqing.outreach.kinds import Recipient
from liangqing.outreach.rules import zones
from liangqing.outreach.rules.facts import (
    COUNTED,
    FAILED,
    LIFTABLE,
    RANKS,
    Asked,
    Debtor,
    Finding,
    Held,
    Outcome,
    Past,
    Verdict,
)
from liangqing.parties.models import Hold
from liangqing.policy import Policy, Row

MOST_STEPS = 60
"""How often the search for the earliest instant may move on before it gives up: more than any chain of caps needs."""
DAY = dt.timedelta(days=1)


@clause("P2 3.3.2", "P3 4.2.4", "P4-3.4")
def judge(asked: Asked, debtor: Debtor, policy: Policy) -> Verdict:
    """Whether this contact may take place at its instant, why not, and from when it may."""
    findings = tuple(findings_at(asked, debtor, policy, asked.at))
    answer = answer_of(findings, attended=asked.attended)
    earliest = asked.at if answer == "allowed" else _earliest(asked, debtor, policy, findings)
    return Verdict(answer, findings, earliest, asked.attended)


def answer_of(findings: tuple[Finding, ...], *, attended: bool) -> str:
    """The strictest effect decides; without a person to read it a warning is a no."""
    top = max((RANKS.index(finding.effect) for finding in findings), default=0)
    if RANKS[top] == "block" or (RANKS[top] == "warn" and not attended):
        return "refused"
    return "approval" if RANKS[top] == "approval" else "allowed"


def regime(policy: Policy, *, place: str, debtor: str, creditor: str) -> str:
    """Whose rules count; a country the table does not name is elsewhere."""
    known = next(column for column in policy.tables["contact.regime"].inputs if column.name == "place")
    facts = {"place": place if place in known.values else "other", "debtor": debtor, "creditor": creditor}
    return str(policy.tables["contact.regime"].decide(facts).then["regime"])


def lost(asked: Asked, debtor: Debtor, policy: Policy, at: dt.datetime) -> bool:
    """Whether contact with the debtor is lost: every number wrong, or so many calls in a row that failed, or on so many
    days, none longer ago than a term says; from the day after the last of them, and until the debtor is reached
    (中银协催收工作指引 2026)."""
    if asked.unreachable:
        return True
    to_self = [past for past in debtor.past if past.recipient == Recipient.SELF and past.at <= at]
    reached = max((past.at for past in to_self if past.outcome == Outcome.EFFECTIVE), default=None)
    today, _minute = zones.local(at, debtor.zones[0])
    days = [
        zones.local(past.at, debtor.zones[0])[0]
        for past in to_self
        if past.channel == "phone" and past.outcome in FAILED and (reached is None or past.at > reached)
    ]
    since = today - dt.timedelta(days=int(policy.terms["contact.lost_within_days"]))
    failed = [day for day in days if since <= day < today]
    calls, on_days = int(policy.terms["contact.lost_after_calls"]), int(policy.terms["contact.lost_after_days"])
    return len(failed) >= calls or len(set(failed)) >= on_days


# what each kind of row means -----------------------------------------------------------------------------------------


def findings_at(asked: Asked, debtor: Debtor, policy: Policy, at: dt.datetime) -> Iterator[Finding]:
    """Every rule that speaks at an instant, in the order of the tables, but for those an approval lifted."""
    facts = {
        "regime": debtor.regime,
        "channel": asked.channel,
        "content": asked.content,
        "recipient": asked.recipient,
        "automated": asked.automated,
    }
    told = (
        *_hours(asked, debtor, policy, facts, at),
        *_caps(asked, debtor, policy, facts, at),
        *_cooloffs(asked, debtor, policy, facts, at),
        *_conditions(asked, debtor, policy, facts, at),
        *_restraints(asked, debtor, policy, facts, at),
    )
    for finding in told:
        if not (finding.rule in asked.exempt and finding.basis in LIFTABLE):
            yield finding


def _found(table: str, row: Row, free_at: dt.datetime | None = None) -> Finding:
    then = row.then
    rule = f"{table}:{row.row}"
    return Finding(rule, then["effect"], then["basis"], then["confidence"], then["source"], row.reason, free_at)


def _consented(debtor: Debtor, asked: Asked, minute: int, at: dt.datetime) -> bool:
    return any(
        held.kind == Hold.CONSENT and (held.from_minute or 0) <= minute < (held.until_minute or 0)
        for held in debtor.held
        if _covers(held, asked, at)
    )


def _hours(
    asked: Asked, debtor: Debtor, policy: Policy, facts: Mapping[str, Any], at: dt.datetime
) -> Iterator[Finding]:
    """Outside the hours of a row in any zone where the debtor may be; in the order of the table, as all findings."""
    broken: dict[str, tuple[Row, dt.datetime]] = {}
    for zone in debtor.zones:
        day, minute = zones.local(at, zone)
        here = {**facts, "day": debtor.day_kind(day), "consented": _consented(debtor, asked, minute, at)}
        for row in policy.tables["contact.hours"].matching(here):
            start, end = row.then["from_minute"], row.then["until_minute"]
            if start <= minute < end:
                continue
            opens = zones.midnight(day, start if minute < start < end else 1440, zone)
            before = broken.get(row.row)
            broken[row.row] = (row, opens if before is None else max(before[1], opens))
    for row in policy.tables["contact.hours"].rows:
        if row.row in broken:
            yield _found("hours", *broken[row.row])


def _caps(asked: Asked, debtor: Debtor, policy: Policy, facts: Mapping[str, Any], at: dt.datetime) -> Iterator[Finding]:
    """As many in the window as a row allows, or more."""
    zone = debtor.zones[0]
    today, _minute = zones.local(at, zone)
    for row in policy.tables["contact.cap"].matching(facts):
        then, counted = row.then, COUNTED[row.then["counts"]]
        days = then["days"]
        kept = sorted(
            past.at
            for past in debtor.past
            if past.at <= at
            and past.outcome in counted
            and then["of"] in ("all", past.channel)
            and _same(then["per"], asked, past)
            and (
                zones.local(past.at, zone)[0] > today - days * DAY
                if then["window"] == "calendar"
                else past.at > at - days * DAY
            )
        )
        if len(kept) < then["most"]:
            continue
        free = None
        if then["most"]:
            leaves = kept[len(kept) - then["most"]]
            free = (
                zones.midnight(zones.local(leaves, zone)[0] + days * DAY, 0, zone)
                if then["window"] == "calendar"
                else leaves + days * DAY
            )
        yield _found("cap", row, free)


def _cooloffs(
    asked: Asked, debtor: Debtor, policy: Policy, facts: Mapping[str, Any], at: dt.datetime
) -> Iterator[Finding]:
    """Within the days after an effective contact, whose own day is the first."""
    zone = debtor.zones[0]
    today, _minute = zones.local(at, zone)
    for row in policy.tables["contact.cooloff"].matching(facts):
        spoke = [
            zones.local(past.at, zone)[0]
            for past in debtor.past
            if past.at <= at
            and past.outcome == Outcome.EFFECTIVE
            and row.then["of"] in ("all", past.channel)
            and _same(row.then["per"], asked, past)
        ]
        if spoke and today < max(spoke) + row.then["days"] * DAY:
            yield _found("cooloff", row, zones.midnight(max(spoke) + row.then["days"] * DAY, 0, zone))


def _same(per: str, asked: Asked, past: Past) -> bool:
    if per == "number":
        return past.number == asked.number
    return per == "person" or past.debt == asked.debt


def _conditions(
    asked: Asked, debtor: Debtor, policy: Policy, facts: Mapping[str, Any], at: dt.datetime
) -> Iterator[Finding]:
    """Who, by what line and route, by whose hand."""
    here = {
        **facts,
        "lost": lost(asked, debtor, policy, at),
        **{
            name: getattr(asked, name)
            for name in ("proof", "route", "line_registered", "certified", "barred", "reserved", "answering")
        },
    }
    for row in policy.tables["contact.condition"].matching(here):
        yield _found("condition", row)


def _restraints(
    asked: Asked, debtor: Debtor, policy: Policy, facts: Mapping[str, Any], at: dt.datetime
) -> Iterator[Finding]:
    """What the customer said or what happened to them, while it holds."""
    once: dict[str, Finding] = {}
    for held in debtor.held:
        if held.kind == Hold.CONSENT or not _covers(held, asked, at):
            continue
        free = held.until
        if held.kind == Hold.HOURS:
            opens = [_opens(held, zone, at) for zone in debtor.zones]
            if not any(opens):
                continue
            free = max(each for each in opens if each is not None)
        age = (at - held.since).days
        told_once = any(
            held.since <= past.at <= at and past.content == asked.content and past.outcome in COUNTED["placed"]
            for past in debtor.past
        )
        here = {**facts, "kind": held.kind, "whole": held.whole, "age_days": age, "told_once": told_once}
        for row in policy.tables["contact.restraint"].matching(here):
            ends = _age_ends(row, held)
            told = _found("restraint", row, min((each for each in (free, ends) if each is not None), default=None))
            before = once.get(told.rule)
            if before is None or _later(told.free_at, before.free_at):
                once[told.rule] = told
    for row in policy.tables["contact.restraint"].rows:
        if (found := once.get(f"restraint:{row.row}")) is not None:
            yield found


def _later(one: dt.datetime | None, other: dt.datetime | None) -> bool:
    return other is not None and (one is None or one > other)


def _covers(held: Held, asked: Asked, at: dt.datetime) -> bool:
    return (
        held.since <= at
        and (held.until is None or at < held.until)
        and held.channel in ("", asked.channel)
        and held.number in ("", asked.number)
        and held.debt in (0, asked.debt)
        and held.place in ("", asked.place)
    )


def _opens(held: Held, zone: str, at: dt.datetime) -> dt.datetime | None:
    """When the hours somebody asked for begin there; None while they run."""
    day, minute = zones.local(at, zone)
    start, end = held.from_minute or 0, held.until_minute or 0
    if start <= minute < end:
        return None
    return zones.midnight(day if minute < start else day + DAY, start, zone)


def _age_ends(row: Row, held: Held) -> dt.datetime | None:
    """A row that looks at the age of a restraint stops matching when it is that old."""
    age = row.when.get("age_days")
    high = getattr(age, "high", None)
    return held.since + high * DAY if high is not None else None


# from when it may ----------------------------------------------------------------------------------------------------


def _earliest(asked: Asked, debtor: Debtor, policy: Policy, findings: tuple[Finding, ...]) -> dt.datetime | None:
    """The first instant at which nothing known now speaks against it, warnings included; where a warning never ends, the
    first at which nothing forbids it. None when no waiting helps."""
    return _free(asked, debtor, policy, findings, {"warn", "approval", "block"}) or _free(
        asked, debtor, policy, findings, {"approval", "block"} if asked.attended else {"warn", "approval", "block"}
    )


def _free(
    asked: Asked, debtor: Debtor, policy: Policy, findings: tuple[Finding, ...], against: set[str]
) -> dt.datetime | None:
    at = asked.at
    for _step in range(MOST_STEPS):
        held = [finding.free_at for finding in findings if finding.effect in against]
        if not held:
            return at
        ends = [each for each in held if each is not None and each > at]
        if len(ends) < len(held):
            return None
        at = max(ends)
        findings = tuple(findings_at(asked, debtor, policy, at))
    return None
