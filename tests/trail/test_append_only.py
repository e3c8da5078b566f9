"""What is remembered, and the money rows, refuse to be changed or deleted: the database itself says no."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, utils

from liangqing.kit.snapshot import database_uri
from liangqing.receivables.models import Adjustment
from tests.cast import Cast

TABLES = (
    "trail_entry",
    "trail_block",
    "receivables_receipt",
    "receivables_allocation",
    "receivables_adjustment",
    "imports_change",
)


def something_of_everything(night):
    huaxin = Cast().customer("华信")
    bill = huaxin.bill(800, due="2026-03-10")
    huaxin.pays(100, on="2026-03-10", bill=bill)
    Adjustment.objects.create(bill=bill, principal=1, reason="correction")
    night("2026-03-11")


@pytest.fixture
def remembered(night, prepared):
    return prepared(something_of_everything, night)


def _refused(statement: str) -> str:
    with psycopg.connect(database_uri()) as other, pytest.raises(psycopg.errors.RestrictViolation) as refused:
        other.execute(statement)
    return str(refused.value)


@pytest.mark.parametrize("table", TABLES)
def test_every_change_of_an_append_only_table_is_refused(remembered, table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    for column in columns:
        assert "append-only" in _refused(f'UPDATE {table} SET "{column}" = "{column}"')
    assert "append-only" in _refused(f"DELETE FROM {table}")
    assert "append-only" in _refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "column", ["id", "principal", "interest", "penalty", "fee", "currency", "creditor_id", "number"]
)
def test_the_amounts_of_a_bill_are_never_edited(remembered, column):
    assert "append-only" in _refused(f"UPDATE receivables_bill SET {column} = {column}")


def test_a_bill_is_never_deleted(remembered):
    assert "append-only" in _refused("DELETE FROM receivables_bill")
    assert "append-only" in _refused("TRUNCATE receivables_bill CASCADE")


def test_the_orm_is_refused_too(remembered):
    with pytest.raises(utils.IntegrityError):
        Adjustment.objects.update(principal=2)
