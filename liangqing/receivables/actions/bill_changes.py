"""What a file changes of bills and contracts that are known: amounts by an adjustment, terms in place, with the change kept in
the history. Whoever shows what the night found hears of terms by that history (``queries.moved``)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import duckdb
import pyarrow as pa

from liangqing.imports.landing import Arrival
from liangqing.imports.models import Change, Import
from liangqing.kit import bulk
from liangqing.receivables.actions.digests import Books
from liangqing.receivables.models import Adjustment

COMPONENTS = ("principal", "interest", "penalty", "fee")
TERMS = ("issued_on", "due_on", "kind", "reference", "contract_id", "seller_id")
"""What may change in place."""


def land_changed(arrival: Arrival, books: Books) -> set[int]:
    """Known bills whose row says something else: amounts become adjustments, terms are updated and remembered.

    A column the file does not have, or an empty cell, leaves what is there.
    """
    mapped = arrival.mapped | ({"contract_id"} if "contract" in arrival.mapped else set())
    mapped |= {"seller_id"} if "seller" in arrival.mapped else set()
    mapped |= {"due_on"} if mapped & {"terms_days", "baseline_on"} else set()
    terms = [name for name in TERMS if name in mapped]
    differs = [f"(({name} IS NOT NULL AND {name} IS DISTINCT FROM had_{name}))" for name in terms]
    amount_differs = " OR ".join(f"{name} <> had_{name}" for name in COMPONENTS)
    duck = arrival.staging.con
    found = _rows(
        duck,
        f"""SELECT bill_id, {", ".join(terms + [f"had_{name}" for name in terms] + ["1 AS one"])},
                   {", ".join(f"{name} - had_{name} AS {name}" for name in COMPONENTS)}
            FROM good_bills WHERE bill_id IS NOT NULL AND ({" OR ".join([amount_differs, *differs])}) ORDER BY bill_id""",
    )
    adjustments = Adjustment.objects.bulk_create(
        [
            Adjustment(
                bill_id=row["bill_id"],
                reason=Adjustment.Reason.CORRECTION,
                imported=arrival.record.pk,
                **{name: row[name] for name in COMPONENTS},
            )
            for row in found
            if any(row[name] for name in COMPONENTS)
        ],
        batch_size=5000,
    )
    if adjustments:
        books.written_elsewhere("receivables_adjustment", min(row.pk for row in adjustments))
    changes = []
    for row in found:
        after = {
            name: _as_json(row[name])
            for name in terms
            if row[name] is not None
            and row[name] != row[f"had_{name}"]
            and not (name == "reference" and row[name] == "")
        }
        if after:
            before = {name: _as_json(row[f"had_{name}"]) for name in after}
            changes.append(
                Change(
                    imported=arrival.record, table="receivables_bill", row_id=row["bill_id"], before=before, after=after
                )
            )
    Change.objects.bulk_create(changes, batch_size=5000)
    write_terms(arrival.cursor, [(change.row_id, change.after) for change in changes])
    moved = {change.row_id for change in changes}
    return moved | {row["bill_id"] for row in found if any(row[name] for name in COMPONENTS)}


def change_ends(record: Import, cursor: Any, ends: list[tuple[int, dt.date | None, dt.date]]) -> None:
    """Contracts end on another day: id, the day it was, the day it is."""
    Change.objects.bulk_create(
        Change(
            imported=record,
            table="receivables_contract",
            row_id=contract,
            before={"ends_on": _as_json(had)},
            after={"ends_on": _as_json(has)},
        )
        for contract, had, has in ends
    )
    for contract, _had, has in ends:
        cursor.execute("UPDATE receivables_contract SET ends_on = %s WHERE id = %s", [has, contract])


def _rows(duck: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    table: pa.Table = duck.sql(query).to_arrow_table()
    return list(table.to_pylist())


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def write_terms(cursor: Any, changes: list[tuple[int, dict[str, Any]]]) -> None:
    """Set the terms the JSON names, on each bill; a JSON null empties the column."""
    if not changes:
        return
    staged = pa.table(
        {
            "bill_id": pa.array([bill for bill, _ in changes], pa.int64()),
            "after": [json.dumps(after, ensure_ascii=False) for _, after in changes],
        }
    )
    bulk.stage(cursor, "staged_terms", "bill_id bigint, after jsonb", staged)
    types = {"issued_on": "date", "due_on": "date", "contract_id": "bigint", "seller_id": "bigint"}
    sets = ", ".join(
        f"{name} = CASE WHEN c.after ? '{name}' THEN (c.after->>'{name}')::{types.get(name, 'text')} ELSE b.{name} END"
        for name in TERMS
    )
    cursor.execute(f"UPDATE receivables_bill b SET {sets} FROM staged_terms c WHERE c.bill_id = b.id")
    cursor.execute("DROP TABLE staged_terms")
