"""Files of payments: what they are set against, and what stays visible on the customer."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing.house.invariants import broken
from liangqing.imports.actions.bring import undo
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Allocation, Receipt
from liangqing.receivables.queries import proof
from liangqing.receivables.queries.unapplied import unapplied
from tests.files import BILLS, CUSTOMERS, PAYMENTS, open_amount


@pytest.fixture
def ledger(desk):
    desk.bring(CUSTOMERS)
    desk.bring(BILLS + "B1,K1,2026-01-01,2026-01-31,1000.00\nB2,K2,2026-01-01,2026-01-31,500.00\n")
    return desk


def on_account(day: str = "2026-12-31") -> dict[str, tuple[int, int]]:
    return unapplied(dt.date.fromisoformat(day))


def test_a_payment_is_set_against_the_bill_it_names(ledger):
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    assert Allocation.objects.get().amount == 40_000 and on_account() == {}


def test_a_payment_that_names_nothing_stays_unapplied(ledger):
    ledger.bring(PAYMENTS + "P1,K1,,2026-02-01,400\n")
    assert not Allocation.objects.exists() and on_account() == {"CNY": (1, 40_000)}


def test_what_is_more_than_the_bill_asks_stays_unapplied(ledger):
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,700\nP2,K1,B1,2026-02-02,700\n")
    assert result.warnings["more_than_asked"] == 1
    assert sorted(Allocation.objects.values_list("amount", flat=True)) == [30_000, 70_000]
    assert on_account() == {"CNY": (1, 40_000)} and not list(broken())


def test_the_earlier_payment_comes_first_whatever_the_order_of_the_file(ledger):
    ledger.bring(PAYMENTS + "P2,K1,B1,2026-02-02,700\nP1,K1,B1,2026-02-01,700\n")
    assert Allocation.objects.get(receipt__number="P1").amount == 70_000


def test_a_payment_of_another_customer_is_not_set_against_the_bill(ledger):
    result = ledger.bring(PAYMENTS + "P1,K2,B1,2026-02-01,400\n")
    assert result.warnings["bill_of_another"] == 1 and not Allocation.objects.exists()


def test_a_payment_in_another_currency_is_not_set_against_the_bill(ledger):
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n", currency="USD")
    assert result.warnings["bill_of_another"] == 1 and on_account() == {"USD": (1, 40_000)}


def test_the_payer_follows_from_the_bill_when_no_customer_is_named(ledger):
    ledger.bring("收款单号,账单号,收款日期,收款金额\nP1,B2,2026-02-01,500\n")
    assert Receipt.objects.get().party.number == "K2"


def test_a_payment_of_nobody_is_a_problem(ledger):
    result = ledger.bring("收款单号,账单号,收款日期,收款金额\nP1,B9,2026-02-01,500\n")
    assert [error["code"] for error in result.errors] == ["no_payer"]


def test_a_ledger_that_shows_payments_negative_is_read_as_money_received(ledger):
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,-400\nP2,K1,B1,2026-02-02,-100\n")
    assert result.warnings["signs_turned"] == 2 and open_amount("2026-03-01") == "1000.00"


def test_a_single_negative_payment_is_a_problem(ledger):
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\nP2,K1,B1,2026-02-02,-100\n")
    assert [error["code"] for error in result.errors] == ["not_positive"] and result.created == 1


def test_payments_without_numbers_are_known_again(ledger):
    text = "客户编号,收款日期,收款金额\nK1,2026-02-01,400\nK1,2026-02-02,400\n"
    first, again = ledger.bring(text), ledger.bring(text)
    assert first.warnings["number_made_up"] == 2
    assert (again.created, again.unchanged) == (0, 2) and Receipt.objects.count() == 2


def test_a_changed_payment_is_reversed_and_entered_anew_on_its_day(ledger):
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,450\n")
    assert result.updated == 1
    assert list(Receipt.objects.order_by("version").values_list("amount", flat=True)) == [40_000, -40_000, 45_000]
    assert open_amount("2026-02-01") == "1050.00" and not list(broken()) and not list(proof.flaws())


def test_a_payment_moved_to_another_bill_frees_the_first(ledger):
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,1000\n")
    ledger.bring(BILLS + "B3,K1,2026-01-01,2026-01-31,1000.00\n")
    ledger.bring(PAYMENTS + "P1,K1,B3,2026-02-01,1000\n")
    by_bill = {}
    for number, amount in Allocation.objects.values_list("bill__number", "amount"):
        by_bill[number] = by_bill.get(number, 0) + amount
    assert by_bill == {"B1": 0, "B3": 100_000} and not list(broken())


def test_undone_payments_free_their_bills_and_can_come_again(ledger):
    text = PAYMENTS + "P1,K1,B1,2026-02-01,400\nP2,K1,,2026-02-01,50\n"
    first = ledger.bring(text)
    undo(first.import_id, IMPORTABLES)
    assert open_amount("2026-03-01") == "1500.00" and on_account() == {}
    ledger.bring(text)
    assert open_amount("2026-03-01") == "1100.00" and on_account() == {"CNY": (1, 5_000)}
    assert not list(broken()) and not list(proof.flaws())


def test_undoing_a_corrected_payment_brings_the_former_one_back(ledger):
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    second = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,450\n")
    undo(second.import_id, IMPORTABLES)
    assert open_amount("2026-03-01") == "1100.00" and not list(broken()) and not list(proof.flaws())


def test_a_receipt_altered_behind_our_back_is_found_and_named(ledger):
    from django.db import connection

    ledger.bring(PAYMENTS + "P1,K1,,2026-02-01,400\n")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE receivables_receipt DISABLE TRIGGER append_only")
        cursor.execute("UPDATE receivables_receipt SET amount = 39000")
    assert any("receivables_receipt" in flaw for flaw in proof.flaws())


def test_the_digest_taken_while_landing_is_that_of_what_was_stored(ledger):
    assert not list(proof.flaws())
    ledger.bring(
        '收款单号,客户编号,账单号,收款日期,收款金额,备注\n"P,1",K1,B1,2026-02-01,400,"说,明"\nP2,K1,,2026-02-01,1,\n'
    )
    assert not list(proof.flaws())


def test_an_unknown_payer_is_told_once(ledger):
    result = ledger.bring(PAYMENTS + "P1,NOBODY,B1,2026-02-01,5\n")
    assert [error["code"] for error in result.errors] == ["unknown_customer"]


def test_a_message_shows_an_amount_as_money(ledger):
    result = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,-5.00\nP2,K1,B1,2026-02-01,5\n")
    assert "-5.00" in result.errors[0]["message"] and "-500" not in result.errors[0]["message"]
