"""What is left on receipts, credit notes and bills, over all days: what may still be set against what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from liangqing.receivables.rules.allocation import Claim, Source

_BILLS = """
    SELECT b.id, b.number, b.kind, b.issued_on,
           CASE WHEN b.kind IN ('deposit', 'retention') AND c.ends_on > b.due_on THEN c.ends_on ELSE b.due_on END,
           (b.principal + b.interest + b.penalty + b.fee
            + coalesce((SELECT sum(j.principal + j.interest + j.penalty + j.fee)
                        FROM receivables_adjustment j WHERE j.bill_id = b.id), 0)
            - coalesce((SELECT sum(a.amount) FROM receivables_allocation a WHERE a.bill_id = b.id), 0))::bigint AS room
    FROM receivables_bill b LEFT JOIN receivables_contract c ON c.id = b.contract_id"""

_RECEIPTS = """
    SELECT r.id, r.number, r.received_on, r.bill_number,
           (r.amount - coalesce((SELECT sum(a.amount) FROM receivables_allocation a WHERE a.receipt_id = r.id), 0))::bigint AS rest
    FROM receivables_receipt r"""

_LIVE = """r.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id)"""


def open_items(
    party_id: int, creditor_id: int, currency: str, as_of: dt.date | None = None
) -> tuple[list[Source], list[Claim]]:
    """Receipts and credit notes with something left, and bills that still ask, of one account; reads that account only.

    With ``as_of``: only what had come or been issued by that day. What is left counts everything told so far.
    """
    account: list[int | str | dt.date | None] = [party_id, creditor_id, currency]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT * FROM ({_BILLS} WHERE b.party_id = %s AND b.creditor_id = %s AND b.currency = %s
                               AND (%s::date IS NULL OR b.issued_on IS NULL OR b.issued_on <= %s)) q
                WHERE room <> 0 ORDER BY id""",
            [*account, as_of, as_of],
        )
        bills: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute(
            f"""SELECT * FROM ({_RECEIPTS} WHERE r.party_id = %s AND r.creditor_id = %s AND r.currency = %s AND {_LIVE}
                               AND (%s::date IS NULL OR r.received_on <= %s)) q
                WHERE rest > 0 ORDER BY id""",
            [*account, as_of, as_of],
        )
        receipts: list[tuple[Any, ...]] = cursor.fetchall()
    claims = [
        Claim(id=key, number=number, due_on=due_on, issued_on=issued_on, left=room)
        for key, number, kind, issued_on, due_on, room in bills
        if room > 0 and kind != "credit_note"
    ]
    sources = [
        Source(kind="receipt", id=key, number=number, on=received_on, left=rest, names=bill_number)
        for key, number, received_on, bill_number, rest in receipts
    ]
    sources += [
        Source(kind="credit", id=key, number=number, on=issued_on, left=-room)
        for key, number, kind, issued_on, _due_on, room in bills
        if room < 0 and kind == "credit_note"
    ]
    return sources, claims


def asked_and_paid(bill_id: int) -> tuple[dict[str, int], int]:
    """What a bill asks by component with its adjustments, and what is set against it; of all days, minor units."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT b.principal + coalesce(j.principal, 0), b.interest + coalesce(j.interest, 0),
                      b.penalty + coalesce(j.penalty, 0), b.fee + coalesce(j.fee, 0),
                      coalesce((SELECT sum(a.amount) FROM receivables_allocation a WHERE a.bill_id = b.id), 0)
               FROM receivables_bill b LEFT JOIN LATERAL (
                   SELECT sum(principal) AS principal, sum(interest) AS interest, sum(penalty) AS penalty, sum(fee) AS fee
                   FROM receivables_adjustment WHERE bill_id = b.id) j ON true
               WHERE b.id = %s""",
            [bill_id],
        )
        *asked, paid = cursor.fetchone()
    return dict(zip(("principal", "interest", "penalty", "fee"), map(int, asked), strict=True)), int(paid)
