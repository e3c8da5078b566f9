"""Drawn debtors, contacts and policies: at the edges of hours, days, windows and changes of the clocks."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import functools
import random
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from liangqing.outreach.kinds import Channel, Content, Recipient, Regime
from liangqing.outreach.queries import days
from liangqing.outreach.rules import zones
from liangqing.outreach.rules.facts import Asked, Debtor, Held, Outcome, Past
from liangqing.parties.models import Hold
from liangqing.policy import Policy, book, calendar
from liangqing.policy.book import Rollout, build, preset_content
from tests.outreach.columns import Person

PLACES = (
    ("CN", ""), ("CN", ""), ("US", ""), ("US", "America/New_York"), ("US", "America/Phoenix"), ("GB", ""), ("AU", ""),
    ("IN", ""),
)  # fmt: skip
DAYS = (
    dt.date(2026, 3, 8), dt.date(2026, 3, 29), dt.date(2026, 9, 25), dt.date(2026, 10, 1), dt.date(2026, 10, 10),
    dt.date(2026, 10, 25), dt.date(2026, 11, 1), dt.date(2026, 11, 23),
)  # fmt: skip
"""Clocks change in New York or London, holidays of China, a Saturday that is worked, a day like others."""
MINUTES = (0, 60, 119, 120, 479, 480, 539, 540, 700, 1079, 1080, 1199, 1200, 1259, 1260, 1319, 1320, 1439)
CALLS = (Channel.PHONE.value, Channel.PHONE.value, Channel.SMS.value, *Channel.values)
AFTER = (0, 1, 59, 3_600, 86_399, 86_400, 86_401, 7 * 86_400 - 1, 7 * 86_400, 7 * 86_400 + 1, 30 * 86_400, 365 * 86_400)
FLAGS = {
    "attended": 0.6, "automated": 0.2, "line_registered": 0.9, "certified": 0.9, "proof": 0.4, "reserved": 0.9,
    "barred": 0.2, "unreachable": 0.1, "answering": 0.8,
}  # fmt: skip
LIFTED = ("cap:T5", "cap:T3", "hours:T1", "condition:P2-gate", "condition:P10", "restraint:C2", "cap:T18")


@functools.cache
def china(day: dt.date) -> str:
    """The announced calendar, without days of the institution's own; the weekday, in a year not announced yet."""
    if not calendar.is_announced(day.year):
        return days.weekday(day)
    off, name = chinese_calendar.get_holiday_detail(day)
    return "workday" if not off else "holiday" if name else "restday"


def person(draw: random.Random, variants: int = 0) -> Person:
    """A debtor with some past and restraints, and a few contacts that are asked for at about the same time."""
    country, zone = draw.choice(PLACES)
    names = zones.zones(country, zone, "Asia/Shanghai")
    local = ZoneInfo(draw.choice(names))
    day = draw.choice(DAYS) + dt.timedelta(days=draw.choice((-1, 0, 0, 1)))
    asks = tuple(ask(draw, day, local) for _n in range(draw.randint(1, 3)))
    past = tuple(before(draw, draw.choice(asks).at) for _n in range(draw.choice((0, 1, 3, 8, 14))))
    if draw.random() < 0.2:
        asks, past = looked_for(draw, asks)
    held = tuple(restraint(draw, draw.choice(asks).at) for _n in range(draw.choice((0, 0, 1, 1, 2, 4))))
    debtor = Debtor(draw.choice(Regime.values), names, china if country == "CN" else days.weekday, past, held)
    return Person(debtor, asks, tuple(draw.randint(0, variants) for _one in asks))


def looked_for(draw: random.Random, asks: tuple[Asked, ...]) -> tuple[tuple[Asked, ...], tuple[Past, ...]]:
    """Third persons are asked for somebody who did not answer for some days, or did in between."""
    plain: dict[str, Any] = {
        "content": "locate",
        "proof": False,
        "unreachable": False,
        "channel": "phone",
        "exempt": frozenset(),
    }
    asks = tuple(dataclasses.replace(each, recipient=draw.choice(("contact", "spouse")), **plain) for each in asks)
    outcomes = ("unanswered", "not_connected", "not_connected", draw.choice(("unanswered", "effective")))
    past = tuple(
        Past(asks[0].at - dt.timedelta(hours=draw.randrange(1, 100)), "phone", "self", "a1", 1, draw.choice(outcomes))
        for _n in range(draw.randint(1, 6))
    )
    return asks, past


def ask(draw: random.Random, day: dt.date, zone: ZoneInfo) -> Asked:
    minute = draw.choice(MINUTES)
    at = dt.datetime.combine(day, dt.time(minute // 60, minute % 60), tzinfo=zone)
    at = at.astimezone(dt.UTC) + dt.timedelta(seconds=draw.choice((0, 0, 30, 59, -1)))
    return Asked(
        channel=draw.choice(CALLS),
        content=draw.choice(("demand", "reminder", "locate", *Content.values)),
        at=at,
        recipient=draw.choice(("self", "self", "self", "contact", *Recipient.values)),
        number=draw.choice(("a1", "a1", "b2", "")),
        debt=draw.choice((1, 1, 2)),
        route=draw.choice(("own", "own", "shared")),
        place=draw.choice(("", "self", "employer")),
        exempt=frozenset(draw.sample(LIFTED, draw.choice((0, 0, 0, 1, 3)))),
        **{name: draw.random() < share for name, share in FLAGS.items()},
    )


def before(draw: random.Random, at: dt.datetime) -> Past:
    back = draw.choice(AFTER) if draw.random() < 0.6 else draw.randrange(4 * 86_400)
    after = -3_600 if draw.random() < 0.05 else 0
    return Past(
        at - dt.timedelta(seconds=back + after),
        draw.choice(("phone", "phone", *Channel.values)),
        draw.choice(("self", "self", "self", "contact", *Recipient.values)),
        draw.choice(("a1", "a1", "b2", "")),
        draw.choice((1, 1, 2)),
        draw.choice(("unanswered", "effective", *sorted(set(Outcome.values) - {"called_off"}))),
        draw.choice(("demand", "notice", "confirm", *Content.values)),
    )


def restraint(draw: random.Random, at: dt.datetime) -> Held:
    kind = draw.choice((*Hold.values, Hold.HOURS.value, Hold.CONSENT.value))
    timed = kind in (Hold.HOURS, Hold.CONSENT)
    start, end = sorted(draw.sample((0, 480, 600, 1080, 1320, 1380, 1440), 2))
    since = at - dt.timedelta(seconds=draw.choice((0, -60, 60, 15 * 86_400 - 1, 15 * 86_400, 40 * 86_400)))
    ends = draw.choice((None, None, at, at + dt.timedelta(seconds=1), at + dt.timedelta(days=9)))
    return Held(
        kind,
        since,
        ends,
        channel=draw.choice(("", "", "phone", "sms")),
        number=draw.choice(("", "", "a1")),
        debt=draw.choice((0, 0, 1, 2)),
        from_minute=start if timed else None,
        until_minute=end if timed else None,
        whole=draw.random() < 0.5,
        place=draw.choice(("self", "employer")) if kind == Hold.PLACE else "",
    )


def policy(draw: random.Random) -> Policy:
    """The preset with rows changed, dropped and turned round, numbers that differ by kind of debtor, perhaps drawn by lot."""
    content = copy.deepcopy(dict(preset_content()))
    for key in ("hours", "cap", "cooloff", "condition", "restraint"):
        rows = content["tables"][f"contact.{key}"]
        for row in rows:
            row.update(_changed(draw, row))
        draw.shuffle(rows)
        content["tables"][f"contact.{key}"] = rows[draw.choice((0, 0, 2)) :] if len(rows) > 2 else rows
    for term in ("contact.lost_after_calls", "contact.lost_after_days"):
        content["terms"][term] = [{"value": 3}, {"for": {"debtor": "person"}, "value": draw.randint(1, 4)}]
    content["terms"]["contact.lost_within_days"] = [
        {"value": 30},
        {"for": {"debtor": "person"}, "value": draw.randint(2, 9)},
    ]
    number = draw.randint(1, 10**9)
    split = Rollout(50, 7) if draw.random() < 0.5 else None
    control = preset_content() if split else None
    return build(
        content,
        version=f"v{number}",
        from_on=dt.date(2026, 1, 1),
        rollout=split,
        control=control,
        control_version="before",
    )


def _changed(draw: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    when, then = dict(row.get("when") or {}), dict(row["then"])
    if when and draw.random() < 0.3:
        when.pop(draw.choice(sorted(set(when) - {"kind"}) or sorted(when)))
    for name, values in {
        "effect": ("block", "approval", "warn", "record"),
        "basis": ("law", "standard", "default"),
        "counts": ("attempt", "placed", "unanswered", "effective"),
        "per": ("person", "number", "debt"),
        "window": ("calendar", "rolling"),
        "days": (1, 2, 7, 30),
        "most": (0, 1, 3),
        "from_minute": (0, 480, 600),
        "until_minute": (1080, 1320, 1440),
    }.items():
        if name in then and draw.random() < 0.25:
            then[name] = draw.choice(values)
    return {"when": when, "then": then}


def policies(seed: int, count: int) -> list[Policy]:
    draw = random.Random(seed)
    return [book.preset(), *(policy(draw) for _n in range(count - 1))]
