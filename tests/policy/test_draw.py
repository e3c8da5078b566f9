"""A share is drawn by lot: the same customers every time, in every engine, and as many as were asked for."""

from __future__ import annotations

import ibis
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from liangqing.policy.draw import LOT_SQL, lot, lot_over


@pytest.mark.usefixtures("books")
def test_the_lot_of_a_customer_is_the_same_in_python_duckdb_and_postgresql():
    numbers = [1, 2, 3, 99, 2**31 - 2, 2**31 - 1, 2**31, 2**31 + 5, 10**12 + 7, 2**62]
    con = ibis.duckdb.connect()
    table = ibis.memtable({"party_id": numbers})
    for seed in (1, 12345, 2**30):
        wanted = [lot(number, seed) for number in numbers]
        rows = con.to_pyarrow(table.select(lot=lot_over(table.party_id, seed))).to_pylist()
        assert [row["lot"] for row in rows] == wanted
        with connection.cursor() as cursor:
            said = LOT_SQL.format(party="n.n")
            cursor.execute(
                f"SELECT {said} FROM unnest(%(numbers)s::bigint[]) WITH ORDINALITY n (n, place) ORDER BY place",
                {"seed": seed, "numbers": numbers},
            )
            assert [row[0] for row in cursor.fetchall()] == wanted


@given(seed=st.integers(1, 2**30), share=st.sampled_from([5, 20, 50, 80]))
def test_about_as_many_are_drawn_as_asked_for(seed, share):
    drawn = sum(lot(number, seed) < share for number in range(1, 4001))
    assert abs(drawn / 4000 - share / 100) < 0.05


def test_two_seeds_draw_different_customers():
    one, other = ({number for number in range(2000) if lot(number, seed) < 50} for seed in (7, 8))
    assert 350 < len(one & other) < 650
