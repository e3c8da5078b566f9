"""The worked examples of the rules of contact as data: what is asked, what went before, what must be answered.

Both forms of the guard answer them: the one for a single contact and the one for the portfolio.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from liangqing.outreach.rules.facts import Asked, Held, Past

CHINA = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")
LONDON = ZoneInfo("Europe/London")
AGES = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(text: str, zone: ZoneInfo = CHINA) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def call(
    text: str, outcome: str = "effective", *, number: str = "a1", debt: int = 1, recipient: str = "self",
    channel: str = "phone", zone: ZoneInfo = CHINA, content: str = "demand",
) -> Past:  # fmt: skip
    return Past(at(text, zone), channel, recipient, number, debt, outcome, content)


def ask(
    text: str, *, channel: str = "phone", content: str = "demand", recipient: str = "self", number: str = "a1",
    debt: int = 1, zone: ZoneInfo = CHINA, **more: object,
) -> Asked:  # fmt: skip
    return Asked(channel, content, at(text, zone), recipient=recipient, number=number, debt=debt, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Example:
    """``rules`` must all have spoken; ``earliest`` is local, and "never" where waiting does not help."""

    claim: str
    asked: Asked
    answer: str
    rules: tuple[str, ...] = ()
    regime: str = "cn_consumer"
    country: str = "CN"
    zone: str = ""
    past: tuple[Past, ...] = ()
    held: tuple[Held, ...] = ()
    earliest: dt.datetime | str | None = field(default=None)


def _since(kind: str, **more: object) -> Held:
    return Held(kind, AGES, **more)  # type: ignore[arg-type]


THREE = (call("2026-11-23 09:10"), call("2026-11-23 13:30", number="b2"), call("2026-11-23 18:20"))
SIX = tuple(call(f"2026-11-23 {hour:02d}:00", "unanswered") for hour in (8, 9, 10, 11, 13, 14))
FAILED_THREE_DAYS = tuple(call(f"2026-11-{day} 10:00", "unanswered") for day in (20, 21, 22))
SEVEN_US = tuple(call(f"2026-11-{day:02d} 10:00", "unanswered", zone=CHICAGO) for day in (10, 11, 12, 13, 14, 15, 16))
US = {"regime": "us_consumer", "country": "US", "zone": "America/Chicago"}
UK = {"regime": "uk_consumer", "country": "GB"}
CONTACT = {"recipient": "contact", "number": "c3", "content": "locate"}

EXAMPLES: tuple[Example, ...] = (
    # 1 quiet hours, in the debtor's own time
    Example("T1 08:10 passes: China has one legal time, in Urumqi too", ask("2026-11-23 08:10"), "allowed"),
    Example("T1 21:59 passes", ask("2026-11-23 21:59"), "allowed"),
    Example("T1 22:00 is refused until 08:00", ask("2026-11-23 22:00"), "refused", ("hours:T1",), earliest=at("2026-11-24 08:00")),
    Example("T1 07:59 is refused until 08:00", ask("2026-11-23 07:59"), "refused", ("hours:T1",), earliest=at("2026-11-23 08:00")),
    Example("T1 passes at night with the debtor's consent", ask("2026-11-23 22:30"), "allowed", held=(_since("consent", channel="phone", from_minute=1320, until_minute=1380),)),
    Example("T1 consent for another channel does not help", ask("2026-11-23 22:30"), "refused", ("hours:T1",), held=(_since("consent", channel="sms", from_minute=1320, until_minute=1380),)),
    Example("T17 Chicago at 20:30 China time is 06:30 there", ask("2026-11-23 20:30"), "refused", ("hours:T17",), earliest=at("2026-11-23 08:00", CHICAGO), **US),
    Example("T17 20:59 there passes", ask("2026-11-23 20:59", zone=CHICAGO), "allowed", **US),
    Example("T17 21:00 there is refused", ask("2026-11-23 21:00", zone=CHICAGO), "refused", ("hours:T17",), earliest=at("2026-11-24 08:00", CHICAGO), **US),
    Example("T17 where only the country is known every zone must be awake", ask("2026-11-23 08:30", zone=ZoneInfo("America/New_York")), "refused", ("hours:T17",), regime="us_consumer", country="US"),
    Example("T9 a business at 20:00 is a warning", ask("2026-11-23 20:00"), "allowed", ("hours:T9",), regime="cn_business"),
    Example("T9 what runs by itself takes a warning as no", ask("2026-11-23 20:00", attended=False), "refused", ("hours:T9",), regime="cn_business", earliest=at("2026-11-24 09:00")),
    # 2 the calendar
    Example("T10 a visit on National Day is refused until the next working day at nine", ask("2026-10-01 10:00", channel="visit"), "refused", ("hours:T10-national",), earliest=at("2026-10-08 09:00")),
    Example("T10 a Saturday worked in exchange is a working day", ask("2026-10-10 10:00", channel="visit"), "allowed"),
    # 3 caps
    Example("T3 the fourth effective call of the day is refused, whoever made the others", ask("2026-11-23 19:00"), "refused", ("cap:T3",), past=THREE, earliest=at("2026-11-24 08:00")),
    Example("T3 two effective calls leave a third", ask("2026-11-23 19:00"), "allowed", past=THREE[:2]),
    Example("T3 yesterday's calls do not count", ask("2026-11-24 08:00"), "allowed", past=THREE),
    Example("T3 a call under way counts as what it may become", ask("2026-11-23 19:00"), "refused", ("cap:T3",), past=(*THREE[:2], call("2026-11-23 18:59", "open"))),
    Example("T5 the seventh unanswered call to a number needs approval", ask("2026-11-23 15:00"), "approval", ("cap:T5",), past=SIX, earliest=at("2026-11-24 08:00")),
    Example("T5 another number has its own count", ask("2026-11-23 15:00", number="b2"), "allowed", past=SIX),
    Example("T5 an approval lifts it", ask("2026-11-23 15:00", exempt=frozenset(("cap:T5",))), "allowed", past=SIX),
    Example("T7 a second text message of the day is a warning", ask("2026-11-23 15:00", channel="sms"), "allowed", ("cap:T7-sms-day",), past=(call("2026-11-23 09:00", "sent", channel="sms"),)),
    Example("T18 the eighth call in seven days about a debt is refused", ask("2026-11-16 15:00", zone=CHICAGO), "refused", ("cap:T18",), past=SEVEN_US, earliest=at("2026-11-17 08:00", CHICAGO), **US),
    Example("T18 another debt has its own count", ask("2026-11-16 15:00", zone=CHICAGO, debt=2), "allowed", past=SEVEN_US, **US),
    Example("T18 calls that did not connect are not counted", ask("2026-11-16 15:00", zone=CHICAGO), "allowed", past=(*SEVEN_US[:6], call("2026-11-16 10:00", "not_connected", zone=CHICAGO)), **US),
    Example("T19 a text message is not in that count", ask("2026-11-16 15:00", zone=CHICAGO, channel="sms"), "allowed", past=SEVEN_US, **US),
    # 4 quiet after an event
    Example("T18 after a conversation on 2 November the next call is on the 9th", ask("2026-11-08 15:00", zone=CHICAGO), "refused", ("cooloff:T18-conversation",), past=(call("2026-11-02 10:00", zone=CHICAGO),), earliest=at("2026-11-09 08:00", CHICAGO), **US),
    Example("T18 on the 9th it passes", ask("2026-11-09 08:00", zone=CHICAGO), "allowed", past=(call("2026-11-02 10:00", zone=CHICAGO),), **US),
    Example("C2 a complaint pauses calls of the machine", ask("2026-01-10 10:00", attended=False), "refused", ("restraint:C2",), held=(_since("complaint"),), earliest=AGES + dt.timedelta(days=15)),
    Example("C2 for fifteen days at most", ask("2026-01-16 10:00", attended=False), "allowed", held=(_since("complaint"),)),
    Example("C2 the answer to the complaint goes out", ask("2026-01-05 10:00", attended=False, content="reply"), "allowed", held=(_since("complaint"),)),
    Example("a running promise is a warning until the day after it", ask("2026-01-10 10:00"), "allowed", ("restraint:PROMISE",), held=(_since("promise", until=at("2026-01-21 00:00")),)),
    # 6 who may be pressed
    Example("P1 a contact person is not pressed", ask("2026-11-23 10:00", recipient="contact", number="c3"), "refused", ("condition:P1-contact",), earliest="never"),
    Example("P10 a number from an uploaded phone book is not used", ask("2026-11-23 10:00", reserved=False), "refused", ("condition:P10",), earliest="never"),
    Example("P1 a guarantor with a signed contract is asked", ask("2026-11-23 10:00", recipient="guarantor", proof=True), "allowed"),
    Example("P1 a guarantor without one is not", ask("2026-11-23 10:00", recipient="guarantor"), "refused", ("condition:P1-proof",)),
    Example("P7 a spouse with proof of family use is asked", ask("2026-11-23 10:00", recipient="spouse", proof=True), "allowed"),
    Example("P7 a spouse without is not", ask("2026-11-23 10:00", recipient="spouse"), "refused", ("condition:P7-spouse",)),
    # 7 third persons
    Example("P3 on the third failed day nobody else is asked yet", ask("2026-11-22 15:00", **CONTACT), "refused", ("condition:P2-gate",), past=FAILED_THREE_DAYS),
    Example("P3 from the next day one contact may be asked to pass on a message", ask("2026-11-23 10:00", **CONTACT), "allowed", past=FAILED_THREE_DAYS),
    Example("P3 reaching the debtor begins anew", ask("2026-11-23 10:00", **CONTACT), "refused", ("condition:P2-gate",), past=(*FAILED_THREE_DAYS, call("2026-11-22 20:00"))),
    Example("P3 wrong numbers only is lost too", ask("2026-11-23 10:00", unreachable=True, **CONTACT), "allowed"),
    Example("P5 who refused is left alone for ever", ask("2026-11-23 10:00", **CONTACT), "refused", ("restraint:P5",), past=FAILED_THREE_DAYS, held=(_since("stop_word", number="c3"),), earliest="never"),
    Example("P5 holds for that number alone", ask("2026-11-23 10:00", recipient="contact", number="d4", content="locate"), "allowed", past=FAILED_THREE_DAYS, held=(_since("stop_word", number="c3"),)),
    Example("P6 a second conversation with a third person is a warning", ask("2026-11-23 10:00", **CONTACT), "allowed", ("cap:P6-case",), past=(*FAILED_THREE_DAYS, call("2026-11-20 11:00", number="c3", recipient="contact"))),
    Example("P12 location is asked of a third person once", ask("2026-11-23 10:00", zone=CHICAGO, **CONTACT), "refused", ("cap:P12-once",), past=(call("2026-11-02 11:00", number="c3", recipient="contact", zone=CHICAGO),), **US),
    Example("P13 nobody else learns of it", ask("2026-11-23 10:00", recipient="contact", zone=LONDON), "refused", ("condition:P13-third",), **UK),
    Example("P2 the heir of the dead is asked, by approval", ask("2026-11-23 10:00", recipient="heir", number="h1", proof=True), "approval", ("restraint:DEAD-heir",), held=(_since("deceased"),)),
    Example("P2 nobody is an heir without proof", ask("2026-11-23 10:00", recipient="heir", number="h1"), "refused", ("condition:P1-proof",), held=(_since("deceased"),)),
    Example("P2 others are not asked after the dead", ask("2026-11-23 10:00", **CONTACT), "refused", ("restraint:DEAD-self",), past=FAILED_THREE_DAYS, held=(_since("deceased"),), earliest="never"),
    Example("P2 the guardian of somebody without capacity is asked", ask("2026-11-23 10:00", recipient="guardian", number="g1", proof=True), "allowed", held=(_since("incapable"),)),
    Example("P2 nobody is a guardian without proof", ask("2026-11-23 10:00", recipient="guardian", number="g1"), "refused", ("condition:P2-guardian",), held=(_since("incapable"),)),
    Example("P2 who lacks capacity is not pressed", ask("2026-11-23 10:00"), "refused", ("restraint:INCAPABLE",), held=(_since("incapable"),), earliest="never"),
    Example("P2 nor are others for them", ask("2026-11-23 10:00", **CONTACT), "refused", ("restraint:INCAPABLE",), past=FAILED_THREE_DAYS, held=(_since("incapable"),), earliest="never"),
    Example("P2 the guardian of a minor is asked", ask("2026-11-23 10:00", recipient="guardian", number="g1", proof=True), "allowed", held=(_since("minor"),)),
    # 8 opting out
    Example("C10 after opting out of e-mail no e-mail goes", ask("2026-11-23 10:00", channel="email"), "refused", ("restraint:R-optout",), held=(_since("opt_out", channel="email"),), earliest="never"),
    Example("C10 text messages go on", ask("2026-11-23 10:00", channel="sms"), "allowed", held=(_since("opt_out", channel="email"),)),
    Example("C10 one confirmation is allowed", ask("2026-11-23 10:00", channel="email", content="confirm"), "allowed", held=(_since("opt_out", channel="email"),)),
    Example("C10 a second one is not", ask("2026-11-23 10:00", channel="email", content="confirm"), "refused", ("restraint:C10-once",), past=(call("2026-11-20 10:00", "sent", channel="email", content="confirm"),), held=(_since("opt_out", channel="email"),), earliest="never"),
    Example("C10 what was confirmed before the wish is no confirmation of it", ask("2026-11-23 10:00", channel="email", content="confirm"), "allowed", past=(call("2025-11-20 10:00", "sent", channel="email", content="confirm"),), held=(_since("opt_out", channel="email"),)),
    Example("C10 without a wish there is nothing to confirm", ask("2026-11-23 10:00", channel="sms", content="confirm", answering=False), "refused", ("condition:CONFIRM",), earliest="never"),
    Example("C9 who asked in writing that contact stop is left alone but for a notice", ask("2026-11-23 10:00", zone=CHICAGO), "refused", ("restraint:C9",), held=(_since("cease"),), **US),
    Example("C9 the notice goes", ask("2026-11-23 10:00", zone=CHICAGO, content="notice", channel="letter"), "allowed", held=(_since("cease"),), **US),
    Example("C9 a second notice does not", ask("2026-11-23 10:00", zone=CHICAGO, content="notice", channel="letter"), "refused", ("restraint:C9-notice",), past=(call("2026-11-02 10:00", "delivered", channel="letter", content="notice", zone=CHICAGO),), held=(_since("cease"),), earliest="never", **US),
    Example("C9 a notice that did not arrive leaves another", ask("2026-11-23 10:00", zone=CHICAGO, content="notice", channel="letter"), "allowed", past=(call("2026-11-02 10:00", "failed", channel="letter", content="notice", zone=CHICAGO),), held=(_since("cease"),), **US),
    # an answer answers something
    Example("an answer at night to who wrote goes out", ask("2026-11-23 22:30", channel="sms", content="reply"), "allowed"),
    Example("a demand does not pass as an answer to nothing", ask("2026-11-23 22:30", channel="sms", content="reply", answering=False), "refused", ("condition:ANSWER",), earliest="never"),
    Example("nobody is rung up at night, not even to be answered", ask("2026-11-23 23:00", content="reply"), "refused", ("hours:T1-reply",), earliest=at("2026-11-24 08:00")),
    # 9 what the debtor asks for
    Example("T20 after 18:00 only", ask("2026-11-23 10:00", zone=LONDON), "refused", ("restraint:T20-wish",), held=(_since("hours", from_minute=1080, until_minute=1440),), earliest=at("2026-11-23 18:00", LONDON), **UK),
    Example("T20 at 18:30 it passes", ask("2026-11-23 18:30", zone=LONDON), "allowed", held=(_since("hours", from_minute=1080, until_minute=1440),), **UK),
    Example("T20 who asks not to be visited at work is not", ask("2026-11-23 10:00", channel="visit", place="employer", zone=LONDON), "refused", ("restraint:T20-place",), held=(_since("place", place="employer"),), earliest="never", **UK),
    Example("9 in China too, as the institution's own rule", ask("2026-11-23 10:00", channel="visit", place="employer"), "refused", ("restraint:WISH-place",), held=(_since("place", place="employer"),)),
    Example("9 at home they are", ask("2026-11-23 10:00", channel="visit", place="self"), "allowed", held=(_since("place", place="employer"),)),
    Example("9 no reminder by letter either", ask("2026-11-23 10:00", channel="letter", content="reminder", place="employer"), "refused", ("restraint:WISH-place-letter",), held=(_since("place", place="employer"),)),
    Example("9 a formal letter goes", ask("2026-11-23 10:00", channel="letter", content="formal", place="employer"), "allowed", held=(_since("place", place="employer"),)),
    Example("9 a call has no place", ask("2026-11-23 10:00", place="employer"), "allowed", held=(_since("place", place="employer"),)),
    Example("P11 the represented speak through their lawyer", ask("2026-11-23 10:00", zone=CHICAGO), "refused", ("restraint:P11",), held=(_since("represented"),), **US),
    Example("P11 the lawyer is reached", ask("2026-11-23 10:00", zone=CHICAGO, recipient="lawyer"), "allowed", held=(_since("represented"),), **US),
    # 12, 13, 14 route, line, person
    Example("T15 dunning text does not go by a shared cloud route", ask("2026-11-23 10:00", channel="sms", route="shared"), "refused", ("condition:T15",)),
    Example("T15 an own port carries it", ask("2026-11-23 10:00", channel="sms"), "allowed"),
    Example("B6 an unregistered mobile is refused", ask("2026-11-23 10:00", line_registered=False), "refused", ("condition:B6",)),
    Example("B15 without a valid certificate no call", ask("2026-11-23 10:00", certified=False), "refused", ("condition:B15",)),
    # 20 past limitation
    Example("B20 a time-barred debt is not threatened with suit", ask("2026-11-23 10:00", zone=CHICAGO, content="formal", channel="letter", barred=True), "refused", ("condition:B20",), **US),
    Example("L15 in China counsel decides", ask("2026-11-23 10:00", content="formal", channel="letter", barred=True), "approval", ("condition:L15",)),
    Example("C12 nor demanded in the United Kingdom", ask("2026-11-23 10:00", zone=LONDON, barred=True), "refused", ("condition:C12",), **UK),
    # 29, 30, 31 dispute, agreement, circumstances
    Example("C6 a dispute about part leaves the rest", ask("2026-11-23 10:00"), "allowed", ("restraint:C6-part",), regime="cn_business", held=(_since("dispute", whole=False),)),
    Example("C6 a dispute about all stops the demand", ask("2026-11-23 10:00"), "refused", ("restraint:C6",), regime="cn_business", held=(_since("dispute"),)),
    Example("C7 in the United States any dispute stops collection on the debt", ask("2026-11-23 10:00", zone=CHICAGO), "refused", ("restraint:C7",), held=(_since("dispute", whole=False, debt=1),), **US),
    Example("C7 another debt goes on", ask("2026-11-23 10:00", zone=CHICAGO, debt=2), "allowed", held=(_since("dispute", whole=False, debt=1),), **US),
    Example("B18 a kept agreement stops collection", ask("2026-11-23 10:00"), "refused", ("restraint:B18",), held=(_since("agreement"),)),
    Example("B18 the notice of a missed instalment itself goes out", ask("2026-11-23 10:00", content="notice", channel="letter"), "allowed", held=(_since("breach"),)),
    Example("B18 a missed instalment is no leave to demand: first the notice", ask("2026-11-23 10:00"), "refused", ("restraint:B18-breach",), held=(_since("breach"),), earliest="never"),
    Example("B18 once notice is given collection resumes", ask("2026-11-23 10:00"), "allowed", held=(_since("breach", until=at("2026-11-23 09:00")),)),
    Example("B18 a company that broke an agreement is told first too", ask("2026-11-23 10:00"), "refused", ("restraint:B18-breach-else",), regime="cn_business", held=(_since("breach"),)),
    Example("the dead are not pressed", ask("2026-11-23 10:00"), "refused", ("restraint:DEAD-self",), held=(_since("deceased"),), earliest="never"),
    Example("an heir is asked with an approval", ask("2026-11-23 10:00", recipient="heir", proof=True), "approval", ("restraint:DEAD-heir",), held=(_since("deceased"),)),
    Example("L24 after bankruptcy is accepted single payments are not demanded", ask("2026-11-23 10:00"), "refused", ("restraint:L24",), regime="cn_business", held=(_since("bankruptcy"),)),
    Example("while fraud is looked into collection stops", ask("2026-11-23 10:00"), "refused", ("restraint:FRAUD",), held=(_since("fraud"),)),
    Example("C13 somebody in hardship is not visited", ask("2026-11-23 10:00", channel="visit"), "refused", ("restraint:C13-visit",), held=(_since("hardship"),)),
    Example("C13 a person asks somebody in hardship what is the matter first", ask("2026-11-23 10:00"), "allowed", ("restraint:C13",), held=(_since("hardship"),)),
    Example("C13 a machine does not", ask("2026-11-23 10:00", automated=True), "refused", ("restraint:C13-auto",), held=(_since("hardship"),)),
    Example("C14 nor is a person whose bankruptcy was accepted asked", ask("2026-11-23 10:00"), "refused", ("restraint:C14",), held=(_since("bankruptcy"),)),
    Example("C13 somebody in hospital is not called by a machine", ask("2026-11-23 10:00", automated=True), "refused", ("restraint:C13-auto",), held=(_since("hospital"),)),
    Example("a minor is not pressed", ask("2026-11-23 10:00"), "refused", ("restraint:MINOR",), held=(_since("minor"),)),
    Example("B6 a case held for an unregistered line waits for a supervisor", ask("2026-11-23 10:00"), "refused", ("restraint:LINE",), held=(_since("line"),), earliest="never"),
    Example("B6 a notice the law asks for goes on meanwhile", ask("2026-11-23 10:00", content="notice"), "allowed", held=(_since("line"),)),
    Example("C11 a moratorium stops collection until it ends", ask("2026-11-23 10:00", zone=LONDON), "refused", ("restraint:C11",), held=(_since("moratorium", until=at("2026-12-01 00:00", LONDON)),), earliest=at("2026-12-01 08:00", LONDON), **UK),
)  # fmt: skip
