"""How the demo institution reaches its debtors: who is certified, from which lines, what customers asked for, messages to
many, and a round of visits planned for the morning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from liangqing.cases.models import Case
from liangqing.house.demo.days import LAST_NIGHT, after
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import dispatches, guard, lines, rounds
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.queries.facts import Wish
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Hold
from liangqing.people.actions import certificates
from liangqing.people.duties import Duty
from liangqing.people.models import Certificate, User

_LINES = (
    (Channel.PHONE, "02160000010", "催收热线"),
    (Channel.SMS, "106900001234", "自有短信端口"),
    (Channel.EMAIL, "ar@licheng.example", "应收账款管理部邮箱"),
)
_ASKED, _EVENING, _SENT = (after(LAST_NIGHT, -days) for days in (20, 3, 2))
_WISHES = (
    (Hold.HOURS, "", (13 * 60, 18 * 60), "客户来电：上午开会，请下午联系"),
    (Hold.OPT_OUT, Channel.SMS, None, "回复“退订”"),
    (Hold.COMPLAINT, "", None, "投诉送货延误，客服部处理中"),
)


def prepare(people: Mapping[str, User]) -> None:
    """Certificates of those who speak with debtors, and the lines they use."""
    for person in people.values():
        if {Duty.COLLECT.value, Duty.SELL.value}.intersection(person.duties):
            certificates.grant(
                person,
                Certificate.Kind.COLLECTION,
                from_on=dt.date(2026, 1, 10),
                until_on=dt.date(2027, 1, 10),
                by=None,
                note="年度催收业务与合规培训，考试合格",
            )
    for channel, value, name in _LINES:
        lines.register(channel, value, by=None, name=name)


def live(day: dt.date, people: Mapping[str, User]) -> None:
    """What happens about reaching debtors on this day."""
    if day == _ASKED:
        with clock.at(dt.datetime.combine(day, dt.time(10, 30))):
            _wishes()
    elif day == _EVENING:
        with clock.at(dt.datetime.combine(day, dt.time(22, 15))):
            _too_late()
    elif day == _SENT:
        with clock.at(dt.datetime.combine(day, dt.time(10))):
            _to_many(people)
    elif day == after(LAST_NIGHT, -1):
        with clock.at(dt.datetime.combine(day, dt.time(16))):
            _round(people)


def _open_cases() -> list[Case]:
    found = Case.objects.filter(stage="open", owner__isnull=False).select_related("party", "creditor", "owner")
    return list(found.order_by("id"))


def _wishes() -> None:
    """Customers say when and how they want to be reached, one complains."""
    for case, (kind, channel, hours, reason) in zip(_open_cases(), _WISHES, strict=False):
        restraints.place(case.party, kind, channel=channel, hours=hours, reason=reason, by=case.owner)


def _too_late() -> None:
    """Somebody reaches for the telephone at night: a private customer is not called, and the receipt says why."""
    own_line = _LINES[0][1]
    for case in _open_cases():
        phone = Contact.objects.filter(party=case.party, kind=Contact.Kind.PHONE, role="self").first()
        if case.party.kind == "person" and phone is not None:
            guard.ask(
                Wish(case.party, Channel.PHONE, Content.DEMAND, case.creditor, phone, line=own_line, by=case.owner,
                     case=case.number)
            )  # fmt: skip
            return


def _to_many(people: Mapping[str, User]) -> None:
    """A friendly reminder to everybody mildly late, looked at and not sent yet: no provider is set up in the demo."""
    mild = [case for case in _open_cases() if case.level == "mild"][:40]
    made = dispatches.make(
        "月末友好提醒",
        channel=Channel.EMAIL,
        content=Content.REMINDER,
        to=[dispatches.To(case.party_id, case.creditor_id, case.number, {"level": case.level}) for case in mild],
        by=people["xu"],
    )
    dispatches.look(made, by=people["xu"])


def _round(people: Mapping[str, User]) -> None:
    """Two go out tomorrow, in the area where most is severely late."""
    severe = [case for case in _open_cases() if case.level == "severe" and case.party.area]
    areas = sorted(
        {case.party.area for case in severe}, key=lambda area: (-sum(c.party.area == area for c in severe), area)
    )
    for area in areas:
        households = [
            rounds.Household(case.party, case.creditor, case.number) for case in severe if case.party.area == area
        ]
        try:
            rounds.plan(
                area=area,
                on=LAST_NIGHT,
                people=[people["ma"], people["zheng"]],
                households=households[:12],
                by=people["ma"],
            )
        except Refusal:  # nobody there has an address
            continue
        return
