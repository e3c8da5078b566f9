"""Ageing as of any day: the night's own expressions over what was known of that day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import duckdb
import ibis

from liangqing.kit.snapshot import read_into
from liangqing.nightly.plan import Source
from liangqing.receivables.rules import owing
from liangqing.receivables.steps import SOURCES


def ageing(as_of: dt.date, *, by_customer: bool = False) -> list[dict[str, Any]]:
    """Rows of currency, bucket, bills, amount (minor units), and customer number when asked for; currencies apart."""
    wanted = [source for source in SOURCES if source.name != "receipts"]
    with closing(duckdb.connect()) as duck:
        _read(duck, wanted, as_of)
        con = ibis.duckdb.from_connection(duck)
        owed = owing.owed(con.table("bills"), con.table("adjustments"), con.table("allocations"), as_of)
        found = owing.ageing(owed, *(["party_id"] if by_customer else []))
        return list(con.to_pyarrow(found).to_pylist())


def accounts_of(party_ids: Iterable[int], as_of: dt.date) -> list[dict[str, Any]]:
    """The accounts (see ``rules.owing.accounts``) of some customers on a day: the same rule, a smaller set."""
    ids = ", ".join(str(int(party)) for party in party_ids) or "NULL"
    some = [
        Source(source.name, source.query, source.of_party.replace("= {party}", f"IN ({ids})")) for source in SOURCES
    ]
    with closing(duckdb.connect()) as duck:
        _read(duck, some, as_of, party_id=0)
        con = ibis.duckdb.from_connection(duck)
        owed = owing.owed(con.table("bills"), con.table("adjustments"), con.table("allocations"), as_of)
        unapplied = owing.unapplied(con.table("receipts"), con.table("allocations"), as_of)
        return list(con.to_pyarrow(owing.accounts(owed, unapplied)).to_pylist())


def _read(duck: duckdb.DuckDBPyConnection, sources: list[Source], as_of: dt.date, party_id: int | None = None) -> None:
    read_into(duck, {source.name: source.sql(as_of, party_id) for source in sources})
