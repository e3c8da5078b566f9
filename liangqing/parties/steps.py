"""What parties give to the night."""

from __future__ import annotations

from liangqing.nightly.plan import Source

SOURCES = (
    Source(
        "parties",
        "SELECT id AS party_id, kind, country, customer_class FROM parties_party",
        of_party="party_id = {party}",
    ),
    Source("creditors", "SELECT id AS creditor_id, code FROM parties_creditor"),
)
