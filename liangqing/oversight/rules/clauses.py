"""The clauses of the four sources, and which marks in the code run which. Pure.

A clause is run by marks of its own code, of the clauses above it (``P3 3.2`` runs ``P3 3.2.2``) and of those it names
itself (``by``). A mark may say more than its code (``P3 2.1.1 by hand``): where no clause is listed so, it belongs to
the clause it begins with.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from liangqing.policy.tables import Table, blank_tables
from liangqing.policy.terms import Definition, Words, definitions

FILE = Path(__file__).parent.parent / "clauses.yaml"
SOURCES: Mapping[str, Words] = {
    "P1": {"zh": "催收与钱款追索管理制度", "en": "Collection and recovery"},
    "P2": {"zh": "催收作业管理制度", "en": "Collection work"},
    "P3": {"zh": "账单逾期管理办法", "en": "Overdue bills"},
    "P4": {"zh": "催收工作总结", "en": "What collectors report"},
}
KINDS = ("parameter", "control", "duty")
_CODE = re.compile(r"P[1-4][ -]\d+(\.\d+)*")


@dataclass(frozen=True)
class Clause:
    """One clause.

    ``night``: counts of the night that show it (None: it has no part in the night); ``told``: events of the trail;
    ``open``: what is looked for as left undone; ``page``: where it can be looked at; ``uses``: terms and tables it uses
    besides those cited under it.
    """

    code: str
    kind: Literal["parameter", "control", "duty"]
    summary: Words
    alone: bool = False
    by: tuple[str, ...] = ()
    night: tuple[str, ...] | None = None
    told: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    page: str = ""
    uses: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        return self.code[:2]


@functools.cache
def clauses() -> Mapping[str, Clause]:
    """All clauses by code, in the order of the sources."""
    given: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))
    return {code: _clause(code, one) for code, one in given.items()}


def _clause(code: str, given: dict[str, Any]) -> Clause:
    words = {"zh": given.pop("zh"), "en": given.pop("en")}
    lists: dict[str, Any] = {
        name: tuple(given.pop(name)) for name in ("by", "night", "told", "open", "uses") if name in given
    }
    return Clause(code=code, summary=words, **given, **lists)


def stem(mark: str) -> str:
    """The code a mark belongs to: its own where a clause is listed so, else what it begins with."""
    if mark in clauses():
        return mark
    found = _CODE.match(mark)
    return found.group(0) if found else mark


def known(mark: str) -> bool:
    """Whether a mark's code is a clause of the list, or stands above one."""
    code = stem(mark)
    return code in clauses() or any(listed.startswith(f"{code}.") for listed in clauses())


def run_by(clause: Clause, marks: Mapping[str, list[str]]) -> list[str]:
    """The names of what makes a clause run; ``marks`` as ``kit.actions.clause_register`` gives them."""
    found = set()
    for mark, names in marks.items():
        code = stem(mark)
        above = not clause.alone and clause.code.startswith(f"{code}.")
        if code == clause.code or above or mark in clause.by:
            found.update(names)
    return sorted(found)


def terms_of(clause: Clause) -> list[Definition]:
    """The terms that fill it or are set under it or the clause above it."""
    return [
        term
        for term in definitions().values()
        if _under(clause, term.clause)
        or term.key in clause.uses
        or any(stem(blank) == clause.code for blank in term.blanks)
    ]


def tables_of(clause: Clause) -> list[Table]:
    return [each for each in blank_tables().values() if _under(clause, each.clause) or each.key in clause.uses]


def _under(clause: Clause, code: str) -> bool:
    return code == clause.code or (not clause.alone and clause.code.startswith(f"{code}."))
