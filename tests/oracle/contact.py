"""Which sentences of the law, of standards and of good practice forbid a contact: slow, plain, and for itself.

Written from the sentences of the compliance facts (their numbers stand beside each), not from the policy's tables nor from
the guard. It knows only what must not happen; that something may happen, it never says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
PRESSING = ("reminder", "demand", "formal")
COLLECTING = (*PRESSING, "locate")
THIRD = ("contact", "other", "spouse")


@dataclass(frozen=True)
class Numbers:
    """What an institution may set stricter, and so may change from one day to the next."""

    night_from: int = 22 * 60
    night_until: int = 8 * 60
    talks_a_day: int = 3
    unanswered_a_day: int = 6
    us_calls: int = 7
    us_days: int = 7
    lost_after: int = 3
    lost_within: int = 30


@dataclass(frozen=True)
class Who:
    """The debtor: country, person or company, every zone they may be in (their own first), whether the money is another's.
    ``rest`` and ``holidays`` are days of their calendar."""

    country: str
    person: bool
    zones: tuple[str, ...]
    for_another: bool = False
    rest: frozenset[dt.date] = frozenset()
    holidays: frozenset[dt.date] = frozenset()


@dataclass(frozen=True)
class Contact:
    at: dt.datetime
    channel: str
    content: str
    to: str = "self"
    number: str = "a"
    debt: int = 1
    machine: bool = False
    """A voice that is no human's."""
    watched: bool = True
    """A person reads warnings; what runs by itself keeps to what is only suggested."""
    proof: bool = False
    certified: bool = True
    own_line: bool = True
    shared_route: bool = False
    lawful_source: bool = True
    barred: bool = False
    answering: bool = True
    """Something of the debtor's stands to be answered, or confirmed."""


@dataclass(frozen=True)
class Was:
    """A contact that took place. ``fate``: open, unanswered, not_connected, talked, sent."""

    contact: Contact
    fate: str


@dataclass(frozen=True)
class Said:
    """What is on record about the debtor. ``minutes``: the hours asked for, or agreed to."""

    kind: str
    at: dt.datetime
    until: dt.datetime | None = None
    channel: str = ""
    number: str = ""
    debt: int = 0
    minutes: tuple[int, int] = (0, 0)
    whole: bool = True


@dataclass
class Record:
    """All that is known of one debtor at a moment."""

    who: Who
    was: list[Was] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


def forbids(contact: Contact, record: Record, numbers: Numbers) -> list[str]:
    """The sentences that speak against it."""
    before = [each for each in record.was if each.contact.at <= contact.at]
    holds = [each for each in record.said if _holds(each, contact)]
    return [
        *_hours(contact, record.who, holds, numbers),
        *_often(contact, record.who, before, numbers),
        *_whom(contact, record.who, before, numbers),
        *_means(contact, record.who),
        *_stops(contact, record.who, before, holds),
        *_answers(contact, before, holds),
    ]


def _clock(at: dt.datetime, zone: str) -> tuple[dt.date, int]:
    there = at.astimezone(ZoneInfo(zone))
    return there.date(), there.hour * 60 + there.minute


def _day(at: dt.datetime, who: Who) -> dt.date:
    return _clock(at, who.zones[0])[0]


def _holds(said: Said, contact: Contact) -> bool:
    if not (said.at <= contact.at and (said.until is None or contact.at < said.until)):
        return False
    return (
        said.channel in ("", contact.channel)
        and said.number in ("", contact.number)
        and (said.debt == 0 or said.debt == contact.debt)
    )


def _consumer(who: Who, country: str) -> bool:
    return who.person and who.country == country


def _us(who: Who) -> bool:
    """Regulation F: consumers, and collectors of other people's money."""
    return _consumer(who, "US") and who.for_another


def _hours(contact: Contact, who: Who, holds: list[Said], numbers: Numbers) -> Iterator[str]:
    clocks = [_clock(contact.at, zone) for zone in who.zones]
    agreed = [each.minutes for each in holds if each.kind == "consent"]
    open_clocks = [(day, minute) for day, minute in clocks if not any(start <= minute < end for start, end in agreed)]
    if contact.content in COLLECTING:
        if _consumer(who, "CN") and any(
            minute >= numbers.night_from or minute < numbers.night_until for _day, minute in open_clocks
        ):
            yield "T1 T2 no collection from 22:00 to 8:00 without the debtor's consent"
        if (
            _us(who)
            and contact.channel != "letter"
            and any(minute < 8 * 60 or minute >= 21 * 60 for _day, minute in open_clocks)
        ):
            yield "T17 not before 8:00 nor after 21:00 in the consumer's own time"
    if contact.content in ("reply", "confirm") and contact.channel in ("phone", "visit"):
        night = (21 * 60, 8 * 60) if who.country == "US" else (22 * 60, 8 * 60)
        known = who.country == "CN" or _us(who)
        if known and any(minute >= night[0] or minute < night[1] for _day, minute in open_clocks):
            yield "nobody is rung up at night, not even to be answered"
    if contact.channel == "visit" and who.country == "CN" and any(day in who.holidays for day, _minute in open_clocks):
        yield "T10 no visits on public holidays"
    if not contact.watched and who.country == "CN" and contact.content in COLLECTING:
        off = [(day, minute) for day, minute in open_clocks if day in who.rest or day in who.holidays]
        late = [minute for _day, minute in open_clocks if not 9 * 60 <= minute < 18 * 60]
        if not who.person and contact.channel in ("phone", "visit") and (off or late):
            yield "T9 businesses on working days from 9:00 to 18:00"
        if who.person and contact.channel == "phone" and any(day in who.holidays for day, _minute in open_clocks):
            yield "T10 no calls on public holidays"
        if who.person and contact.channel == "visit" and off:
            yield "T10 visits on working days only"
    for said in holds:
        if said.kind == "hours" and contact.content in COLLECTING:
            start, end = said.minutes
            if any(not start <= minute < end for _day, minute in clocks):
                yield "T20 C10 the hours the debtor asked for bind"


def _often(contact: Contact, who: Who, before: list[Was], numbers: Numbers) -> Iterator[str]:
    today = _day(contact.at, who)
    same_day = [each for each in before if _day(each.contact.at, who) == today]
    if contact.channel == "phone" and contact.content in PRESSING and _consumer(who, "CN"):
        talks = [each for each in same_day if each.contact.channel == "phone" and each.fate in ("talked", "open")]
        if len(talks) >= numbers.talks_a_day:
            yield "T3 at most three effective calls a day to one debtor, whoever made them"
        missed = [
            each
            for each in same_day
            if each.contact.channel == "phone"
            and each.contact.number == contact.number
            and each.fate in ("unanswered", "not_connected", "open")
        ]
        if len(missed) >= numbers.unanswered_a_day:
            yield "T5 at most six unanswered calls a day to one number"
    if _us(who) and contact.channel == "phone" and contact.content in PRESSING and contact.to == "self":
        about = [each for each in before if each.contact.channel == "phone" and each.contact.debt == contact.debt]
        first = today - (numbers.us_days - 1) * DAY
        placed = [each for each in about if _day(each.contact.at, who) >= first and each.fate != "not_connected"]
        if len(placed) >= numbers.us_calls:
            yield "T18 at most seven calls in seven consecutive days about one debt"
        if any(each.fate == "talked" and _day(each.contact.at, who) > today - 7 * DAY for each in about):
            yield "T18 no call within seven days after a conversation, its day being the first"
    if not contact.watched and who.country == "CN" and contact.content in PRESSING:
        mine = [each for each in before if each.contact.channel == contact.channel]
        if contact.channel in ("sms", "email") and any(_day(each.contact.at, who) == today for each in mine):
            yield "T7 one message a day"
        if contact.channel == "sms" and sum(each.contact.at > contact.at - 7 * DAY for each in mine) >= 3:
            yield "T7 three text messages in seven days"


def _lost(contact: Contact, who: Who, before: list[Was], numbers: Numbers) -> bool:
    """P3: so many calls in a row that failed, or so many days of them; then from the next day; reached: anew."""
    own = sorted((each for each in before if each.contact.to == "self"), key=lambda each: each.contact.at)
    failed: list[dt.date] = []
    for each in own:
        if each.fate == "talked":
            failed = []
        elif each.contact.channel == "phone" and each.fate in ("unanswered", "not_connected"):
            failed.append(_day(each.contact.at, who))
    today = _day(contact.at, who)
    earlier = [day for day in failed if day < today and (today - day).days <= numbers.lost_within]
    return len(earlier) >= numbers.lost_after or len(set(earlier)) >= 3


def _whom(contact: Contact, who: Who, before: list[Was], numbers: Numbers) -> Iterator[str]:
    pressed = contact.content in PRESSING
    if pressed and contact.to in ("contact", "other"):
        yield "P1 P13 nobody but those who owe is pressed, or learns of it"
    if pressed and contact.to == "spouse" and (who.country in ("CN", "GB") and not contact.proof):
        yield "P7 P13 a spouse only with proof that the household used it"
    if pressed and who.country == "CN" and contact.to in ("guarantor", "co_debtor", "heir") and not contact.proof:
        yield "P1 only within a contract or law that is proven"
    if contact.content == "locate" and contact.to in THIRD:
        if _consumer(who, "CN") and not contact.proof and not _lost(contact, who, before, numbers):
            yield "P2 P3 third persons only when the debtor can't be reached"
        spoken = [each for each in before if each.contact.number == contact.number and each.fate in ("talked", "open")]
        if _us(who) and any(each.contact.at > contact.at - 365 * DAY for each in spoken):
            yield "P12 location is asked of a third person once"
    if not contact.lawful_source and who.country == "CN":
        yield "P10 an uploaded phone book is no source"


def _means(contact: Contact, who: Who) -> Iterator[str]:
    if contact.channel == "sms" and contact.shared_route and contact.content in PRESSING:
        yield "T15 public cloud routes refuse dunning text"
    if contact.channel in ("phone", "sms", "email") and not contact.own_line:
        yield "B6 only registered lines"
    if _consumer(who, "CN") and contact.channel in ("phone", "visit") and not contact.certified and not contact.machine:
        yield "B15 trained and examined before starting"
    if contact.barred and contact.content == "formal" and (_us(who) or who.country == "CN"):
        yield "B20 L15 no threat of suit on a barred debt; in China counsel decides"
    if contact.barred and contact.content in ("demand", "formal") and _consumer(who, "GB"):
        yield "C12 a barred debt is not demanded as if it could be enforced"


def _answers(contact: Contact, before: list[Was], holds: list[Said]) -> Iterator[str]:
    if contact.content in ("reply", "confirm") and not contact.answering:
        yield "an answer, or a confirmation, without anything of theirs is a demand in disguise"
    once = [
        each
        for each in before
        if each.contact.content == contact.content and each.fate not in ("not_connected", "failed")
    ]
    for said in holds:
        since = any(each.contact.at >= said.at for each in once)
        if said.kind in ("opt_out", "cease") and contact.content == "confirm" and since:
            yield "C10 one confirmation"


def _stops(contact: Contact, who: Who, before: list[Was], holds: list[Said]) -> Iterator[str]:
    kinds = {each.kind for each in holds}
    collecting, pressing = contact.content in COLLECTING, contact.content in PRESSING
    if "opt_out" in kinds and collecting:
        yield "C10 opted out: at once, but for one confirmation"
    if "stop_word" in kinds:
        yield "P5 on refusal: never again"
    if "cease" in kinds and _us(who) and contact.content not in ("notice", "confirm"):
        yield "C9 asked in writing that contact stop: one notice is left"
    for each in holds:
        if each.kind == "cease" and _us(who) and contact.content == "notice":
            given = [was for was in before if was.contact.content == "notice" and was.contact.at >= each.at]
            if any(was.fate != "not_connected" for was in given):
                yield "C9 the one notice has been given"
    if "represented" in kinds and _us(who) and collecting and contact.to not in ("lawyer", "representative"):
        yield "P11 only the lawyer"
    for each in holds:
        if each.kind == "dispute" and _us(who) and collecting:
            yield "C7 disputed in writing: stop until it is verified"
        if each.kind == "dispute" and who.country == "CN" and not who.person and each.whole and pressing:
            yield "C6 only the undisputed part is demanded"
        paused = each.kind == "complaint" and not contact.watched and contact.at < each.at + 15 * DAY
        called = contact.channel in ("phone", "visit") and contact.content in ("reminder", "demand", "locate")
        if paused and called:
            yield "C2 calls and visits pause until it is answered, fifteen days at most"
    if (
        "promise" in kinds
        and not contact.watched
        and pressing
        and contact.channel in ("phone", "sms", "email", "visit")
    ):
        yield "4 none until the promised date"
    if "agreement" in kinds and _consumer(who, "CN") and collecting:
        yield "B18 on signature collection stops"
    if "breach" in kinds and _consumer(who, "CN") and collecting:
        yield "B18 it resumes on breach, after notice"
    if "deceased" in kinds and contact.to == "self" and collecting:
        yield "31 the dead are not pressed"
    if "minor" in kinds and contact.to == "self" and collecting:
        yield "31 a minor is not pressed"
    if "incapable" in kinds and contact.to in ("self", "spouse", "contact", "other") and collecting:
        yield "P2 who lacks capacity is not pressed, nor are others: the guardian is asked"
    if kinds & {"hospital", "hardship", "minor", "incapable"} and (contact.machine or contact.channel == "visit"):
        yield "C13 human only, no automated call, no visit"
    if "bankruptcy" in kinds and collecting:
        yield "L24 C14 single payments are not demanded"
    if "fraud" in kinds and collecting:
        yield "31 while fraud is looked into collection stops"
    if "line" in kinds and contact.content in ("reminder", "demand", "locate"):
        yield "B6 the case is held until a supervisor has looked at it"
    if "moratorium" in kinds and collecting:
        yield "C11 breathing space"
