"""Setting money against bills. What is set never exceeds what came in nor what the bill still asks for."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from liangqing.kit.actions import clause


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
