"""What people do with money by hand. Each tells codes of the rows it wrote, by which ``verify`` knows them again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from liangqing.trail.actions.tell import Event


@dataclass(frozen=True, kw_only=True)
class MoneyWritten(Event):
    """An act that wrote money rows by hand; ``rows`` are their codes by table and id."""

    rows: dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class BillEntered(MoneyWritten):
    name: ClassVar[str] = "bill entered"
    thing: ClassVar[str] = "bill"
    number: str
    kind: str
    amount: int
    currency: str
    due_on: dt.date
    issued_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class BillAdjusted(MoneyWritten):
    """``amount`` is what was added (or, negative, taken away) over all components."""

    name: ClassVar[str] = "bill adjusted"
    thing: ClassVar[str] = "bill"
    number: str
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class BillCancelled(BillAdjusted):
    name: ClassVar[str] = "bill cancelled"


@dataclass(frozen=True, kw_only=True)
class ReceiptEntered(MoneyWritten):
    name: ClassVar[str] = "receipt entered"
    thing: ClassVar[str] = "receipt"
    number: str
    amount: int
    currency: str
    received_on: dt.date


@dataclass(frozen=True, kw_only=True)
class ReceiptReversed(MoneyWritten):
    name: ClassVar[str] = "receipt reversed"
    thing: ClassVar[str] = "receipt"
    number: str
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MoneyApplied(MoneyWritten):
    """``lines``: from which receipt or credit note, to which bill (their numbers), how much, from which day."""

    name: ClassVar[str] = "money applied"
    thing: ClassVar[str] = "customer"
    amount: int
    currency: str
    lines: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class MoneyTakenBack(MoneyWritten):
    name: ClassVar[str] = "allocation taken back"
    thing: ClassVar[str] = "allocation"
    source: str
    bill: str
    amount: int
    currency: str
    reason: str


BY_HAND = tuple(
    event.name
    for event in (
        BillEntered, BillAdjusted, BillCancelled, ReceiptEntered, ReceiptReversed, MoneyApplied, MoneyTakenBack
    )
)  # fmt: skip
"""The events whose facts carry the codes of rows."""
