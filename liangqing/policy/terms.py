"""A term is one number (or word) the institution has to set: a blank "[X]" of the policies, filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from liangqing.kit.money import CURRENCIES, Money, digits

EVERY_OTHER = "*"
_PLAIN = "CHF"
"""Any currency with two digits; an amount for every other currency is written with two."""


@dataclass(frozen=True)
class Term:
    """A value with what it means, where it comes from and what it may be.

    ``basis`` says on what the preset rests, with the confidence and force of ``liangqing.policy``: S or K sourced or
    known, U unsure; L law, R regulator, V standard, D product default. U and D are never shown as law.
    """

    key: str
    name: Mapping[str, str]
    clause: str
    unit: str
    value: Any
    low: int | None
    high: int | None
    why: str
    basis: str
    confidence: str

    def __post_init__(self) -> None:
        values = self.value.values() if isinstance(self.value, dict) else [self.value]
        for value in values:
            if self.low is None and self.high is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{self.key}: {value!r} is no whole number of {self.unit}")
            if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
                raise ValueError(f"{self.key}: {value} {self.unit} is outside {self.low}..{self.high}")


class Terms(Mapping[str, Any]):
    """The terms of one policy version, read by key. An unknown key is a ``KeyError``, never a default."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self._terms = dict(terms)

    def __getitem__(self, key: str) -> Any:
        return self._terms[key].value

    def __iter__(self) -> Any:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def term(self, key: str) -> Term:
        return self._terms[key]

    def money(self, key: str, currency: str) -> int:
        """A term that is an amount by currency, in minor units of this currency; ``*`` stands for every other one."""
        amounts = self[key]
        return Money.of(str(amounts.get(currency, amounts[EVERY_OTHER])), currency).amount

    def money_over(self, key: str, currency: ir.StringColumn) -> ir.IntegerValue:
        """The same for a column of currencies."""
        odd = {code for code in CURRENCIES if digits(code) != digits(_PLAIN)}
        named = sorted((set(self[key]) - {EVERY_OTHER}) | odd)
        other = Money.of(str(self[key][EVERY_OTHER]), _PLAIN).amount
        return ibis.cases(*((currency == code, self.money(key, code)) for code in named), else_=other)
