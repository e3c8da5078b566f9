"""Take back what an import brought, receipts or bills: nothing is deleted, everything is reversed.

What has itself been undone stands in nobody's way: whatever came in can be taken back in the reverse order.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from liangqing.imports.models import Change, Import
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions.leaving import BROUGHT_IN_VAIN, leave, register_past
from liangqing.receivables.actions.bill_changes import COMPONENTS, write_terms
from liangqing.receivables.actions.digests import all_stored
from liangqing.receivables.actions.money_in import reverse_allocations
from liangqing.receivables.models import Adjustment, Bill

# Rows of imports that are undone, while nothing that stands touches them, keep no customer.
_BILL_PAST = f"""{BROUGHT_IN_VAIN} AND NOT EXISTS (
    SELECT 1 FROM receivables_adjustment j WHERE j.bill_id = t.id
       AND (j.imported IS NULL OR j.imported <> ALL (%(undone)s)))"""
register_past("receivables_bill", _BILL_PAST)
register_past(
    "receivables_receipt",
    f"""{BROUGHT_IN_VAIN} AND (t.reverses_id IS NOT NULL OR EXISTS (
            SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = t.id AND x.imported = ANY (%(undone)s)))""",
)
register_past(
    "receivables_contract",
    f"""{BROUGHT_IN_VAIN} AND NOT EXISTS (
            SELECT 1 FROM receivables_bill b WHERE b.contract_id = t.id AND NOT ({_BILL_PAST.replace("t.", "b.")}))""",
)

# Each live receipt that may have to go, led back to what it stands for: while the import that wrote a version is undone (or
# is the one being undone), to the version which that import had replaced when it landed.
_STANDING_FOR = """
    CREATE TEMPORARY TABLE undone_receipt ON COMMIT DROP AS
    WITH RECURSIVE gone AS (SELECT id FROM imports_import WHERE id = %(import)s OR (status = 'undone' AND id > %(import)s)),
    back AS (
        SELECT r.id AS live, r.id AS at, r.imported, r.creditor_id, r.number, r.version FROM receivables_receipt r
        WHERE r.imported IN (SELECT id FROM gone) AND r.reverses_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id)
        UNION ALL
        SELECT b.live, t.id, t.imported, b.creditor_id, b.number, t.version FROM back b
        JOIN receivables_receipt x ON x.creditor_id = b.creditor_id AND x.number = b.number AND x.imported = b.imported
        JOIN receivables_receipt t ON t.id = x.reverses_id
        WHERE b.version > 1 AND b.imported IN (SELECT id FROM imports_import WHERE id = %(import)s OR status = 'undone')
          AND t.version < (SELECT min(f.version) FROM receivables_receipt f WHERE f.creditor_id = b.creditor_id
                           AND f.number = b.number AND f.imported = b.imported AND f.reverses_id IS NULL))
    SELECT live AS id, max(at) FILTER (WHERE imported IS NULL OR imported NOT IN (
               SELECT id FROM imports_import WHERE id = %(import)s OR status = 'undone')) AS restored
    FROM back GROUP BY live HAVING bool_or(imported = %(import)s)"""


def undo_receipts(record: Import, cursor: Any) -> None:
    """Reverse the live receipts that stand for what the import brought, with what they were set against; bring back those it
    had replaced.

    Raises ``Refusal`` when other money has taken the place of what would come back.
    """
    _find_receipts(record, cursor)
    _take_receipts_back(record, cursor)


def _find_receipts(record: Import, cursor: Any) -> None:
    """The temporary table ``undone_receipt``: the live receipts to reverse, and the version that comes back of each."""
    cursor.execute(_STANDING_FOR, {"import": record.pk})


def _take_receipts_back(record: Import, cursor: Any) -> None:
    columns = "creditor_id, party_id, number, received_on, currency, method, bill_number, reference"
    cursor.execute(
        f"""INSERT INTO receivables_receipt ({columns}, imported, version, amount, reverses_id)
            SELECT {columns}, %s, version + 1, -amount, id FROM receivables_receipt
            WHERE id IN (SELECT id FROM undone_receipt) RETURNING id""",
        [record.pk],
    )
    reverse_allocations(cursor, [row[0] for row in cursor.fetchall()])
    # What this import had replaced lives again: same money, same bills, as a new version told under this import. Where
    # somebody has corrected or reversed the number since, that stands.
    cursor.execute(
        f"""WITH again AS (
                INSERT INTO receivables_receipt ({columns}, imported, version, amount)
                SELECT {columns}, %(import)s, (SELECT max(v.version) + 1 FROM receivables_receipt v
                                   WHERE v.creditor_id = r.creditor_id AND v.number = r.number), amount
                FROM receivables_receipt r WHERE r.id IN (SELECT restored FROM undone_receipt)
                RETURNING id, creditor_id, number)
            INSERT INTO receivables_allocation (receipt_id, bill_id, allocated_on, amount, imported)
            SELECT n.id, a.bill_id, a.allocated_on, a.amount, %(import)s FROM again n
            JOIN receivables_receipt r ON r.creditor_id = n.creditor_id AND r.number = n.number
            JOIN undone_receipt u ON u.restored = r.id
            JOIN receivables_allocation a ON a.receipt_id = r.id""",
        {"import": record.pk},
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
    cursor.execute("DROP TABLE undone_receipt")


def undo_bills(record: Import, cursor: Any) -> dict[str, dict[str, str]]:
    """Take back what a file of bills brought: its clearings are reversed, money that had waited for its bills waits again,
    its bills ask for nothing any more.

    Raises ``Refusal`` when other money is set against its bills or a later import changed them.
    """
    _find_receipts(record, cursor)
    _find_money(record, cursor)
    changed = list(Change.objects.filter(imported=record, table="receivables_bill"))
    ends = list(Change.objects.filter(imported=record, table="receivables_contract"))
    _refuse_changed(record, [change.row_id for change in changed], [change.row_id for change in ends])
    _take_receipts_back(record, cursor)
    cursor.execute(
        """INSERT INTO receivables_allocation (receipt_id, bill_id, allocated_on, amount, imported)
           SELECT root, bill_id, allocated_on, -net, %s FROM waits_again""",
        [record.pk],
    )
    cursor.execute("DROP TABLE waits_again")
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
    leave(record, cursor)
    return all_stored(cursor, record.pk)


def _find_money(record: Import, cursor: Any) -> None:
    """What other receipts and credit notes still have set against the import's bills. What the import itself set (money that
    had waited for the bill, also where a version of that money came back since) goes to the temporary table
    ``waits_again``; anything more refuses."""
    cursor.execute(
        """CREATE TEMPORARY TABLE waits_again ON COMMIT DROP AS
           SELECT a.bill_id, b.number, coalesce(r.reverses_id, r.id) AS root, a.allocated_on,
                  sum(a.amount) AS net, coalesce(sum(a.amount) FILTER (WHERE
                      a.imported = %(import)s OR r.imported = a.imported AND i.status = 'undone' AND EXISTS (
                          SELECT 1 FROM receivables_allocation f JOIN receivables_receipt o ON o.id = f.receipt_id
                          WHERE f.bill_id = a.bill_id AND f.imported = %(import)s AND f.amount > 0
                            AND o.creditor_id = r.creditor_id AND o.number = r.number)), 0) AS own
           FROM receivables_bill b JOIN receivables_allocation a ON a.bill_id = b.id
           LEFT JOIN receivables_receipt r ON r.id = a.receipt_id LEFT JOIN imports_import i ON i.id = a.imported
           WHERE b.imported = %(import)s AND NOT EXISTS (SELECT 1 FROM undone_receipt u
                                                         WHERE u.id = coalesce(r.reverses_id, r.id))
           GROUP BY a.bill_id, b.number, coalesce(r.reverses_id, r.id), a.credit_id, a.allocated_on
           HAVING sum(a.amount) <> 0""",
        {"import": record.pk},
    )
    cursor.execute("SELECT number FROM waits_again WHERE abs(net) > abs(own) LIMIT 1")
    if paid := cursor.fetchone():
        raise Refusal(
            "import_in_use",
            _("Money is set against bill {bill} of this import. Undo the import that brought the money first."),
            bill=paid[0],
        )


def _refuse_changed(record: Import, changed: list[int], ended: list[int]) -> None:
    """Refuse while a later import that stands, or a hand, has changed the rows: the import's own bills, those it changed
    (the terms of ``changed``, or amounts), and contracts whose end it moved."""
    touched = {*changed, *Adjustment.objects.filter(imported=record.pk).values_list("bill_id", flat=True)}
    own = Bill.objects.filter(imported=record.pk)
    standing = Import.objects.filter(pk__gt=record.pk, status=Import.Status.LANDED)
    after = Change.objects.filter(imported__in=standing)
    later = after.filter(table="receivables_bill")
    adjusted = Adjustment.objects.filter(imported__in=standing.values("pk"))
    by_hand = Adjustment.objects.filter(imported=None)
    if (
        later.filter(row_id__in=touched).exists()
        or after.filter(table="receivables_contract", row_id__in=ended).exists()
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
