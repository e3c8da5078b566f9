"""The day's outlook over the whole portfolio: who may be asked for payment, by what, from when.

Nearly everybody stands alike: nothing was tried of late, nothing holds them back. Those are answered once for all who
share country, zone, rules and variant (a *standpoint*); who was tried or is held back, singly (``singly``).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from django.conf import settings

from liangqing.nightly.plan import Tables
from liangqing.outreach.kinds import Channel
from liangqing.outreach.queries.days import kind_of_day
from liangqing.outreach.rules import outlook, portfolio
from liangqing.outreach.rules.facts import Debtor, Held
from liangqing.outreach.rules.foretold import POINT, shape, told
from liangqing.outreach.rules.outlook import CHANNELS, Opening
from liangqing.outreach.rules.zones import midnight, zones
from liangqing.policy import Policy

WAYS = {"phone": "phone", "sms": "phone", "email": "email", "letter": "address", "visit": "address"}
"""What kind of contact each channel uses."""
ON_LINES = frozenset((Channel.PHONE.value, Channel.SMS.value, Channel.EMAIL.value))
_OPENINGS = shape(
    country="text", zone="text", regime="text", variant="small", channel="text", at_s="whole", minute="whole", rank="whole",
    usual_rank="whole", hours="text", others="text", route="text", way="text",
)  # fmt: skip


@dataclass(frozen=True)
class Standpoint:
    """What all who stand alike share; ``variant`` of the policy."""

    country: str
    zone: str
    regime: str
    variant: int

    @property
    def zones(self) -> tuple[str, ...]:
        return zones(self.country, self.zone, settings.TIME_ZONE)


def debts(night: Tables) -> ir.Table:
    """Who has something late towards whom: party_id, creditor_id, person_id (the customer it is), country, zone, regime,
    variant."""
    accounts, selves = night.table("accounts"), night.table("other_selves")
    late = accounts.filter(accounts.late > 0).select("party_id", "creditor_id").distinct()
    others = selves.select(other="party_id", kept="person_id")
    late = late.left_join(others, late.party_id == others.other)
    late = late.mutate(person_id=ibis.coalesce(late.kept, late.party_id))
    late = late.select("party_id", "creditor_id", "person_id")
    kept = night.table("parties").select(kept_id="party_id", debtor="kind", country="country")
    homes = selves.select(home_of="party_id", own_zone="zone")
    whose = night.table("creditor_kinds").select(whose="creditor_id", creditor="creditor_kind", line="creditor_code")
    late = late.join(kept, late.person_id == kept.kept_id)
    late = late.left_join(homes, late.person_id == homes.home_of)
    late = late.join(whose, late.creditor_id == whose.whose)
    # A customer's variant is that of the number that is kept.
    told = late.select(
        "creditor_id",
        "debtor",
        "creditor",
        "line",
        of_party=late.party_id,
        party_id=late.person_id,
        place=ibis.coalesce(late.country, ""),
        zone=ibis.coalesce(late.own_zone, ""),
    )
    told = told.mutate(variant=night.policy.variant_over(told))
    told = portfolio.with_regime(told, night.policy)
    return told.select(
        "creditor_id",
        "zone",
        "regime",
        "variant",
        party_id=told.of_party,
        person_id=told.party_id,
        country=told.place,
    )


@dataclass
class Day:
    """One day's outlook, as it is for all who share a standpoint."""

    night: Tables
    debts: ir.Table
    openings: ir.Table = field(init=False)
    points: list[Standpoint] = field(init=False)
    _lines: dict[str, bool] = field(init=False)
    _special_days: dict[dt.date, bool] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.night.arrow(self.debts.select(*POINT).distinct()).to_pylist()
        self.points = [Standpoint(**row) for row in rows]
        lines = self.night.arrow(self.night.table("lines")).to_pylist()
        self._lines = {row["channel"]: row["contracted"] for row in lines}
        days = self.night.arrow(self.night.table("special_days")).to_pylist()
        self._special_days = {row["on"]: row["works"] for row in days}
        self.openings = ibis.memtable(pa.Table.from_pylist([*self._usual_openings()], _OPENINGS))

    def usual(self) -> ir.Table:
        """What counts for all who share a standpoint, by channel."""
        rows = self.openings
        rank = ibis.greatest(rows.rank, rows.usual_rank)
        rules = (rows.hours + " " + rows.others).strip()
        return rows.select(*POINT, "channel", **told(rank, rows.minute, rules)).order_by(*POINT, "channel")

    def _usual_openings(self) -> Iterable[dict[str, Any]]:
        for point, channel in itertools.product(self.points, CHANNELS):
            opened = self.opening(point, channel, (), frozenset())
            line = self._line(channel)
            yield {
                **{name: getattr(point, name) for name in POINT},
                "channel": channel,
                "at_s": int(opened.at.timestamp()),
                "minute": opened.minute,
                "rank": opened.rank_of("hours"),
                "usual_rank": opened.rank_of("cap", "cooloff", "condition"),
                "hours": opened.rules("hours"),
                "others": opened.rules("cap", "cooloff", "condition"),
                "route": line.get("route", "own"),
                "way": WAYS[channel],
            }

    def opening(self, point: Standpoint, channel: str, held: tuple[Held, ...], exempt: frozenset[str]) -> Opening:
        start = midnight(self.night.date, 0, point.zones[0])
        asked = outlook.plain(channel, start, exempt=exempt, **self._line(channel))
        kind = kind_of_day(point.country, self._special_days, around=self.night.date)
        debtor = Debtor(point.regime, point.zones, kind, held=held)
        return outlook.opening(asked, debtor, self.rules(point), self.night.date)

    def _line(self, channel: str) -> dict[str, Any]:
        """The best of our own registered lines; an institution that registered none for a channel is not asked for one."""
        if channel not in ON_LINES or channel not in self._lines:
            return {}
        return {"route": "own" if self._lines[channel] else "shared"}

    def rules(self, point: Standpoint) -> Policy:
        """The policy that counts there."""
        return self.night.policy.variant(point.variant)
