"""Receipts land: new ones, and new versions of those that turned out wrong; then money goes to the bills it names.

All by set: the wanted receipts of a file against the live ones stored. Nothing is edited: a correction is a reversal of
the live version and a new one, both on the days the money came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from liangqing.imports.landing import Arrival
from liangqing.kit import asked, bulk
from liangqing.kit.snapshot import read_into
from liangqing.receivables.actions.digests import Books
from liangqing.receivables.rules.allocation import by_reference

_RECEIPT = "creditor_id, party_id, number, received_on, amount, currency, method, bill_number, reference"

_STORED = """
    SELECT r.id AS receipt_id, r.creditor_id, r.party_id, r.number, r.version, r.received_on, r.amount, r.currency,
           r.method, r.bill_number, r.reference, r.reverses_id
    FROM receivables_receipt r"""


def land_receipts(arrival: Arrival, books: Books) -> tuple[int, int, int]:
    """Land the DuckDB table ``wanted(row, creditor_id, party_id, number, received_on, amount, currency, method,
    bill_number, reference)``, one row a number; returns how many are created, updated, unchanged.

    Leaves ``landed_receipts(receipt_id, row, …)`` with the versions that are new and positive.
    """
    duck, cursor = arrival.staging.con, arrival.cursor
    wanted = asked.among(duck, "wanted", {"r.creditor_id": "creditor_id", "r.number": "number"})
    read_into(duck, {"stored_receipts": f"{_STORED} WHERE {wanted}"})
    duck.execute(
        f"""CREATE TABLE compared AS
            WITH live AS (SELECT * FROM stored_receipts s WHERE s.reverses_id IS NULL
                          AND NOT EXISTS (SELECT 1 FROM stored_receipts x WHERE x.reverses_id = s.receipt_id)),
                 last AS (SELECT creditor_id, number, max(version) AS version FROM stored_receipts GROUP BY ALL)
            SELECT w.row, {", ".join("w." + name.strip() for name in _RECEIPT.split(","))},
                   l.receipt_id AS live_id, l.amount AS live_amount, coalesce(v.version, 0) AS version,
                   l.party_id AS live_party, l.received_on AS live_on, l.currency AS live_currency,
                   l.method AS live_method, l.bill_number AS live_bill, l.reference AS live_reference,
                   CASE WHEN l.receipt_id IS NULL THEN 'new'
                        WHEN (w.party_id, w.received_on, w.amount, w.currency, w.bill_number)
                             = (l.party_id, l.received_on, l.amount, l.currency, l.bill_number) THEN 'same'
                        ELSE 'changed' END AS fate
            FROM wanted w LEFT JOIN live l ON l.creditor_id = w.creditor_id AND l.number = w.number
            LEFT JOIN last v ON v.creditor_id = w.creditor_id AND v.number = w.number"""
    ).fetchall()
    fates = dict(duck.execute("SELECT fate, count(*) FROM compared GROUP BY fate").fetchall())
    new, changed = fates.get("new", 0), fates.get("changed", 0)
    ids = bulk.reserve(cursor, bulk.sequence_of("receivables_receipt"), new + 2 * changed)
    bulk.number(duck, "compared_ids", ids)
    duck.execute(
        f"""CREATE TABLE arriving_receipts AS
            SELECT i.id, creditor_id, party_id, number, (version + turn)::SMALLINT AS version, received_on, amount, currency,
                   method, bill_number, reference, reverses_id, {arrival.record.pk} AS imported, row
            FROM (SELECT *, row_number() OVER (ORDER BY turn, row) AS place FROM (
                    SELECT row, creditor_id, live_party AS party_id, number, version, 1 AS turn, live_on AS received_on,
                           -live_amount AS amount, live_currency AS currency, live_method AS method,
                           live_bill AS bill_number, live_reference AS reference, live_id AS reverses_id
                    FROM compared WHERE fate = 'changed'
                    UNION ALL
                    SELECT row, {_RECEIPT.replace(" number,", " number, version, CASE fate WHEN 'new' THEN 1 ELSE 2 END AS turn,")},
                           NULL
                    FROM compared WHERE fate <> 'same'))
            JOIN compared_ids i USING (place)"""
    ).fetchall()
    rows = duck.sql("SELECT * EXCLUDE (row) FROM arriving_receipts ORDER BY id").to_arrow_reader()
    with bulk.large_load(cursor, "receivables_receipt", len(ids)):
        bulk.copy_in(cursor, "receivables_receipt", books.passing("receivables_receipt", rows), rows.schema.names)
    if changed:
        reversals = [row[0] for row in duck.execute("SELECT id FROM arriving_receipts WHERE amount < 0").fetchall()]
        if (first := reverse_allocations(cursor, reversals)) is not None:
            books.written_elsewhere("receivables_allocation", first)
    duck.execute(
        "CREATE TABLE landed_receipts AS SELECT id AS receipt_id, * EXCLUDE (id) FROM arriving_receipts WHERE amount > 0"
    ).fetchall()
    return new, changed, fates.get("same", 0)


def reverse_allocations(cursor: Any, reversals: Sequence[int]) -> int | None:
    """Take back what the receipts reversed by these had been set against, on the same days; the lowest id of the rows
    that say so."""
    cursor.execute(
        """WITH taken AS (INSERT INTO receivables_allocation (receipt_id, bill_id, allocated_on, amount, imported)
           SELECT r.id, a.bill_id, a.allocated_on, -a.amount, r.imported
           FROM receivables_receipt r JOIN receivables_allocation a ON a.receipt_id = r.reverses_id
           WHERE r.id = ANY (%s) AND r.reverses_id IS NOT NULL AND NOT EXISTS
                 (SELECT 1 FROM receivables_allocation x WHERE x.receipt_id = r.id)
           RETURNING id) SELECT min(id) FROM taken""",
        [list(reversals)],
    )
    (first,) = cursor.fetchone()
    return None if first is None else int(first)


def allocate(arrival: Arrival, books: Books, receipts: str, bills: str) -> int:
    """Allocate by reference and land it. Names of DuckDB tables: ``receipts`` (receipt_id, bill_id, received_on,
    amount) and ``bills`` (bill_id, room). Returns how many allocations landed."""
    duck, cursor = arrival.staging.con, arrival.cursor
    con = ibis.duckdb.from_connection(duck)
    expression = by_reference(con.table(receipts), con.table(bills))
    duck.execute(f"CREATE TABLE fitted AS {ibis.to_sql(expression, dialect='duckdb')}").fetchall()
    ((count,),) = duck.execute("SELECT count(*) FROM fitted").fetchall()
    bulk.number(duck, "fitted_ids", bulk.reserve(cursor, bulk.sequence_of("receivables_allocation"), count))
    rows = duck.sql(
        f"""SELECT i.id, f.receipt_id, f.bill_id, f.received_on AS allocated_on, f.amount, {arrival.record.pk} AS imported
            FROM (SELECT *, row_number() OVER (ORDER BY receipt_id, bill_id) AS place FROM fitted) f
            JOIN fitted_ids i USING (place) ORDER BY i.id"""
    ).to_arrow_reader()
    with bulk.large_load(cursor, "receivables_allocation", count):
        bulk.copy_in(cursor, "receivables_allocation", books.passing("receivables_allocation", rows), rows.schema.names)
    duck.execute("DROP TABLE fitted").fetchall()
    bulk.forget_numbers(duck, "fitted_ids")
    return int(count)
