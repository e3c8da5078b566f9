"""A term is one number the institution has to set: a blank "[X]" of the policies, filled."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from liangqing.kit.money import CURRENCIES, Money, digits
from liangqing.policy.scope import DIMENSIONS, Cell, Scope, weight

if TYPE_CHECKING:
    import ibis.expr.types as ir

EVERY_OTHER = "*"
_PLAIN = "CHF"
"""Any currency with two digits; an amount for every other currency is written with two."""

LEVELS = ("mild", "moderate", "severe")
CATALOGUE = Path(__file__).parent / "catalogue"
Words = Mapping[str, str]
"""The same said in Chinese (zh) and English (en)."""


@dataclass(frozen=True)
class Law:
    """How far a term may be moved without counsel's approval on record, and what says so."""

    bound: int
    text: Words


@dataclass(frozen=True)
class Definition:
    """What a term is. ``confidence`` is that of its basis: S or K sourced or known, U unsure; L law, R regulator, V
    standard, D product default. U and D are never shown as law.

    ``kind``: number (whole, in ``unit``), amounts (by currency), levels (a whole number for each warning level).
    """

    key: str
    name: Words
    clause: str
    kind: Literal["number", "amounts", "levels"]
    unit: Words
    default: Any
    why: Words
    basis: Words
    confidence: str
    low: int | None = None
    high: int | None = None
    choices: tuple[int, ...] = ()
    blanks: tuple[str, ...] = ()
    wins: Literal["specific", "strictest"] = "specific"
    stricter: Literal["lower", "higher"] | None = None
    law: Law | None = None

    @property
    def is_law(self) -> bool:
        """Whether the basis may be called law: a source known well enough, and of that force."""
        known, force = self.confidence.split("/")
        return known in ("S", "K") and any(letter in force for letter in "LR")

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value, as a code: type, bounds, choice, currency, level; None when nothing is."""
        if self.kind == "amounts":
            return _amounts_fault(value)
        if self.kind == "levels":
            if not isinstance(value, dict) or set(value) != set(LEVELS):
                return "level"
            return next((fault for each in value.values() if (fault := self._number_fault(each))), None)
        return self._number_fault(value)

    def _number_fault(self, value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "type"
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return "bounds"
        return "choice" if self.choices and value not in self.choices else None

    def loosens(self, value: Any) -> bool:
        """Whether a value goes past the bound that only counsel may lift."""
        if self.law is None or self.stricter is None:
            return False
        return bool(value < self.law.bound if self.stricter == "higher" else value > self.law.bound)

    def strictest(self, values: list[Any]) -> Any:
        return min(values) if self.stricter == "lower" else max(values)


def _amounts_fault(value: Any) -> str | None:
    if not isinstance(value, dict) or EVERY_OTHER not in value:
        return "currency"
    for code, amount in value.items():
        if code != EVERY_OTHER and code not in CURRENCIES:
            return "currency"
        try:
            exact = Decimal(amount) if isinstance(amount, str) and re.fullmatch(r"\d{1,15}(\.\d+)?", amount) else None
        except InvalidOperation:
            exact = None
        if exact is None:
            return "type"
        places = digits(_PLAIN if code == EVERY_OTHER else code)
        if exact != exact.quantize(Decimal(1).scaleb(-places)):
            return "places"
    return None


@functools.cache
def definitions() -> Mapping[str, Definition]:
    """The catalogue: every term there is, by key, in the order of the file."""
    given = yaml.safe_load((CATALOGUE / "terms.yaml").read_text("utf-8"))
    return {key: _definition(key, one) for key, one in given.items()}


def _definition(key: str, given: dict[str, Any]) -> Definition:
    low, high = given.pop("bounds", (None, None))
    law = given.pop("law", None)
    blanks, choices = tuple(given.pop("blanks", ())), tuple(given.pop("choices", ()))
    bound = Law(**law) if law else None
    return Definition(key=key, low=low, high=high, choices=choices, blanks=blanks, law=bound, **given)


@dataclass(frozen=True)
class Entry:
    """One value of a term and for whom it is set."""

    value: Any
    scope: Scope = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Which value counts for an account, among those set for it, and by which rule."""

    won: Entry
    by: Literal["only", "specific", "strictest"]
    others: tuple[Entry, ...]


@dataclass(frozen=True)
class Term:
    """A term as one version sets it: a value for the whole institution, others for narrower scopes."""

    definition: Definition
    entries: tuple[Entry, ...]

    def choose(self, cell: Cell) -> Choice:
        fitting = [entry for entry in self.entries if cell.within(entry.scope)]
        if len(fitting) == 1:
            return Choice(fitting[0], "only", ())
        if self.definition.wins == "strictest":
            best = self.definition.strictest([entry.value for entry in fitting])
            won = max((entry for entry in fitting if entry.value == best), key=lambda entry: weight(entry.scope))
        else:
            won = max(fitting, key=lambda entry: weight(entry.scope))
        return Choice(won, self.definition.wins, tuple(entry for entry in fitting if entry is not won))

    @property
    def scopes(self) -> list[Scope]:
        return [entry.scope for entry in self.entries if entry.scope]

    @property
    def plain(self) -> Any:
        """The value for the whole institution."""
        return next(entry.value for entry in self.entries if not entry.scope)


def entries_of(given: Any) -> tuple[Entry, ...]:
    """The entries of a term as written: a bare value, or a list of ``{for: {debtor: person}, value: 21}``."""
    if not isinstance(given, list):
        return (Entry(given),)
    return tuple(Entry(each.get("value"), dict(each.get("for") or {})) for each in given)


def written(entries: tuple[Entry, ...]) -> Any:
    """The same, as written in a file."""
    if len(entries) == 1 and not entries[0].scope:
        return entries[0].value
    return [{**({"for": dict(entry.scope)} if entry.scope else {}), "value": entry.value} for entry in entries]


def scope_fault(scope: Any) -> bool:
    """Whether a scope names something that is no dimension, or no word."""
    return not isinstance(scope, dict) or any(
        dimension not in DIMENSIONS or not isinstance(value, str) or not value for dimension, value in scope.items()
    )


class Terms(Mapping[str, Any]):
    """The terms of one policy version for one cell, read by key. An unknown key is a ``KeyError``, never a default."""

    def __init__(self, terms: Mapping[str, Term], cell: Cell | None = None) -> None:
        self._terms = dict(terms)
        here = cell or Cell(())
        self._values = {key: term.choose(here).won.value for key, term in self._terms.items()}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def term(self, key: str) -> Term:
        return self._terms[key]

    def at(self, cell: Cell) -> Terms:
        """The same terms as they count in a cell."""
        return Terms(self._terms, cell)

    def money(self, key: str, currency: str) -> int:
        """A term that is an amount by currency, in minor units of this currency; ``*`` stands for every other one."""
        amounts = self[key]
        return Money.of(str(amounts.get(currency, amounts[EVERY_OTHER])), currency).amount

    def money_over(self, key: str, currency: ir.StringColumn) -> ir.IntegerValue:
        """The same for a column of currencies."""
        import ibis

        odd = {code for code in CURRENCIES if digits(code) != digits(_PLAIN)}
        named = sorted((set(self[key]) - {EVERY_OTHER}) | odd)
        other = Money.of(str(self[key][EVERY_OTHER]), _PLAIN).amount
        return ibis.cases(*((currency == code, self.money(key, code)) for code in named), else_=other)
