"""Setting money against bills. What is set never exceeds what came in nor what the bill still asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from liangqing.kit.actions import clause
from liangqing.kit.money import Money

if TYPE_CHECKING:
    import ibis.expr.types as ir


@clause("P3 2.4 by reference")
def by_reference(receipts: ir.Table, bills: ir.Table) -> ir.Table:
    """Set each receipt against the bill it names, the earlier receipt first; what is too much stays unapplied.

    In: ``receipts`` (receipt_id, bill_id, received_on, amount: what is left of it, more than 0), ``bills`` (bill_id,
    room: what the bill still asks for); minor units. Out: receipt_id, bill_id, received_on, amount (more than 0).
    """
    import ibis

    named = receipts.join(bills.select(room_bill="bill_id", room="room"), receipts.bill_id == bills.bill_id)
    before = named.amount.sum().over(
        ibis.window(group_by=named.bill_id, order_by=[named.received_on, named.receipt_id], rows=(None, 0))
    )
    queued = named.mutate(before=before.cast("int64") - named.amount)
    fits = ibis.greatest(ibis.least(queued.room - queued.before, queued.amount), 0)
    return queued.select("receipt_id", "bill_id", "received_on", amount=fits).filter(lambda t: t.amount > 0)


COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "costs_first": ("fee", "interest", "penalty", "principal"),
    "principal_first": ("principal", "interest", "penalty", "fee"),
}
"""In which order money pays the parts of a bill; the words of the table receipt.order."""


def fall(
    payments: Iterable[tuple[int, str]], *, principal: int, interest: int, penalty: int, fee: int
) -> dict[str, int]:
    """How money falls on the parts of a bill: several payments, the earlier first, each in its order of ``COMPONENTS``
    (costs, then interest, then principal, 民法典 561, unless the table receipt.order says otherwise).

    All in minor units; together they must not exceed the sum. What is over after all parts stays with the principal. A
    negative payment takes back, from the parts its order pays last.
    """
    asked = {"principal": principal, "interest": interest, "penalty": penalty, "fee": fee}
    parts = dict.fromkeys(asked, 0)
    for amount, order in payments:
        left = amount
        for name in COMPONENTS[order]:
            taken = max(min(max(asked[name], 0) - parts[name], left), 0)
            parts[name] += taken
            left -= taken
        if left < 0:
            for name in reversed(COMPONENTS[order]):
                given = min(parts[name], -left)
                parts[name] -= given
                left += given
        parts["principal"] += left
    return parts


@dataclass(frozen=True)
class Source:
    """Something that can be set against bills: a receipt, or a credit note; ``left`` (minor units, more than 0) of it.

    ``on`` is the day it came or was issued (None for a credit note without one); ``names`` the bill the payer named.
    """

    kind: str
    id: int
    number: str
    on: dt.date | None
    left: int
    names: str = ""


@dataclass(frozen=True)
class Claim:
    """A bill that still asks for ``left`` (minor units, more than 0)."""

    id: int
    number: str
    due_on: dt.date
    issued_on: dt.date | None
    left: int


@dataclass(frozen=True)
class Line:
    """So much of a source set against a bill, as from a day. ``why``: ``named``, ``due`` or ``not_due``.

    ``source_left`` and ``bill_left`` are what was left of both when the proposal was made: it lands only while they
    still are.
    """

    kind: str
    source_id: int
    source: str
    bill_id: int
    bill: str
    amount: int
    on: dt.date
    why: str
    source_left: int
    bill_left: int


TABLE = "receipt.order"


def order_facts(debtor: str, bills_due_on: Iterable[dt.date], as_of: dt.date) -> dict[str, Any]:
    """What receipt.order looks at: the kind of debtor, and how many days the bill due longest is late (0: none is)."""
    late = max(((as_of - due_on).days for due_on in bills_due_on), default=0)
    return {"debtor": debtor, "days_late": max(late, 0)}


@clause("P3 2.4 by hand")
def propose(
    sources: Iterable[Source], claims: Iterable[Claim], as_of: dt.date, bills_first: str = "oldest_due"
) -> list[Line]:
    """How the money and credit notes of one account would be set against its bills, when nothing else was agreed.

    1. What the payer named, the earlier receipt first (560 I).
    2. Then receipts, then credit notes, the earlier first: against bills that are due before those that are not (560
       II), and among both as the table receipt.order says by ``bills_first``: the one due longest first and those due on
       the same day in proportion to what they ask (oldest_due, the order of the law); the one that asks least or most
       first (smallest, largest); all in proportion (proportional).

    Within a bill its components: see ``fall``. Never more than is left on either side.
    """
    claims = sorted(claims, key=lambda claim: (claim.due_on, claim.id))
    ordered = sorted(sources, key=lambda each: (each.kind != "receipt", each.on or dt.date.min, each.id))
    rest = {(source.kind, source.id): source.left for source in ordered}
    room = {claim.id: claim.left for claim in claims}
    lines: list[Line] = []

    def set_against(source: Source, claim: Claim, amount: int, why: str) -> None:
        if amount <= 0:
            return
        rest[source.kind, source.id] -= amount
        room[claim.id] -= amount
        lines.append(
            Line(
                kind=source.kind,
                source_id=source.id,
                source=source.number,
                bill_id=claim.id,
                bill=claim.number,
                amount=amount,
                on=counts_from(source, claim, as_of),
                why=why,
                source_left=source.left,
                bill_left=claim.left,
            )
        )

    by_number = {claim.number: claim for claim in claims}
    for source in ordered:
        if named := by_number.get(source.names):
            set_against(source, named, min(rest[source.kind, source.id], room[named.id]), "named")
    for source in ordered:
        for due, group in _queued(claims, as_of, bills_first):
            asking = [claim for claim in group if room[claim.id] > 0]
            shares = _in_proportion(rest[source.kind, source.id], [room[claim.id] for claim in asking])
            for claim, amount in zip(asking, shares, strict=True):
                set_against(source, claim, amount, "due" if due else "not_due")
    return lines


def _queued(claims: Sequence[Claim], as_of: dt.date, bills_first: str) -> list[tuple[bool, list[Claim]]]:
    """The bills in groups that share alike, in the order they are paid; whether the group is due."""
    places: Mapping[str, Callable[[Claim], int]] = {
        "oldest_due": lambda claim: claim.due_on.toordinal(),
        "smallest": lambda claim: claim.left,
        "largest": lambda claim: -claim.left,
        "proportional": lambda _claim: 0,
    }

    def place(claim: Claim) -> tuple[bool, int]:
        return claim.due_on > as_of, places[bills_first](claim)

    return [(not later, list(group)) for (later, _), group in groupby(sorted(claims, key=place), key=place)]


def counts_from(source: Source, claim: Claim, as_of: dt.date) -> dt.date:
    """From which day it counts: money from the day it came, a credit note from the day it is used; never before the
    bill was issued."""
    day = source.on if source.kind == "receipt" and source.on else as_of
    return max(day, claim.issued_on or day)


def _in_proportion(amount: int, asked: Sequence[int]) -> list[int]:
    """What each of several equals gets of an amount: all of it when there is enough, else in proportion."""
    if amount >= sum(asked):
        return list(asked)
    if amount <= 0:
        return [0] * len(asked)
    return [part.amount for part in Money(amount, "CNY").share(asked)]
