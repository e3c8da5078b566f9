"""What the night need not read again: bills and money at rest, kept in columns beside the nights.

A bill is at rest once nothing is left of it, a receipt once all of it is set against bills, and nothing of either is dated
later than the night. Of ten bills some eight are. Rows of money are only added, never changed, so whatever disturbs the
rest of a bill or a receipt is a row written since. The next night asks PostgreSQL which rows are that new, reads anew
only what they speak of, and finds the rest here:

- ``bills``, ``adjustments``, ``allocations``, ``receipts``: what is not at rest, as PostgreSQL has it;
- ``at_rest``: of each bill at rest how it was paid (``habits.EACH``), which nothing can change but a new row;
- ``spent``: the receipts at rest;
- ``unchecked_bills``, ``unchecked_receipts``: what was touched since the last night that held;
- ``mark``: which database all this is of, and below which transaction everything has been seen.

All of it is a copy. It is thrown away, and everything is read, where it is of another database, is damaged, disagrees with
PostgreSQL in number or sum, or where too much has changed to be worth it. Institutions with few bills have no need of it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa
from django.conf import settings

from liangqing.kit.snapshot import Snapshot
from liangqing.nightly.night import Night, Touched, typed
from liangqing.receivables.rules import habits
from liangqing.receivables.rules.lateness import HELD_KINDS
from liangqing.receivables.steps import SOURCES

BROUGHT = ("bills", "adjustments", "allocations", "receipts", "unspent", "at_rest")
"""The sources of the night that come from here."""
KEEPS_FROM = 100_000
"""So many bills make it worth while; fewer are read whole in a second."""
_VERSION = 1
"""Of the tables above. Whatever another version kept is thrown away."""
_MOST_TOUCHED = 300_000
"""Bills or receipts; beyond them reading everything is no slower."""

_SOURCES = {source.name: source.query for source in SOURCES}

_MOMENT = f"""
    SELECT {_VERSION} AS version, s.system_identifier::text AS system, c.timeline_id AS timeline, d.oid::bigint AS database,
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS finished_below, 0::bigint AS passed
    FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()"""
_LOOK = """
    SELECT b.n AS bills, (b.sum + j.sum - a.sum)::text AS left, r.n AS receipts, (r.sum - a.of_receipts)::text AS over,
           b.new || j.new || a.bills AS new_bills, r.new || a.receipts AS new_receipts
    FROM (SELECT count(*) AS n, coalesce(sum(principal + interest + penalty + fee), 0) AS sum,
                 array_agg(id) FILTER (WHERE {new}) AS new FROM receivables_bill) b,
         (SELECT coalesce(sum(principal + interest + penalty + fee), 0) AS sum,
                 array_agg(bill_id) FILTER (WHERE {new}) AS new FROM receivables_adjustment) j,
         (SELECT count(*) AS n, coalesce(sum(amount), 0) AS sum, array_agg(id) FILTER (WHERE {new}) AS new
          FROM receivables_receipt) r,
         (SELECT coalesce(sum(amount), 0) AS sum,
                 coalesce(sum(amount) FILTER (WHERE receipt_id IS NOT NULL), 0) AS of_receipts,
                 array_agg(bill_id) FILTER (WHERE {new}) AS bills,
                 array_agg(receipt_id) FILTER (WHERE receipt_id IS NOT NULL AND {new}) AS receipts
          FROM receivables_allocation) a"""
"""One look through each table: what it comes to, and whose rows have been written since."""
_OWN_TOTALS = """
    SELECT (SELECT count(*) FROM books.bills) + (SELECT count(*) FROM books.at_rest),
           (SELECT coalesce(sum(amount), 0) FROM books.bills) + (SELECT coalesce(sum(amount), 0) FROM books.adjustments)
               - (SELECT coalesce(sum(amount), 0) FROM books.allocations SEMI JOIN books.bills USING (bill_id)),
           (SELECT count(*) FROM books.receipts) + (SELECT count(*) FROM books.spent),
           (SELECT coalesce(sum(amount), 0) FROM books.receipts)
               - (SELECT coalesce(sum(amount), 0) FROM books.allocations SEMI JOIN books.receipts USING (receipt_id))"""
"""The same of what is kept: what is at rest comes to nothing."""

_log = logging.getLogger(__name__)


class KeptBooks:
    """``nightly.plan.Books`` of bills and receipts."""

    def bring(self, night: Night, snapshot: Snapshot) -> Collection[str]:
        """Give the night its bills, receipts and what is set against them; nothing where they have to be read whole."""
        snapshot.into("moment", _MOMENT)
        if not _path().exists():
            return ()
        duck = night.con.con
        try:
            duck.execute(f"ATTACH '{_path()}' AS books").fetchall()
            if _fits(duck) and _take_in(duck, snapshot):
                _show(duck, snapshot)
                night.touched = Touched(*(_ids(duck, f"books.unchecked_{name}") for name in ("bills", "receipts")))
                return BROUGHT
        except duckdb.Error:
            _log.warning("What was kept of the books can't be read; everything is read anew.", exc_info=True)
        _forget(duck)
        return ()

    def settle(self, night: Night) -> None:
        """Put what has come to rest aside. Nothing was kept before: begin, where there are enough bills. Where that fails
        (a full disk), nothing is kept: the night has landed all the same, and the next reads everything."""
        try:
            self._settle(night)
        except (duckdb.Error, OSError):
            _log.warning("What is at rest could not be kept; the next night reads everything.", exc_info=True)
            _forget(night.con.con)

    def _settle(self, night: Night) -> None:
        duck = night.con.con
        if night.touched is None:
            ((bills,),) = duck.execute("SELECT count(*) FROM bills").fetchall()
            if bills < KEEPS_FROM:
                return
        _find_what_rests(duck, night.date)
        resting = night.table("bills").semi_join(night.con.table("closing"), "bill_id")
        told = habits.each_paid(
            habits.falling(resting, night.date), night.table("adjustments"), night.table("allocations"), night.date
        )
        (_begin if night.touched is None else _go_on)(duck, typed(night.con, told))


def books_folder() -> Path:
    """Where it is kept; whoever changes the database behind the institution's back removes it."""
    return Path(settings.HOME) / "books"


def _path() -> Path:
    return books_folder() / "books.duckdb"


def _forget(duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute("DETACH DATABASE IF EXISTS books").fetchall()
    for each in _path().parent.glob("*"):
        each.unlink(missing_ok=True)


def _fits(duck: duckdb.DuckDBPyConnection) -> bool:
    """Whether what is kept is of this database, not too old for its transactions to be told apart, and not worn out: once
    as many rows have passed through as it holds, it is time to read everything again."""
    found = duck.execute(
        """SELECT m.finished_below - k.finished_below BETWEEN 0 AND 1073741824
                  AND k.passed <= (SELECT count(*) FROM books.bills) + (SELECT count(*) FROM books.at_rest)
           FROM books.mark k JOIN moment m USING (version, system, timeline, database)"""
    ).fetchall()
    return found == [(True,)]


def _take_in(duck: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> bool:
    """Read anew whatever a row written since the mark speaks of. False where that is too much, and where what is kept then
    does not come to as many bills and receipts, and as much left of them, as PostgreSQL's own."""
    ((seen,),) = duck.execute("SELECT finished_below FROM books.mark").fetchall()
    look = snapshot.rows(_LOOK.format(new=f"age(xmin) <= age('{seen % 2**32}'::xid)"))
    (true,) = look.drop_columns(["new_bills", "new_receipts"]).to_pylist()
    bills, receipts = (look[name].combine_chunks().flatten().unique() for name in ("new_bills", "new_receipts"))
    if max(len(bills), len(receipts)) > _MOST_TOUCHED:
        return False
    of_bills, of_receipts = (
        f"= ANY('{{{','.join(map(str, ids.to_pylist()))}}}'::bigint[])" for ids in (bills, receipts)
    )
    for name, those in {
        "bills": f"bill_id {of_bills}",
        "adjustments": f"bill_id {of_bills}",
        "allocations": f"bill_id {of_bills} OR receipt_id {of_receipts}",
        "receipts": f"receipt_id {of_receipts}",
    }.items():
        snapshot.into(f"anew_{name}", f"SELECT * FROM ({_SOURCES[name]}) AS source WHERE {those}")
    duck.execute("ALTER TABLE anew_bills DROP contract_ends_on").fetchall()
    duck.register("touched_bills", pa.table({"bill_id": bills}))
    duck.register("touched_receipts", pa.table({"receipt_id": receipts}))
    one_of = "bill_id IN (SELECT bill_id FROM touched_bills)"
    one_of_receipts = "receipt_id IN (SELECT receipt_id FROM touched_receipts)"
    _write(
        duck,
        f"DELETE FROM books.bills WHERE {one_of}",
        f"DELETE FROM books.at_rest WHERE {one_of}",
        f"DELETE FROM books.adjustments WHERE {one_of}",
        f"DELETE FROM books.receipts WHERE {one_of_receipts}",
        f"DELETE FROM books.spent WHERE {one_of_receipts}",
        f"DELETE FROM books.allocations WHERE {one_of} OR {one_of_receipts}",
        *(f"INSERT INTO books.{name} BY NAME SELECT * FROM anew_{name}" for name in BROUGHT[:4]),
        "INSERT INTO books.unchecked_bills SELECT bill_id FROM touched_bills",
        "INSERT INTO books.unchecked_receipts SELECT receipt_id FROM touched_receipts",
        f"UPDATE books.mark SET passed = passed + {len(bills)}, finished_below = (SELECT finished_below FROM moment)",
    )
    (own,) = duck.execute(_OWN_TOTALS).fetchall()
    if own != (true["bills"], int(true["left"]), true["receipts"], int(true["over"])):
        _log.warning(
            "What was kept of the books does not agree with them (%s, %s); everything is read anew.", own, true
        )
        return False
    return True


def _show(duck: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    snapshot.into("contracts", "SELECT id AS contract_id, ends_on AS contract_ends_on FROM receivables_contract")
    duck.execute(
        """CREATE VIEW bills AS SELECT b.*, c.contract_ends_on FROM books.bills b LEFT JOIN contracts c USING (contract_id);
           CREATE VIEW adjustments AS SELECT * FROM books.adjustments;
           CREATE VIEW allocations AS SELECT * FROM books.allocations;
           CREATE VIEW unspent AS SELECT * FROM books.receipts;
           CREATE VIEW receipts AS SELECT * FROM books.receipts UNION ALL SELECT * FROM books.spent;
           CREATE VIEW at_rest AS SELECT * FROM books.at_rest"""
    ).fetchall()


def _find_what_rests(duck: duckdb.DuckDBPyConnection, as_of: dt.date) -> None:
    """Keeps ``closing`` and ``spending``: the bills and receipts that have come to rest. What waits for the end of its
    contract is not put aside: that day may be moved without a word about the bill."""
    held = ", ".join(f"'{kind}'" for kind in HELD_KINDS)
    duck.execute(
        f"""CREATE TABLE closing AS
            SELECT bill_id FROM bills ANTI JOIN owed USING (bill_id)
            WHERE kind NOT IN ({held}) AND (issued_on IS NULL OR issued_on <= DATE '{as_of}')
              AND bill_id NOT IN (SELECT bill_id FROM allocations WHERE allocated_on > DATE '{as_of}')
              AND bill_id NOT IN (SELECT bill_id FROM adjustments WHERE effective_on > DATE '{as_of}');
            CREATE TABLE spending AS
            SELECT r.receipt_id FROM unspent r JOIN allocations a USING (receipt_id)
            WHERE r.received_on <= DATE '{as_of}' GROUP BY r.receipt_id
            HAVING sum(a.amount) = any_value(r.amount) AND max(a.allocated_on) <= DATE '{as_of}'"""
    ).fetchall()


def _begin(duck: duckdb.DuckDBPyConnection, told: str) -> None:
    """Everything was read: keep what is not at rest, and of the rest what is told of it. In place at once when whole."""
    _forget(duck)
    final = _path()
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_suffix(".draft")
    duck.execute(f"ATTACH '{draft}' AS books").fetchall()
    _write(
        duck,
        "CREATE TABLE books.bills AS SELECT * EXCLUDE contract_ends_on FROM bills ANTI JOIN closing USING (bill_id)",
        "CREATE TABLE books.receipts AS SELECT * FROM unspent ANTI JOIN spending USING (receipt_id)",
        "CREATE TABLE books.adjustments AS SELECT * FROM adjustments ANTI JOIN closing USING (bill_id)",
        """CREATE TABLE books.allocations AS SELECT * FROM allocations
           WHERE bill_id IN (SELECT bill_id FROM books.bills) OR receipt_id IN (SELECT receipt_id FROM books.receipts)""",
        f"CREATE TABLE books.at_rest AS {told}",
        "CREATE TABLE books.spent AS SELECT * FROM unspent SEMI JOIN spending USING (receipt_id)",
        "CREATE TABLE books.unchecked_bills (bill_id BIGINT)",
        "CREATE TABLE books.unchecked_receipts (receipt_id BIGINT)",
        "CREATE TABLE books.mark AS SELECT * FROM moment",
    )
    duck.execute("CHECKPOINT books; DETACH books").fetchall()
    draft.rename(final)


def _go_on(duck: duckdb.DuckDBPyConnection, told: str) -> None:
    """Put aside what has come to rest since."""
    _write(
        duck,
        f"INSERT INTO books.at_rest {told}",
        "INSERT INTO books.spent SELECT * FROM books.receipts SEMI JOIN spending USING (receipt_id)",
        "DELETE FROM books.bills WHERE bill_id IN (SELECT bill_id FROM closing)",
        "DELETE FROM books.receipts WHERE receipt_id IN (SELECT receipt_id FROM spending)",
        "DELETE FROM books.adjustments WHERE bill_id IN (SELECT bill_id FROM closing)",
        """DELETE FROM books.allocations WHERE bill_id NOT IN (SELECT bill_id FROM books.bills)
               AND (receipt_id IS NULL OR receipt_id NOT IN (SELECT receipt_id FROM books.receipts))""",
        "DELETE FROM books.unchecked_bills",
        "DELETE FROM books.unchecked_receipts",
        "UPDATE books.mark SET passed = passed + (SELECT count(*) FROM closing)",
    )
    duck.execute("CHECKPOINT books").fetchall()


def _write(duck: duckdb.DuckDBPyConnection, *statements: str) -> None:
    """All of it or nothing."""
    duck.execute("BEGIN").fetchall()
    try:
        for statement in statements:
            duck.execute(statement).fetchall()
    except BaseException:
        duck.execute("ROLLBACK").fetchall()
        raise
    duck.execute("COMMIT").fetchall()


def _ids(duck: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    return [each for (each,) in duck.execute(f"SELECT DISTINCT * FROM {table}").fetchall()]
