"""What parties give to the night."""

from __future__ import annotations

from liangqing.nightly.plan import Source

SOURCES = (
    Source("parties", "SELECT id AS party_id, kind, customer_class FROM parties_party", of_party="party_id = {party}"),
)
