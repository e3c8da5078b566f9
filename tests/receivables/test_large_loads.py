"""Loads larger than their table: keys, indexes and references are made again, and what lands is the same."""

from __future__ import annotations

import pytest
from django.db import connection

from liangqing.house.invariants import broken
from liangqing.imports.actions import bring as bringing
from liangqing.imports.actions.bring import Reading, in_turn, land
from liangqing.kit import bulk
from liangqing.receivables.actions.digests import all_stored
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.trail.models import Entry
from tests.files import BILLS, CUSTOMERS, PAYMENTS

CLEARED = "账单号,客户编号,到期日,金额,clear_date\n"


@pytest.fixture
def large(desk, monkeypatch):
    """A desk to which every load is a large one."""
    monkeypatch.setattr(bulk, "_LARGE", 1)
    return desk


def structure() -> list[tuple[object, ...]]:
    """Every constraint, index and trigger there is, and whether it is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint
               WHERE connamespace = 'public'::regnamespace
               UNION ALL SELECT tablename, indexname, indexdef, true FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled = 'O' FROM pg_trigger
               WHERE NOT tgisinternal ORDER BY 1, 2, 3"""
        )
        return list(cursor.fetchall())


def test_every_key_index_reference_and_guard_stands_after_large_loads(large):
    before = structure()
    large.bring(CUSTOMERS)
    large.bring(CLEARED + "B1,K1,2026-01-31,1000,2026-02-10\nB2,K2,2026-01-31,500,\n")
    large.bring(PAYMENTS + "P1,K2,B2,2026-02-01,200\n")
    assert structure() == before
    assert (Bill.objects.count(), Receipt.objects.count(), Allocation.objects.count()) == (2, 2, 2)
    assert not list(broken())


def test_the_digest_told_is_that_of_what_a_large_load_stored(large):
    large.bring(CUSTOMERS)
    large.bring(BILLS + "B1,K1,2026-01-01,2026-01-31,1000\nB2,K2,2026-01-01,2026-01-31,500\n")
    result = large.bring(PAYMENTS + "P2,K2,B2,2026-02-02,200\nP1,K1,B1,2026-02-01,1000\n")
    told = Entry.objects.filter(event="file imported").order_by("-id")[0].facts["digests"]
    with connection.cursor() as cursor:
        assert told == all_stored(cursor, result.import_id) and set(told) == {
            "receivables_receipt",
            "receivables_allocation",
        }


def test_ids_follow_the_file(large):
    large.bring(CUSTOMERS)
    large.bring(BILLS + "".join(f"B{n},K{1 + n % 2},2026-01-01,2026-01-31,10\n" for n in range(20)))
    assert list(Bill.objects.order_by("id").values_list("number", flat=True)) == [f"B{n}" for n in range(20)]


def test_money_that_named_a_bill_of_a_large_load_before_it_was_known_is_set_against_it(large):
    large.bring(CUSTOMERS)
    large.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    large.bring(BILLS + "B1,K1,2026-01-01,2026-01-31,1000\n")
    assert Allocation.objects.get().amount == 40_000


def test_a_second_large_load_finds_what_the_first_brought(large):
    large.bring(CUSTOMERS)
    bills = BILLS + "B1,K1,2026-01-01,2026-01-31,1000\n"
    large.bring(bills)
    again = large.bring(bills + "B2,K2,2026-01-01,2026-01-31,500\nB3,K2,2026-01-01,2026-01-31,500\n")
    assert (again.created, again.unchanged) == (2, 1) and Bill.objects.count() == 3


def test_payments_corrected_by_a_large_load_are_reversed_and_entered_anew(large):
    large.bring(CUSTOMERS)
    large.bring(BILLS + "B1,K1,2026-01-01,2026-01-31,1000\nB2,K1,2026-01-01,2026-01-31,1000\n")
    large.bring(PAYMENTS + "P1,K1,B1,2026-02-01,1000\n")
    large.bring(PAYMENTS + "P1,K1,B2,2026-02-01,1000\nP2,K1,B1,2026-02-01,700\n")
    paid: dict[str, int] = {}
    for number, amount in Allocation.objects.values_list("bill__number", "amount"):
        paid[number] = paid.get(number, 0) + amount
    assert paid == {"B1": 70_000, "B2": 100_000} and not list(broken())


def test_a_large_load_that_fails_leaves_everything_as_it_was(large, monkeypatch):
    large.bring(CUSTOMERS)
    before = structure()

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(bringing, "tell", fail)
        with pytest.raises(RuntimeError):
            large.bring(CLEARED + "B1,K1,2026-01-31,1000,2026-02-10\n")
    assert structure() == before
    assert not Bill.objects.exists() and not Receipt.objects.exists() and not Allocation.objects.exists()


def test_files_of_one_command_land_in_turn_as_large_loads(large):
    paths = [
        large.put(PAYMENTS + "P1,K1,B1,2026-02-01,400\nP2,,B2,2026-02-01,400\n"),
        large.put(BILLS + "B1,K1,2026-01-01,2026-01-31,1000\nB2,K2,2026-01-01,2026-01-31,1000\n"),
        large.put(CUSTOMERS),
    ]
    for _path, wait in in_turn(paths, IMPORTABLES, Reading(currency="CNY")):
        with wait() as ready:
            land(ready)
    assert sorted(Allocation.objects.values_list("bill__number", "receipt__party__number")) == [
        ("B1", "K1"),
        ("B2", "K2"),
    ]
