"""Files of bills, as ledgers have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from liangqing.house.invariants import broken
from liangqing.imports.models import Change
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Alias, Party
from liangqing.receivables.actions import land_bills
from liangqing.receivables.models import Adjustment, Allocation, Bill, Contract, Receipt
from liangqing.receivables.queries import proof
from tests.files import BILLS, CUSTOMERS, PAYMENTS, open_amount

ONE = BILLS + "B1,K1,2026-01-01,2026-01-31,1000.00\n"


@pytest.fixture
def ledger(desk):
    desk.bring(CUSTOMERS)
    return desk


def test_a_bill_lands_with_its_amount_in_fen(ledger):
    result = ledger.bring(ONE)
    bill = Bill.objects.get()
    assert (result.kind, result.created, result.rejected) == ("bills", 1, 0)
    assert (bill.number, bill.principal, bill.currency, bill.kind) == ("B1", 100_000, "CNY", "invoice")


def test_the_same_file_twice_changes_nothing(ledger):
    path = ledger.put(ONE)
    ledger.bring(path)
    again = ledger.bring(path)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert Bill.objects.count() == 1 and not Adjustment.objects.exists() and not Change.objects.exists()


def test_a_changed_amount_becomes_an_adjustment_and_the_bill_stays_as_it_was(ledger):
    ledger.bring(ONE)
    result = ledger.bring(ONE.replace("1000.00", "900.00"))
    assert result.updated == 1
    assert Bill.objects.get().principal == 100_000
    assert Adjustment.objects.get().principal == -10_000
    assert open_amount("2026-01-15") == "900.00", "the ledger was wrong from the start"


def test_a_changed_due_date_updates_the_bill_and_is_remembered(ledger):
    ledger.bring(ONE)
    ledger.bring(ONE.replace("2026-01-31", "2026-02-28"))
    change = Change.objects.get()
    assert str(Bill.objects.get().due_on) == "2026-02-28"
    assert (change.before, change.after) == ({"due_on": "2026-01-31"}, {"due_on": "2026-02-28"})


def test_an_empty_cell_leaves_what_is_there(ledger):
    ledger.bring("账单号,客户编号,到期日,金额,备注\nB1,K1,2026-01-31,10,一月货款\n")
    result = ledger.bring("账单号,客户编号,到期日,金额,备注\nB1,K1,2026-01-31,10,\n")
    assert result.unchanged == 1 and Bill.objects.get().reference == "一月货款"


def test_a_bill_cannot_move_to_another_customer(ledger):
    ledger.bring(ONE)
    result = ledger.bring(ONE.replace("K1", "K2"))
    assert [error["code"] for error in result.errors] == ["customer_changed"]
    assert Bill.objects.get().party.number == "K1"


def test_a_bill_cannot_change_its_currency(ledger):
    ledger.bring(ONE)
    result = ledger.bring(ONE, currency="USD")
    assert [error["code"] for error in result.errors] == ["currency_changed"]


def test_good_rows_land_bad_ones_go_to_a_file_that_can_be_corrected_and_imported(ledger):
    result = ledger.bring(ONE + "B2,K1,2026-01-01,2026-13-45,5\nB3,K9,2026-01-01,2026-02-01,7\n")
    assert (result.created, result.rejected) == (1, 2)
    assert {(error["row"], error["code"]) for error in result.errors} == {(3, "bad_date"), (4, "unknown_customer")}
    text = Path(result.error_file).read_text(encoding="utf-8-sig")
    assert "K9" in text and "B1" not in text
    corrected = ledger.bring(text.replace("2026-13-45", "2026-02-13").replace("K9", "K2"))
    assert (corrected.created, corrected.rejected) == (2, 0)


def test_nothing_lands_when_landing_fails_half_way(ledger, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(land_bills, "_allocate_waiting", fail)
    with pytest.raises(RuntimeError):
        ledger.bring(ONE)
    assert not Bill.objects.exists()


def test_a_dry_run_tells_everything_and_lands_nothing(ledger):
    result = ledger.bring(ONE, dry_run=True)
    assert result.created == 1 and result.import_id is None and not Bill.objects.exists()


def test_one_number_twice_in_a_file_with_other_content_is_a_problem(ledger):
    result = ledger.bring(ONE + "B1,K1,2026-01-01,2026-01-31,2000.00\n")
    assert [error["code"] for error in result.errors] == ["duplicate_number"] and result.created == 1


def test_exact_repeats_are_reported_and_land_once(ledger):
    result = ledger.bring(ONE + "B1,K1,2026-01-01,2026-01-31,1000.00\n")
    assert result.warnings == {"repeated_row": 1} and result.created == 1


def test_a_cleared_bill_is_open_before_its_clearing_day_and_paid_from_it_on(ledger):
    ledger.bring("账单号,客户编号,开票日期,到期日,金额,清账日期\nB1,K1,2026-01-01,2026-01-31,1000,2026-02-10\n")
    assert open_amount("2025-12-31") == "0.00"
    assert open_amount("2026-02-09") == "1000.00"
    assert open_amount("2026-02-10") == "0.00"


def test_no_clearing_leaves_clearing_dates_out(ledger):
    ledger.bring("账单号,客户编号,到期日,金额,clear_date\nB1,K1,2026-01-31,1000,2026-02-10\n", no_clearing=True)
    assert not Receipt.objects.exists() and open_amount("2026-03-01") == "1000.00"


def test_a_clearing_that_comes_with_a_later_export_clears_what_is_left(ledger):
    head = "账单号,客户编号,到期日,金额,清账日期\n"
    ledger.bring(head + "B1,K1,2026-01-31,1000,\n")
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    result = ledger.bring(head + "B1,K1,2026-01-31,1000,2026-02-10\n")
    assert result.updated == 1
    assert open_amount("2026-02-09") == "600.00" and open_amount("2026-02-10") == "0.00"
    assert not list(broken()) and not list(proof.flaws())


def test_a_changed_clearing_date_reverses_the_old_clearing(ledger):
    head = "账单号,客户编号,到期日,金额,清账日期\n"
    ledger.bring(head + "B1,K1,2026-01-31,1000,2026-02-10\n")
    ledger.bring(head + "B1,K1,2026-01-31,1000,2026-02-20\n")
    assert open_amount("2026-02-15") == "1000.00" and open_amount("2026-02-20") == "0.00"
    assert [receipt.amount for receipt in Receipt.objects.order_by("version")] == [100_000, -100_000, 100_000]
    assert not list(broken()) and not list(proof.flaws())


def test_money_that_named_a_bill_before_it_was_known_is_set_against_it(ledger):
    early = ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    assert early.warnings["unknown_bill"] == 1 and not Allocation.objects.exists()
    ledger.bring(ONE)
    assert Allocation.objects.get().amount == 40_000 and open_amount("2026-02-01") == "600.00"


@pytest.mark.parametrize(
    ("row", "amount"),
    [("B1,K1,2026-01-31,-50.00,", -5_000), ("B1,K1,2026-01-31,50.00,H", -5_000), ("B1,K1,2026-01-31,(50.00),", -5_000)],
)
def test_a_credit_note_is_negative_however_the_ledger_says_it(ledger, row, amount):
    ledger.bring(f"账单号,客户编号,到期日,金额,借贷\n{row}\n")
    bill = Bill.objects.get()
    assert (bill.kind, bill.principal) == ("credit_note", amount)


def test_components_are_kept_apart(ledger):
    ledger.bring("借据号,客户编号,应还日期,本金,利息,罚息,费用\nL1,K1,2026-01-31,100,5.5,1.25,2\n")
    bill = Bill.objects.get()
    assert (bill.principal, bill.interest, bill.penalty, bill.fee) == (10_000, 550, 125, 200)


def test_an_amount_that_is_not_the_sum_of_its_components_is_a_problem(ledger):
    result = ledger.bring("账单号,客户编号,到期日,金额,本金,利息\nB1,K1,2026-01-31,100,90,5\n")
    assert [error["code"] for error in result.errors] == ["components_differ"]


def test_a_due_date_is_worked_out_from_the_term(ledger):
    ledger.bring("BELNR,KUNNR,ZFBDT,ZBD1T,WRBTR,WAERS\n100,K1,20260101,30,10.00,CNY\n")
    assert str(Bill.objects.get().due_on) == "2026-01-31"


def test_a_bill_without_any_due_date_is_a_problem(ledger):
    result = ledger.bring("账单号,客户编号,开票日期,到期日,金额\nB1,K1,2026-01-01,,10\n")
    assert [error["code"] for error in result.errors] == ["no_due_date"]


def test_a_ledger_of_names_only_numbers_its_customers_by_name_and_knows_them_again(desk):
    desk.bring("发票号,单位名称,到期日,金额\n1,华信机械有限公司,2026-01-31,10\n")
    result = desk.bring("发票号,单位名称,到期日,金额\n2,华信机械有限公司,2026-02-28,20\n")
    assert Party.objects.get().number == "华信机械有限公司"
    assert "name_as_number" not in result.warnings and Bill.objects.count() == 2


def test_a_ledger_of_names_only_finds_a_known_customer_by_an_alias(ledger):
    ledger.bring("发票号,客户编号,单位名称,到期日,金额\n1,K1,华信机械,2026-01-31,10\n")
    ledger.bring("发票号,单位名称,到期日,金额\n2,华信机械,2026-02-28,20\n")
    assert {bill.party.number for bill in Bill.objects.all()} == {"K1"}


def test_the_customer_number_is_the_identity_and_spellings_become_aliases(desk):
    desk.bring("bill_id,customer_id,name,due_date,amount\n1,7,WINC co,2026-01-31,1\n2,7,WINC llc,2026-01-31,2\n")
    assert Party.objects.get().name == "WINC co"
    assert [alias.name for alias in Alias.objects.all()] == ["WINC llc"]


def test_a_bill_number_is_unique_for_its_creditor_only(ledger):
    result = ledger.bring("BUKRS,BELNR,KUNNR,到期日,WRBTR\n1000,1,K1,2026-01-31,5\n2000,1,K1,2026-01-31,6\n")
    assert result.created == 2 and {bill.creditor.code for bill in Bill.objects.all()} == {"1000", "2000"}


def test_a_deposit_knows_the_contract_it_rests_on(ledger):
    ledger.bring("账单号,客户编号,到期日,金额,款项性质,合同号,合同到期日\nD1,K1,2026-01-31,100,押金,HT-1,2026-12-31\n")
    bill = Bill.objects.get()
    assert bill.kind == "deposit" and str(bill.contract.ends_on) == "2026-12-31" and Contract.objects.count() == 1


def test_an_import_of_bills_is_undone_and_can_come_again(ledger):
    from liangqing.imports.actions.bring import undo
    from liangqing.receivables.importables import IMPORTABLES

    first = ledger.bring(
        "账单号,客户编号,到期日,金额,清账日期\nB1,K1,2026-01-31,1000,2026-02-10\nB2,K1,2026-01-31,7,\n"
    )
    undo(first.import_id, IMPORTABLES)
    assert open_amount("2026-02-01") == "0.00" and open_amount("2026-03-01") == "0.00"
    ledger.bring("账单号,客户编号,到期日,金额,清账日期\nB1,K1,2026-01-31,1000,2026-02-10\nB2,K1,2026-01-31,7,\n")
    assert open_amount("2026-02-01") == "1007.00" and open_amount("2026-03-01") == "7.00"
    assert not list(broken()) and not list(proof.flaws())


def test_an_import_of_bills_with_money_against_them_is_not_undone(ledger):
    from liangqing.imports.actions.bring import undo
    from liangqing.receivables.importables import IMPORTABLES

    first = ledger.bring(ONE)
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    with pytest.raises(Refusal) as refused:
        undo(first.import_id, IMPORTABLES)
    assert refused.value.code == "import_in_use" and open_amount("2026-02-01") == "600.00"


def test_undoing_a_correction_brings_the_former_row_back(ledger):
    from liangqing.imports.actions.bring import undo
    from liangqing.receivables.importables import IMPORTABLES

    ledger.bring(ONE)
    second = ledger.bring(ONE.replace("1000.00", "900.00").replace("2026-01-31", "2026-02-28"))
    undo(second.import_id, IMPORTABLES)
    assert open_amount("2026-01-15") == "1000.00" and str(Bill.objects.get().due_on) == "2026-01-31"


def test_a_bill_cannot_be_corrected_below_what_was_paid_on_it(ledger):
    ledger.bring(ONE)
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
    result = ledger.bring(ONE.replace("1000.00", "300.00"))
    assert [error["code"] for error in result.errors] == ["less_than_paid"]


OPEN = "客户编号,发票号,开票日期,到期日,发票金额,已收金额,未收金额\n"
PARTLY = OPEN + "K1,B1,2026-01-01,2026-02-01,1000,900,100\nK1,B2,2026-01-01,2026-02-01,200,0,200\n"


def test_what_is_open_is_owed_and_the_file_is_told_that_it_lacks_the_days(ledger):
    result = ledger.bring(PARTLY)
    assert open_amount("2026-03-01") == "300.00"
    assert result.warnings["open_amount_counts"] == 1 and "columns_ignored" not in result.warnings
    again = ledger.bring(PARTLY)
    assert (again.unchanged, again.created, again.updated) == (2, 0, 0)


def test_what_was_received_is_taken_off_when_the_file_does_not_say_what_is_open(ledger):
    ledger.bring("客户编号,发票号,到期日,发票金额,已收金额\nK1,B1,2026-02-01,1000,900\nK1,B2,2026-02-01,200,\n")
    assert open_amount("2026-03-01") == "300.00"


def test_with_a_day_the_bill_lands_whole_and_what_was_received_is_a_receipt_of_that_day(ledger):
    ledger.bring(
        "客户编号,发票号,开票日期,到期日,发票金额,未收金额,收款日期\n"
        "K1,B1,2026-01-01,2026-02-01,1000,100,2026-02-15\nK1,B2,2026-01-01,2026-02-01,200,0,2026-02-20\n"
    )
    assert [open_amount(day) for day in ("2026-02-14", "2026-02-15", "2026-02-20")] == ["1200.00", "300.00", "100.00"]
    assert sorted(Receipt.objects.values_list("amount", flat=True)) == [20_000, 90_000]


def test_files_whose_payments_come_by_themselves_land_whole(ledger):
    ledger.bring(PARTLY, no_clearing=True)
    assert open_amount("2026-03-01") == "1200.00"


def test_an_open_amount_beyond_the_bill_is_a_problem(ledger):
    result = ledger.bring(OPEN + "K1,B1,2026-01-01,2026-02-01,1000,,1100\nK1,B2,2026-01-01,2026-02-01,-50,,-20\n")
    assert [(error["row"], error["code"]) for error in result.errors] == [(2, "open_beyond_amount")]
    assert "1100.00" in result.errors[0]["message"] and open_amount("2026-03-01") == "-20.00"


def test_an_open_amount_that_its_components_do_not_make_is_a_problem(ledger):
    head = "客户编号,借据号,到期日,应还本金,应还利息,应还金额,未还金额\n"
    result = ledger.bring(head + "K1,B1,2026-02-01,100,6,106,50\nK1,B2,2026-02-01,100,6,106,106\n")
    assert [(error["row"], error["code"]) for error in result.errors] == [(2, "components_differ")]


def test_messages_show_amounts_as_money(ledger):
    result = ledger.bring("账单号,客户编号,到期日,金额,本金,利息\nB1,K1,2026-02-01,106,100,5\n")
    assert "106.00" in result.errors[0]["message"]
    ledger.bring(ONE)
    ledger.bring(PAYMENTS + "P1,K1,B1,2026-02-01,60\n")
    assert "60.00" in ledger.bring(ONE.replace("1000.00", "50")).errors[0]["message"]


def test_bills_without_a_bill_date_are_told_with_what_follows(ledger):
    text = "账单号,客户编号,到期日,金额\nB9,K1,2026-01-31,10\n"
    result = ledger.bring(text)
    assert result.warnings["no_issue_date"] == 1 and open_amount("2019-01-01") == "10.00"
    ledger.bring(ONE)
    known = ledger.bring("账单号,客户编号,到期日,金额\nB1,K1,2026-01-31,1000\n")
    assert "no_issue_date" not in known.warnings, "its bill date is known from before"


@pytest.mark.parametrize(
    ("amount", "read"),
    [("本期应收", "1000.00"), ("应收余额", "1000.00"), ("未清金额", "1000.00"), ("Amount in local currency", "1000.00"),
     ("Amount in document currency", "1000.00"), ("Open amount", "1000.00"), ("Balance due", "1000.00")],
)  # fmt: skip
def test_an_amount_is_known_by_many_names(ledger, amount, read):
    ledger.bring(f"账单号,客户编号,客户名称,开票日期,到期日,{amount}\nB1,K1,甲,2026-01-01,2026-01-31,1000\n")
    assert open_amount("2026-03-01") == read
