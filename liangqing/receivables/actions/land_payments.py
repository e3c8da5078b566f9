"""Land a file of payments: receipts, and what names a bill is set against it; the rest stays visible on the customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
from django.utils.translation import gettext_lazy as _

from liangqing.imports import problems
from liangqing.imports.alike import some_alike
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.models import Import
from liangqing.imports.rules.amounts import shown_sql
from liangqing.imports.staging import Staging
from liangqing.kit import asked, bulk
from liangqing.kit.actions import clause
from liangqing.kit.snapshot import read_into
from liangqing.parties.actions.leaving import leave
from liangqing.parties.actions.meet import know, meet, welcome
from liangqing.receivables.actions.creditors import HOME, name_creditors
from liangqing.receivables.actions.digests import Books, all_stored
from liangqing.receivables.actions.foresight import BillsToCome
from liangqing.receivables.actions.money_in import (
    compare_receipts,
    compare_with_stored,
    fates_of,
    fit,
    land_compared,
    land_fitted,
    no_receipts,
)
from liangqing.receivables.actions.undo import undo_receipts
from liangqing.receivables.kinds import PAYMENTS

problems.register(
    {
        "no_payer": _("Neither a customer nor a known bill is named. Fill in one of the two."),
        "not_positive": _(
            "{detail} is not a payment. Leave out rows of nothing; reverse a payment that was entered wrongly."
        ),
        "unknown_bill": _("{count} payments name a bill that is not known; the money stays unapplied until it is."),
        "bill_of_another": _(
            "{count} payments name a bill of another customer or in another currency; the money stays unapplied."
        ),
        "more_than_asked": _("{count} payments bring more than their bill still asks; what is over stays unapplied."),
        "signs_turned": _("All {count} amounts were negative and were read as money received."),
        "number_made_up": _("{count} payments have no number; one was made from customer, day, amount and reference."),
    }
)


@clause("P3 2.4")
def land(arrival: Arrival) -> Landed:
    """Land the good rows of a typed file of payments. One row a payment; the number is unique for its creditor."""
    books = Books(arrival.cursor, arrival.record.pk)
    fates = _as_foreseen(arrival)
    if fates is None:
        fates = _look_up(arrival)
    created, updated, unchanged = land_compared(arrival, books, fates, meanwhile=lambda: _match(arrival))
    _set_against_bills(arrival, books, freed=updated > 0)
    return Landed(created, updated, unchanged, books.digests())


def _look_up(arrival: Arrival) -> dict[str, int]:
    """Find payers and bills, and compare with the receipts stored; how many rows are new, changed, same."""
    staging = arrival.staging
    _check_amounts(staging)
    name_creditors(arrival)
    bills = _bills_named(arrival)
    with bulk.beside(lambda: read_into(staging.con, bills)) as bills_are_read:
        meet(arrival)
        _want(staging, bills_are_read)
        fates = compare_receipts(arrival)
    welcome(arrival)
    return fates


def foresee(staging: Staging, mapped: frozenset[str], foretold: Callable[[], Any]) -> None:
    """The same while the first bills of all are still landing: they come from memory, and there are no receipts yet.

    All of it in one transaction of the staging database, which ``land`` ends: it counts if the books are then as foretold.
    """
    bills = foretold() if "customer_name" not in mapped else None
    if not isinstance(bills, BillsToCome):
        return
    duck = staging.con
    duck.execute("BEGIN").fetchall()
    if not bills.bring_to(duck) or _strange_creditors(duck):
        duck.execute("ROLLBACK").fetchall()
        return
    _check_amounts(staging)
    know(staging)
    _want(staging, lambda: None)
    no_receipts(duck)
    compare_with_stored(duck)
    staging.foreseen = bills


def _strange_creditors(duck: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file names a creditor that the bills did not: it may get its id only when the file lands."""
    found = duck.execute(
        f"SELECT 1 FROM typed t ANTI JOIN creditors c ON c.code = coalesce(t.creditor, '{HOME}') LIMIT 1"
    ).fetchall()
    return bool(found)


def _as_foreseen(arrival: Arrival) -> dict[str, int] | None:
    """What was foreseen, if it came so; else nothing of it is left, and None."""
    staging, foretold = arrival.staging, arrival.staging.foreseen
    if foretold is None:
        return None
    staging.foreseen = None
    came = foretold.came(arrival.cursor)
    staging.con.execute("COMMIT" if came else "ROLLBACK").fetchall()
    return fates_of(staging.con) if came else None


def _check_amounts(staging: Staging) -> None:
    _turn_signs(staging)
    shown = shown_sql("amount", "currency")
    staging.problem(f"SELECT row, 'amount', 'not_positive', {shown} FROM typed WHERE amount <= 0")


def _want(staging: Staging, bills_are_read: Callable[[], object]) -> None:
    """Each good row as a receipt, ``wanted``: of the customer named, else of that of the bill named."""
    duck = staging.con
    _number(staging)
    if some_alike(duck, "creditor, number", "typed WHERE number IS NOT NULL"):
        staging.problem(
            """SELECT row, 'number', 'duplicate_number', number FROM
               (SELECT row, number, row_number() OVER (PARTITION BY creditor, number ORDER BY row) AS place FROM typed
                WHERE number IS NOT NULL) WHERE place > 1"""
        )
    ((unnamed,),) = duck.execute("SELECT count(*) FROM typed WHERE customer IS NULL").fetchall()
    payer, of_the_bill = "m.party_id", ""
    if unnamed:
        bills_are_read()
        payer = "coalesce(m.party_id, b.party_id)"
        of_the_bill = (
            "LEFT JOIN named_bills b ON b.creditor_id = c.creditor_id AND b.number = t.bill AND t.customer IS NULL"
        )
    staging.keep(
        "payments_in",
        {
            "row": "t.row",
            "creditor_id": "c.creditor_id",
            "party_id": payer,
            "number": "t.number",
            "received_on": "t.received_on",
            "amount": "t.amount",
            "currency": "t.currency",
            "method": "'transfer'",
            "bill_number": "coalesce(t.bill, '')",
            "reference": "coalesce(t.reference, '')",
        },
        f"""typed t JOIN creditors c ON c.code = coalesce(t.creditor, '{HOME}') LEFT JOIN met m ON m.number = t.customer
            {of_the_bill}""",
    )
    staging.let_go("typed")
    staging.problem(
        """SELECT row, 'customer', 'no_payer', NULL FROM payments_in WHERE party_id IS NULL
           AND row NOT IN (SELECT row FROM problems WHERE code = 'unknown_customer')"""
    )
    duck.execute(
        "CREATE VIEW wanted AS SELECT * FROM payments_in WHERE row NOT IN (SELECT row FROM problems)"
    ).fetchall()


def _turn_signs(staging: Staging) -> None:
    """A ledger that books money received as credits shows every amount negative."""
    duck = staging.con
    ((count, highest),) = duck.execute("SELECT count(amount), max(amount) FROM typed").fetchall()
    if count and highest < 0:
        duck.execute("UPDATE typed_rows SET amount = -amount").fetchall()
        staging.warn("signs_turned", count)


def _bills_named(arrival: Arrival) -> dict[str, str]:
    """The query for the bills known and the room they have, ``named_bills``."""
    duck = arrival.staging.con
    condition = "false"
    if "bill" in arrival.mapped:
        keys = {"b.creditor_id": "creditor_id", "b.number": "bill"}
        rows = f"(SELECT creditor_id, bill FROM typed JOIN creditors c ON c.code = coalesce(creditor, '{HOME}') WHERE bill <> '')"
        condition = asked.among(duck, rows, keys)
    those = asked.within("bill_id", "SELECT b.id FROM receivables_bill b", condition)
    return {
        "named_bills": f"""
            SELECT b.id AS bill_id, b.creditor_id, b.party_id, b.number, b.currency,
                   (b.principal + b.interest + b.penalty + b.fee + coalesce(j.added, 0) - coalesce(a.paid, 0))::bigint AS room
            FROM receivables_bill b
            LEFT JOIN (SELECT bill_id, sum(principal + interest + penalty + fee)::bigint AS added
                       FROM receivables_adjustment WHERE {those} GROUP BY bill_id) j ON j.bill_id = b.id
            LEFT JOIN (SELECT bill_id, sum(amount)::bigint AS paid FROM receivables_allocation
                       WHERE {those} GROUP BY bill_id) a
                   ON a.bill_id = b.id WHERE {condition}"""
    }


def _number(staging: Staging) -> None:
    """A payment without a number gets one made from what it says, the same whenever the file comes again."""
    duck = staging.con
    ((count,),) = duck.execute("SELECT count(*) FROM typed WHERE number IS NULL").fetchall()
    if not count:
        return
    duck.execute(
        """UPDATE typed_rows SET number = n.number FROM (
               SELECT row, 'N' || left(code, 16) || '-' || row_number() OVER (PARTITION BY code ORDER BY row) AS number
               FROM (SELECT row, md5(concat_ws(chr(31), customer, bill, received_on, amount, currency, reference)) AS code
                     FROM typed WHERE number IS NULL)) n
           WHERE n.row = typed_rows.row"""
    ).fetchall()
    staging.warn("number_made_up", count)


def _match(arrival: Arrival) -> None:
    """The bills that receipts name, into ``naming`` and ``fitting``, and the room they have into ``bill_room``; and how
    the money fits, into ``fitted``."""
    duck = arrival.staging.con
    duck.execute(
        """CREATE TABLE naming AS
           SELECT r.receipt_id, b.bill_id, r.received_on, r.amount,
                  b.bill_id IS NOT NULL AND b.party_id = r.party_id AND b.currency = r.currency AS fits
           FROM landed_receipts r LEFT JOIN named_bills b ON b.creditor_id = r.creditor_id AND b.number = r.bill_number
           WHERE r.bill_number <> ''"""
    ).fetchall()
    duck.execute(
        "CREATE VIEW fitting AS SELECT receipt_id, bill_id, received_on, amount FROM naming WHERE fits"
    ).fetchall()
    duck.execute("CREATE VIEW bill_room AS SELECT bill_id, greatest(room, 0) AS room FROM named_bills").fetchall()
    fit(arrival, "fitting", "bill_room")


def _set_against_bills(arrival: Arrival, books: Books, *, freed: bool) -> None:
    duck, staging = arrival.staging.con, arrival.staging
    if freed:
        _refresh_room(arrival)
        duck.execute("DROP TABLE fitted").fetchall()
        fit(arrival, "fitting", "bill_room")
    land_fitted(arrival, books)
    for code, query in (
        ("unknown_bill", "SELECT count(*) FROM naming WHERE bill_id IS NULL"),
        ("bill_of_another", "SELECT count(*) FROM naming WHERE bill_id IS NOT NULL AND NOT fits"),
        (
            "more_than_asked",
            """SELECT count(*) FROM (SELECT bill_id, sum(amount) AS came FROM fitting GROUP BY 1) f
               JOIN bill_room b USING (bill_id) WHERE f.came > b.room""",
        ),
    ):
        ((count,),) = duck.execute(query).fetchall()
        if count:
            staging.warn(code, count)


def _refresh_room(arrival: Arrival) -> None:
    """What reversals of this import freed on the bills they had been set against."""
    reversals = arrival.staging.con.execute("SELECT id FROM arriving_receipts WHERE amount < 0").fetchall()
    arrival.cursor.execute(
        "SELECT bill_id, -sum(amount) FROM receivables_allocation WHERE receipt_id = ANY (%s) GROUP BY bill_id",
        [[receipt for (receipt,) in reversals]],
    )
    for bill, freed in arrival.cursor.fetchall():
        arrival.staging.con.execute(
            "UPDATE named_bills SET room = room + ? WHERE bill_id = ?", [int(freed), bill]
        ).fetchall()


def undo(record: Import, cursor: Any) -> dict[str, dict[str, str]]:
    """Take back what a file of payments brought."""
    undo_receipts(record, cursor)
    leave(record, cursor)
    return all_stored(cursor, record.pk)


IMPORTABLE = Importable(kind=PAYMENTS, land=land, undo=undo, foresee=foresee)
