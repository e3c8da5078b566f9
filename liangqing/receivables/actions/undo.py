"""Take back the receipts an import brought: nothing is deleted, everything is reversed."""

from __future__ import annotations

from typing import Any

from liangqing.imports.models import Import
from liangqing.receivables.actions.money_in import reverse_allocations


def undo_receipts(record: Import, cursor: Any) -> None:
    """Reverse the import's live receipts with what they were set against; bring back those it had reversed."""
    cursor.execute(
        """CREATE TEMPORARY TABLE undone_receipt ON COMMIT DROP AS
           SELECT r.id FROM receivables_receipt r WHERE r.imported = %s AND r.reverses_id IS NULL
             AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id);
           CREATE TEMPORARY TABLE restored_receipt ON COMMIT DROP AS
           SELECT r.reverses_id AS id FROM receivables_receipt r WHERE r.imported = %s AND r.reverses_id IS NOT NULL""",
        [record.pk, record.pk],
    )
    columns = "creditor_id, party_id, number, received_on, currency, method, bill_number, reference"
    cursor.execute(
        f"""INSERT INTO receivables_receipt ({columns}, imported, version, amount, reverses_id)
            SELECT {columns}, imported, version + 1, -amount, id FROM receivables_receipt WHERE id IN (SELECT id FROM undone_receipt)"""
    )
    reverse_allocations(cursor, record.pk)
    # What this import had reversed lives again: same money, same bills, as a new version told under this import.
    cursor.execute(
        f"""INSERT INTO receivables_receipt ({columns}, imported, version, amount)
            SELECT {columns}, %s, (SELECT max(v.version) + 1 FROM receivables_receipt v
                               WHERE v.creditor_id = r.creditor_id AND v.number = r.number), amount
            FROM receivables_receipt r WHERE r.id IN (SELECT id FROM restored_receipt)
            RETURNING id, creditor_id, number""",
        [record.pk],
    )
    for receipt, creditor, number in cursor.fetchall():
        cursor.execute(
            """INSERT INTO receivables_allocation (receipt_id, bill_id, allocated_on, amount, imported)
               SELECT %s, a.bill_id, a.allocated_on, a.amount, %s FROM receivables_allocation a
               JOIN receivables_receipt r ON r.id = a.receipt_id JOIN restored_receipt o ON o.id = r.id
               WHERE r.creditor_id = %s AND r.number = %s""",
            [receipt, record.pk, creditor, number],
        )
    cursor.execute("DROP TABLE undone_receipt; DROP TABLE restored_receipt")
