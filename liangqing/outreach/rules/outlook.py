"""What may be foretold of a day: from when hours and wishes allow a contact, and which rules are worth asking then.

The outlook is about the plainest contact: a demand to the debtor, by a person with a valid certificate. Rules that only
take note of something have no part in it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.rules import guard, zones
from liangqing.outreach.rules.facts import COUNTED, FAILED, RANKS, Asked, Debtor, Finding, Outcome
from liangqing.policy import Policy, Row

CHANNELS = (Channel.PHONE.value, Channel.SMS.value, Channel.EMAIL.value, Channel.LETTER.value, Channel.VISIT.value)
_PLAIN: dict[str, Any] = {
    "content": Content.DEMAND.value,
    "recipient": Recipient.SELF.value,
    "automated": False,
    "certified": True,
}


@dataclass(frozen=True)
class Opening:
    """From when a contact is in order on a day: the instant, its minute after midnight in the debtor's own zone, and what
    speaks against it even then."""

    at: dt.datetime
    minute: int
    findings: tuple[Finding, ...]

    def rank_of(self, *tables: str) -> int:
        """How strict those of some tables are (see ``RANKS``)."""
        return max((RANKS.index(each.effect) for each in self._of(tables)), default=0)

    def rules(self, *tables: str) -> str:
        """Those of some tables, joined by blanks."""
        return " ".join(each.rule for each in self._of(tables))

    def _of(self, tables: tuple[str, ...]) -> list[Finding]:
        return [each for each in self.findings if each.rule.partition(":")[0] in tables]


def plain(channel: str, at: dt.datetime, **known: Any) -> Asked:
    """The contact the outlook is about."""
    return Asked(channel, Content.DEMAND.value, at, **known)


def opening(asked: Asked, debtor: Debtor, policy: Policy, day: dt.date) -> Opening:
    """The first instant of the debtor's day at which no rule about hours, and no wish, says anything; else the first at
    which none of them says no; else its midnight. ``debtor.held`` are the wishes and consents alone."""
    zone = debtor.zones[0]
    timely = {at: _timely(asked, debtor, policy, at) for at in _edges(debtor, policy, day)}
    for loud in (RANKS.index("warn"), RANKS.index("approval")):
        for at, spoke in timely.items():
            if all(RANKS.index(each.effect) < loud for each in spoke):
                return _opened(asked, debtor, policy, at, zone)
    return _opened(asked, debtor, policy, zones.midnight(day, 0, zone), zone)


def worth_asking(table: str, row: Row) -> bool:
    """Rows, but for those about hours, that could keep the outlook's contact from taking place."""
    if table == "hours" or row.then["effect"] == "record":
        return False
    return all(condition.holds(_PLAIN[name]) for name, condition in row.when.items() if name in _PLAIN)


@dataclass(frozen=True)
class Tried:
    """Attempts of which a rule could speak: so many (``most``) of a channel (or all) with such outcomes since an instant;
    and of which ``channels`` it speaks."""

    of: str
    outcomes: frozenset[str]
    most: int
    since_s: int
    channels: tuple[str, ...]


def could_speak(policy: Policy, day: dt.date) -> list[Tried]:
    """What may keep somebody from being reached who was tried before, by any row of any variant; days begin somewhere as
    early as fourteen hours before they do in UTC."""
    first = int(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC).timestamp()) - 14 * 3_600
    found: list[Tried] = []
    for version in (policy, *(each.policy for each in policy.variants)):
        for row in version.tables["contact.cap"].rows:
            then = row.then
            if worth_asking("cap", row) and then["most"]:
                back = (then["days"] - (then["window"] == "calendar")) * 86_400
                found.append(Tried(then["of"], COUNTED[then["counts"]], then["most"], first - back - 1, _channels(row)))
        for row in version.tables["contact.cooloff"].rows:
            if worth_asking("cooloff", row):
                since = first - row.then["days"] * 86_400
                found.append(Tried(row.then["of"], frozenset((Outcome.EFFECTIVE.value,)), 1, since, _channels(row)))
        found += [
            Tried(Channel.PHONE.value, frozenset(FAILED), 1, 0, _channels(row))
            for row in version.tables["contact.condition"].rows
            if "lost" in row.when and worth_asking("condition", row)
        ]
    return list(dict.fromkeys(found))


def _channels(row: Row) -> tuple[str, ...]:
    condition = row.when.get("channel")
    return tuple(channel for channel in CHANNELS if condition is None or condition.holds(channel))  # type: ignore[arg-type]


def looks_back(policy: Policy, *, by_number: bool = False) -> int:
    """How many days of attempts the outlook needs, by any row of any variant; ``by_number``: for what is counted for each
    number."""
    days = [0]
    for version in (policy, *(each.policy for each in policy.variants)):
        for table in ("cap", "cooloff"):
            days += [
                row.then["days"]
                for row in version.tables[f"contact.{table}"].rows
                if worth_asking(table, row) and (not by_number or row.then["per"] == "number")
            ]
        lost = (row for row in version.tables["contact.condition"].rows if "lost" in row.when)
        if not by_number and any(worth_asking("condition", row) for row in lost):
            days.append(int(version.terms["contact.lost_within_days"]))
    return max(days) + 1


def asks_limitation(policy: Policy, regime: str) -> bool:
    """Whether it matters to the outlook that limitation may have passed."""
    return any(
        "barred" in row.when
        and worth_asking("condition", row)
        and ("regime" not in row.when or row.when["regime"].holds(regime))  # type: ignore[arg-type]
        for row in policy.tables["contact.condition"].rows
    )


def _opened(asked: Asked, debtor: Debtor, policy: Policy, at: dt.datetime, zone: str) -> Opening:
    spoke = guard.findings_at(replace(asked, at=at), debtor, policy, at)
    told = tuple(each for each in spoke if each.effect != "record")
    return Opening(at, zones.local(at, zone)[1], told)


def _timely(asked: Asked, debtor: Debtor, policy: Policy, at: dt.datetime) -> list[Finding]:
    spoke = guard.findings_at(replace(asked, at=at), debtor, policy, at)
    return [each for each in spoke if each.rule.startswith(("hours:", "restraint:"))]


def _edges(debtor: Debtor, policy: Policy, day: dt.date) -> list[dt.datetime]:
    """The instants of the day at which hours begin somewhere, in order."""
    minutes = {0, *(row.then["from_minute"] for row in policy.tables["contact.hours"].rows)}
    minutes |= {held.from_minute for held in debtor.held if held.from_minute is not None}
    start, end = (zones.midnight(day, minute, debtor.zones[0]) for minute in (0, 1440))
    found = {
        zones.midnight(day + dt.timedelta(days=shift), minute, zone)
        for zone in debtor.zones
        for shift in (-1, 0, 1)
        for minute in minutes
    }
    return sorted(at for at in found | {start} if start <= at < end)
