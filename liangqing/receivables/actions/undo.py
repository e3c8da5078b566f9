"""Take back what an import brought, receipts or bills: nothing is deleted, everything is reversed."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from liangqing.imports.models import Change, Import
from liangqing.kit.refusal import Refusal
from liangqing.receivables.actions.bill_changes import COMPONENTS, write_terms
from liangqing.receivables.actions.digests import all_stored
from liangqing.receivables.actions.money_in import reverse_allocations
from liangqing.receivables.models import Adjustment, Bill


def undo_receipts(record: Import, cursor: Any) -> None:
    """Reverse the import's live receipts with what they were set against; bring back those it had reversed.

    Raises ``Refusal`` when other money has taken the place of what would come back.
    """
    cursor.execute(
        """CREATE TEMPORARY TABLE undone_receipt ON COMMIT DROP AS
           SELECT r.id FROM receivables_receipt r WHERE r.imported = %s AND r.reverses_id IS NULL
             AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id);
           CREATE TEMPORARY TABLE restored_receipt ON COMMIT DROP AS
           SELECT r.reverses_id AS id FROM receivables_receipt r JOIN receivables_receipt o ON o.id = r.reverses_id
           WHERE r.imported = %s AND EXISTS (
               SELECT 1 FROM undone_receipt u JOIN receivables_receipt n ON n.id = u.id
               WHERE n.creditor_id = o.creditor_id AND n.number = o.number)""",
        [record.pk, record.pk],
    )
    columns = "creditor_id, party_id, number, received_on, currency, method, bill_number, reference"
    cursor.execute(
        f"""INSERT INTO receivables_receipt ({columns}, imported, version, amount, reverses_id)
            SELECT {columns}, imported, version + 1, -amount, id FROM receivables_receipt WHERE id IN (SELECT id FROM undone_receipt)
            RETURNING id"""
    )
    reverse_allocations(cursor, [row[0] for row in cursor.fetchall()])
    # What this import had reversed lives again: same money, same bills, as a new version told under this import. Where
    # somebody has corrected or reversed the number since, that stands.
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
    cursor.execute(
        """SELECT b.number FROM receivables_bill b JOIN receivables_allocation a ON a.bill_id = b.id
           WHERE b.id IN (SELECT bill_id FROM receivables_allocation WHERE imported = %s AND amount > 0)
           GROUP BY b.id HAVING sum(a.amount) > b.principal + b.interest + b.penalty + b.fee + coalesce((
               SELECT sum(j.principal + j.interest + j.penalty + j.fee) FROM receivables_adjustment j
               WHERE j.bill_id = b.id), 0) LIMIT 1""",
        [record.pk],
    )
    if over := cursor.fetchone():
        raise Refusal(
            "import_in_use",
            _("Other money has been set against bill {bill} since. Take that back first, then undo the import."),
            bill=over[0],
        )
    cursor.execute("DROP TABLE undone_receipt; DROP TABLE restored_receipt")


def undo_bills(record: Import, cursor: Any) -> dict[str, dict[str, str]]:
    """Take back what a file of bills brought: its clearings are reversed, its bills ask for nothing any more.

    Raises ``Refusal`` when other money is set against its bills or a later import changed them.
    """
    cursor.execute(
        """SELECT b.number FROM receivables_bill b
           JOIN receivables_allocation a ON a.bill_id = b.id LEFT JOIN receivables_receipt r ON r.id = a.receipt_id
           WHERE b.imported = %s AND r.imported IS DISTINCT FROM %s GROUP BY b.id HAVING sum(a.amount) <> 0 LIMIT 1""",
        [record.pk, record.pk],
    )
    if paid := cursor.fetchone():
        raise Refusal(
            "import_in_use",
            _("Money is set against bill {bill} of this import. Undo the import that brought the money first."),
            bill=paid[0],
        )
    changed = list(Change.objects.filter(imported=record, table="receivables_bill"))
    touched = {change.row_id for change in changed} | set(
        Adjustment.objects.filter(imported=record.pk).values_list("bill_id", flat=True)
    )
    own = Bill.objects.filter(imported=record.pk)
    ends = list(Change.objects.filter(imported=record, table="receivables_contract"))
    after = Change.objects.filter(imported_id__gt=record.pk)
    later = after.filter(table="receivables_bill")
    ended = after.filter(table="receivables_contract", row_id__in=[change.row_id for change in ends])
    adjusted = Adjustment.objects.filter(imported__gt=record.pk)
    by_hand = Adjustment.objects.filter(imported=None)
    if (
        later.filter(row_id__in=touched).exists()
        or ended.exists()
        or adjusted.filter(bill_id__in=touched).exists()
        or later.filter(row_id__in=own.values("id")).exists()
        or adjusted.filter(bill__in=own).exists()
        or by_hand.filter(bill__in=own).exists()
        or by_hand.filter(bill__adjustments__imported=record.pk, id__gt=F("bill__adjustments__id")).exists()
    ):
        raise Refusal(
            "changed_since",
            _(
                "The same rows were changed since, by a later import or by hand. Undo that import first, or put the bills right one by one."
            ),
        )
    undo_receipts(record, cursor)
    write_terms(cursor, [(change.row_id, change.before) for change in changed])
    for change in ends:
        cursor.execute(
            "UPDATE receivables_contract SET ends_on = %s WHERE id = %s", [change.before["ends_on"], change.row_id]
        )
    components = ", ".join(COMPONENTS)
    negative = ", ".join(f"-sum({name})" for name in COMPONENTS)
    cursor.execute(
        f"""INSERT INTO receivables_adjustment (bill_id, {components}, reason, imported)
            SELECT bill_id, {negative}, 'undone', %s
            FROM (SELECT id AS bill_id, {components} FROM receivables_bill WHERE imported = %s
                  UNION ALL SELECT bill_id, {components} FROM receivables_adjustment WHERE imported = %s) x
            GROUP BY bill_id""",
        [record.pk, record.pk, record.pk],
    )
    return all_stored(cursor, record.pk)
