"""Receipts land: new ones, and new versions of those that turned out wrong; then money goes to the bills it names.

All by set: the wanted receipts of a file against the live ones stored. Nothing is edited: a correction is a reversal of
the live version and a new one, both on the days the money came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from liangqing.imports.landing import Arrival
from liangqing.kit import asked, bulk
from liangqing.kit.aside import Aside
from liangqing.kit.snapshot import read_into
from liangqing.receivables.actions.digests import Books
from liangqing.receivables.rules.allocation import by_reference

_RECEIPT = "creditor_id, party_id, number, received_on, amount, currency, method, bill_number, reference"
_ARRIVED = ("id", "row", "creditor_id", "party_id", "received_on", "amount", "currency", "bill_number")
"""What is asked of receipts once they have landed."""

_STORED = """
    SELECT r.id AS receipt_id, r.creditor_id, r.party_id, r.number, r.version, r.received_on, r.amount, r.currency,
           r.method, r.bill_number, r.reference, r.reverses_id
    FROM receivables_receipt r"""


def land_receipts(arrival: Arrival, books: Books) -> tuple[int, int, int]:
    """Compare ``wanted`` and land it: ``compare_receipts``, then ``land_compared``."""
    return land_compared(arrival, books, compare_receipts(arrival))


def compare_receipts(arrival: Arrival) -> dict[str, int]:
    """Compare the DuckDB table ``wanted(row, creditor_id, party_id, number, received_on, amount, currency, method,
    bill_number, reference)``, one row a number, with the live receipts stored; returns how many are new, changed, same.

    Leaves ``compared``.
    """
    duck = arrival.staging.con
    wanted = asked.among(duck, "wanted", {"r.creditor_id": "creditor_id", "r.number": "number"})
    read_into(duck, {"stored_receipts": f"{_STORED} WHERE {wanted}"})
    return compare_with_stored(duck)


def no_receipts(duck: duckdb.DuckDBPyConnection) -> None:
    """``stored_receipts`` of books without receipts."""
    duck.execute(
        """CREATE TABLE stored_receipts (receipt_id BIGINT, creditor_id BIGINT, party_id BIGINT, number VARCHAR,
               version SMALLINT, received_on DATE, amount BIGINT, currency VARCHAR, method VARCHAR, bill_number VARCHAR,
               reference VARCHAR, reverses_id BIGINT)"""
    ).fetchall()


def compare_with_stored(duck: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """``compare_receipts`` once ``stored_receipts`` is read."""
    # Against nothing stored, comparing again costs less than keeping a copy.
    ((stored,),) = duck.execute("SELECT count(*) FROM stored_receipts").fetchall()
    duck.execute(
        f"""CREATE {"TABLE" if stored else "VIEW"} compared AS
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
    return fates_of(duck)


def fates_of(duck: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows of ``compared`` are new, changed, same."""
    return dict(duck.execute("SELECT fate, count(*) FROM compared GROUP BY fate").fetchall())


def land_compared(
    arrival: Arrival, books: Books, fates: dict[str, int], meanwhile: Callable[[], object] | None = None
) -> tuple[int, int, int]:
    """Land what is new or changed in ``compared``; returns how many are created, updated, unchanged.

    Leaves ``landed_receipts(receipt_id, row, …)`` with the versions that are new and positive. ``meanwhile`` may work with
    it, in DuckDB alone, while the database is busy with them.
    """
    duck, cursor = arrival.staging.con, arrival.cursor
    new, changed = fates.get("new", 0), fates.get("changed", 0)
    ids = bulk.reserve(cursor, bulk.sequence_of("receivables_receipt"), new + 2 * changed)
    # A changed receipt is two rows: turn 1 reverses the live version, turn 2 is the new one. A new receipt is turn 1.
    said = "party_id, amount, received_on, currency, method, bill_number, reference, NULL AS reverses_id"
    live = """live_party AS party_id, -live_amount AS amount, live_on AS received_on, live_currency AS currency,
              live_method AS method, live_bill AS bill_number, live_reference AS reference, live_id AS reverses_id"""
    turns = [(1, said, "new")] + ([(1, live, "changed"), (2, said, "changed")] if changed else [])
    arriving = " UNION ALL ".join(
        f"""SELECT row, {turn} AS turn, creditor_id, number, (version + {turn})::SMALLINT AS version, {values},
                   {arrival.record.pk} AS imported FROM compared WHERE fate = '{fate}'"""
        for turn, values, fate in turns
    )
    besides = "turn" if changed else "turn, reverses_id"
    coming = duck.sql(f"SELECT * EXCLUDE ({besides}) FROM ({arriving}) ORDER BY turn, row").to_arrow_reader()
    aside = Aside(arrival.staging.folder, bulk.with_id(coming.schema), _ARRIVED)

    def rows(fresh: bool) -> None:
        passing = aside.passing(books.passing("receivables_receipt", bulk.numbered(coming, ids)))
        sent = ["id", *(name for name in coming.schema.names if name != "row")]
        bulk.copy_in(cursor, "receivables_receipt", passing, sent, fresh=fresh)

    def then() -> None:
        aside.make_table(duck, "arriving_receipts")
        duck.execute(
            "CREATE VIEW landed_receipts AS SELECT id AS receipt_id, * EXCLUDE (id) FROM arriving_receipts WHERE amount > 0"
        ).fetchall()
        if meanwhile:
            meanwhile()

    bulk.large_load(cursor, "receivables_receipt", len(ids), rows, then)
    if changed:
        reversals = [row[0] for row in duck.execute("SELECT id FROM arriving_receipts WHERE amount < 0").fetchall()]
        if (first := reverse_allocations(cursor, reversals)) is not None:
            books.written_elsewhere("receivables_allocation", first)
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
    fit(arrival, receipts, bills)
    return land_fitted(arrival, books)


def fit(arrival: Arrival, receipts: str, bills: str) -> None:
    """Allocate by reference, in DuckDB alone; leaves the table ``fitted``."""
    import ibis

    duck = arrival.staging.con
    con = ibis.duckdb.from_connection(duck)
    expression = by_reference(con.table(receipts), con.table(bills))
    duck.execute(f"CREATE TABLE fitted AS {ibis.to_sql(expression, dialect='duckdb')}").fetchall()


def land_fitted(arrival: Arrival, books: Books) -> int:
    """Land the allocations of ``fitted``, which is gone then; returns how many."""
    duck, cursor = arrival.staging.con, arrival.cursor
    ((count,),) = duck.execute("SELECT count(*) FROM fitted").fetchall()
    ids = bulk.reserve(cursor, bulk.sequence_of("receivables_allocation"), count)

    def rows(fresh: bool) -> None:
        coming = duck.sql(
            f"""SELECT receipt_id, bill_id, received_on AS allocated_on, amount, {arrival.record.pk} AS imported
                FROM fitted ORDER BY receipt_id, bill_id"""
        ).to_arrow_reader()
        passing = books.passing("receivables_allocation", bulk.numbered(coming, ids))
        bulk.copy_in(cursor, "receivables_allocation", passing, ["id", *coming.schema.names], fresh=fresh)

    bulk.large_load(cursor, "receivables_allocation", count, rows)
    duck.execute("DROP TABLE fitted").fetchall()
    return int(count)
