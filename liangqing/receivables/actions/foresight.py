"""Bills that are landing and not stored yet, as the next file may already know them.

Only for the first bills of all: then everything a payment could be compared with is in this process, and looking whether
anything else came in between costs a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from liangqing.imports.staging import Staging
from liangqing.kit.aside import Aside
from liangqing.parties.actions.meet import fingerprint

_PARTIES = "SELECT party_id, number FROM known_parties"
_CREDITORS = "SELECT code, creditor_id FROM creditors"
_BILLS = """id AS bill_id, creditor_id, party_id, number, currency,
            (principal + interest + penalty + fee)::BIGINT AS room"""


@dataclass(frozen=True)
class BillsToCome:
    """The bills a file is about to store, into a table that held none."""

    first: int
    last: int
    """Their ids."""
    parties: tuple[int, int]
    """The fingerprint of the customers they were compared with."""
    bills: Aside
    known: Aside
    creditors: Aside

    @classmethod
    def of(cls, staging: Staging, ids: Sequence[int], parties: tuple[int, int], bills: Aside) -> BillsToCome:
        """Those of a staging database; ``bills`` are put aside while they land."""
        known, creditors = (
            Aside(staging.folder.parent, rows.schema).put(rows)
            for rows in (staging.con.sql(query).to_arrow_reader() for query in (_PARTIES, _CREDITORS))
        )
        return cls(ids[0], ids[-1], parties, bills, known, creditors)

    def bring_to(self, duck: duckdb.DuckDBPyConnection) -> bool:
        """Make tables of another staging database of it. False, and none of them, when the file of bills was compared
        with some of the customers only."""
        if self.known.rows != self.parties[0]:
            return False
        self.known.make_table(duck, "known_parties")
        self.creditors.make_table(duck, "creditors")
        self.bills.make_table(duck, "named_bills", _BILLS)
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
