"""Loads larger than their table: keys, indexes and references are made again, and what lands is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from liangqing.house.invariants import broken
from liangqing.imports.actions import bring as bringing
from liangqing.imports.actions.bring import Reading, in_turn, land
from liangqing.kit import bulk
from liangqing.receivables.actions import land_bills
from liangqing.receivables.actions.digests import all_stored
from liangqing.receivables.actions.foresight import BillsToCome
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.trail.models import Entry
from tests.files import BILLS, CUSTOMERS, PAYMENTS

CLEARED = "账单号,客户编号,到期日,金额,clear_date\n"


@pytest.fixture
def large(desk, monkeypatch):
    """A desk to which every load is a large one."""
    monkeypatch.setattr(bulk, "_LARGE", 1)
    monkeypatch.setattr(land_bills, "ENOUGH", 0)
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


MIXED = (
    PAYMENTS
    + "P1,K1,B1,2026-02-01,400\nP2,,B2,2026-02-01,400\nP3,K1,B2,2026-02-02,50\nP4,K1,B9,2026-02-02,60\nP5,K2,B2,2026-02-03,900\n"
    + ",K1,B1,2026-02-04,10\nP6,K9,,2026-02-04,10\nP7,K1,B1,2026-02-04,0\nP1,K2,,2026-02-04,11\n"
)
"""For two bills: money that fits, that is too much, for another's bill, an unknown bill and customer; one row twice."""
EXPECTED = [
    ("P1", "B1", 40_000),
    ("P2", "B2", 40_000),
    ("P3", None, None),
    ("P4", None, None),
    ("P5", "B2", 60_000),
    ("made up", "B1", 1_000),
]
REFUSED = {(8, "unknown_customer"), (9, "not_positive"), (10, "duplicate_number")}
TWO_BILLS = BILLS + "B1,K1,2026-01-01,2026-01-31,1000\nB2,K2,2026-01-01,2026-01-31,1000\n"


def landed_in_turn(desk, *texts, between=lambda: None, **options):
    """The results of files brought by one command; ``between`` happens before the last one lands."""
    results = []
    paths = [desk.put(text) for text in texts]
    for place, (_path, wait) in enumerate(in_turn(paths, IMPORTABLES, Reading(currency="CNY"))):
        with wait() as ready:
            if place == len(paths) - 1:
                between()
            results.append(land(ready, **options))
    return results


def money() -> list[object]:
    """All receipts with what they are set against."""
    found = Receipt.objects.values_list("number", "allocations__bill__number", "allocations__amount")
    return sorted(("made up" if number.startswith("N") else number, bill, amount) for number, bill, amount in found)


@pytest.fixture
def foreseen(monkeypatch):
    """Whether what payments were compared with beforehand came true, each time."""
    answers = []
    came = BillsToCome.came

    def listen(foretold, cursor):
        answers.append(came(foretold, cursor))
        return answers[-1]

    monkeypatch.setattr(BillsToCome, "came", listen)
    return answers


@pytest.mark.parametrize("way", ["foreseen", "foreseen in vain", "one by one"])
def test_payments_compared_while_their_bills_land_end_as_those_compared_afterwards(large, foreseen, monkeypatch, way):
    large.bring(CUSTOMERS)
    if way == "foreseen in vain":
        monkeypatch.setattr(BillsToCome, "came", lambda *_all: False)
    if way == "one by one":
        payments = [landed_in_turn(large, text)[0] for text in (TWO_BILLS, MIXED)][1]
    else:
        payments = landed_in_turn(large, MIXED, TWO_BILLS)[1]
    assert foreseen == ([True] if way == "foreseen" else [])
    assert money() == EXPECTED
    assert (payments.created, payments.rejected) == (6, 3)
    assert payments.warnings == {"unknown_bill": 1, "bill_of_another": 1, "more_than_asked": 1, "number_made_up": 1}
    assert {(error["row"], error["code"]) for error in payments.errors} == REFUSED
    assert not list(broken())


def test_a_customer_entered_while_the_bills_landed_is_known_to_the_payments(large, foreseen):
    large.bring(CUSTOMERS)

    def enter():
        large.bring("客户编号,客户名称\nK9,晚来有限公司\n")

    landed_in_turn(large, TWO_BILLS, MIXED, between=enter)
    assert foreseen == [False]
    assert Receipt.objects.get(number="P6").party.number == "K9"
    assert Receipt.objects.count() == 7 and not list(broken())


def test_money_entered_while_the_bills_landed_is_not_set_against_them_twice(large, foreseen):
    large.bring(CUSTOMERS)

    def enter():
        large.bring(PAYMENTS + "Q1,K1,B1,2026-02-01,900\n")

    landed_in_turn(large, TWO_BILLS, MIXED, between=enter)
    assert foreseen == [False]
    on_first = [amount for (amount,) in Allocation.objects.filter(bill__number="B1").values_list("amount")]
    assert sum(on_first) == 100_000 and not list(broken())


def test_bills_that_were_only_tried_are_unknown_to_the_payments(large, foreseen):
    large.bring(CUSTOMERS)
    _bills, payments = landed_in_turn(large, TWO_BILLS, MIXED, dry_run=True)
    assert foreseen == [False]
    assert payments.warnings["unknown_bill"] == 5 and not Bill.objects.exists()


def test_bills_the_ledger_calls_cleared_are_not_foretold_to_the_payments(large, foreseen):
    large.bring(CUSTOMERS)
    landed_in_turn(large, CLEARED + "B1,K1,2026-01-31,1000,2026-02-10\n", PAYMENTS + "P1,K1,B1,2026-02-12,400\n")
    assert True not in foreseen
    assert Allocation.objects.get().receipt.number == "CLR-B1"


def test_a_caller_who_gives_up_leaves_no_file_open(large):
    paths = [large.put(TWO_BILLS), large.put(MIXED)]
    turn = in_turn(paths, IMPORTABLES, Reading(currency="CNY"))
    _path, wait = next(turn)
    with wait():
        turn.close()
    assert not list((Path(settings.HOME) / "tmp").glob("staging-*"))
