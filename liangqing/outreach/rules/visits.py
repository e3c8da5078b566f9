"""What a visit may say of itself, and how it counts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import clause
from liangqing.kit.money import CURRENCIES, Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.rules.facts import Outcome

NOBODY = "nobody"
LONGEST = 4000
"""Characters of a text; a longer account is a document."""
"""Who does not answer for the debt: there one only asks to be called back."""


@dataclass(frozen=True)
class Cash:
    """Money taken at the door, as the debtor paid it: so much principal, so much interest, in minor units, and the number
    of the receipt the debtor was given."""

    principal: int = 0
    interest: int = 0
    currency: str = "CNY"
    number: str = ""
    bill: str = ""

    @property
    def total(self) -> int:
        return self.principal + self.interest


EARTH_M = 6_371_008.8
"""Mean radius of the earth, in metres."""


@dataclass(frozen=True)
class Position:
    """Where a device or a picture said it was, in degrees, and how exactly (metres). As a text it is what is sealed."""

    latitude: Decimal
    longitude: Decimal
    accuracy_m: int | None = None

    def __str__(self) -> str:
        within = "" if self.accuracy_m is None else f" ±{self.accuracy_m} m"
        return f"{self.latitude:.5f}, {self.longitude:.5f}{within}"

    @property
    def coarse(self) -> str:
        """Masked: about ten kilometres."""
        return f"{self.latitude:.1f}***, {self.longitude:.1f}***"

    @property
    def on_earth(self) -> bool:
        return abs(self.latitude) <= 90 and abs(self.longitude) <= 180

    @classmethod
    def read(cls, text: str) -> Position | None:
        """What ``str`` wrote; None of an empty text."""
        if not text:
            return None
        place, _mark, within = text.removesuffix(" m").partition(" ±")
        latitude, longitude = place.split(", ")
        return cls(Decimal(latitude), Decimal(longitude), int(within) if within else None)

    def metres_to(self, other: Position) -> int:
        """Along a great circle."""
        here, there = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
        return round(2 * EARTH_M * math.asin(math.sqrt(min(half, 1.0))))


@dataclass(frozen=True)
class Moment:
    """A time and a place somebody or something tells, as far as it does."""

    at: dt.datetime | None = None
    place: Position | None = None


@dataclass(frozen=True)
class Told:
    """What somebody tells of a visit. ``result`` is a code of the policy's table case.result; ``at`` the instant of it
    where it is told later, from a device that was off the line."""

    result: str
    met: str
    found: str = "unknown"
    signed: bool = False
    cash: Cash | None = None
    intends: bool = False
    intention: str = ""
    promise: tuple[Money, dt.date] | None = None
    lapsed: bool = False
    lapsed_said: str = ""
    note: str = ""
    position: Position | None = None
    at: dt.datetime | None = None
    chosen: Mapping[str, Moment] = dataclasses.field(default_factory=dict)
    """When and where the device was as its slip and its photos were chosen: ``slip`` and ``photos``."""


@clause("P4-3.3")
def departures(visit: Moment, told: Iterable[Moment], *, hours: int, metres: int) -> list[str]:
    """What of a picture departs from its visit by more than the terms allow: ``time``, ``place``, both or nothing. Of what
    is not told nothing is said; how exactly a place is known is given to it, up to the term itself."""
    found = set()
    for each in told:
        if visit.at and each.at and abs(each.at - visit.at) > dt.timedelta(hours=hours):
            found.add("time")
        if visit.place and each.place:
            unsure = sum(min(place.accuracy_m or 0, metres) for place in (visit.place, each.place))
            if visit.place.metres_to(each.place) > metres + unsure:
                found.add("place")
    return sorted(found, reverse=True)


def outcome_of(met: str) -> str:
    """How a visit counts when no case says it."""
    if met == NOBODY:
        return Outcome.UNANSWERED
    return Outcome.EFFECTIVE if met == "self" else Outcome.SOMEBODY


@clause("P4-3.3")
def check(told: Told, *, slips: int) -> None:
    """Raises ``Refusal`` (422, naming the ``field``) for what can't be so: money or a signature of nobody, a signature
    without its slip or a slip without a signature, cash without receipt number, a claim without its words."""
    nobody = told.met == NOBODY
    if told.signed and nobody:
        raise _wrong("met", _("Somebody must have signed. Say who was there."))
    if told.signed and not slips:
        raise _wrong("slip", _("Take a picture of the signed slip: without it the signature proves nothing."))
    if slips and not told.signed:
        raise _wrong("signed", _("There is a picture of a slip. Say that the notice was signed, or leave it out."))
    if told.lapsed and not told.lapsed_said.strip():
        raise _wrong("lapsed_said", _("Write down what was said about limitation."))
    for field, text in (("note", told.note), ("intention", told.intention), ("lapsed_said", told.lapsed_said)):
        if len(text) > LONGEST:
            raise Refusal(
                "text_too_long",
                _("This text has more than {most} characters. Shorten it."),
                status=422,
                field=field,
                most=LONGEST,
            )
    if told.promise and told.cash and told.cash.total and told.promise[0].currency != told.cash.currency:
        raise _wrong("currency", _("Write cash and promise in one currency."))
    where = told.position
    if where is not None and not where.on_earth:
        raise _wrong("position", _("This is no place on earth. Leave the position out."))
    _check_cash(told.cash, nobody)


def _check_cash(cash: Cash | None, nobody: bool) -> None:
    if cash is None:
        return
    if cash.principal < 0 or cash.interest < 0:
        raise _wrong("principal", _("Cash received can't be below zero."))
    if not cash.total:
        return
    if nobody:
        raise _wrong("met", _("Somebody must have paid. Say who was there."))
    if cash.currency not in CURRENCIES:
        raise _wrong("currency", _("Choose the currency of the cash."))
    if not cash.number.strip():
        raise _wrong("receipt_number", _("Write the number of the receipt the debtor was given."))


def _wrong(field: str, sentence: str | Promise) -> Refusal:
    return Refusal(f"wrong_{field}", sentence, status=422, field=field)
