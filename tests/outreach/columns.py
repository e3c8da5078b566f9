"""The facts of single contacts as the columns the set form reads, and its answers by contact."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from liangqing.outreach.rules import portfolio, zones
from liangqing.outreach.rules.facts import Asked, Debtor
from liangqing.policy import Policy

Rows = list[dict[str, Any]]
Answer = tuple[str, tuple[str, ...]]

_FLAGS = ("attended", "automated", "line_registered", "certified", "proof", "reserved", "barred", "unreachable",
          "answering")  # fmt: skip
ASKED = pa.schema(
    [("ask_id", pa.int64()), ("person_id", pa.int64()), ("debt", pa.int64()), ("number", pa.string())]
    + [(name, pa.string()) for name in ("channel", "content", "recipient", "route", "place", "exempt", "regime")]
    + [("at_s", pa.int64()), ("variant", pa.int16())]
    + [(name, pa.bool_()) for name in _FLAGS]
)
PERSONS = pa.schema([("person_id", pa.int64()), ("zone_key", pa.string()), ("calendar", pa.string())])
ZONES = pa.schema([("zone_key", pa.string()), ("zone", pa.string()), ("main", pa.bool_())])
OFFSETS = pa.schema([("zone", pa.string()), ("from_s", pa.int64()), ("until_s", pa.int64()), ("offset_s", pa.int64())])
DAYS = pa.schema([("calendar", pa.string()), ("day", pa.int64()), ("kind", pa.string())])
PAST = pa.schema(
    [("person_id", pa.int64()), ("at_s", pa.int64()), ("debt", pa.int64())]
    + [(name, pa.string()) for name in ("channel", "content", "recipient", "number", "outcome")]
)
HELD = pa.schema(
    [
        *(("person_id", pa.int64()), ("kind", pa.string()), ("since_s", pa.int64()), ("until_s", pa.int64())),
        *(("channel", pa.string()), ("number", pa.string()), ("debt", pa.int64())),
        *(("from_minute", pa.int64()), ("until_minute", pa.int64()), ("whole", pa.bool_())),
        ("place", pa.string()),
    ]
)
SHAPES = {
    "asked": ASKED,
    "persons": PERSONS,
    "zones": ZONES,
    "offsets": OFFSETS,
    "days": DAYS,
    "past": PAST,
    "held": HELD,
}
EPOCH = dt.date(1970, 1, 1)


@dataclasses.dataclass(frozen=True)
class Person:
    """A debtor and the contacts that are asked for; ``variants`` of the policy, one for each."""

    debtor: Debtor
    asked: Sequence[Asked]
    variants: Sequence[int] = ()


class Sets:
    """A DuckDB with the tables of the set form, filled anew for each question; each policy is compiled once."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("SET threads = 1")
        self._questions: dict[str, str] = {}
        for name, shape in SHAPES.items():
            self._fill(name, [], shape, "CREATE TABLE {name} AS")

    def answers(self, persons: Sequence[Person], policy: Policy) -> list[list[Answer]]:
        """What the set form says of every contact of every person: answer, and rules."""
        given = columns(persons)
        for name, rows in given.items():
            self.con.execute(f"DELETE FROM {name}").fetchall()
            self._fill(name, rows, SHAPES[name], "INSERT INTO {name}")
        key = f"{policy.stamp} {[each.policy.stamp for each in policy.variants]}"
        if key not in self._questions:
            shapes = {name: ibis.table(ibis.Schema.from_pyarrow(shape), name=name) for name, shape in SHAPES.items()}
            self._questions[key] = str(ibis.to_sql(portfolio.verdicts(portfolio.Facts(**shapes), policy), "duckdb"))
        rows = self.con.sql(self._questions[key]).to_arrow_table().to_pylist()
        found = {row["ask_id"]: row for row in rows}
        assert sorted(found) == list(range(len(rows))) and len(rows) == len(given["asked"]), "one verdict for each ask"
        ids = iter(range(len(rows)))
        return [[_answer(found[next(ids)]) for _one in person.asked] for person in persons]

    def _fill(self, name: str, rows: Rows, shape: pa.Schema, how: str) -> None:
        self.con.register("incoming", pa.Table.from_pylist(rows, shape))
        self.con.execute(f"{how.format(name=name)} SELECT * FROM incoming").fetchall()
        self.con.unregister("incoming")


def columns(persons: Sequence[Person]) -> dict[str, Rows]:
    """The rows of each table."""
    found: dict[str, Rows] = {name: [] for name in SHAPES}
    keys: dict[tuple[str, ...], str] = {}
    calendars: dict[Any, str] = {}
    for person_id, person in enumerate(persons, start=1):
        debtor = person.debtor
        key = keys.setdefault(debtor.zones, f"z{len(keys)}")
        calendar = calendars.setdefault(debtor.day_kind, f"c{len(calendars)}")
        found["persons"].append({"person_id": person_id, "zone_key": key, "calendar": calendar})
        for each, variant in itertools.zip_longest(person.asked, person.variants, fillvalue=0):
            ask_id = len(found["asked"])
            found["asked"].append(_asked(ask_id, person_id, debtor.regime, each, variant))  # type: ignore[arg-type]
        for past in debtor.past:
            row = {
                name: getattr(past, name) for name in ("channel", "content", "recipient", "number", "debt", "outcome")
            }
            found["past"].append({**row, "person_id": person_id, "at_s": seconds(past.at)})
        for held in debtor.held:
            names = ("kind", "channel", "number", "debt", "from_minute", "until_minute", "whole", "place")
            row = {name: getattr(held, name) for name in names}
            until = None if held.until is None else seconds(held.until)
            found["held"].append({**row, "person_id": person_id, "since_s": seconds(held.since), "until_s": until})
    found["zones"] = [
        {"zone_key": key, "zone": zone, "main": place == 0}
        for names, key in keys.items()
        for place, zone in enumerate(names)
    ]
    instants = [row["at_s"] for row in (*found["asked"], *found["past"])]
    start = dt.datetime.fromtimestamp(min(instants), dt.UTC) - dt.timedelta(days=2)
    end = dt.datetime.fromtimestamp(max(instants), dt.UTC) + dt.timedelta(days=2)
    clocks = zones.offsets(frozenset(itertools.chain.from_iterable(keys)), start, end)
    found["offsets"] = [dict(zip(OFFSETS.names, row, strict=True)) for row in clocks]
    found["days"] = [
        {"calendar": name, "day": (day - EPOCH).days, "kind": kind(day)}
        for kind, name in calendars.items()
        for day in (start.date() + dt.timedelta(days=n) for n in range((end - start).days + 2))
    ]
    return found


def _asked(ask_id: int, person_id: int, regime: str, asked: Asked, variant: int) -> dict[str, Any]:
    row = {
        name: getattr(asked, name)
        for name in ("debt", "number", "channel", "content", "recipient", "route", "place", *_FLAGS)
    }
    exempt = "".join(f"{rule} " for rule in sorted(asked.exempt))
    own = {"ask_id": ask_id, "person_id": person_id, "regime": regime, "variant": variant}
    return {**row, **own, "at_s": seconds(asked.at), "exempt": exempt}


def _answer(row: dict[str, Any]) -> Answer:
    return row["answer"], tuple(row["rules"].split())


def seconds(at: dt.datetime) -> int:
    return int(at.timestamp())
