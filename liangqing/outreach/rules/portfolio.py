"""The guard over many contacts at once: what ``rules.guard`` says of one, said of every row of a table.

The form for one contact and this one read the same rows of the policy's tables contact.*, and a property test makes them
agree: answer, effect, and the rules that spoke, in the same order. Instants are whole seconds since 1970 (UTC), days whole
days since then, so that any engine counts them alike.

What speaks about the day (hours), about what went before (caps, quiet, lost contact) and about what holds back is worked
out once for each distinct row of the tables, as a column; only then the rows of each variant of the policy are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.outreach.kinds import Recipient
from liangqing.outreach.rules.facts import COUNTED, FAILED, LIFTABLE, RANKS, Outcome
from liangqing.parties.models import Hold
from liangqing.policy import Policy, Row

TABLES = ("hours", "cap", "cooloff", "condition", "restraint")
"""The tables that speak, in the order in which their rules are named."""
ASKED = (
    *("ask_id", "person_id", "debt", "number", "channel", "content", "recipient", "at_s", "attended", "automated"),
    *(
        "route",
        "line_registered",
        "certified",
        "proof",
        "reserved",
        "barred",
        "unreachable",
        "answering",
        "place",
        "exempt",
        "regime",
        "variant",
    ),
)
_DAY_S = 86_400


@dataclass(frozen=True)
class Facts:
    """What many decisions rest on; the columns are those of ``rules.facts``.

    ``asked``: ask_id, person_id, debt, number, channel, content, recipient, at_s, attended, automated, route,
    line_registered, certified, proof, reserved, barred, unreachable, answering, place, exempt (lifted rules, each followed
    by a blank), regime, variant. ``persons``: person_id, zone_key, calendar. ``zones``: zone_key, zone, main (the zone whose
    days count). ``offsets``: zone, from_s, until_s, offset_s. ``days``: calendar, day, kind. ``past``: person_id, at_s,
    channel, content, recipient, number, debt, outcome. ``held``: person_id, kind, since_s, until_s, channel, number, debt,
    from_minute, until_minute, whole, place. Clocks and days must reach over every instant in ``asked`` and ``past``.
    """

    asked: ir.Table
    persons: ir.Table
    zones: ir.Table
    offsets: ir.Table
    days: ir.Table
    past: ir.Table
    held: ir.Table


def with_regime(table: ir.Table, policy: Policy) -> ir.Table:
    """The rows with ``regime``: whose rules count. In: place (country, empty is China), debtor, creditor (their kinds),
    variant."""
    known = next(column for column in policy.tables["contact.regime"].inputs if column.name == "place")
    named = table.place.isin([str(value) for value in known.values])
    place = ibis.cases((table.place == "", "CN"), (named, table.place), else_="other")
    here = table.mutate(given_place=table.place, place=place)

    def decide(rules: Policy) -> ir.Value:
        decider = rules.tables["contact.regime"]
        return decider.output(decider.row_for(here), "regime")

    told = policy.each(here, decide) if _differs(policy, "contact.regime") else decide(policy)
    decided = here.mutate(regime=told)
    return decided.mutate(place=decided.given_place).drop("given_place")


Wanted = Callable[[str, Row], bool]


def _every(_table: str, _row: Row) -> bool:
    return True


@clause("P2 3.3.2", "P3 4.2.4", "P4-3.4")
def verdicts(facts: Facts, policy: Policy, *, wanted: Wanted = _every) -> ir.Table:
    """One row an ask: ask_id, answer (allowed, approval, refused), effect (the strictest; empty where no rule spoke) and
    ``rules`` (as ``hours:T1 cap:T3``, in the order of the tables).

    ``wanted`` leaves out rows, by table and row, that can't match what is asked or are of no interest: a shorter question
    is a quicker one.
    """
    read = _Reading(facts, policy, wanted)
    found = read.everything()
    rank = read.each(found, _rank)
    both = found.mutate(rank=rank)
    text = (both.rank > 0).ifelse(read.each(both, _text), "").strip()
    effect = ibis.cases(*((both.rank == place, name) for place, name in enumerate(RANKS)))
    answer = ibis.cases(
        ((both.rank == RANKS.index("block")) | ((both.rank == RANKS.index("warn")) & ~both.attended), "refused"),
        (both.rank == RANKS.index("approval"), "approval"),
        else_="allowed",
    )
    return both.select("ask_id", answer=answer, effect=effect, rules=text)


@dataclass(frozen=True)
class Spoken:
    """A row of a table that may have spoken, and the column that says of which asks it did."""

    table: str
    row: Row
    column: str

    @property
    def rule(self) -> str:
        return f"{self.table}:{self.row.row}"

    def over(self, asks: ir.Table) -> ir.BooleanValue:
        """Whether it spoke and nothing lifted it."""
        told = asks[self.column]
        if self.row.then["basis"] not in LIFTABLE:
            return told
        return told & ((asks.exempt == "") | ~(" " + asks.exempt).contains(f" {self.rule} "))


def _rank(asks: ir.Table, rows: list[Spoken]) -> ir.Value:
    ranks = [each.over(asks).ifelse(RANKS.index(each.row.then["effect"]), 0) for each in rows]
    return ibis.greatest(0, *ranks)


def _text(asks: ir.Table, rows: list[Spoken]) -> ir.Value:
    return ibis.literal("").concat(*(each.over(asks).ifelse(each.rule + " ", "") for each in rows))


class _Reading:
    """The rows of the policy and of its variants, each distinct row once, over one set of facts."""

    def __init__(self, facts: Facts, policy: Policy, wanted: Wanted) -> None:
        self.facts, self.policy, self.wanted = facts, policy, wanted
        self.versions = [policy, *(each.policy for each in policy.variants)]
        self.rows: dict[str, list[Row]] = {}
        for key in TABLES:
            once: list[Row] = []
            for version in self.versions:
                once += [row for row in version.tables[f"contact.{key}"].rows if wanted(key, row) and row not in once]
            self.rows[key] = once
        persons, zones = facts.persons, facts.zones
        clocks = persons.join(zones, persons.zone_key == zones.zone_key).select(
            "person_id", "calendar", zones.zone, zones.main
        )
        asked = facts.asked.select(*ASKED)
        moments = asked.select("ask_id", "at_s", who="person_id")
        self.clocks = self._local(moments.join(clocks, moments.who == clocks.person_id)).select(
            "ask_id", "main", "calendar", "day", "minute"
        )
        main = self.clocks.filter(self.clocks.main).select(its="ask_id", today="day")
        self.asked = asked.join(main, asked.ask_id == main.its).drop("its")

    def _local(self, moments: ir.Table) -> ir.Table:
        """Instants (at_s, zone) with the ``day`` and the ``minute`` after midnight there."""
        offsets = self.facts.offsets.rename(of_zone="zone")
        both = moments.join(
            offsets,
            [moments.zone == offsets.of_zone, moments.at_s >= offsets.from_s, moments.at_s < offsets.until_s],
        )
        there = both.mutate(there_s=both.at_s + both.offset_s)
        second = there.there_s % _DAY_S
        # Exact: whole days of seconds, divided.
        day = ((there.there_s - second) / _DAY_S).cast("int64")
        return there.mutate(day=day, minute=((second - second % 60) / 60).cast("int64"))

    def each(self, asks: ir.Table, decide: Callable[[ir.Table, list[Spoken]], ir.Value]) -> ir.Value:
        """What ``decide`` says of the rows of each variant; asked once where they are the same for all."""
        if not any(_differs(self.policy, f"contact.{key}") for key in TABLES):
            return decide(asks, self._spoken(self.policy))
        return self.policy.each(asks, lambda rules: decide(asks, self._spoken(rules)))

    def _spoken(self, rules: Policy) -> list[Spoken]:
        return [
            Spoken(key, row, f"{key}_{self.rows[key].index(row)}")
            for key in TABLES
            for row in rules.tables[f"contact.{key}"].rows
            if self.wanted(key, row)
        ]

    def everything(self) -> ir.Table:
        """The asks with a column a distinct row: whether it speaks."""
        asks = self.asked
        for part in (self._hours(), self._before(), self._lost(), self._held()):
            if part is not None:
                asks = asks.left_join(part, asks.ask_id == part.of_ask).drop("of_ask")
        lost = ibis.coalesce(asks.missed, False) if "missed" in asks.columns else ibis.literal(False)
        # As CASE: an OR that is merged into a later IN would lose its brackets.
        asks = asks.mutate(lost=asks.unreachable.ifelse(True, lost))
        told: dict[str, ir.Value] = {}
        for key in ("hours", "restraint"):
            for place in range(len(self.rows[key])):
                column = f"{key}_{place}"
                told[column] = ibis.coalesce(asks[column], False) if column in asks.columns else ibis.literal(False)
        for place, row in enumerate(self.rows["cap"]):
            counted = ibis.coalesce(asks[_name("count", row, _COUNTS)], 0)
            told[f"cap_{place}"] = row.over(asks) & (counted >= row.then["most"])
        for place, row in enumerate(self.rows["cooloff"]):
            last = asks[_name("last", row, _SPOKE)]
            told[f"cooloff_{place}"] = row.over(asks) & ibis.coalesce(asks.today < last + row.then["days"], False)
        told |= {f"condition_{place}": row.over(asks) for place, row in enumerate(self.rows["condition"])}
        return asks.mutate(**told)

    # what each kind of row means -------------------------------------------------------------------------------------

    def _hours(self) -> ir.Table | None:
        """Outside the hours of a row in any zone where the debtor may be."""
        if not self.rows["hours"]:
            return None
        asked, clocks, days = self.asked, self.clocks, self.facts.days
        here = clocks.left_join(days, (clocks.calendar == days.calendar) & (clocks.day == days.day)).select(
            "minute", "calendar", of_ask="ask_id", of_day=clocks.day, day=days.kind
        )
        sides = asked.join(here, asked.ask_id == here.of_ask)
        agreed = self._covering(self.facts.held.filter(lambda held: held.kind == Hold.CONSENT), sides)
        agreed = agreed.filter((agreed.from_minute <= agreed.minute) & (agreed.minute < agreed.until_minute))
        agreed = agreed.select(agreed_ask="ask_id", agreed_minute="minute", agreed_day="of_day").distinct()
        sides = sides.left_join(
            agreed,
            [
                sides.ask_id == agreed.agreed_ask,
                sides.minute == agreed.agreed_minute,
                sides.of_day == agreed.agreed_day,
            ],
        )
        sides = sides.mutate(consented=sides.agreed_ask.notnull().ifelse(True, False))
        broken = {}
        for place, row in enumerate(self.rows["hours"]):
            start, end = row.then["from_minute"], row.then["until_minute"]
            outside = (sides.minute < start) | (sides.minute >= end)
            broken[f"hours_{place}"] = (row.over(sides) & outside).any()
        return sides.group_by(of_ask=sides.ask_id).agg(**broken)

    def _before(self) -> ir.Table | None:
        """How many of what went before each kind of cap counts, and on which day each kind of quiet began."""
        if not (self.rows["cap"] or self.rows["cooloff"]):
            return None
        both = self._history()
        measured: dict[str, ir.Value] = {}
        for row in self.rows["cap"]:
            then = row.then
            seconds = then["days"] * _DAY_S
            within = (
                both.past_day > both.today - then["days"]
                if then["window"] == "calendar"
                else both.past_s > both.at_s - seconds
            )
            which = [within, both.outcome.isin(sorted(COUNTED[then["counts"]])), *_same(then, both)]
            measured[_name("count", row, _COUNTS)] = ibis.and_(*which).ifelse(1, 0).sum()
        for row in self.rows["cooloff"]:
            spoke = [both.outcome == Outcome.EFFECTIVE.value, *_same(row.then, both)]
            measured[_name("last", row, _SPOKE)] = ibis.and_(*spoke).ifelse(both.past_day, None).max()
        return both.group_by(of_ask=both.ask_id).agg(**measured)

    def _history(self, asks: ir.Table | None = None) -> ir.Table:
        """Each ask beside every attempt that went before it: past_s, past_day, past_channel, past_recipient,
        past_number, past_debt, outcome."""
        persons, zones = self.facts.persons, self.facts.zones
        homes = persons.join(zones.filter(zones.main), persons.zone_key == zones.filter(zones.main).zone_key)
        homes = homes.select("zone", home="person_id")
        rows = self.facts.past
        past = self._local(rows.join(homes, rows.person_id == homes.home)).select(
            "outcome",
            past_person="person_id",
            past_s="at_s",
            past_day="day",
            past_channel="channel",
            past_content="content",
            past_recipient="recipient",
            past_number="number",
            past_debt="debt",
        )
        asks = self.asked if asks is None else asks
        return asks.join(past, [asks.person_id == past.past_person, past.past_s <= asks.at_s])

    def _lost(self) -> ir.Table | None:
        """Whether contact with the debtor is lost, of the asks where a row wants to know."""
        wanting = [row for row in self.rows["condition"] if "lost" in row.when]
        if not wanting:
            return None
        bare = [
            Row(row.row, {name: one for name, one in row.when.items() if name != "lost"}, row.then) for row in wanting
        ]
        asks = self.asked.filter(ibis.or_(*(row.over(self.asked) for row in bare)))
        both = self._history(asks).filter(lambda t: t.past_recipient == Recipient.SELF.value)
        reached = (
            both.filter(both.outcome == Outcome.EFFECTIVE.value)
            .group_by(reached_ask="ask_id")
            .agg(reached_s=lambda t: t.past_s.max())
        )
        within = _term(self.policy, both, "contact.lost_within_days")
        failed = both.filter(
            both.past_channel == "phone",
            both.outcome.isin(sorted(FAILED)),
            both.past_day < both.today,
            both.past_day >= both.today - within,
        )
        failed = failed.left_join(reached, failed.ask_id == reached.reached_ask)
        failed = failed.filter(failed.reached_s.isnull() | (failed.past_s > failed.reached_s))
        grouped = failed.group_by(of_ask="ask_id", variant="variant").agg(
            calls=failed.count(), on_days=failed.past_day.nunique()
        )
        many = _term(self.policy, grouped, "contact.lost_after_calls")
        enough = _term(self.policy, grouped, "contact.lost_after_days")
        return grouped.select("of_ask", missed=(grouped.calls >= many) | (grouped.on_days >= enough))

    def _held(self) -> ir.Table | None:
        """What the customer said or what happened to them, while it holds; a wish for certain hours outside of them, in
        any zone."""
        if not self.rows["restraint"]:
            return None
        held = self.facts.held.filter(lambda held: held.kind != Hold.CONSENT.value)
        both = self._covering(held, self.asked)
        clocks = self.clocks.select("minute", clock_ask="ask_id")
        wishes = both.filter(both.kind == Hold.HOURS.value)
        wishes = wishes.join(clocks, wishes.ask_id == clocks.clock_ask)
        start, end = ibis.coalesce(wishes.from_minute, 0), ibis.coalesce(wishes.until_minute, 0)
        outside = wishes.filter((wishes.minute < start) | (wishes.minute >= end)).drop("minute", "clock_ask")
        all_held = both.filter(both.kind != Hold.HOURS.value).union(outside)
        age = all_held.at_s - all_held.since_s
        all_held = all_held.mutate(
            age_days=((age - age % _DAY_S) / _DAY_S).cast("int64"), told_once=ibis.literal(False)
        )
        if any("told_once" in row.when for row in self.rows["restraint"]):
            all_held = self._told_since(all_held)
        there = all_held.ask_id.notnull()  # a row without conditions speaks of every ask that has a restraint
        told = {
            f"restraint_{place}": (there & row.over(all_held)).any() for place, row in enumerate(self.rows["restraint"])
        }
        return all_held.group_by(of_ask="ask_id").agg(**told)

    def _told_since(self, held: ir.Table) -> ir.Table:
        """The same rows with ``told_once``: whether what is asked for was placed once already since the restraint began."""
        both = self._history()
        placed = both.filter(both.past_content == both.content, both.outcome.isin(sorted(COUNTED["placed"])))
        last = placed.group_by(told_ask="ask_id").agg(told_s=placed.past_s.max())
        beside = held.drop("told_once").left_join(last, held.ask_id == last.told_ask)
        return beside.mutate(told_once=ibis.coalesce(beside.told_s >= beside.since_s, False)).drop("told_ask", "told_s")

    def _covering(self, held: ir.Table, asks: ir.Table) -> ir.Table:
        """Each ask beside every restraint that covers it at its instant."""
        mine = held.rename(held_person="person_id", held_channel="channel", held_number="number", held_debt="debt",
                           held_place="place")  # fmt: skip
        both = asks.join(mine, asks.person_id == mine.held_person)
        return both.filter(
            both.since_s <= both.at_s,
            both.until_s.isnull() | (both.at_s < both.until_s),
            (both.held_channel == "") | (both.held_channel == both.channel),
            (both.held_number == "") | (both.held_number == both.number),
            (both.held_debt == 0) | (both.held_debt == both.debt),
            (both.held_place == "") | (both.held_place == both.place),
        )


_COUNTS = ("counts", "of", "per", "days", "window")
_SPOKE = ("of", "per")


def _name(prefix: str, row: Row, parts: tuple[str, ...]) -> str:
    """The column of what is counted in one way, however many rows count so."""
    return "_".join((prefix, *(str(row.then[part]) for part in parts)))


def _same(then: Mapping[str, Any], both: ir.Table) -> list[ir.BooleanValue]:
    tests: list[ir.BooleanValue] = []
    if then["of"] != "all":
        tests.append(both.past_channel == then["of"])
    if then["per"] == "number":
        tests.append(both.past_number == both.number)
    elif then["per"] == "debt":
        tests.append(both.past_debt == both.debt)
    return tests


def _term(policy: Policy, table: ir.Table, key: str) -> ir.Value:
    return policy.each(table, lambda rules: ibis.literal(int(rules.terms[key])))


def _differs(policy: Policy, key: str) -> bool:
    """Whether some variant has other rows in a table."""
    return any(each.policy.tables[key].rows != policy.tables[key].rows for each in policy.variants)
