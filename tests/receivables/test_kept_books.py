"""What a night need not read again: a night that found its books kept decides just what one would that read everything."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from liangqing import policy
from liangqing.cases import steps as cases
from liangqing.house.night import PLAN
from liangqing.nightly.actions.run import InvariantBroken, run
from liangqing.nightly.models import Run
from liangqing.nightly.night import Night
from liangqing.receivables import steps as receivables
from liangqing.receivables.actions import apply, bills, books, receipts
from liangqing.receivables.actions.books import BROUGHT, KeptBooks
from liangqing.receivables.models import Adjustment, Allocation, Bill, Contract, Receipt
from tests.cast import Cast, Customer, day

FIRST = day("2026-03-11")
TOLD = ("owed", "totals", "habits", "came", "receipts")
"""What is worked out of the books, and the receipts as they are asked for besides."""


@pytest.fixture
def keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few bills there are, what rests is put aside."""
    monkeypatch.setattr(books, "KEEPS_FROM", 0)


@pytest.fixture
def year(keeps: None, night: Any) -> tuple[Cast, list[Customer]]:
    """Three customers with bills paid in time, late, in part and not at all; the night of the 11th has been."""
    cast = Cast()
    cast.zhao.duties = ["finance"]
    cast.zhao.save(update_fields=["duties"])
    customers = [cast.customer(name) for name in ("华信", "大河", "远东")]
    for place, customer in enumerate(customers, 1):
        for month in (1, 2):
            settled = customer.bill(100 * place, due=f"2026-0{month}-10", seller=cast.wang)
            customer.pays(100 * place, on=f"2026-0{month}-{8 + 3 * place:02}", bill=settled)
        part = customer.bill(500, due="2026-03-01")
        customer.pays(200, on="2026-03-05", bill=part)
        customer.bill(70, due="2026-02-20", currency="USD")
        customer.bill(-30, due="2026-03-01", kind="credit_note")
        customer.bill(900, due="2026-02-01", kind="retention", contract_ends="2026-12-31")
        customer.bill(40, due="2026-04-01")
        customer.pays(55, on="2026-02-02")
    wait_for_others()
    night(FIRST.isoformat())
    return cast, customers


def wait_for_others() -> None:
    """What may rest is told by transactions that have ended, on the whole server: those of tests beside this one too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (own,) = cursor.fetchone()
        for _turn in range(600):
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] > own:
                return
            time.sleep(0.1)


def told(on: dt.date, *, whole: bool, worn: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """What the night of a day finds in the books: from what was kept, or reading everything."""
    with Night(on, policy.in_force(on), purpose="whole" if whole else "kept") as night:
        night.read(PLAN.sources, books=None if whole else KeptBooks())
        assert (night.touched is None) is whole or worn
        for step in (*receivables.PREPARING, *cases.PREPARING):
            step.run(night)
        return {name: sorted(map(repr, night.arrow(night.table(name)).to_pylist())) for name in TOLD}


def agree(on: dt.date, *, worn: bool = False) -> None:
    """``worn``: so much may have passed through what is kept that everything is read once more."""
    assert told(on, whole=False, worn=worn) == told(on, whole=True)


def kept_rows(on: dt.date) -> dict[str, int]:
    with Night(on, policy.in_force(on), purpose="count") as night:
        night.read(PLAN.sources, books=KeptBooks())
        return {name: int(night.table(name).count().execute()) for name in ("bills", "at_rest", "unspent", "receipts")}


def test_what_is_settled_is_put_aside_and_what_waits_for_its_contract_is_not(year: Any) -> None:
    assert kept_rows(FIRST) == {"bills": 15, "at_rest": 6, "unspent": 3, "receipts": 12}
    agree(FIRST)
    assert {row.kind for row in Bill.objects.filter(principal=90_000)} == {"retention"}
    Contract.objects.update(ends_on=day("2026-03-10"))
    agree(FIRST)


def test_only_what_was_touched_is_read_anew_and_checked(year: tuple[Cast, list[Customer]]) -> None:
    cast, (huaxin, *_others) = year
    settled = Bill.objects.filter(party=huaxin.party).earliest("id")
    added = bills.adjust(settled, principal=500, reason="更正", by=cast.zhao)
    receipt = huaxin.pays(1, on="2026-03-11")
    with Night(FIRST, policy.in_force(FIRST)) as night:
        night.read(PLAN.sources, books=KeptBooks())
        assert night.touched is not None
        assert (night.touched.bills, night.touched.receipts) == ([settled.pk], [receipt.pk])
        again = night.arrow(night.table("bills").filter(lambda t: t.bill_id == settled.pk)).to_pylist()
        assert [row["amount"] for row in again] == [settled.principal]
    assert added.pk
    agree(FIRST)


def test_what_was_touched_is_checked_until_a_night_holds(year: tuple[Cast, list[Customer]], night: Any) -> None:
    _cast, (huaxin, dahe, _yuandong) = year
    wrong = Bill.objects.filter(party=dahe.party).earliest("id")
    money = huaxin.pays(30, on="2026-03-12")
    Allocation.objects.create(receipt=money, bill=wrong, allocated_on="2026-03-12", amount=3000)
    for _turn in range(2):
        with pytest.raises(InvariantBroken):
            night("2026-03-12")


def acts(cast: Cast, customer: Customer, act: str, amount: int, on: dt.date) -> None:
    """Something a day may bring; nothing where it can't be done any more."""
    mine = Bill.objects.filter(party=customer.party, currency="CNY", kind="invoice").order_by("id")
    first = mine[amount % mine.count()]
    asked, paid = bills.asked_and_paid(first.pk)
    left = sum(asked.values()) - paid
    if act == "bill":
        customer.bill(amount, due=(on + dt.timedelta(days=amount % 60 - 40)).isoformat())
    elif act == "pays" and left > 0:
        customer.pays(f"{min(left, amount * 100) / 100:.2f}", on=on.isoformat(), bill=first)
    elif act == "pays later" and left > 0:
        customer.pays(f"{left / 100:.2f}", on=(on + dt.timedelta(days=3)).isoformat(), bill=first)
    elif act == "on account":
        customer.pays(amount, on=on.isoformat())
    elif act == "applies":
        lines = apply.propose(customer.party, customer.creditor, "CNY", on)
        if lines:
            apply.apply(lines, cast.zhao)
    elif act == "takes back":
        rows = Allocation.objects.filter(bill__party=customer.party, receipt__isnull=False, amount__gt=0).order_by("id")
        standing = [row for row in rows if not Allocation.objects.filter(bill=row.bill_id, amount=-row.amount).exists()]
        if standing:
            apply.unapply(standing[amount % len(standing)], "弄错了", cast.zhao)
    elif act == "reverses":
        found = Receipt.objects.filter(party=customer.party, reverses=None).order_by("id")
        back = set(Receipt.objects.filter(reverses__isnull=False).values_list("reverses_id", flat=True))
        standing_money = [row for row in found if row.pk not in back]
        if standing_money:
            receipts.reverse(standing_money[amount % len(standing_money)], "退票", cast.zhao)
    elif act == "adjusts":
        bills.adjust(first, principal=amount, reason="更正", by=cast.zhao)
    elif act == "adjusts later":
        Adjustment.objects.create(
            bill=first, principal=amount, reason="correction", effective_on=on + dt.timedelta(days=2)
        )
    elif act == "due later":
        Bill.objects.filter(pk=first.pk).update(due_on=on + dt.timedelta(days=amount % 30))


ACTS = (
    "bill", "pays", "pays later", "on account", "applies", "takes back", "reverses", "adjusts", "adjusts later", "due later",
)  # fmt: skip
A_DAY = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(1, 900)), max_size=5)


@example_settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(days=st.lists(A_DAY, min_size=1, max_size=4))
def test_whatever_days_bring_nothing_is_found_otherwise(
    year: tuple[Cast, list[Customer]], night: Any, days: list[list[tuple[str, int, int]]]
) -> None:
    cast, customers = year
    for brought in days:
        on = Run.objects.latest("date").date + dt.timedelta(days=1)
        for act, who, amount in brought:
            acts(cast, customers[who], act, amount, on)
        agree(on, worn=True)
        night(on.isoformat())
        agree(on, worn=True)


def test_a_night_killed_before_it_held_begins_where_the_last_one_ended(
    year: tuple[Cast, list[Customer]], night: Any
) -> None:
    _cast, (huaxin, *_others) = year

    class Killed(BaseException):
        pass

    def stop_at(place: str) -> Callable[[dt.date, str], None]:
        def hear(_date: dt.date, step: str) -> None:
            if step == place:
                raise Killed

        return hear

    for place in ("owed", "land", "landed, not committed", "close", "kept"):
        bill = huaxin.bill(10, due="2026-03-02")
        huaxin.pays(10, on="2026-03-12", bill=bill)
        with pytest.raises(Killed):
            run(day("2026-03-12"), PLAN, progress=stop_at(place))
        agree(day("2026-03-12"))
    night("2026-03-12")
    agree(day("2026-03-12"))


def kept(data_folder: Path) -> Path:
    return data_folder / "books" / "books.duckdb"


def reads_whole(on: dt.date = FIRST) -> bool:
    with Night(on, policy.in_force(on), purpose="asks") as night:
        night.read(PLAN.sources, books=KeptBooks())
        return night.touched is None


def test_books_of_another_database_or_another_time_line_are_not_believed(year: Any, data_folder: Path) -> None:
    import duckdb

    for column, value in (
        ("system", "'7'"),
        ("timeline", "99"),
        ("database", "7"),
        ("version", "0"),
        ("passed", "10000"),
    ):
        saved = kept(data_folder).read_bytes()
        with duckdb.connect(str(kept(data_folder))) as duck:
            duck.execute(f"UPDATE mark SET {column} = {value}")
        assert reads_whole(), column
        assert not kept(data_folder).exists()
        kept(data_folder).write_bytes(saved)
        assert not reads_whole()


def test_damaged_books_are_thrown_away(year: Any, data_folder: Path, night: Any) -> None:
    kept(data_folder).write_bytes(b"\0" * 5000)
    assert reads_whole()
    night("2026-03-12")
    assert not reads_whole(day("2026-03-12"))
    agree(day("2026-03-12"))


def test_a_night_stands_though_its_books_could_not_be_kept(
    year: Any, data_folder: Path, night: Any, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(data_folder / "books")
    (data_folder / "books").write_text("no folder")
    report = night("2026-03-12")
    assert Run.objects.get(date="2026-03-12").status == report.status == "done"
    assert "could not be kept" in caplog.text
    assert reads_whole(day("2026-03-12"))
    (data_folder / "books").unlink()
    night("2026-03-13")
    agree(day("2026-03-13"))


@pytest.mark.parametrize(
    "missed",
    [
        "DELETE FROM bills WHERE bill_id = (SELECT min(bill_id) FROM bills)",
        "UPDATE receipts SET amount = amount + 1 WHERE receipt_id = (SELECT min(receipt_id) FROM receipts)",
        "DELETE FROM allocations WHERE bill_id IN (SELECT bill_id FROM bills)",
        "DELETE FROM spent WHERE receipt_id = (SELECT min(receipt_id) FROM spent)",
    ],
)
def test_books_that_do_not_come_to_the_same_are_not_believed(year: Any, data_folder: Path, missed: str) -> None:
    import duckdb

    with duckdb.connect(str(kept(data_folder))) as duck:
        duck.execute(missed)
    assert reads_whole()


def test_a_row_whose_transaction_ends_after_the_night_is_not_missed(
    year: tuple[Cast, list[Customer]], night: Any
) -> None:
    """Its number and its transaction are older than others the night has seen."""
    import psycopg

    from liangqing.kit.snapshot import database_uri

    _cast, (huaxin, dahe, _yuandong) = year
    with psycopg.connect(database_uri()) as slow:
        slow.execute(
            """INSERT INTO receivables_receipt (creditor_id, party_id, number, version, received_on, amount, currency, method,
                                               bill_number, reference)
               VALUES (%s, %s, '慢', 1, '2026-03-11', 700, 'CNY', 'transfer', '', '')""",
            (huaxin.creditor.pk, huaxin.party.pk),
        )
        dahe.pays(3, on="2026-03-11")
        night("2026-03-12")
        slow.commit()
    agree(day("2026-03-12"))
    night("2026-03-13")
    agree(day("2026-03-13"))


def test_few_bills_are_read_whole_and_nothing_is_kept(night: Any, data_folder: Path) -> None:
    Cast().customer("华信").bill(10, due="2026-03-01")
    night("2026-03-11")
    assert not (data_folder / "books").exists()


def test_every_source_the_books_bring_is_one_the_night_would_read() -> None:
    assert set(BROUGHT) <= {source.name for source in PLAN.sources}
