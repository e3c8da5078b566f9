"""The outlook of those who were tried of late, are held back or exempted: decided one by one, by the set form, at the
instant from which hours and wishes allow it."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from liangqing.outreach.ahead import Day, Standpoint
from liangqing.outreach.rules import outlook, portfolio
from liangqing.outreach.rules.facts import Held
from liangqing.outreach.rules.foretold import POINT, rank_of, shape, told
from liangqing.outreach.rules.outlook import CHANNELS, Opening
from liangqing.outreach.rules.zones import midnight, offsets
from liangqing.parties.models import Hold
from liangqing.receivables.rules.limitation import Restart, lapses_on, years_after

_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_SHIFTED = shape(
    of_ask="whole", own_at_s="whole", own_minute="whole", own_rank="whole", own_hours="text", wish="text", wish_rank="whole",
    own_exempt="text",
)  # fmt: skip
_OFFSETS = shape(zone="text", from_s="whole", until_s="whole", offset_s="whole")


@dataclass(frozen=True)
class Singly:
    """Those of a day who are not as all others."""

    day: Day

    def anybody(self) -> bool:
        """Whether anybody is to be decided singly."""
        return bool(self.day.night.arrow(self.special.limit(1)).num_rows)

    @functools.cached_property
    def special(self) -> ir.Table:
        """Customers (person_id) and channels that are decided singly: who is held back or exempted, has a number that may
        not be used, or was tried so often that a cap could be reached."""
        tables = [self.day.night.table(name) for name in ("restraints", "exemptions")]
        ways = self.day.night.table("own_ways")
        found = [table.select("person_id") for table in (*tables, ways.filter(~ways.reserved), self.barred)]
        every = ibis.memtable({"channel": list(CHANNELS)})
        pairs = [ibis.union(*found, distinct=True).cross_join(every), *self._tried()]
        return self.day.night.keep("outlook_special", ibis.union(*pairs, distinct=True))

    def _tried(self) -> Iterable[ir.Table]:
        """Whom a cap, a quiet time or the rule for lost contact may speak of, by no more than a count that can only be too
        high: of the whole customer, and of a little more than the window."""
        attempts = self.day.night.table("attempts")
        if not self.day.night.arrow(attempts.limit(1)).num_rows:
            return
        for tried in outlook.could_speak(self.day.night.policy, self.day.night.date):
            rows = attempts.filter(attempts.at_s > tried.since_s, attempts.outcome.isin(sorted(tried.outcomes)))
            if tried.of != "all":
                rows = rows.filter(rows.channel == tried.of)
            often = rows.group_by("person_id").agg(n=rows.count())
            often = often.filter(often.n >= tried.most).select("person_id")
            yield often.cross_join(ibis.memtable({"channel": list(tried.channels)}))

    def decided(self) -> ir.Table:
        """The outlook of each of them, with what is their own: own_effect, own_minute, own_rules (NULL where nothing is)."""
        asks = self.day.night.keep("outlook_asks", self._asks())
        shifted = ibis.memtable(pa.Table.from_pylist([*self._shifted(asks)], _SHIFTED))
        asked = asks.left_join(shifted, asks.ask_id == shifted.of_ask).mutate(**self._constants())
        asked = asked.mutate(
            usual_at_s=asked.at_s,
            at_s=ibis.coalesce(asked.own_at_s, asked.at_s),
            exempt=ibis.coalesce(asked.own_exempt, ""),
        )
        # Each of these is kept for the next to stand on: one long question takes longer to put than to answer.
        asked = self.day.night.keep("outlook_asked", asked)
        held, past = self.day.night.keep("outlook_held", self._held()), self.day.night.table("attempts")
        past = self.day.night.keep("outlook_past", past.semi_join(asked, "person_id"))
        facts = self._facts(asked, past, held)
        verdicts = portfolio.verdicts(facts, self.day.night.policy, wanted=outlook.worth_asking)
        verdicts = self.day.night.keep("outlook_verdicts", verdicts)
        verdicts = verdicts.select(judged="ask_id", told="effect", spoke="rules")
        both = asked.join(verdicts, asked.ask_id == verdicts.judged)
        both = both.mutate(
            spoken=rank_of(both.told),
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
            **told(best.strictest, best.from_here, rules),
            own_rules=(differs.ifelse(best.spoke, "") + " " + best.wishes).strip(),
            own_rank=ibis.greatest(differs.ifelse(best.spoken, 0), best.wished),
            own_minute=(best.from_here != best.minute).ifelse(best.from_here, None),
        )

    def _asks(self) -> ir.Table:
        """One row a debtor, creditor, channel and way of reaching them (an empty number where none is known)."""
        ways = self.day.night.table("own_ways").select(
            "number", "contact_id", "valid", "reserved", "role", way_of="person_id", way_kind="kind"
        )
        mine = self.day.debts.join(self.day.openings, POINT).semi_join(self.special, ["person_id", "channel"])
        both = mine.left_join(ways, (mine.person_id == ways.way_of) & (mine.way == ways.way_kind))
        barred = self.barred.select(barred_person="person_id", barred_debt="debt")
        both = both.left_join(
            barred, (both.person_id == barred.barred_person) & (both.creditor_id == barred.barred_debt)
        )
        return both.select(
            *(name for name in (*self.day.debts.columns, *self.day.openings.columns) if name not in ("way", *POINT)),
            *POINT,
            "contact_id",
            ask_id=ibis.row_number().over(order_by=[both.party_id, both.creditor_id, both.channel, both.contact_id]),
            debt=both.creditor_id,
            number=ibis.coalesce(both.number, ""),
            valid=ibis.coalesce(both.valid, False),
            reserved=ibis.coalesce(both.reserved, True),
            place=(both.way == "address").ifelse(ibis.coalesce(both.role, ""), ""),
            barred=both.barred_person.notnull().ifelse(True, False),
        )

    def _shifted(self, asks: ir.Table) -> Iterable[dict[str, Any]]:
        """Asks for which wishes, consents or approvals make other hours, as of the day's first instant."""
        held = self.day.night.table("restraints").filter(lambda t: t.kind.isin([Hold.HOURS.value, Hold.CONSENT.value]))
        held = held.rename(held_of="person_id", by_channel="channel", by_number="number", by_debt="debt")
        names = (*POINT, "ask_id", "channel")
        wishes = asks.join(held, asks.person_id == held.held_of)
        wishes = wishes.filter(
            (wishes.by_channel == "") | (wishes.by_channel == wishes.channel),
            (wishes.by_number == "") | (wishes.by_number == wishes.number),
            (wishes.by_debt == 0) | (wishes.by_debt == wishes.debt),
        ).select(*names, "kind", "since_s", "until_s", "from_minute", "until_minute")
        lifted = self.day.night.table("exemptions").rename(
            lifted_rules="rules", lifted_for="channel", lifted_of="person_id"
        )
        lifted = asks.join(lifted, (asks.person_id == lifted.lifted_of) & (asks.channel == lifted.lifted_for))
        lifted = lifted.select(*names, "lifted_rules", "from_s", "until_s")
        given: dict[int, tuple[Standpoint, str, set[tuple[str, int, int]], set[str]]] = {}
        starts: dict[Standpoint, int] = {}

        def noted(row: dict[str, Any], since: int) -> tuple[set[tuple[str, int, int]], set[str]] | None:
            point = Standpoint(**{name: row[name] for name in POINT})
            start = starts.setdefault(point, int(midnight(self.day.night.date, 0, point.zones[0]).timestamp()))
            if not (since <= start and (row["until_s"] is None or start < row["until_s"])):
                return None
            return given.setdefault(row["ask_id"], (point, row["channel"], set(), set()))[2:]

        for row in self.day.night.arrow(wishes).to_pylist():
            if (known := noted(row, row["since_s"])) is not None:
                known[0].add((row["kind"], row["from_minute"] or 0, row["until_minute"] or 0))
        for row in self.day.night.arrow(lifted).to_pylist():
            if (known := noted(row, row["from_s"])) is not None:
                known[1].update(row["lifted_rules"].split())
        made: dict[Any, Opening] = {}
        for ask_id, (point, channel, hours, rules) in given.items():
            key = (point, channel, tuple(sorted(hours)), frozenset(rules))
            if key not in made:
                holds = tuple(Held(kind, _LONG_AGO, from_minute=start, until_minute=end) for kind, start, end in key[2])
                made[key] = self.day.opening(point, channel, holds, key[3])
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
        asking = {
            point.regime for point in self.day.points if outlook.asks_limitation(self.day.rules(point), point.regime)
        }
        schema = shape(person_id="whole", debt="whole")
        if not asking:
            return ibis.memtable(schema.empty_table())
        terms = self.day.night.policy.terms
        years, stop = int(terms["limitation.years"]), int(terms["limitation.long_stop_years"])
        owed, debts = self.day.night.table("owed"), self.day.debts.filter(self.day.debts.regime.isin(sorted(asking)))
        old = owed.filter(owed.owed > 0, owed.due_on < ibis.date(years_after(self.day.night.date, -years)))
        old = old.join(debts, ["party_id", "creditor_id"]).select("person_id", "creditor_id", "due_on")
        receipts = self.day.night.table("receipts")
        paid = receipts.join(debts, ["party_id", "creditor_id"]).select("person_id", "creditor_id", "received_on")
        restarts: dict[tuple[int, int], list[Restart]] = {}
        for person, debt, day in self._rows(paid.distinct()):
            restarts.setdefault((person, debt), []).append(Restart(day, "payment"))
        found = {
            (person, debt)
            for person, debt, due_on in self._rows(old.distinct())
            if lapses_on(due_on, restarts.get((person, debt), ()), years=years, long_stop_years=stop)
            < self.day.night.date
        }
        return ibis.memtable(pa.Table.from_pylist([{"person_id": p, "debt": d} for p, d in sorted(found)], schema))

    def _constants(self) -> dict[str, ir.Value]:
        """What is the same of every contact the outlook is about."""
        given: dict[str, Any] = {"content": "demand", "recipient": "self", "attended": True, "automated": False}
        given |= {"certified": True, "line_registered": True, "proof": False, "unreachable": False}
        return {name: ibis.literal(value) for name, value in given.items()}

    def _facts(self, asked: ir.Table, past: ir.Table, held: ir.Table) -> portfolio.Facts:
        """The facts of the set form for these asks; the days are of no interest, since no row about hours is asked."""
        homes: dict[str, tuple[str, ...]] = {f"{point.country}/{point.zone}": point.zones for point in self.day.points}
        clocks = [
            {"zone_key": key, "zone": zone, "main": place == 0}
            for key, names in homes.items()
            for place, zone in enumerate(names)
        ]
        days = outlook.looks_back(self.day.night.policy)
        noon = dt.datetime.combine(self.day.night.date, dt.time(12), tzinfo=dt.UTC)
        shifts = offsets(
            frozenset(itertools.chain.from_iterable(homes.values())),
            noon - dt.timedelta(days=days + 3),
            noon + dt.timedelta(days=2),
        )
        persons = asked.select("person_id", zone_key=asked.country + "/" + asked.zone, calendar=ibis.literal(""))
        zone_shape = pa.schema({"zone_key": pa.string(), "zone": pa.string(), "main": pa.bool_()})
        told = [dict(zip(_OFFSETS.names, row, strict=True)) for row in shifts]
        return portfolio.Facts(
            asked=asked,
            persons=persons.distinct(),
            zones=ibis.memtable(pa.Table.from_pylist(clocks, zone_shape)),
            offsets=ibis.memtable(pa.Table.from_pylist(told, _OFFSETS)),  # typed, also where nobody is late
            days=ibis.memtable(pa.table({"calendar": [""], "day": [0], "kind": [""]})),
            past=past,
            held=held,
        )

    def _held(self) -> ir.Table:
        """What holds back, but for wishes; a dispute about one bill once for each creditor, since it depends on what else
        is owed there whether all of it is in dispute."""
        rows = self.day.night.table("restraints")
        rows = rows.filter(~rows.kind.isin([Hold.HOURS.value, Hold.CONSENT.value]))
        names = (
            "person_id",
            "kind",
            "since_s",
            "until_s",
            "channel",
            "number",
            "debt",
            "from_minute",
            "until_minute",
            "place",
        )
        plain = rows.filter((rows.kind != Hold.DISPUTE.value) | (rows.about == ""))
        about = rows.filter(rows.kind == Hold.DISPUTE.value, rows.about != "")
        owed = self.day.night.table("owed")
        owed = owed.filter(owed.owed > 0).join(self.day.debts, ["party_id", "creditor_id"])
        owed = owed.select("bill_id", "owed", owes="person_id", owes_to="creditor_id")
        mine = about.join(owed, about.person_id == owed.owes)
        mine = mine.filter((mine.debt == 0) | (mine.debt == mine.owes_to))
        bills = self.day.night.table("disputed_bills").rename(of_restraint="restraint_id", disputed="bill_id")
        mine = mine.left_join(bills, (mine.restraint_id == bills.of_restraint) & (mine.bill_id == bills.disputed))
        covered = mine.disputed.notnull() & (mine.amount.isnull() | (mine.amount >= mine.owed))
        kept = [name for name in names if name != "debt"]
        whole = mine.group_by(*kept, "restraint_id", "owes_to").agg(whole=covered.ifelse(1, 0).min() == 1)
        each = whole.select(*kept, "whole", debt=whole.owes_to)
        return plain.select(*names, whole=ibis.literal(True)).union(each.select(*names, "whole"))

    def _rows(self, table: ir.Table) -> Iterable[tuple[Any, ...]]:
        return zip(*(column.to_pylist() for column in self.day.night.arrow(table).columns), strict=True)
