"""What lists and accounts show is what the night would say, read from a page's or a customer's rows only."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.parties.models import Party
from liangqing.receivables.actions import apply, bills, receipts
from liangqing.receivables.models import Bill, Contract, Receipt
from liangqing.receivables.queries.account import Account, account, late_of, open_bills
from liangqing.receivables.queries.ageing import accounts_of
from liangqing.receivables.queries.bills import bill_list, by_number, rows
from liangqing.receivables.queries.receipts import allocations_of, receipt_list, receipt_rows
from liangqing.receivables.rules import lateness, owing
from tests.cast import day
from tests.oracle import facts, money
from tests.oracle.portfolio import FIRST, Portfolio
from tests.receivables.by_hand import Desk


@pytest.fixture
def finance(books):
    with clock.at("2026-03-01"):
        yield Desk()


@pytest.mark.parametrize("seed", [3, 4])
def test_accounts_and_bills_are_what_the_night_and_the_oracle_say(books, seed):
    Portfolio(seed).found()
    stored = facts.read()
    for as_of in (FIRST - dt.timedelta(days=40), FIRST, FIRST + dt.timedelta(days=2)):
        owed = money.owed(stored.bills, stored.adjustments, stored.allocations, as_of)
        found = {row.bill.pk: row for row in rows(Bill.objects.filter(issued_on=None), as_of)}
        found |= {row.bill.pk: row for row in rows(Bill.objects.filter(issued_on__lte=as_of), as_of)}
        assert {key: (row.due_on, row.owed, row.days, row.bucket) for key, row in found.items() if row.owed} == {
            key: (line.due_on, line.owed, line.days, line.bucket) for key, line in owed.items()
        }
        assert all(sum(row.owed_parts.values()) == row.owed for row in found.values() if row.asked > 0)
        late = {key for key, line in owed.items() if line.owed > 0 and line.days >= 1}
        assert {bill.pk for bill in bill_list(Bill.objects.all(), as_of=as_of, late_only=True)} == late
        assert {bill.pk for bill in bill_list(Bill.objects.all(), as_of=as_of, open_only=True)} == set(owed)
        asked = {
            (row["party_id"], row["creditor_id"], row["currency"]): row for row in accounts_of(stored.classes, as_of)
        }
        for party in Party.objects.all():
            mine = {(each.party_id, each.creditor_id, each.currency): each for each in account(party, as_of)}
            for key, each in mine.items():
                if key in asked:
                    _agrees(each, asked.pop(key))
                else:  # money on account of a customer who is asked for nothing
                    assert (each.open_bills, each.balance) == (0, 0) and each.unapplied
        assert not asked


def _agrees(each: Account, row: dict) -> None:
    for name in ("balance", "late", "late_bills", "open_bills", "days", "unapplied", "credit"):
        assert getattr(each, name) == row[name], name
    assert sum(each.buckets.values()) == each.balance
    assert each.late == each.balance - each.buckets["not_due"]


@pytest.mark.parametrize("days", [-1, 0, 1, 30, 31, 60, 61, 90, 91, 1000])
def test_the_band_of_one_bill_is_the_band_of_the_portfolio(days):
    import ibis

    assert lateness.bucket_of(days) == ibis.duckdb.connect().execute(owing.bucket(ibis.literal(days)))


def test_a_row_tells_what_receipts_paid_what_credit_notes_did_and_the_parts_left(finance):
    bill = finance.bill(1000, interest=100, penalty=30, fee=20)
    finance.receipt(60, names=bill.number)
    finance.note(100)
    apply.apply(finance.proposal(), finance.fang)
    (row,) = rows([bill], day("2026-03-01"))
    assert (row.asked, row.paid, row.credited, row.owed, row.days, row.bucket) == (1150, 60, 100, 990, 29, "1-30")
    assert row.owed_parts == {"fee": 0, "interest": 0, "penalty": 0, "principal": 990}
    assert row.late and not rows([bill], day("2026-01-31"))[0].late


def test_a_page_of_bills_takes_two_queries_however_long(finance):
    contract = Contract.objects.create(creditor=finance.cast.creditor, party=finance.party, number="HT", ends_on=None)
    for number in range(12):
        finance.bill(100 + number, kind="deposit" if number % 2 else "invoice", contract=contract)
    page = list(bill_list(Bill.objects.all(), as_of=day("2026-03-01"), open_only=True)[:10])
    with CaptureQueriesContext(connection) as asked:
        assert len(rows(page, day("2026-03-01"))) == 10
    assert len(asked) == 2


def test_a_list_can_be_narrowed_by_due_day_and_number(finance):
    first, second = finance.bill(100, number="AB1", due="2026-01-10"), finance.bill(100, number="AC1", due="2026-01-20")
    today = day("2026-03-01")
    assert list(bill_list(Bill.objects.all(), as_of=today, newest_first=True)) == [second, first]
    assert list(bill_list(Bill.objects.all(), as_of=today, due_from=day("2026-01-11"))) == [second]
    assert list(bill_list(Bill.objects.all(), as_of=today, due_until=day("2026-01-20"))) == [first]
    assert list(bill_list(Bill.objects.all(), as_of=today, number="AB")) == [first]
    assert list(bill_list(Bill.objects.all(), as_of=today, number="C1")) == [second]
    assert list(bill_list(Bill.objects.all(), as_of=today, number="1")) == [first, second]
    assert list(bill_list(Bill.objects.all(), as_of=today, number="%")) == []


def test_a_receipt_is_found_by_how_its_number_begins_or_ends(finance):
    one = finance.receipt(300)
    found = receipt_list(Receipt.objects.all(), number=one.number[-2:])
    assert one in found
    assert list(receipt_list(Receipt.objects.all(), number=one.number)) == [one]


@pytest.mark.parametrize("model", [Bill, Receipt])
def test_how_a_number_ends_is_looked_up_in_an_index(books, model):
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = by_number(model.objects.all(), "0712").explain()
        cursor.execute("RESET enable_seqscan")
    table = model._meta.db_table
    assert f"{table}_ending" in plan, plan


def test_receipts_show_their_rest_and_whether_they_stand(finance):
    bill = finance.bill(500)
    whole, over, gone = (finance.receipt(300, names=bill.number) for _ in range(3))
    back = receipts.reverse(gone, "x", finance.fang)
    found = {row.receipt.pk: (row.applied, row.rest, row.standing) for row in receipt_rows(Receipt.objects.all())}
    assert found == {
        whole.pk: (300, 0, True),
        over.pk: (200, 100, True),
        gone.pk: (0, 0, False),
        back.pk: (0, 0, False),
    }
    assert list(receipt_list(Receipt.objects.all(), unapplied_only=True)) == [over]
    assert set(receipt_list(Receipt.objects.all(), standing_only=True)) == {whole, over}
    assert list(receipt_list(Receipt.objects.all(), received_until=day("2026-02-01"))) == []


def test_what_stands_of_a_bill_and_of_a_receipt_leaves_out_what_was_taken_back(finance):
    bill = finance.bill(500)
    receipt = finance.receipt(300, names=bill.number)
    (first,) = allocations_of(bill=bill)
    apply.unapply(first, "x", finance.fang)
    assert allocations_of(bill=bill) == allocations_of(receipt=receipt) == []
    (again,) = apply.apply(finance.proposal(), finance.fang)
    assert allocations_of(bill=bill) == allocations_of(receipt=receipt) == [again] and again.pk != first.pk
    receipts.reverse(receipt, "x", finance.fang)
    assert allocations_of(bill=bill) == allocations_of(receipt=receipt) == []
    note = finance.note(50)
    apply.apply(finance.proposal(), finance.fang)
    assert (
        [row.amount for row in allocations_of(bill=note)] == [row.amount for row in allocations_of(bill=bill)] == [50]
    )


def test_what_is_late_of_several_is_told_by_currency(finance):
    finance.bill(500)
    finance.bill(70, currency="USD", due="2026-02-10")
    finance.bill(900, due="2026-04-01", issued=None)
    key = (finance.party.pk, finance.cast.creditor.pk)
    found = late_of([key, (finance.party.pk, 999)], day("2026-03-01"))
    assert list(found) == [key]
    assert (found[key].late, found[key].days) == ([Money(500, "CNY"), Money(70, "USD")], 29)


def test_open_bills_of_a_customer_come_with_the_one_due_longest_first(finance):
    second, first = finance.bill(100, due="2026-02-10"), finance.bill(100, due="2026-01-10")
    paid = finance.bill(100)
    finance.receipt(100, names=paid.number)
    assert [row.bill for row in open_bills(finance.party, day("2026-03-01"), creditor=finance.cast.creditor)] == [
        first,
        second,
    ]
    bills.cancel(first, "x", finance.fang)
    assert [row.bill for row in open_bills(finance.party, day("2026-03-01"))] == [second]
