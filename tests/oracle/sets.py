"""Small in-memory tables for rule expressions, from the oracle's plain rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "bills": {
        "bill_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string", "kind": "string",
        "issued_on": "date", "due_on": "date", "contract_ends_on": "date", "amount": "int64", "seller_id": "int64",
    },
    "adjustments": {"bill_id": "int64", "effective_on": "date", "amount": "int64"},
    "allocations": {"receipt_id": "int64", "bill_id": "int64", "allocated_on": "date", "amount": "int64"},
    "at_rest": {
        "bill_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string", "fell_on": "date",
        "asked": "int64", "late": "int64", "days": "int32",
    },
    "receipts": {
        "receipt_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string",
        "received_on": "date", "amount": "int64",
    },
    "accounts": {
        "party_id": "int64", "creditor_id": "int64", "currency": "string", "late": "int64", "days": "int32",
        "share_bp": "int64", "variant": "int16",
    },
    "promises": {
        "promise_id": "int64", "case_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string",
        "amount": "int64", "promised_on": "date", "due_on": "date", "state": "string", "judged_on": "date",
    },
    "records": {
        "record_id": "int64", "case_id": "int64", "contacted_on": "date", "says": "string", "says_until_on": "date",
    },
    "parties": {"party_id": "int64", "customer_class": "string"},
    "broken": {"party_id": "int64", "creditor_id": "int64", "judged_on": "date"},
    "unable": {"party_id": "int64", "creditor_id": "int64", "heard_on": "date"},
    "standing": {"case_id": "int64", "fate": "string", "variant": "int16"},
    "fates": {"promise_id": "int64", "state": "string"},
    "named_receipts": {"receipt_id": "int64", "bill_id": "int64", "received_on": "date", "amount": "int64"},
    "rooms": {"bill_id": "int64", "room": "int64"},
    "unowned": {"party_id": "int64", "creditor_id": "int64", "points": "int64"},
    "people": {"user_id": "int64", "capacity": "int32"},
    "loads": {"user_id": "int64", "load": "int64"},
}  # fmt: skip


class Sets:
    """A DuckDB with tables of fixed shapes, filled anew for each example; each expression is compiled once."""

    def __init__(self) -> None:
        self.con: Backend = ibis.duckdb.connect()
        self.con.con.execute("SET threads = 1")
        self._questions: dict[str, str] = {}
        for name, columns in SCHEMAS.items():
            self.shape(name, columns)

    def shape(self, name: str, columns: Mapping[str, str]) -> None:
        """A table with these columns and no rows."""
        empty = ibis.schema(columns).to_pyarrow().empty_table()
        self.con.con.register("shape", empty)
        self.con.con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM shape")
        self.con.con.unregister("shape")

    def put(self, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """These rows, in the order of the columns, and no others."""
        schema = self.table(name).schema().to_pyarrow()
        lines = [dict(zip(schema.names, row, strict=True)) for row in rows]
        self.con.con.register("lines", pa.Table.from_pylist(lines, schema=schema))
        self.con.con.execute(f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM lines")
        self.con.con.unregister("lines")

    def table(self, name: str) -> ir.Table:
        return self.con.table(name)

    def ask(self, question: str, build: Callable[[], ir.Table]) -> list[dict[str, Any]]:
        """The rows of an expression over the tables as they are now."""
        if question not in self._questions:
            self._questions[question] = str(ibis.to_sql(build(), dialect="duckdb"))
        return list(self.con.con.sql(self._questions[question]).to_arrow_table().to_pylist())

    def keep(self, name: str, rows: list[dict[str, Any]]) -> None:
        """The rows of an answer as a table that further questions may read."""
        self.put(name, (tuple(row[column] for column in self.table(name).columns) for row in rows))
