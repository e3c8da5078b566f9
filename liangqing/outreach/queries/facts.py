"""What the guard must know of one customer: few queries, each by an index, however much is stored."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from liangqing import policy
from liangqing.kit import clock, sealing
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.queries.days import kind_of_day
from liangqing.outreach.queries.gathering import HeldRow, gather
from liangqing.outreach.queries.visits import signed_on
from liangqing.outreach.rules import guard
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS, Asked, Debtor, Held, Outcome
from liangqing.outreach.rules.zones import local, zones
from liangqing.parties.models import Contact, Creditor, Hold, Party, Role
from liangqing.parties.queries.members import customer
from liangqing.parties.rules.ways import same
from liangqing.people.models import Certificate, User
from liangqing.policy import Policy
from liangqing.receivables.models import Bill
from liangqing.receivables.queries.account import still_open
from liangqing.receivables.queries.limitation import may_have_passed
from liangqing.receivables.rules.limitation import years_after

OWN_ROLES = {
    Party.Kind.PERSON.value: frozenset((Role.SELF,)),
    Party.Kind.COMPANY.value: frozenset((Role.SELF, Role.COLLEAGUE, Role.EMPLOYER)),
}
"""Who answers there and is the debtor: of a company, whoever works for it."""
SAME_WORD = frozenset(Recipient.values) & frozenset(Role.values)
KIND_OF = {
    Channel.PHONE: "phone",
    Channel.SMS: "phone",
    Channel.EMAIL: "email",
    Channel.LETTER: "address",
    Channel.VISIT: "address",
}
WISHES = frozenset((Hold.OPT_OUT, Hold.STOP_WORD, Hold.CEASE, Hold.HOURS, Hold.PLACE, Hold.REPRESENTED, Hold.CONSENT))
"""Restraints that a customer, or somebody in their place, asked for: heard, they may be confirmed."""
ON_LINES = frozenset((Channel.PHONE, Channel.SMS, Channel.EMAIL, Channel.WECHAT))


@dataclass(frozen=True)
class Wish:
    """A contact somebody or something wants: with whom, about whose money, how, what for.

    Either a known ``contact`` or a raw ``value`` (number or address) with who answers there. ``line`` is our own number or
    account; empty where none is used. ``at`` is the instant of one that is reported afterwards (None: now).
    """

    party: Party
    channel: str
    content: str
    creditor: Creditor | None = None
    contact: Contact | None = None
    value: str = ""
    recipient: str = ""
    line: str = ""
    by: User | None = None
    automated: bool = False
    at: dt.datetime | None = None
    case: str = ""

    @property
    def number(self) -> bytes:
        """The index of the number or address used; empty where none is named."""
        if self.contact is not None:
            return bytes(self.contact.value_index)
        kind = KIND_OF.get(Channel(self.channel), "address")
        return sealing.index(same(kind, self.value)) if self.value.strip() else b""

    @property
    def told(self) -> str:
        return self.contact.value if self.contact is not None else " ".join(self.value.split())


@dataclass(frozen=True)
class Ground:
    """What is known of one customer towards one creditor at an instant, whatever contact is then asked for."""

    kept: Party
    ids: list[int]
    creditor: Creditor | None
    at: dt.datetime
    policy: Policy
    debtor: Debtor
    ways: tuple[tuple[str, str, str], ...]
    lines: tuple[tuple[str, str, bool], ...]
    exempt: tuple[tuple[str, tuple[str, ...]], ...]
    old: bool = True
    """Whether any bill fell due so long ago that limitation is a question."""
    wrote: tuple[tuple[str, dt.datetime], ...] = ()
    """By which channel and when the customer turned to us of late."""

    @property
    def day(self) -> dt.date:
        """The institution's own day: its rules count, though it may be tomorrow where the customer is."""
        return self.at.astimezone(clock.zone()).date()

    def line(self, channel: str) -> str:
        """The registered line by which whoever acts by hand contacts; empty where the channel has none."""
        return next((value for kind, value, _contracted in self.lines if kind == channel), "")

    @functools.cached_property
    def barred(self) -> bool:
        """Whether limitation may have passed for what is owed here."""
        if self.creditor is None or not self.old:
            return False
        proven = [
            local(each.at, self.debtor.zones[0])[0]
            for each in self.debtor.past
            if each.recipient == Recipient.SELF and each.outcome == Outcome.DELIVERED and each.channel == Channel.LETTER
        ]
        proven += signed_on(self.ids, self.creditor.pk)
        return may_have_passed(self.ids, self.creditor.pk, self.day, self.policy, proven)


@dataclass(frozen=True)
class Known:
    """Everything one decision rests on."""

    asked: Asked
    ground: Ground

    @property
    def debtor(self) -> Debtor:
        return self.ground.debtor

    @property
    def policy(self) -> Policy:
        return self.ground.policy

    @property
    def kept(self) -> Party:
        return self.ground.kept


def recipient_of(party: Party, role: str) -> str:
    """Who somebody with this role is, seen from the debt."""
    if role in OWN_ROLES[party.kind]:
        return Recipient.SELF
    return role if role in SAME_WORD else Recipient.CONTACT


def know(wish: Wish) -> Known:
    """Gather the facts of one contact."""
    ground = ground_of(wish.party, wish.creditor, wish.at or clock.now())
    return Known(asked_of(ground, wish, certified=wish.by is None or is_certified(wish.by, ground.day)), ground)


def ground_of(party: Party, creditor: Creditor | None, at: dt.datetime) -> Ground:
    """Who the customer is under all numbers, what went before, what holds back."""
    kept = customer(party)
    day = at.astimezone(clock.zone()).date()
    rules = policy.in_force(day).of(
        kept.pk, line=creditor.code if creditor else "", place=kept.country, debtor=kept.kind
    )
    regime = guard.regime(
        rules,
        place=kept.country or "CN",
        debtor=kept.kind,
        creditor=creditor.kind if creditor else Creditor.Kind.OWN,
    )
    names = zones(kept.country or "", kept.zone, settings.TIME_ZONE)
    known = gather(
        kept.pk,
        creditor.pk if creditor else None,
        at,
        since=at - horizon(rules, regime),
        day=day,
        heard=at - dt.timedelta(days=int(rules.terms["contact.answer_within_days"])),
        old=years_after(day, -int(rules.terms["limitation.years"])),
    )
    held = _held(known.held, known.ids, creditor, day)
    return Ground(
        kept=kept,
        ids=known.ids,
        creditor=creditor,
        at=at,
        policy=rules,
        debtor=Debtor(regime, names, kind_of_day(kept.country, known.days, around=day), known.past, held),
        ways=known.ways,
        lines=known.lines,
        exempt=known.exempt,
        old=known.old,
        wrote=known.wrote,
    )


def asked_of(ground: Ground, wish: Wish, *, certified: bool) -> Asked:
    """The contact that is asked for, on this ground."""
    recipient = wish.recipient or (recipient_of(ground.kept, wish.contact.role) if wish.contact else Recipient.SELF)
    return Asked(
        channel=wish.channel,
        content=wish.content,
        at=ground.at,
        recipient=recipient,
        number=wish.number.hex(),
        debt=ground.creditor.pk if ground.creditor else 0,
        attended=wish.by is not None and not wish.automated,
        automated=wish.automated,
        proof=bool(wish.contact and wish.contact.proof),
        reserved=not (wish.contact and wish.contact.source == Contact.Source.PHONE_BOOK),
        barred=wish.content in CONTENTS_THAT_PRESS and ground.barred,
        unreachable=_unreachable(ground),
        answering=_answering(ground, wish),
        place=wish.contact.role if wish.contact and wish.contact.kind == Contact.Kind.ADDRESS else "",
        certified=certified,
        exempt=frozenset(rule for channel, rules in ground.exempt if channel == wish.channel for rule in rules),
        **_line(ground, wish),
    )


def horizon(rules: Policy, regime: str) -> dt.timedelta:
    """How far back any rule of this regime looks."""
    days = [
        row.then["days"]
        for table in ("contact.cap", "contact.cooloff")
        for row in rules.tables[table].rows
        if "regime" not in row.when or row.when["regime"].holds(regime)  # type: ignore[arg-type]
    ]
    looked = [int(rules.terms[name]) for name in ("contact.lost_within_days", "contact.answer_within_days")]
    return dt.timedelta(days=max([*looked, *days]) + 2)


def _held(rows: tuple[HeldRow, ...], ids: list[int], creditor: Creditor | None, day: dt.date) -> tuple[Held, ...]:
    whole: dict[bool, bool] = {False: True}
    if any(map(_about_bills, rows)):
        whole[True] = _all_disputed([row for row in rows if _about_bills(row)], ids, creditor, day)
    return tuple(
        Held(
            kind=row.kind,
            since=row.since,
            until=row.until,
            channel=row.channel,
            number=row.number,
            debt=row.debt,
            from_minute=row.from_minute,
            until_minute=row.until_minute,
            whole=whole[_about_bills(row)],
            place=row.place,
        )
        for row in rows
    )


def _about_bills(row: HeldRow) -> bool:
    return row.kind == Hold.DISPUTE and bool(row.about)


def _all_disputed(disputes: list[HeldRow], ids: list[int], creditor: Creditor | None, day: dt.date) -> bool:
    """Whether disputes about single bills, taken together, cover all that is owed to the creditor."""

    def covered(bill: Bill, owed: int) -> bool:
        about = [row for row in disputes if row.about == bill.number and row.debt in (0, bill.creditor_id)]
        return any(row.amount is None for row in about) or sum(row.amount or 0 for row in about) >= owed

    return all(
        covered(each.bill, each.owed)
        for each in still_open(ids, day)
        if each.owed > 0 and (creditor is None or each.bill.creditor_id == creditor.pk)
    )


def _answering(ground: Ground, wish: Wish) -> bool:
    """Whether there is something to answer: they wrote or were spoken to of late, or a complaint or dispute stands, and where
    this channel was opted out of, by this very channel since; or, to be confirmed, a wish of theirs."""
    held = ground.debtor.held
    if wish.content == Content.CONFIRM:
        return any(each.kind in WISHES for each in held)
    out = [each.since for each in held if each.kind == Hold.OPT_OUT and each.channel in ("", wish.channel)]
    if out:
        return any(channel == wish.channel and at > max(out) for channel, at in ground.wrote)
    since = ground.at - dt.timedelta(days=int(ground.policy.terms["contact.answer_within_days"]))
    spoken = any(past.outcome == Outcome.EFFECTIVE and past.at > since for past in ground.debtor.past)
    return bool(ground.wrote) or spoken or any(each.kind in (Hold.COMPLAINT, Hold.DISPUTE) for each in held)


def _unreachable(ground: Ground) -> bool:
    """Whether every phone number of the debtor is known to be wrong, and there is one."""
    states = {validity for role, validity, _kind in ground.ways if role in OWN_ROLES[ground.kept.kind]}
    return states == {Contact.Validity.INVALID}


def is_certified(user: User, day: dt.date) -> bool:
    """Whether the person's training in collection counts on this day (GB/T 45251-2025 §5.2)."""
    return Certificate.objects.filter(
        user=user, kind=Certificate.Kind.COLLECTION, from_on__lte=day, until_on__gt=day
    ).exists()


def _line(ground: Ground, wish: Wish) -> dict[str, Any]:
    """Whether our own number is registered, and what route it is. An institution that has registered none for a channel
    is not asked for one, and of a contact that happened already one that is not said is not held to be a wrong one."""
    lines = {value: contracted for channel, value, contracted in ground.lines if channel == wish.channel}
    if wish.channel not in ON_LINES or not lines or (wish.at is not None and not wish.line):
        return {}
    known = wish.line in lines
    return {"line_registered": known, "route": "own" if not known or lines[wish.line] else "shared"}


def as_facts(known: Known) -> dict[str, Any]:
    """The asked contact and what was known, as the receipt keeps it: codes, numbers and instants, nothing personal."""
    asked = {
        name: value.isoformat()
        if isinstance(value, dt.datetime)
        else sorted(value)
        if isinstance(value, frozenset)
        else value
        for name, value in dataclasses.asdict(known.asked).items()
    }
    return {
        "asked": asked,
        "regime": known.debtor.regime,
        "zones": list(known.debtor.zones),
        "before": len(known.debtor.past),
        "held": sorted({held.kind for held in known.debtor.held}),
    }
