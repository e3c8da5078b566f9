"""Over any drawn life of a debtor, whatever the guard allows no sentence forbids, and what it refuses has a rule."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import random
from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import chinese_calendar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.outreach.rules import guard
from liangqing.outreach.rules.facts import Asked, Debtor, Held, Past
from liangqing.outreach.rules.zones import zones
from liangqing.policy import Policy
from liangqing.policy.book import build, preset_content
from tests.oracle import contact as oracle

START = dt.datetime(2026, 9, 20, tzinfo=dt.UTC)
CHANGE = dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
"""When other numbers come into force, between the holidays of China and the changes of the clocks elsewhere."""
DAYS = [START.date() + dt.timedelta(days=n) for n in range(-3, 80)]
HOLIDAYS = frozenset(
    day for day in DAYS if chinese_calendar.get_holiday_detail(day) not in ((False, None), (True, None))
)
REST = frozenset(day for day in DAYS if chinese_calendar.is_holiday(day)) - HOLIDAYS
PLACES = (
    ("CN", ""), ("CN", ""), ("US", "America/New_York"), ("US", ""), ("US", "America/Chicago"), ("GB", ""),
)  # fmt: skip
TIMES = (6, 7, 8, 9, 10, 11, 13, 15, 17, 18, 20, 21, 22, 23)
OUTCOME = {
    "open": "open", "unanswered": "unanswered", "not_connected": "not_connected", "talked": "effective", "sent": "sent",
}  # fmt: skip
FIRST, THEN = (
    oracle.Numbers(),
    oracle.Numbers(
        night_from=20 * 60,
        night_until=9 * 60,
        talks_a_day=2,
        unanswered_a_day=3,
        us_calls=4,
        us_days=10,
        lost_after=2,
        lost_within=4,
    ),
)
SEEN_ALONE = frozenset(
    """hours:T1 hours:T17 hours:T9 hours:T9-rest hours:T10-national cap:T3 cap:T5 cap:T18 cap:T7-sms-day
       cooloff:T18-conversation condition:P1-contact condition:P2-gate condition:P1-proof condition:P7-spouse condition:P10
       condition:T15 condition:B6 condition:B15 condition:L15 condition:C12 restraint:R-optout restraint:P5 restraint:C9
       restraint:P11 restraint:C7 restraint:C6 restraint:C2 restraint:PROMISE restraint:B18 restraint:B18-breach
       condition:ANSWER condition:CONFIRM hours:T1-reply restraint:C10-once restraint:DEAD-self restraint:INCAPABLE
       restraint:MINOR restraint:C13-auto restraint:C13-visit restraint:FRAUD restraint:C11 restraint:WISH""".split()
)
"""Rules that must have been the only one to say no, with the check saying no too: so the check watches each of them."""


@functools.cache
def policy(numbers: oracle.Numbers) -> Policy:
    content = copy.deepcopy(dict(preset_content()))
    rows = {row["row"]: row["then"] for key in ("hours", "cap") for row in content["tables"][f"contact.{key}"]}
    rows["T1"].update(from_minute=numbers.night_until, until_minute=numbers.night_from)
    rows["T3"]["most"] = numbers.talks_a_day
    rows["T5"]["most"] = numbers.unanswered_a_day
    rows["T18"].update(most=numbers.us_calls, days=numbers.us_days)
    content["terms"]["contact.lost_after_calls"] = numbers.lost_after
    content["terms"]["contact.lost_within_days"] = numbers.lost_within
    return build(content, version="v1" if numbers == FIRST else "v2", from_on=START.date())


@dataclass
class Life:
    """A debtor through some weeks: contacts that took place, what was said."""

    draw: random.Random
    record: oracle.Record
    busy: bool = False
    """Calls the debtor by day, again and again."""
    found: Counter[str] = field(default_factory=Counter)

    def live(self, asks: int) -> None:
        at = START + dt.timedelta(days=self.draw.randrange(60))
        for _n in range(asks):
            at = self._later(at)
            if self.draw.random() < 0.12:
                self.record.said.append(self._said(at))
            asked = self._asked(at)
            if self._judge(asked) or self.draw.random() < 0.15:  # it happened all the same: an agency reports it
                self.record.was.append(oracle.Was(asked, self._fate(asked)))

    def _judge(self, asked: oracle.Contact) -> bool:
        numbers = FIRST if asked.at < CHANGE else THEN
        verdict = guard.judge(_asked(asked), self._debtor(numbers), policy(numbers))
        forbidden = oracle.forbids(asked, self.record, numbers)
        if verdict.answer == "allowed":
            assert not forbidden, (asked, self.record, verdict)
        else:
            assert verdict.deciding, "no refusal without a rule"
            assert all(each.reason["zh"] and each.reason["en"] for each in verdict.deciding)
            against = [each.rule for each in verdict.findings if each.effect != "record"]
            if len(against) == 1 and forbidden:
                self.found[against[0]] += 1
        self.found[verdict.answer] += 1
        return verdict.allowed

    def _debtor(self, numbers: oracle.Numbers) -> Debtor:
        who = self.record.who
        regime = guard.regime(
            policy(numbers), place=who.country, debtor="person" if who.person else "company",
            creditor="principal" if who.for_another else "own",
        )  # fmt: skip
        past = tuple(
            Past(
                was.contact.at,
                was.contact.channel,
                was.contact.to,
                was.contact.number,
                was.contact.debt,
                OUTCOME[was.fate],
                was.contact.content,
            )
            for was in self.record.was
        )
        held = tuple(_held(said) for said in self.record.said)
        return Debtor(regime, who.zones, functools.partial(_kind, who), past, held)

    def _later(self, at: dt.datetime) -> dt.datetime:
        if self.busy:
            at += dt.timedelta(minutes=self.draw.choice((5, 20, 45)))
            local = at.astimezone(ZoneInfo(self.record.who.zones[0]))
            return at if 9 <= local.hour < 17 else at + dt.timedelta(hours=(33 - local.hour) % 24)
        at += dt.timedelta(hours=self.draw.choice((0, 0, 1, 2, 5, 12, 24, 70)), minutes=self.draw.choice((1, 30)))
        if self.draw.random() < 0.5:  # at a full hour of the debtor's day, where the edges are
            local = at.astimezone(ZoneInfo(self.record.who.zones[0]))
            sharp = local.replace(hour=self.draw.choice(TIMES), minute=0).astimezone(dt.UTC)
            at = sharp if sharp > at else sharp + dt.timedelta(days=1)
        return at

    def _asked(self, at: dt.datetime) -> oracle.Contact:
        draw = self.draw
        if self.busy and draw.random() < 0.9:
            return oracle.Contact(at, "phone", "demand", number=draw.choice("aaaab"))
        return oracle.Contact(
            at,
            channel=draw.choice(("phone", "phone", "phone", "sms", "sms", "email", "letter", "visit")),
            content=draw.choice(("demand", "demand", "reminder", "formal", "locate", "notice", "confirm", "reply")),
            to=draw.choice(("self",) * 8 + ("contact", "other", "spouse", "guarantor", "lawyer")),
            number=draw.choice("aaab"),
            debt=draw.choice((1, 1, 1, 2)),
            machine=draw.random() < 0.1,
            watched=draw.random() < 0.7,
            proof=draw.random() < 0.5,
            certified=draw.random() < 0.95,
            own_line=draw.random() < 0.95,
            shared_route=draw.random() < 0.05,
            lawful_source=draw.random() < 0.97,
            barred=draw.random() < 0.08,
            answering=draw.random() < 0.85,
        )

    def _fate(self, asked: oracle.Contact) -> str:
        spoken = asked.channel in ("phone", "visit")
        return self.draw.choice(
            ("open", "unanswered", "unanswered", "not_connected", "talked") if spoken else ("sent",)
        )

    def _said(self, at: dt.datetime) -> oracle.Said:
        draw = self.draw
        kind = draw.choice(
            "opt_out stop_word cease hours consent represented dispute complaint dispute promise agreement breach deceased minor "
            "incapable hospital hardship bankruptcy fraud moratorium line".split()
        )
        ends = at + dt.timedelta(days=draw.choice((1, 3, 10)))
        for_ever = kind in ("stop_word", "deceased") or draw.random() < 0.1
        return oracle.Said(
            kind,
            at,
            None if for_ever else ends,
            channel=draw.choice(("", "phone", "sms")),
            number=draw.choice(("", "a")) if kind == "stop_word" else "",
            debt=draw.choice((0, 1)),
            minutes=draw.choice(((18 * 60, 24 * 60), (22 * 60, 23 * 60), (0, 24 * 60))) if kind in ("hours", "consent") else (0, 0),
            whole=draw.random() < 0.6,
        )  # fmt: skip


def life(draw: random.Random) -> Life:
    country, zone = draw.choice(PLACES)
    china = country == "CN"
    who = oracle.Who(
        country,
        draw.random() < 0.7,
        zones(country, zone, "Asia/Shanghai"),
        for_another=draw.random() < 0.7,
        rest=REST if china else frozenset(day for day in DAYS if day.weekday() > 4),
        holidays=HOLIDAYS if china else frozenset(),
    )
    return Life(draw, oracle.Record(who), busy=draw.random() < 0.3)


def _kind(who: oracle.Who, day: dt.date) -> str:
    return "holiday" if day in who.holidays else "restday" if day in who.rest else "workday"


def _asked(asked: oracle.Contact) -> Asked:
    return Asked(
        asked.channel, asked.content, asked.at, asked.to, asked.number, asked.debt, attended=asked.watched,
        automated=asked.machine, route="shared" if asked.shared_route else "own", line_registered=asked.own_line,
        certified=asked.certified, proof=asked.proof, reserved=asked.lawful_source, barred=asked.barred,
        answering=asked.answering,
    )  # fmt: skip


def _held(said: oracle.Said) -> Held:
    start, end = said.minutes if said.kind in ("hours", "consent") else (None, None)
    return Held(said.kind, said.at, said.until, said.channel, said.number, said.debt, start, end, said.whole)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.randoms(use_true_random=False))
def test_nothing_is_allowed_that_a_sentence_forbids(draw: random.Random) -> None:
    life(draw).live(12)


def test_nothing_is_allowed_that_a_sentence_forbids_in_many_lives() -> None:
    draw, found = random.Random(20_260_920), Counter[str]()
    for _n in range(1000):
        one = life(draw)
        one.live(20)
        found += one.found

    assert found["allowed"] > 1000, "enough was allowed to be worth the check"
    assert set(found) >= SEEN_ALONE, sorted(SEEN_ALONE - set(found))
