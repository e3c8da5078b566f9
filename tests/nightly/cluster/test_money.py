"""Amounts that floating point does not hold, and the words rules are made of, come out the same and exact on both engines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from liangqing import policy
from liangqing.kit.sets import days_between, listed, share_bp
from liangqing.nightly.night import Night
from liangqing.nightly.plan import Tables
from liangqing.policy.draw import lot, lot_over
from liangqing.receivables.rules import habits, owing
from tests.nightly.cluster.both import Engine

TODAY = dt.date(2026, 3, 10)
EDGES = sorted(
    edge + step for edge in (2**31, 2**53, 2**62) for step in (-1, 0, 1)
)  # of 32 bits, of floating point, of two that still add up
LARGEST = 2**63 - 1
BILL = {"party_id": 1, "creditor_id": 1, "currency": "CNY", "kind": "invoice", "seller_id": None}


@contextmanager
def tables(engine: Engine) -> Iterator[Tables]:
    with Night(TODAY, policy.preset(), purpose="money") as night, engine(night) as found:
        yield found


@pytest.fixture(params=["duckdb", "spark"])
def night(request: pytest.FixtureRequest, local: Engine) -> Iterator[Tables]:
    with tables(local if request.param == "spark" else nullcontext) as found:
        yield found


def given(night: Tables, name: str, **columns: list[Any]) -> ir.Table:
    """Rows kept in the night, as steps find them: what is empty of them is a number."""
    kinds = {"due_on": pa.date32(), "issued_on": pa.date32(), "allocated_on": pa.date32(), "effective_on": pa.date32()}
    kinds |= {"contract_ends_on": pa.date32(), "received_on": pa.date32(), "fell_on": pa.date32(), "days": pa.int32()}
    kinds |= dict.fromkeys(("currency", "kind", "text"), pa.string())
    fields = {key: pa.array(rows, kinds.get(key, pa.int64())) for key, rows in columns.items()}
    return night.keep(name, ibis.memtable(pa.table(fields)))


def rows(night: Tables, expression: ir.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in night.arrow(expression).to_pylist()]


def bills(night: Tables, *amounts: int) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Bills of one account, due the day before, with no adjustments and nothing paid."""
    count = len(amounts)
    columns = {name: [value] * count for name, value in BILL.items()}
    dates = {"issued_on": [None] * count, "due_on": [TODAY - dt.timedelta(days=1)] * count}
    dates |= {"contract_ends_on": [None] * count}
    asked = given(night, "asked", bill_id=list(range(1, count + 1)), amount=list(amounts), **columns, **dates)
    added = given(night, "added", bill_id=[], effective_on=[], amount=[])
    paid = given(night, "paid", receipt_id=[], bill_id=[], allocated_on=[], amount=[])
    return asked, added, paid


def test_a_share_is_exact_at_every_edge(night: Tables) -> None:
    pairs = [(part, whole) for whole in (*EDGES, LARGEST) for part in (0, 1, whole // 3, whole // 2, whole - 1, whole)]
    pairs += [(0, 0), (5, 0)]
    found = given(night, "pairs", part=[pair[0] for pair in pairs], whole=[pair[1] for pair in pairs])
    told = rows(night, night.keep("shares", found.mutate(share=share_bp(found.part, found.whole))))
    assert sorted(told) == sorted((p, w, p * 10_000 // w if w else 0) for p, w in pairs)


def test_an_account_adds_up_exactly(night: Tables) -> None:
    amounts = (2**53 - 1, 2**53, 2**53 + 1, 2**62, -(2**53 + 1))
    owed = night.keep("owed", owing.owed(*bills(night, *amounts), TODAY))
    receipts = given(
        night, "receipts", receipt_id=[1], party_id=[1], creditor_id=[1], currency=["CNY"], received_on=[TODAY],
        amount=[2**53 + 1],
    )  # fmt: skip
    unapplied = owing.unapplied(receipts, night.table("paid"), TODAY)
    ((*_, balance, credit, late, late_bills, open_bills, days, _seller, unapplied, share),) = rows(
        night, night.keep("totals", owing.accounts(owed, unapplied))
    )
    assert balance == late == sum(amounts[:4])
    assert (credit, unapplied) == (2**53 + 1, 2**53 + 1)
    assert (late_bills, open_bills, days, share) == (4, 5, 1, 10_000)


def test_a_habit_is_exact_at_the_edge(night: Tables) -> None:
    whole = 2**62
    asked, added, _paid = bills(night, whole)
    paid = given(
        night, "allocated", receipt_id=[1], bill_id=[1], allocated_on=[TODAY - dt.timedelta(days=1)],
        amount=[whole - whole // 10_000],
    )  # fmt: skip
    rest = given(
        night, "rest", bill_id=[], party_id=[], creditor_id=[], currency=[], fell_on=[], asked=[], late=[], days=[]
    )
    accounts = asked.select("party_id", "creditor_id").distinct()
    told = habits.habits(asked, added, paid, rest, accounts, [90], TODAY)
    ((*_, share, days),) = rows(night, night.keep("habits", told))
    assert (share, days) == ((whole // 10_000) * 10_000 // whole, 1)


def test_more_money_than_a_number_holds_stops_the_night(night: Tables) -> None:
    owed = night.keep("owed", owing.owed(*bills(night, LARGEST, 1), TODAY))
    with pytest.raises(Exception, match=r"(?i)overflow|out of range|could not cast|conversion error"):
        rows(night, night.keep("sums", owing.ageing(owed)))


def test_days_lots_and_lists_are_the_same(night: Tables) -> None:
    ids = [1, 2, 10, 2**31, 2**53 + 1, 2**62]
    found = given(night, "parties", party_id=ids, due_on=[dt.date(2024, 2, 29)] * len(ids))
    told = rows(
        night,
        night.keep(
            "told",
            found.select(
                "party_id", drawn=lot_over(found.party_id, 7), days=days_between(found.due_on, TODAY)
            ).order_by("party_id"),
        ),
    )
    assert told == [(party, lot(party, 7), 740) for party in ids]
    assert rows(night, night.keep("list", found.agg(ids=listed(found.party_id)))) == [(" ".join(map(str, ids)),)]


def test_names_stand_in_one_order(night: Tables) -> None:
    """By their bytes, whatever the language; the missing ones last, up and down."""
    words = ["张", "a", "B", "阿", "é", None, "", "Z", "𠮷", "\uff01"]
    found = given(night, "words", text=words)
    known = sorted((word for word in words if word is not None), key=lambda word: word.encode())
    for name, key, wanted in (
        ("up", found.text, [*known, None]),
        ("down", ibis.desc(found.text), [*reversed(known), None]),
    ):
        numbered = night.keep(name, found.mutate(place=ibis.row_number().over(order_by=[key])))
        assert rows(night, numbered.order_by("place")) == [(word, place) for place, word in enumerate(wanted)]
