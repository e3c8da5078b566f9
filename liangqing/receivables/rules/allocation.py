"""Setting money against bills. What is set never exceeds what came in nor what the bill still asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause
from liangqing.kit.money import Money


@clause("P3 2.4 by reference")
def by_reference(receipts: ir.Table, bills: ir.Table) -> ir.Table:
    """Set each receipt against the bill it names, the earlier receipt first; what is too much stays unapplied.

    In: ``receipts`` (receipt_id, bill_id, received_on, amount: what is left of it, more than 0), ``bills`` (bill_id,
    room: what the bill still asks for); minor units. Out: receipt_id, bill_id, received_on, amount (more than 0).
    """
    named = receipts.join(bills.select(room_bill="bill_id", room="room"), receipts.bill_id == bills.bill_id)
    before = named.amount.sum().over(
        ibis.window(group_by=named.bill_id, order_by=[named.received_on, named.receipt_id], rows=(None, 0))
    )
    queued = named.mutate(before=before.cast("int64") - named.amount)
    fits = ibis.greatest(ibis.least(queued.room - queued.before, queued.amount), 0)
    return queued.select("receipt_id", "bill_id", "received_on", amount=fits).filter(lambda t: t.amount > 0)


def split(paid: int, *, principal: int, interest: int, penalty: int, fee: int) -> dict[str, int]:
    """How the money paid on a bill falls on its parts: costs, then interest (with penalty), then principal (民法典 561).

    All in minor units; ``paid`` must not exceed the sum. What is over after all parts stays with the principal.
    """
    parts: dict[str, int] = {}
    for name, asked in (("fee", fee), ("interest", interest), ("penalty", penalty)):
        parts[name] = min(max(asked, 0), paid)
        paid -= parts[name]
    parts["principal"] = paid
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


DEFAULT_ORDER = "民法典 560, 561"
"""On what the order of ``propose`` rests. It is a default: the parties may have agreed on another."""


@clause("P3 2.4 by hand")
def propose(sources: Iterable[Source], claims: Iterable[Claim], as_of: dt.date) -> list[Line]:
    """How the money and credit notes of one account would be set against its bills, when nothing else was agreed.

    1. What the payer named, the earlier receipt first (560 I).
    2. Then receipts, then credit notes, the earlier first: against bills that are due before those that are not, the
       one due longest first, and those due on the same day in proportion to what they ask (560 II).

    Within a bill costs, then interest, then principal (561): see ``split``. Never more than is left on either side.
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
        for due_on, group in groupby(claims, key=lambda claim: claim.due_on):
            asking = [claim for claim in group if room[claim.id] > 0]
            shares = _in_proportion(rest[source.kind, source.id], [room[claim.id] for claim in asking])
            for claim, amount in zip(asking, shares, strict=True):
                set_against(source, claim, amount, "due" if due_on <= as_of else "not_due")
    return lines


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
