"""Small in-memory tables for rule expressions, from the oracle's plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    "receipts": {
        "receipt_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string",
        "received_on": "date", "amount": "int64",
    },
    "accounts": {
        "party_id": "int64", "creditor_id": "int64", "currency": "string", "late": "int64", "days": "int32",
        "share_bp": "int64",
    },
    "promises": {
        "promise_id": "int64", "case_id": "int64", "party_id": "int64", "creditor_id": "int64", "currency": "string",
        "amount": "int64", "promised_on": "date", "due_on": "date", "state": "string", "judged_on": "date",
    },
    "standing": {"case_id": "int64", "fate": "string"},
    "unowned": {"party_id": "int64", "creditor_id": "int64", "points": "int64"},
    "people": {"user_id": "int64", "capacity": "int32"},
    "loads": {"user_id": "int64", "load": "int64"},
}  # fmt: skip


def table(con: Backend, name: str, rows: Iterable[tuple[Any, ...]]) -> ir.Table:
    """A table of a known shape with these rows, in the columns' order."""
    return typed(con, SCHEMAS[name], rows)


def typed(con: Backend, columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> ir.Table:
    schema = ibis.schema(columns).to_pyarrow()
    lines = [dict(zip(columns, row, strict=True)) for row in rows]
    return con.create_table(ibis.util.gen_name("rows"), pa.Table.from_pylist(lines, schema=schema), temp=True)


def rows_of(expression: ir.Table) -> list[dict[str, Any]]:
    return list(expression.to_pyarrow().to_pylist())
