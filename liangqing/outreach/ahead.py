"""The day's outlook over the whole portfolio: who may be asked for payment, by what, from when.

Nearly everybody stands alike: nothing was tried of late, nothing holds them back. Those are answered once for all who
share country, zone, rules and variant (a *standpoint*). Only who was tried or is held back is decided one by one, by the
set form, at the instant from which hours and wishes allow it.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from django.conf import settings

from liangqing.outreach.kinds import Channel
from liangqing.outreach.queries.days import kind_of_day
from liangqing.outreach.rules import outlook, portfolio
from liangqing.outreach.rules.facts import RANKS, Debtor, Held
from liangqing.outreach.rules.outlook import CHANNELS, Opening
from liangqing.outreach.rules.zones import midnight, offsets, zones
from liangqing.parties.models import Hold
from liangqing.policy import Policy
from liangqing.receivables.rules.limitation import Restart, lapses_on, years_after

WAYS = {"phone": "phone", "sms": "phone", "email": "email", "letter": "address", "visit": "address"}
"""What kind of contact each channel uses."""
ON_LINES = frozenset((Channel.PHONE.value, Channel.SMS.value, Channel.EMAIL.value))
POINT = ("country", "zone", "regime", "variant")
_TYPES = {"text": pa.string(), "whole": pa.int64(), "small": pa.int16()}


def _shape(**columns: str) -> pa.Schema:
    return pa.schema({name: _TYPES[kind] for name, kind in columns.items()})


OWN = _shape(party_id="whole", creditor_id="whole", channel="text", effect="text", from_minute="whole", rules="text")
"""What is a debtor's own: no more than differs from all who stand alike."""
TOLD = ("party_id", "creditor_id", "channel", "contact_id", "answer", "effect", "from_minute", "rules")
OUTLOOK = _shape(
    party_id="whole", creditor_id="whole", channel="text", contact_id="whole", answer="text", effect="text",
    from_minute="whole", rules="text",
)  # fmt: skip
_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_OPENINGS = _shape(
    country="text", zone="text", regime="text", variant="small", channel="text", at_s="whole", minute="whole", rank="whole",
    usual_rank="whole", hours="text", others="text", route="text", way="text",
)  # fmt: skip
_SHIFTED = _shape(
    of_ask="whole", own_at_s="whole", own_minute="whole", own_rank="whole", own_hours="text", wish="text", wish_rank="whole",
    own_exempt="text",
)  # fmt: skip


class Tables(Protocol):
    """The night, as far as it is asked here."""

    date: dt.date
    policy: Policy

    def table(self, name: str) -> ir.Table: ...

    def keep(self, name: str, expression: ir.Table) -> ir.Table: ...


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
    """One day's outlook. Whoever was tried of late, is held back or was exempted is decided singly."""

    night: Tables
    debts: ir.Table
    openings: ir.Table = field(init=False)
    _points: list[Standpoint] = field(init=False)
    _lines: dict[str, bool] = field(init=False)
    _special_days: dict[dt.date, bool] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.debts.select(*POINT).distinct().to_pyarrow().to_pylist()
        self._points = [Standpoint(**row) for row in rows]
        lines = self.night.table("lines").to_pyarrow().to_pylist()
        self._lines = {row["channel"]: row["contracted"] for row in lines}
        days = self.night.table("special_days").to_pyarrow().to_pylist()
        self._special_days = {row["on"]: row["works"] for row in days}
        self.openings = ibis.memtable(pa.Table.from_pylist([*self._usual_openings()], _OPENINGS))

    # everybody ---------------------------------------------------------------------------------------------------------

    def usual(self) -> ir.Table:
        """What counts for all who share a standpoint, by channel."""
        rows = self.openings
        rank = ibis.greatest(rows.rank, rows.usual_rank)
        rules = (rows.hours + " " + rows.others).strip()
        return rows.select(*POINT, "channel", **_told(rank, rows.minute, rules)).order_by(*POINT, "channel")

    def _usual_openings(self) -> Iterable[dict[str, Any]]:
        for point, channel in itertools.product(self._points, CHANNELS):
            opened = self._opening(point, channel, (), frozenset())
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

    def _opening(self, point: Standpoint, channel: str, held: tuple[Held, ...], exempt: frozenset[str]) -> Opening:
        start = midnight(self.night.date, 0, point.zones[0])
        asked = outlook.plain(channel, start, exempt=exempt, **self._line(channel))
        kind = kind_of_day(point.country, self._special_days, around=self.night.date)
        debtor = Debtor(point.regime, point.zones, kind, held=held)
        return outlook.opening(asked, debtor, self.night.policy.variant(point.variant), self.night.date)

    def _line(self, channel: str) -> dict[str, Any]:
        """The best of our own registered lines; an institution that registered none for a channel is not asked for one."""
        if channel not in ON_LINES or channel not in self._lines:
            return {}
        return {"route": "own" if self._lines[channel] else "shared"}

    # one by one --------------------------------------------------------------------------------------------------------

    def anybody(self) -> bool:
        """Whether anybody is to be decided singly."""
        return bool(self.special.limit(1).to_pyarrow().num_rows)

    @functools.cached_property
    def special(self) -> ir.Table:
        """Customers (person_id) and channels that are decided singly: who is held back or exempted, has a number that may
        not be used, or was tried so often that a cap could be reached."""
        tables = [self.night.table(name) for name in ("restraints", "exemptions")]
        ways = self.night.table("own_ways")
        found = [table.select("person_id") for table in (*tables, ways.filter(~ways.reserved), self.barred)]
        every = ibis.memtable({"channel": list(CHANNELS)})
        pairs = [ibis.union(*found, distinct=True).cross_join(every), *self._tried()]
        return self.night.keep("outlook_special", ibis.union(*pairs, distinct=True))

    def _tried(self) -> Iterable[ir.Table]:
        """Whom a cap, a quiet time or the rule for lost contact may speak of, by no more than a count that can only be too
        high: of the whole customer, and of a little more than the window."""
        attempts = self.night.table("attempts")
        if not attempts.limit(1).to_pyarrow().num_rows:
            return
        for tried in outlook.could_speak(self.night.policy, self.night.date):
            rows = attempts.filter(attempts.at_s > tried.since_s, attempts.outcome.isin(sorted(tried.outcomes)))
            if tried.of != "all":
                rows = rows.filter(rows.channel == tried.of)
            often = rows.group_by("person_id").agg(n=rows.count())
            often = often.filter(often.n >= tried.most).select("person_id")
            yield often.cross_join(ibis.memtable({"channel": list(tried.channels)}))

    def singly(self) -> ir.Table:
        """The outlook of each of them, with what is their own: own_effect, own_minute, own_rules (NULL where nothing is)."""
        asks = self.night.keep("outlook_asks", self._asks())
        shifted = ibis.memtable(pa.Table.from_pylist([*self._shifted(asks)], _SHIFTED))
        asked = asks.left_join(shifted, asks.ask_id == shifted.of_ask).mutate(**self._constants())
        asked = asked.mutate(
            usual_at_s=asked.at_s,
            at_s=ibis.coalesce(asked.own_at_s, asked.at_s),
            exempt=ibis.coalesce(asked.own_exempt, ""),
        )
        # Each of these is kept for the next to stand on: one long question takes longer to put than to answer.
        asked = self.night.keep("outlook_asked", asked)
        held, past = self.night.keep("outlook_held", self._held()), self.night.table("attempts")
        past = self.night.keep("outlook_past", past.semi_join(asked, "person_id"))
        facts = self._facts(asked, past, held)
        verdicts = portfolio.verdicts(facts, self.night.policy, wanted=outlook.worth_asking)
        verdicts = self.night.keep("outlook_verdicts", verdicts)
        verdicts = verdicts.select(judged="ask_id", told="effect", spoke="rules")
        both = asked.join(verdicts, asked.ask_id == verdicts.judged)
        both = both.mutate(
            spoken=_rank(both.told),
            timely=ibis.coalesce(both.own_rank, both.rank),
            wished=ibis.coalesce(both.wish_rank, 0),
            from_here=ibis.coalesce(both.own_minute, both.minute),
            by_hours=ibis.coalesce(both.own_hours, both.hours),
            wishes=ibis.coalesce(both.wish, ""),
        )
        both = both.mutate(strictest=ibis.greatest(both.spoken, both.timely, both.wished))
        first = ibis.window(
            group_by=["party_id", "creditor_id", "channel"],
            order_by=[both.strictest, both.at_s, ibis.desc(both.valid), both.contact_id, both.ask_id],
        )
        best = both.mutate(place=ibis.row_number().over(first)).filter(lambda t: t.place == 0)
        rules = (best.by_hours + " " + best.spoke + " " + best.wishes).re_replace(" +", " ").strip()
        differs = best.spoke != best.others
        return best.select(
            "party_id",
            "creditor_id",
            "channel",
            "contact_id",
            **_told(best.strictest, best.from_here, rules),
            own_rules=(differs.ifelse(best.spoke, "") + " " + best.wishes).strip(),
            own_rank=ibis.greatest(differs.ifelse(best.spoken, 0), best.wished),
            own_minute=(best.from_here != best.minute).ifelse(best.from_here, None),
        )

    def _asks(self) -> ir.Table:
        """One row a debtor, creditor, channel and way of reaching them (an empty number where none is known)."""
        ways = self.night.table("own_ways").select(
            "number", "contact_id", "valid", "reserved", way_of="person_id", way_kind="kind"
        )
        mine = self.debts.join(self.openings, POINT).semi_join(self.special, ["person_id", "channel"])
        both = mine.left_join(ways, (mine.person_id == ways.way_of) & (mine.way == ways.way_kind))
        barred = self.barred.select(barred_person="person_id", barred_debt="debt")
        both = both.left_join(
            barred, (both.person_id == barred.barred_person) & (both.creditor_id == barred.barred_debt)
        )
        return both.select(
            *(name for name in (*self.debts.columns, *self.openings.columns) if name not in ("way", *POINT)),
            *POINT,
            "contact_id",
            ask_id=ibis.row_number().over(order_by=[both.party_id, both.creditor_id, both.channel, both.contact_id]),
            debt=both.creditor_id,
            number=ibis.coalesce(both.number, ""),
            valid=ibis.coalesce(both.valid, False),
            reserved=ibis.coalesce(both.reserved, True),
            barred=both.barred_person.notnull().ifelse(True, False),
        )

    def _shifted(self, asks: ir.Table) -> Iterable[dict[str, Any]]:
        """Asks for which wishes, consents or approvals make other hours, as of the day's first instant."""
        held = self.night.table("restraints").filter(lambda t: t.kind.isin([Hold.HOURS.value, Hold.CONSENT.value]))
        held = held.rename(held_of="person_id", by_channel="channel", by_number="number", by_debt="debt")
        names = (*POINT, "ask_id", "channel")
        wishes = asks.join(held, asks.person_id == held.held_of)
        wishes = wishes.filter(
            (wishes.by_channel == "") | (wishes.by_channel == wishes.channel),
            (wishes.by_number == "") | (wishes.by_number == wishes.number),
            (wishes.by_debt == 0) | (wishes.by_debt == wishes.debt),
        ).select(*names, "kind", "since_s", "until_s", "from_minute", "until_minute")
        lifted = self.night.table("exemptions").rename(
            lifted_rules="rules", lifted_for="channel", lifted_of="person_id"
        )
        lifted = asks.join(lifted, (asks.person_id == lifted.lifted_of) & (asks.channel == lifted.lifted_for))
        lifted = lifted.select(*names, "lifted_rules", "from_s", "until_s")
        given: dict[int, tuple[Standpoint, str, set[tuple[str, int, int]], set[str]]] = {}
        starts: dict[Standpoint, int] = {}

        def noted(row: dict[str, Any], since: int) -> tuple[set[tuple[str, int, int]], set[str]] | None:
            point = Standpoint(**{name: row[name] for name in POINT})
            start = starts.setdefault(point, int(midnight(self.night.date, 0, point.zones[0]).timestamp()))
            if not (since <= start and (row["until_s"] is None or start < row["until_s"])):
                return None
            return given.setdefault(row["ask_id"], (point, row["channel"], set(), set()))[2:]

        for row in wishes.to_pyarrow().to_pylist():
            if (known := noted(row, row["since_s"])) is not None:
                known[0].add((row["kind"], row["from_minute"] or 0, row["until_minute"] or 0))
        for row in lifted.to_pyarrow().to_pylist():
            if (known := noted(row, row["from_s"])) is not None:
                known[1].update(row["lifted_rules"].split())
        made: dict[Any, Opening] = {}
        for ask_id, (point, channel, hours, rules) in given.items():
            key = (point, channel, tuple(sorted(hours)), frozenset(rules))
            if key not in made:
                holds = tuple(Held(kind, _LONG_AGO, from_minute=start, until_minute=end) for kind, start, end in key[2])
                made[key] = self._opening(point, channel, holds, key[3])
            opened = made[key]
            yield {
                "of_ask": ask_id,
                "own_at_s": int(opened.at.timestamp()),
                "own_minute": opened.minute,
                "own_rank": opened.rank_of("hours"),
                "own_hours": opened.rules("hours"),
                "wish": opened.rules("restraint"),
                "wish_rank": opened.rank_of("restraint"),
                "own_exempt": "".join(f"{rule} " for rule in sorted(rules)),
            }

    @functools.cached_property
    def barred(self) -> ir.Table:
        """Customers (person_id) and creditors (debt) for whom limitation may have passed, where a rule asks for it."""
        asking = {point.regime for point in self._points if outlook.asks_limitation(self._rules(point), point.regime)}
        schema = _shape(person_id="whole", debt="whole")
        if not asking:
            return ibis.memtable(schema.empty_table())
        terms = self.night.policy.terms
        years, stop = int(terms["limitation.years"]), int(terms["limitation.long_stop_years"])
        owed, debts = self.night.table("owed"), self.debts.filter(self.debts.regime.isin(sorted(asking)))
        old = owed.filter(owed.owed > 0, owed.due_on < ibis.date(years_after(self.night.date, -years)))
        old = old.join(debts, ["party_id", "creditor_id"]).select("person_id", "creditor_id", "due_on")
        receipts = self.night.table("receipts")
        paid = receipts.join(debts, ["party_id", "creditor_id"]).select("person_id", "creditor_id", "received_on")
        restarts: dict[tuple[int, int], list[Restart]] = {}
        for person, debt, day in _rows(paid.distinct()):
            restarts.setdefault((person, debt), []).append(Restart(day, "payment"))
        found = {
            (person, debt)
            for person, debt, due_on in _rows(old.distinct())
            if lapses_on(due_on, restarts.get((person, debt), ()), years=years, long_stop_years=stop) < self.night.date
        }
        return ibis.memtable(pa.Table.from_pylist([{"person_id": p, "debt": d} for p, d in sorted(found)], schema))

    def _rules(self, point: Standpoint) -> Policy:
        return self.night.policy.variant(point.variant)

    def _constants(self) -> dict[str, ir.Value]:
        """What is the same of every contact the outlook is about."""
        given: dict[str, Any] = {"content": "demand", "recipient": "self", "attended": True, "automated": False}
        given |= {"certified": True, "line_registered": True, "proof": False, "unreachable": False}
        return {name: ibis.literal(value) for name, value in given.items()}

    def _facts(self, asked: ir.Table, past: ir.Table, held: ir.Table) -> portfolio.Facts:
        """The facts of the set form for these asks; the days are of no interest, since no row about hours is asked."""
        homes: dict[str, tuple[str, ...]] = {f"{point.country}/{point.zone}": point.zones for point in self._points}
        clocks = [
            {"zone_key": key, "zone": zone, "main": place == 0}
            for key, names in homes.items()
            for place, zone in enumerate(names)
        ]
        days = outlook.looks_back(self.night.policy)
        noon = dt.datetime.combine(self.night.date, dt.time(12), tzinfo=dt.UTC)
        shifts = offsets(
            frozenset(itertools.chain.from_iterable(homes.values())),
            noon - dt.timedelta(days=days + 3),
            noon + dt.timedelta(days=2),
        )
        persons = asked.select("person_id", zone_key=asked.country + "/" + asked.zone, calendar=ibis.literal(""))
        zone_shape = pa.schema({"zone_key": pa.string(), "zone": pa.string(), "main": pa.bool_()})
        names = ("zone", "from_s", "until_s", "offset_s")
        return portfolio.Facts(
            asked=asked,
            persons=persons.distinct(),
            zones=ibis.memtable(pa.Table.from_pylist(clocks, zone_shape)),
            offsets=ibis.memtable({name: [row[place] for row in shifts] for place, name in enumerate(names)}),
            days=ibis.memtable(pa.table({"calendar": [""], "day": [0], "kind": [""]})),
            past=past,
            held=held,
        )

    def _held(self) -> ir.Table:
        """What holds back, but for wishes; a dispute about one bill once for each creditor, since it depends on what else
        is owed there whether all of it is in dispute."""
        rows = self.night.table("restraints")
        rows = rows.filter(~rows.kind.isin([Hold.HOURS.value, Hold.CONSENT.value]))
        names = ("person_id", "kind", "since_s", "until_s", "channel", "number", "debt", "from_minute", "until_minute")
        plain = rows.filter((rows.kind != Hold.DISPUTE.value) | (rows.about == ""))
        about = rows.filter(rows.kind == Hold.DISPUTE.value, rows.about != "")
        owed = self.night.table("owed")
        owed = owed.filter(owed.owed > 0).join(self.debts, ["party_id", "creditor_id"])
        owed = owed.select("bill_id", "owed", owes="person_id", owes_to="creditor_id")
        mine = about.join(owed, about.person_id == owed.owes)
        mine = mine.filter((mine.debt == 0) | (mine.debt == mine.owes_to))
        bills = self.night.table("disputed_bills").rename(of_restraint="restraint_id", disputed="bill_id")
        mine = mine.left_join(bills, (mine.restraint_id == bills.of_restraint) & (mine.bill_id == bills.disputed))
        covered = mine.disputed.notnull() & (mine.amount.isnull() | (mine.amount >= mine.owed))
        kept = [name for name in names if name != "debt"]
        whole = mine.group_by(*kept, "restraint_id", "owes_to").agg(whole=covered.ifelse(1, 0).min() == 1)
        each = whole.select(*kept, "whole", debt=whole.owes_to)
        return plain.select(*names, whole=ibis.literal(True)).union(each.select(*names, "whole"))


def everyone(debts: ir.Table, usual: ir.Table, singly: ir.Table) -> ir.Table:
    """The whole outlook, a row a debtor, creditor and channel: who is decided singly, and all others as usual."""
    rows = debts.join(usual, POINT).anti_join(singly, ["party_id", "creditor_id", "channel"])
    rows = rows.mutate(contact_id=ibis.null("int64"))
    return rows.select(*TOLD).union(singly.select(*TOLD))


def own(singly: ir.Table) -> ir.Table:
    """What is their own, of those decided singly: effect, from_minute and rules that differ from all who stand alike."""
    found = singly.filter((singly.own_rules != "") | singly.own_minute.notnull())
    return found.select(
        "party_id",
        "creditor_id",
        "channel",
        effect=_effect(found.own_rank),
        from_minute=found.own_minute,
        rules=found.own_rules,
    )


def changes(own: ir.Table, before: ir.Table) -> ir.Table:
    """How it differs from what is stored: outlook_id (NULL: came) and what it is now (effect NULL: went)."""
    then = before.rename(
        then_party="party_id", then_creditor="creditor_id", then_channel="channel", then_effect="effect",
        then_minute="from_minute", then_rules="rules",
    )  # fmt: skip
    both = own.outer_join(
        then,
        [own.party_id == then.then_party, own.creditor_id == then.then_creditor, own.channel == then.then_channel],
    )
    same = (
        (both.effect == both.then_effect)
        & (both.rules == both.then_rules)
        & (ibis.coalesce(both.from_minute, -1) == ibis.coalesce(both.then_minute.cast("int64"), -1))
    )
    return both.filter(~ibis.coalesce(same, False)).select(
        "outlook_id", "party_id", "creditor_id", "channel", "effect", "from_minute", "rules"
    )


def _told(rank: ir.IntegerValue, minute: ir.IntegerValue, rules: ir.StringValue) -> dict[str, ir.Value]:
    """The columns of an answer to a person; what runs by itself takes the effect ``warn`` as no."""
    answer = ibis.cases(
        (rank == RANKS.index("block"), "refused"), (rank == RANKS.index("approval"), "approval"), else_="allowed"
    )
    allowed = rank < RANKS.index("approval")
    return {"answer": answer, "effect": _effect(rank), "from_minute": allowed.ifelse(minute, None), "rules": rules}


def _effect(rank: ir.IntegerValue) -> ir.StringValue:
    return ibis.cases(*((rank == place, name) for place, name in enumerate(RANKS)))


def _rank(effect: ir.StringValue) -> ir.IntegerValue:
    return ibis.cases(*((effect == name, place) for place, name in enumerate(RANKS)))


def _rows(table: ir.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.to_pyarrow().columns), strict=True)
