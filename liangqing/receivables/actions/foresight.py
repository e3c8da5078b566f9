"""Bills that are landing and not stored yet, as the next file may already know them.

Only for the first bills of all: then everything a payment could be compared with is in this process, and looking whether
anything else came in between costs a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from liangqing.parties.actions.meet import fingerprint

_TAKEN = {
    "named_bills": """SELECT id AS bill_id, creditor_id, party_id, number, currency,
                             (principal + interest + penalty + fee)::BIGINT AS room FROM new_bills""",
    "known_parties": "SELECT party_id, number FROM known_parties",
    "creditors": "SELECT code, creditor_id FROM creditors",
}


@dataclass(frozen=True)
class BillsToCome:
    """The bills a file is about to store, into a table that held none."""

    first: int
    last: int
    """Their ids."""
    parties: tuple[int, int]
    """The fingerprint of the customers they were compared with."""
    tables: Mapping[str, pa.Table]

    @classmethod
    def of(cls, duck: duckdb.DuckDBPyConnection, first: int, last: int, parties: tuple[int, int]) -> BillsToCome:
        """Those of a staging database: the bills and the room they have, customers and creditors."""
        return cls(first, last, parties, {name: duck.sql(query).to_arrow_table() for name, query in _TAKEN.items()})

    def bring_to(self, duck: duckdb.DuckDBPyConnection) -> bool:
        """Make tables of another staging database of it. False, and none of them, when the file of bills was compared
        with some of the customers only."""
        if self.tables["known_parties"].num_rows != self.parties[0]:
            return False
        for name, rows in self.tables.items():
            duck.register("foretold_rows", rows)
            duck.execute(f"CREATE TABLE {name} AS SELECT * FROM foretold_rows").fetchall()
            duck.unregister("foretold_rows")
        return True

    def came(self, cursor: Any) -> bool:
        """Whether these bills are stored, all customers are as they were, and there is nothing else: no other bill, no
        receipt, nothing set against a bill, no correction. A first file that failed, was tried only, was undone, or
        cleared bills makes it False, and so does anybody who entered something in between."""
        cursor.execute(
            """SELECT EXISTS (SELECT FROM receivables_bill WHERE id = %(first)s)
                  AND EXISTS (SELECT FROM receivables_bill WHERE id = %(last)s)
                  AND NOT EXISTS (SELECT FROM receivables_bill WHERE id < %(first)s)
                  AND NOT EXISTS (SELECT FROM receivables_bill WHERE id > %(last)s)
                  AND NOT EXISTS (SELECT FROM receivables_adjustment)
                  AND NOT EXISTS (SELECT FROM receivables_receipt)
                  AND NOT EXISTS (SELECT FROM receivables_allocation)""",
            {"first": self.first, "last": self.last},
        )
        (undisturbed,) = cursor.fetchone()
        return bool(undisturbed) and fingerprint(cursor) == self.parties
