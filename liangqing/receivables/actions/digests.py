"""Digests of the money rows an import brought, kept in the trail, so that a row altered behind our back is found."""

from __future__ import annotations

from typing import Any

_ROWS_A_DIGEST = 1000

TABLES = {
    "receivables_bill": "id, creditor_id, party_id, number, currency, principal, interest, penalty, fee",
    "receivables_adjustment": "id, bill_id, effective_on, principal, interest, penalty, fee, reason",
    "receivables_receipt": "id, creditor_id, party_id, number, version, received_on, amount, currency, bill_number, reverses_id",
    "receivables_allocation": "id, receipt_id, bill_id, allocated_on, amount",
}
"""The columns of each table that never change once they are written."""


def digests(cursor: Any, imported: int) -> dict[str, dict[str, str]]:
    """By table: ``{"12": digest}`` over the import's rows whose id is in 12,000..12,999, in order of id."""
    found: dict[str, dict[str, str]] = {}
    for table, columns in TABLES.items():
        cursor.execute(
            f"""SELECT id / {_ROWS_A_DIGEST},
                       left(encode(sha256(convert_to(string_agg(ROW({columns})::text, E'\\n' ORDER BY id), 'UTF8')), 'hex'), 16)
                FROM {table} WHERE imported = %s GROUP BY 1 ORDER BY 1""",
            [imported],
        )
        found[table] = {str(block): digest for block, digest in cursor.fetchall()}
    return {table: blocks for table, blocks in found.items() if blocks}


def ids_of(block: str) -> tuple[int, int]:
    """The first and last id a digest covers."""
    return int(block) * _ROWS_A_DIGEST, int(block) * _ROWS_A_DIGEST + _ROWS_A_DIGEST - 1
