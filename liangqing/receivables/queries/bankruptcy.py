"""What the bankruptcy of a debtor means for money: interest stops, and single payments may be void (企业破产法 46, 16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.parties.models import Hold
from liangqing.parties.queries.restraints import holding
from liangqing.receivables.models import Receipt
from liangqing.receivables.rules import interest

_AFTER = """
    SELECT r.id
    FROM (SELECT coalesce(p.merged_into_id, p.id) AS kept,
                 coalesce(b.began_on, (b.since_at AT TIME ZONE %s)::date) AS accepted_on
          FROM parties_restraint b JOIN parties_party p ON p.id = b.party_id
          WHERE b.kind = 'bankruptcy' AND b.lifted_at IS NULL AND (b.until_at IS NULL OR b.until_at > %s)) bankrupt
    JOIN LATERAL (SELECT bankrupt.kept AS id
                  UNION ALL SELECT id FROM parties_party WHERE merged_into_id = bankrupt.kept) self ON true
    JOIN receivables_receipt r ON r.party_id = self.id AND r.received_on >= bankrupt.accepted_on
    WHERE r.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id)"""


def accepted_on(parties: Sequence[int]) -> dt.date | None:
    """The day a court accepted the bankruptcy of a customer given by all its numbers (``members``), while it stands on
    record; the day it was put there where no other was said."""
    found = holding(parties, clock.now()).filter(kind=Hold.BANKRUPTCY)
    return min((each.day for each in found), default=None)


@clause("P2 3.3.2 bankruptcy")
def interest_until(parties: Sequence[int], as_of: dt.date) -> dt.date:
    """The first day that bears no interest, seen from ``as_of``: what everything that works out interest or penalty asks,
    so that none runs past the day of acceptance."""
    return interest.until(as_of, accepted_on(parties))


@clause("P2 3.3.2 bankruptcy")
def paid_after(receipts: QuerySet[Receipt]) -> QuerySet[Receipt]:
    """Of these receipts the ones that came on or after the day the payer's bankruptcy was accepted: as single payments
    they may be void (企业破产法 16). They are entered and set against bills as they came; counsel looks at them.

    Worked out from what stands on record, so that a bankruptcy that is told late finds what came before it was told.
    """
    return receipts.filter(pk__in=RawSQL(_AFTER, [str(clock.zone()), clock.now()]))
