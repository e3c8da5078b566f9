"""Land a file of bills: new ones, changed ones, those the ledger says are cleared; and take it back.

1. Customers and creditors are found, or met for the first time.
2. Every row is checked as a set: due date, amounts by component, repeats, what is stored already.
3. New bills land in one COPY. A changed amount becomes an adjustment, other changes update the row and are remembered.
4. A bill with a clearing date gets a receipt in full on that day.
5. Money that named one of the new bills before it was known is set against it.
"""

from __future__ import annotations

from concurrent.futures import Future

import duckdb
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from liangqing.imports import problems
from liangqing.imports.alike import some_alike
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.rules.amounts import shown_sql
from liangqing.imports.staging import Staging
from liangqing.kit import asked, bulk
from liangqing.kit.actions import clause
from liangqing.kit.aside import Aside
from liangqing.kit.snapshot import read_into
from liangqing.parties.actions.meet import fingerprint, meet, welcome
from liangqing.people.models import User
from liangqing.receivables.actions.bill_changes import COMPONENTS, TERMS, change_ends, land_changed
from liangqing.receivables.actions.creditors import HOME, name_creditors
from liangqing.receivables.actions.digests import Books
from liangqing.receivables.actions.foresight import BillsToCome
from liangqing.receivables.actions.money_in import allocate, land_receipts
from liangqing.receivables.actions.undo import undo_bills
from liangqing.receivables.kinds import BILLS

CLEARING = "CLR-"
"""A clearing receipt is numbered by the bill it clears."""

problems.register(
    {
        "no_due_date": _(
            "There is no due date and none can be worked out. Fill in the due date, or the bill date and the term."
        ),
        "components_differ": _(
            "The amount {detail} is not the sum of principal, interest, penalty and fee. Correct one of them."
        ),
        "customer_changed": _(
            "This bill is already known with another customer ({detail}). Give the new one another number."
        ),
        "currency_changed": _(
            "This bill is already known in another currency ({detail}). Give the new one another number."
        ),
        "less_than_paid": _(
            "More has been paid on this bill ({detail}) than it would now ask. Reverse the payment first."
        ),
        "less_than_used": _(
            "More of this credit note has been used ({detail}) than it would now give. Take its use back first."
        ),
        "open_beyond_amount": _(
            "The open amount {detail} is more than the bill itself asks. Correct one of the two, or read the bill's amount "
            "from another column."
        ),
        "open_amount_counts": _(
            "{count} bills have been paid in part or in full, and the file does not say when. They land with their open "
            "amount: right as of today; ageing as of past days lacks what was paid since."
        ),
        "no_issue_date": _(
            "{count} bills have no bill date. They count as not yet due on every day before their due date: ageing as of "
            "past days includes them however old the day."
        ),
        "clearing_before_issue": _("{count} bills are cleared before they were issued."),
        "due_before_issue": _("{count} bills fall due before they were issued."),
        "unknown_seller": _("{count} rows name a seller who is not among the people: {detail}."),
    }
)

_LONGEST_TERM = 3650
"""Days; a longer payment term is a typing error."""


@clause("P3 2.1.1")
def land(arrival: Arrival) -> Landed:
    """Land the good rows of a typed file of bills. One row a bill; the number is unique for its creditor."""
    books = Books(arrival.cursor, arrival.record.pk)
    parties = fingerprint(arrival.cursor) if _many(arrival) else None
    meet(arrival)
    name_creditors(arrival)
    _find_sellers(arrival)
    _work_out(arrival)
    _compare(arrival)
    welcome(arrival)
    _land_contracts(arrival, books)
    created = _land_new(arrival, books, parties)
    updated = land_changed(arrival, books)
    ((count,),) = arrival.staging.con.execute("SELECT count(*) FROM good_bills").fetchall()
    updated |= _clear(arrival, books)
    _allocate_waiting(arrival, books)
    return Landed(created, len(updated), count - created - len(updated), {**books.digests(), **books.terms()})


def _find_sellers(arrival: Arrival) -> None:
    duck = arrival.staging.con
    people = list(User.objects.values_list("id", "username", "name")) if "seller" in arrival.mapped else []
    table = pa.table(
        {
            "seller": pa.array([name for row in people for name in row[1:]], pa.string()),
            "seller_id": pa.array([row[0] for row in people for _name in row[1:]], pa.int64()),
        }
    )
    duck.register("people_rows", table)
    # A name that two people bear says nothing; the login name always does.
    duck.execute(
        """CREATE TABLE sellers AS SELECT seller, min(seller_id) AS seller_id FROM people_rows
           GROUP BY seller HAVING count(DISTINCT seller_id) = 1"""
    ).fetchall()
    duck.unregister("people_rows")
    unknown = duck.execute(
        "SELECT t.seller, count(*) FROM typed t ANTI JOIN sellers USING (seller) WHERE t.seller IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if unknown:
        shown = "、".join(seller for seller, _count in unknown[:5])
        arrival.staging.warn("unknown_seller", sum(count for _seller, count in unknown), shown)


def _work_out(arrival: Arrival) -> None:
    """Amounts by component, kind and due date of each row, into ``bills_in``; and what is wrong with them.

    A bill that asks for less than nothing is a credit note; what a ledger calls one is negative, whatever its sign there.
    """
    staging, duck = arrival.staging, arrival.staging.con
    given = "coalesce(principal, 0) + coalesce(interest, 0) + coalesce(penalty, 0) + coalesce(fee, 0)"
    amount, still_open = _amount_of_bill(arrival, given)
    asked = f"coalesce(principal, {amount} - coalesce(interest, 0) - coalesce(penalty, 0) - coalesce(fee, 0))"
    total = f"coalesce({amount}, principal + coalesce(interest, 0) + coalesce(penalty, 0) + coalesce(fee, 0))"
    sign = f"(CASE WHEN side = 'credit' THEN -1 WHEN kind = 'credit_note' AND {total} > 0 THEN -1 ELSE 1 END)"
    due_on = f"""coalesce(t.due_on,
                          CASE WHEN t.terms_days BETWEEN 0 AND {_LONGEST_TERM}
                               THEN coalesce(t.baseline_on, t.issued_on) + t.terms_days::INTEGER END,
                          t.baseline_on,
                          t.issued_on + p.usual::INTEGER)"""
    said = {
        "contract": ("t.contract", "NULL::VARCHAR"),
        "contract_ends_on": ("t.contract_ends_on", "NULL::DATE"),
        "reference": ("coalesce(t.reference, '')", "''"),
        "cleared_on": ("t.cleared_on", "NULL::DATE"),
        **{name: (f"{sign} * coalesce(t.{name}, 0)", "0::BIGINT") for name in COMPONENTS[1:]},
    }
    staging.keep(
        "bills_in",
        {
            "row": "t.row",
            "number": "t.number",
            "creditor_id": "c.creditor_id",
            "party_id": "m.party_id",
            "currency": "t.currency",
            "issued_on": "t.issued_on",
            "due_on": due_on,
            "kind": f"CASE WHEN {sign} * {total} < 0 THEN 'credit_note' ELSE coalesce(t.kind, 'invoice') END",
            "principal": f"{sign} * {asked}",
            "still_open": f"{sign} * {still_open}" if still_open else "0::BIGINT",
            "seller_id": "s.seller_id" if "seller" in arrival.mapped else "NULL::BIGINT",
            **{name: there if name in arrival.mapped else absent for name, (there, absent) in said.items()},
        },
        f"""{staging.good()} t JOIN creditors c ON c.code = coalesce(t.creditor, '{HOME}')
            LEFT JOIN met m ON m.number = t.customer LEFT JOIN sellers s ON s.seller = t.seller
            LEFT JOIN (SELECT party_id, terms_days AS usual FROM known_parties) p ON p.party_id = m.party_id""",
    )
    staging.problem(
        f"""SELECT row, 'customer', 'missing', NULL FROM bills_in WHERE party_id IS NULL
            UNION ALL SELECT row, 'due_on', 'no_due_date', NULL FROM bills_in WHERE due_on IS NULL
            UNION ALL SELECT row, 'amount', 'missing', NULL FROM good WHERE {amount} IS NULL AND principal IS NULL
            UNION ALL SELECT row, 'amount', 'components_differ', {shown_sql(amount, "currency")} FROM good
                      WHERE principal IS NOT NULL AND {amount} IS NOT NULL AND {given} <> {amount}"""
    )
    staging.let_go("typed")
    if some_alike(duck, "creditor_id, number", "bills_in"):
        staging.problem(
            """SELECT row, 'number', 'duplicate_number', number FROM
               (SELECT row, number, row_number() OVER (PARTITION BY creditor_id, number ORDER BY row) AS place FROM bills_in)
               WHERE place > 1"""
        )
    for code, test in (("due_before_issue", "due_on < issued_on"), ("clearing_before_issue", "cleared_on < issued_on")):
        ((count,),) = duck.execute(f"SELECT count(*) FROM bills_in WHERE {test}").fetchall()
        if count:
            staging.warn(code, count)


def _amount_of_bill(arrival: Arrival, given: str) -> tuple[str, str]:
    """SQL over a typed row: what the bill lands with, and how much of it is still open once its clearing date counts ("" when
    the file has nothing open beside the amount).

    Owed is what is open. Where the file says when the rest was paid, the bill lands whole, and a receipt on that day takes
    the rest off; where it does not, the bill lands with what is open. Files of which payments come by themselves
    (``no_clearing``) are taken at the whole amount.
    """
    mapped, whole = arrival.mapped, "coalesce(amount, principal)"
    left = "coalesce(open_amount, amount - received)"
    if not mapped & {"open_amount", "received"}:
        return "amount", ""
    if not mapped & {"amount", "principal"}:
        return "open_amount", ""
    if arrival.options.get("no_clearing"):
        return f"(CASE WHEN {whole} IS NULL THEN open_amount ELSE amount END)", ""
    asks = f"coalesce(amount, {given})"
    arrival.staging.problem(
        f"""SELECT row, 'open_amount', 'open_beyond_amount', {shown_sql(left, "currency")} FROM {arrival.staging.good()}
            WHERE {whole} IS NOT NULL AND NOT {left} BETWEEN least({asks}, 0) AND greatest({asks}, 0)"""
    )
    ((paid,),) = arrival.staging.con.execute(
        f"SELECT count(*) FROM {arrival.staging.good()} WHERE {whole} IS NOT NULL AND cleared_on IS NULL AND {left} <> {asks}"
    ).fetchall()
    if paid:
        arrival.staging.warn("open_amount_counts", paid)
    counts = f"{whole} IS NULL OR (cleared_on IS NULL AND {left} IS NOT NULL)"
    return (
        f"(CASE WHEN {counts} THEN {left} ELSE amount END)",
        f"(CASE WHEN {counts} THEN 0 ELSE coalesce({left}, 0) END)",
    )


def _compare(arrival: Arrival) -> None:
    """Each good row against what is stored: ``compared_bills`` with bill_id (NULL: new) and the stored columns."""
    staging, duck = arrival.staging, arrival.staging.con
    amounts = ", ".join(f"(b.{name} + coalesce(j.{name}, 0))::bigint AS had_{name}" for name in COMPONENTS)
    sums = ", ".join(f"sum({name}) AS {name}" for name in COMPONENTS)
    terms = ", ".join(f"b.{name} AS had_{name}" for name in TERMS)
    wanted = asked.among(duck, "bills_in", {"b.creditor_id": "creditor_id", "b.number": "number"})
    contracts = asked.among(duck, "bills_in", {"creditor_id": "creditor_id", "number": "contract"})
    those = asked.within("bill_id", "SELECT b.id FROM receivables_bill b", wanted)
    read_into(
        duck,
        {
            "stored_bills": f"""
                SELECT b.id AS bill_id, b.creditor_id, b.number, b.party_id AS had_party, b.currency AS had_currency,
                       {terms}, {amounts}, coalesce(a.paid, 0)::bigint AS paid
                FROM receivables_bill b
                LEFT JOIN (SELECT bill_id, {sums} FROM receivables_adjustment WHERE {those} GROUP BY bill_id) j ON j.bill_id = b.id
                LEFT JOIN (SELECT bill_id, sum(amount) AS paid FROM receivables_allocation WHERE {those} GROUP BY bill_id) a
                       ON a.bill_id = b.id
                WHERE {wanted}""",
            "stored_contracts": f"""SELECT id AS contract_id, creditor_id, number, ends_on FROM receivables_contract
                                    WHERE {contracts}""",
        },
    )
    _refuse_moves(arrival)
    staging.problem(
        """SELECT b.row, 'currency', 'currency_changed', s.had_currency FROM bills_in b
           JOIN stored_bills s USING (creditor_id, number) WHERE s.had_currency <> b.currency"""
    )
    staging.problem(
        f"""SELECT b.row, 'amount', 'less_than_paid', {shown_sql("s.paid", "s.had_currency")} FROM bills_in b
           JOIN stored_bills s USING (creditor_id, number)
           WHERE s.paid > 0 AND b.principal + b.interest + b.penalty + b.fee < s.paid AND b.cleared_on IS NULL"""
    )
    staging.problem(
        f"""SELECT b.row, 'amount', 'less_than_used', {shown_sql("s.paid", "s.had_currency")} FROM bills_in b
           JOIN stored_bills s USING (creditor_id, number)
           WHERE s.paid < 0 AND b.principal + b.interest + b.penalty + b.fee > s.paid"""
    )
    ((undated,),) = duck.execute("SELECT count(*) FROM bills_in WHERE issued_on IS NULL").fetchall()
    if undated:
        ((undated,),) = duck.execute(
            """SELECT count(*) FROM bills_in b LEFT JOIN stored_bills s USING (creditor_id, number)
               WHERE coalesce(b.issued_on, s.had_issued_on) IS NULL AND b.row NOT IN (SELECT row FROM problems)"""
        ).fetchall()
    if undated:
        staging.warn("no_issue_date", undated)
    # Against nothing stored, comparing again costs less than keeping a copy.
    ((stored,),) = duck.execute("SELECT count(*) FROM stored_bills").fetchall()
    duck.execute(
        f"""CREATE {"TABLE" if stored else "VIEW"} compared_bills AS
           SELECT b.*, s.* EXCLUDE (creditor_id, number)
           FROM bills_in b LEFT JOIN stored_bills s USING (creditor_id, number)
           WHERE b.row NOT IN (SELECT row FROM problems)"""
    ).fetchall()
    _read_money(arrival)


def _read_money(arrival: Arrival) -> None:
    """What money of other origin paid on these bills, into ``paid_otherwise``, and the receipts that named one before it
    was known, into ``waiting_receipts``: read now, since the tables may be locked once rows land."""
    duck = arrival.staging.con
    cleared = "(SELECT bill_id FROM compared_bills WHERE cleared_on IS NOT NULL)"
    known = asked.among(duck, cleared, {"a.bill_id": "bill_id"}) if "cleared_on" in arrival.mapped else "false"
    otherwise = "r.method IS DISTINCT FROM 'clearing'" if _clears(arrival) else "true"
    new = "(SELECT party_id, number FROM compared_bills WHERE bill_id IS NULL)"
    named = asked.among(duck, new, {"r.party_id": "party_id", "r.bill_number": "number"})
    read_into(
        duck,
        {
            "paid_otherwise": f"""
                SELECT a.bill_id, sum(a.amount)::bigint AS paid FROM receivables_allocation a
                LEFT JOIN receivables_receipt r ON r.id = a.receipt_id
                WHERE {otherwise} AND {known} GROUP BY a.bill_id
                HAVING sum(a.amount) <> 0""",
            "waiting_receipts": f"""
                SELECT r.id AS receipt_id, r.creditor_id, r.party_id, r.currency, r.bill_number, r.received_on, r.amount
                FROM receivables_receipt r
                WHERE r.bill_number <> '' AND r.amount > 0 AND {named}
                  AND NOT EXISTS (SELECT 1 FROM receivables_allocation a WHERE a.receipt_id = r.id)
                  AND NOT EXISTS (SELECT 1 FROM receivables_receipt x WHERE x.reverses_id = r.id)""",
        },
    )
    _refuse_less_than_otherwise(duck, arrival.staging)


def _refuse_less_than_otherwise(duck: duckdb.DuckDBPyConnection, staging: Staging) -> None:
    """A clearing is made anew with the bill; what other money paid on a cleared bill is not."""
    ((some,),) = duck.execute("SELECT count(*) FROM paid_otherwise").fetchall()
    if not some:
        return
    for code, less in (
        ("less_than_paid", "o.paid > 0 AND asks < o.paid"),
        ("less_than_used", "o.paid < 0 AND asks > o.paid"),
    ):
        staging.problem(
            f"""SELECT row, 'amount', '{code}', {shown_sql("o.paid", "currency")}
                FROM (SELECT row, bill_id, currency, principal + interest + penalty + fee AS asks FROM compared_bills
                      WHERE cleared_on IS NOT NULL) JOIN paid_otherwise o USING (bill_id) WHERE {less}"""
        )
    duck.execute("DELETE FROM compared_bills WHERE row IN (SELECT row FROM problems)").fetchall()


def _refuse_moves(arrival: Arrival) -> None:
    """A bill stays with its customer."""
    duck = arrival.staging.con
    moved = "FROM bills_in b JOIN stored_bills s USING (creditor_id, number) WHERE s.had_party <> b.party_id"
    before = [party for (party,) in duck.execute(f"SELECT DISTINCT s.had_party {moved}").fetchall()]
    if not before:
        return
    arrival.cursor.execute("SELECT id, number FROM parties_party WHERE id = ANY (%s)", [before])
    found = arrival.cursor.fetchall()
    owners = {"had_party": pa.array([row[0] for row in found], pa.int64()), "of": [row[1] for row in found]}
    duck.register("owners", pa.table(owners))
    arrival.staging.problem(
        f"SELECT row, 'customer', 'customer_changed', o.of FROM (SELECT b.row, s.had_party {moved}) JOIN owners o USING (had_party)"
    )
    duck.unregister("owners")


def _land_contracts(arrival: Arrival, books: Books) -> None:
    """Contracts named for the first time; the end date of one already known is kept unless it says another, which is
    remembered.

    Leaves ``good_bills``: the compared ones with their contract_id.
    """
    duck, cursor = arrival.staging.con, arrival.cursor
    if "contract" not in arrival.mapped:
        duck.execute("CREATE VIEW good_bills AS SELECT *, NULL::BIGINT AS contract_id FROM compared_bills").fetchall()
        return
    found = duck.execute(
        """SELECT b.creditor_id, b.contract, any_value(b.party_id), max(b.contract_ends_on), any_value(c.contract_id),
                  any_value(c.ends_on)
           FROM compared_bills b LEFT JOIN stored_contracts c ON c.creditor_id = b.creditor_id AND c.number = b.contract
           WHERE b.contract IS NOT NULL GROUP BY b.creditor_id, b.contract ORDER BY 1, 2"""
    ).fetchall()
    ids = iter(
        bulk.reserve(cursor, bulk.sequence_of("receivables_contract"), sum(1 for row in found if row[4] is None))
    )
    rows, known, ends = [], [], []
    for creditor, number, party, ends_on, had, had_end in found:
        contract = had if had is not None else next(ids)
        if had is None:
            rows.append((contract, creditor, party, number, None, ends_on, arrival.record.pk))
        elif ends_on is not None and ends_on != had_end:
            ends.append((contract, had_end, ends_on))
        known.append((contract, creditor, number))
    change_ends(arrival.record, cursor, ends)
    if rows:
        books.contracts_written(rows[0][0])
        with cursor.copy(
            "COPY receivables_contract (id, creditor_id, party_id, number, starts_on, ends_on, imported) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row(row)
    table = pa.table(
        {
            "contract_id": pa.array([row[0] for row in known], pa.int64()),
            "creditor_id": pa.array([row[1] for row in known], pa.int64()),
            "number": pa.array([row[2] for row in known], pa.string()),
        }
    )
    duck.register("contract_rows", table)
    duck.execute("CREATE TABLE named_contracts AS SELECT * FROM contract_rows").fetchall()
    duck.execute(
        """CREATE VIEW good_bills AS SELECT b.*, c.contract_id FROM compared_bills b
           LEFT JOIN named_contracts c ON c.creditor_id = b.creditor_id AND c.number = b.contract"""
    ).fetchall()
    duck.unregister("contract_rows")


_AWAITED = ("id", "row", "creditor_id", "party_id", "number", "currency", *COMPONENTS)
"""What money asks of new bills."""
ENOUGH = asked.FEW
"""So many rows are worth looking ahead for."""


def _many(arrival: Arrival) -> bool:
    """Whether the file is large enough that the next one is compared while this one lands; a few rows read nothing for it."""
    ((count,),) = arrival.staging.con.execute("SELECT count(*) FROM typed").fetchall()
    return bool(count > ENOUGH)


def _stored(arrival: Arrival) -> list[str]:
    """The columns that come with a new bill; one of which the file says nothing stays empty by itself."""
    unsaid = {"contract_id": "contract", "seller_id": "seller"}
    return [
        column
        for column in ("creditor_id", "party_id", "contract_id", "number", "kind", "currency", "issued_on", "due_on",
                       *COMPONENTS, "reference", "seller_id")
        if column not in unsaid or unsaid[column] in arrival.mapped
    ]  # fmt: skip


def _land_new(arrival: Arrival, books: Books, parties: tuple[int, int] | None) -> int:
    """Bills of which nothing is stored. Those that money waits for, here or in the next file, are put aside on the way."""
    staging, duck, cursor = arrival.staging, arrival.staging.con, arrival.cursor
    ((count,),) = duck.execute("SELECT count(*) FROM good_bills WHERE bill_id IS NULL").fetchall()
    ids = bulk.reserve(cursor, bulk.sequence_of("receivables_bill"), count)
    stored, awaited = _stored(arrival), _clears(arrival) or _some_wait(duck)
    promise: Future[BillsToCome | None] = Future()

    def rows(fresh: bool) -> None:
        foretold = fresh and not awaited and parties
        coming = duck.sql(
            f"""SELECT row, {", ".join(stored)}, {arrival.record.pk} AS imported FROM good_bills
                WHERE bill_id IS NULL ORDER BY row"""
        ).to_arrow_reader()
        arrival.read_on(promise.result if foretold else None)
        passing = books.passing("receivables_bill", bulk.numbered(coming, ids))
        aside = Aside(staging.folder.parent, bulk.with_id(coming.schema), _AWAITED)
        if awaited or foretold:
            passing = aside.passing(passing)
        bulk.copy_in(cursor, "receivables_bill", passing, ["id", *stored, "imported"], fresh=fresh)
        if awaited:
            aside.make_table(duck, "new_bills")
        elif foretold:
            promise.set_result(BillsToCome.of(staging, ids, foretold, aside))

    try:
        bulk.large_load(cursor, "receivables_bill", count, rows)
    finally:
        if not promise.done():
            promise.set_result(None)
    return int(count)


def _some_wait(duck: duckdb.DuckDBPyConnection) -> bool:
    """Whether receipts named one of the bills before it was known."""
    return bool(duck.execute("SELECT 1 FROM waiting_receipts LIMIT 1").fetchall())


def _clears(arrival: Arrival) -> bool:
    """Whether clearing dates of the file count."""
    return "cleared_on" in arrival.mapped and not arrival.options.get("no_clearing")


def _clear(arrival: Arrival, books: Books) -> set[int]:
    """Bills the ledger says are cleared: a receipt in full on the clearing day, set against the bill.

    What other receipts paid before is left out. Returns the ids of known bills that changed by it.
    """
    duck = arrival.staging.con
    if not _clears(arrival):
        return set()
    duck.execute(
        f"""CREATE TABLE wanted AS
            SELECT g.row, g.creditor_id, g.party_id, '{CLEARING}' || g.number AS number, g.cleared_on AS received_on,
                   g.principal + g.interest + g.penalty + g.fee - g.still_open - coalesce(o.paid, 0) AS amount, g.currency,
                   'clearing' AS method, g.number AS bill_number, '' AS reference
            FROM good_bills g LEFT JOIN paid_otherwise o ON o.bill_id = g.bill_id
            WHERE g.cleared_on IS NOT NULL
              AND g.principal + g.interest + g.penalty + g.fee - g.still_open > greatest(coalesce(o.paid, 0), 0)"""
    ).fetchall()
    _created, _updated, _same = land_receipts(arrival, books)
    duck.execute(
        """CREATE TABLE clearings AS SELECT r.receipt_id, coalesce(n.id, g.bill_id) AS bill_id, r.received_on, r.amount
           FROM landed_receipts r JOIN good_bills g USING (row) LEFT JOIN new_bills n USING (row)"""
    ).fetchall()
    duck.execute(
        "CREATE TABLE clearing_room AS SELECT bill_id, sum(amount)::BIGINT AS room FROM clearings GROUP BY 1"
    ).fetchall()
    allocate(arrival, books, "clearings", "clearing_room")
    changed = duck.execute(
        "SELECT g.bill_id FROM landed_receipts r JOIN good_bills g USING (row) WHERE g.bill_id IS NOT NULL"
    ).fetchall()
    return {bill for (bill,) in changed}


def _allocate_waiting(arrival: Arrival, books: Books) -> None:
    """Receipts that named a bill before the bill was known."""
    duck = arrival.staging.con
    if not _some_wait(duck):
        return
    duck.execute(
        """CREATE TABLE waiting AS
           SELECT w.receipt_id, n.id AS bill_id, w.received_on, w.amount, n.principal + n.interest + n.penalty + n.fee AS asked
           FROM waiting_receipts w JOIN new_bills n ON n.creditor_id = w.creditor_id AND n.number = w.bill_number
                AND n.party_id = w.party_id AND n.currency = w.currency"""
    ).fetchall()
    ((count,),) = duck.execute("SELECT count(*) FROM waiting").fetchall()
    if not count:
        return
    duck.execute(
        "CREATE TABLE waiting_room AS SELECT bill_id, greatest(max(asked), 0)::BIGINT AS room FROM waiting GROUP BY 1"
    ).fetchall()
    allocate(arrival, books, "waiting", "waiting_room")


IMPORTABLE = Importable(kind=BILLS, land=land, undo=undo_bills)
