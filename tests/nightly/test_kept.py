"""What a night keeps as Parquet holds every amount exactly."""

from __future__ import annotations

import datetime as dt

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from liangqing import policy
from liangqing.nightly.night import Night, nights_folder

AMOUNT = 2**53 + 1


def test_no_column_that_is_kept_is_floating_point(working_day, night):
    night("2026-03-12")
    for path in (nights_folder() / "2026-03-12").rglob("*.parquet"):
        for column in pq.read_schema(path):
            assert not pa.types.is_floating(column.type), f"{path.stem}.{column.name}"


def test_a_sum_is_kept_as_a_whole_number_and_a_later_day_as_a_day(data_folder, tmp_path):
    with Night(dt.date(2026, 3, 12), policy.preset()) as night:
        rows = ibis.memtable({"amount": [AMOUNT, 1], "days": [3, 3]})
        due = ibis.literal(night.date, type="date") + rows.days.max().as_interval("D")
        night.keep("sums", rows.agg(total=rows.amount.sum().cast("int64"), due_on=due.cast("date")))
        night.save("sums", tmp_path / "sums.parquet")
    (kept,) = pq.read_table(tmp_path / "sums.parquet").to_pylist()
    assert kept == {"total": AMOUNT + 1, "due_on": dt.date(2026, 3, 15)}
