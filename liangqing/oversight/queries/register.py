"""The clause register: each clause with what makes it run, the terms it uses, when it last ran, evidence, exceptions."""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

import liangqing
from liangqing.kit.actions import clause, clause_register
from liangqing.oversight.queries import evidence
from liangqing.oversight.queries.evidence import Nights, Told
from liangqing.oversight.rules.clauses import Clause, clauses, run_by, tables_of, terms_of
from liangqing.policy import Policy, in_force
from liangqing.policy.tables import Table
from liangqing.policy.terms import Definition, Term

STATES = ("open", "runs", "silent", "none")
"""open: it runs, and something was left undone; runs; silent: there is a control, and no sign of it yet; none: nothing
runs it yet."""
NIGHT_MISSING = "night_missing"
"""What is left undone when the last night is older than yesterday."""


@dataclass(frozen=True)
class Setting:
    """A term a clause uses, as it is in force."""

    definition: Definition
    term: Term


@dataclass(frozen=True)
class Line:
    """One clause of the register. ``last_on`` is the day it last ran; ``nightly`` whether nights run it; ``counts`` are
    those of the nights, ``told`` those of the trail; ``open`` what was left undone, by code, with how many."""

    clause: Clause
    marks: tuple[str, ...]
    settings: tuple[Setting, ...]
    tables: tuple[Table, ...]
    state: str
    last_on: dt.date | None
    counts: tuple[tuple[str, int], ...]
    told: tuple[Told, ...]
    open: tuple[tuple[str, int], ...]

    @property
    def nightly(self) -> bool:
        return self.clause.night is not None


@functools.cache
def marks() -> Mapping[str, list[str]]:
    """Every mark of every room below the house: all of them are read once, as a mark is known only when its file has been."""
    for found in pkgutil.walk_packages(liangqing.__path__, "liangqing."):
        if not found.name.startswith("liangqing.house") and ".migrations" not in found.name:
            importlib.import_module(found.name)
    return clause_register()


@clause("P2 15.3")
def register(today: dt.date) -> list[Line]:
    """All clauses in the order of the sources, from a handful of short questions to the books."""
    policy = in_force(today)
    listed = clauses().values()
    events = sorted({event for each in listed for event in each.told})
    seen = evidence.told(events, today)
    nights = evidence.nights(today)
    undone = evidence.deadlines_overdue(today)
    undone |= {code: ask(policy, today) for code, ask in evidence.OPEN.items() if code not in undone}
    undone[NIGHT_MISSING] = int(nights.last_on is not None and (today - nights.last_on).days > 1)
    return [_line(each, policy, seen, nights, undone) for each in listed]


def _line(listed: Clause, policy: Policy, seen: Mapping[str, Told], nights: Nights, undone: Mapping[str, int]) -> Line:
    by = tuple(run_by(listed, marks()))
    told = tuple(seen[event] for event in listed.told)
    counts: tuple[tuple[str, int], ...] = ()
    days = [each.last_on for each in told if each.last_on is not None]
    wanted = list(listed.open)
    if listed.night is not None:
        counts = tuple((name, nights.counts.get(name, 0)) for name in listed.night)
        days += [nights.last_on] if nights.last_on is not None else []
        wanted.append(NIGHT_MISSING)
    left = tuple((code, undone[code]) for code in wanted if undone[code]) if by else ()
    last_on = max(days, default=None) if by else None
    shows = listed.night is not None or bool(told)
    state = "none" if not by else "open" if left else "silent" if shows and last_on is None else "runs"
    return Line(
        clause=listed,
        marks=by,
        settings=tuple(Setting(each, policy.terms.term(each.key)) for each in terms_of(listed)),
        tables=tuple(tables_of(listed)),
        state=state,
        last_on=last_on,
        counts=counts if by else (),
        told=told if by else (),
        open=left,
    )
