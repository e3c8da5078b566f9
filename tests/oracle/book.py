"""The policy as the oracle reads it: straight from the preset's YAML, one account at a time."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import yaml

import liangqing.policy

CATALOGUE = Path(liangqing.policy.__file__).parent / "catalogue" / "terms.yaml"
PRESET = Path(liangqing.policy.__file__).parent / "presets" / "2000-01-01.yaml"
_DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}


class Book:
    """Terms and tables of one YAML text."""

    def __init__(self, text: str = "") -> None:
        book = yaml.safe_load(text or PRESET.read_text("utf-8"))
        known = yaml.safe_load(CATALOGUE.read_text("utf-8"))
        self.terms = {key: term["default"] for key, term in known.items()} | (book["terms"] or {})
        self.tables = book["tables"]

    def days(self, key: str) -> dt.timedelta:
        return dt.timedelta(days=self.terms[key])

    def money(self, key: str, currency: str) -> int:
        """A term of money in the minor units of this currency."""
        amounts = self.terms[key]
        major = Decimal(str(amounts[currency] if currency in amounts else amounts["*"]))
        return int((major * 10 ** _DIGITS.get(currency, 2)).quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def _holds(self, condition: Any, value: Any) -> bool:
        if isinstance(condition, dict):
            low, high = (self._edge(condition.get(side)) for side in ("from", "until"))
            return (low is None or low <= value) and (high is None or value < high)
        return bool(value in condition) if isinstance(condition, list) else bool(value == condition)

    def _edge(self, value: Any) -> int | None:
        return self.terms[value[1:]] if isinstance(value, str) else value

    def matching(self, table: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
        """All rows of a table that match these facts, in the order written."""
        return [
            row
            for row in self.tables[table]
            if all(self._holds(condition, facts[name]) for name, condition in row.get("when", {}).items())
        ]

    def decide(self, table: str, facts: dict[str, Any]) -> dict[str, Any]:
        """The first row that matches."""
        return self.matching(table, facts)[0]
