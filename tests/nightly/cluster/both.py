"""A night decided here and on Spark, from the same books, table by table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pyarrow as pa

from liangqing import policy
from liangqing.house.night import PLAN
from liangqing.nightly.night import Night
from liangqing.nightly.plan import Tables
from liangqing.policy import Policy

Engine = Callable[[Night], AbstractContextManager[Tables]]


def decided(date: dt.date, engine: Engine = nullcontext, rules: Policy | None = None) -> dict[str, pa.Table]:
    """Every table the steps of a night make, worked out by an engine and not landed."""
    with Night(date, rules or policy.in_force(date), purpose="both") as night, engine(night) as tables:
        night.read(PLAN.sources)
        given = _names(night)
        for step in PLAN.steps:
            step.run(tables)
        return {name: night.arrow(night.table(name)) for name in sorted(_names(night) - given)}


def _names(night: Night) -> set[str]:
    found = {name for (name,) in night.con.con.execute("SHOW TABLES").fetchall()}
    return {name for name in found if not name.startswith("ibis_")}  # small tables handed in by Python


def differences(here: dict[str, pa.Table], there: dict[str, pa.Table]) -> list[str]:
    """In which tables, columns, types and rows two engines differ."""
    found = [f"{name}: on one side only" for name in sorted(here.keys() ^ there.keys())]
    for name in sorted(here.keys() & there.keys()):
        mine, theirs = here[name], there[name]
        if mine.schema.names != theirs.schema.names:
            found.append(f"{name}: {mine.schema.names} here, {theirs.schema.names} there")
            continue
        found += [
            f"{name}.{field.name}: {field.type} here, {theirs.schema.field(field.name).type} there"
            for field in mine.schema
            if field.type != theirs.schema.field(field.name).type
        ]
        for row, (ours, its) in enumerate(zip(_sorted(mine), _sorted(theirs), strict=False)):
            if ours != its:
                found.append(f"{name} row {row}: {ours} here, {its} there")
                break
        if mine.num_rows != theirs.num_rows:
            found.append(f"{name}: {mine.num_rows} rows here, {theirs.num_rows} there")
    return found


def _sorted(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows in an order that all their columns give, NULL first."""
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return sorted(rows, key=lambda row: [(value is not None, value) for value in row])
