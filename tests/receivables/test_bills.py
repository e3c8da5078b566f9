"""Bills entered by hand, put right and cancelled; and what the proof says of rows that no import brought."""

from __future__ import annotations

import pytest
from django.db import connection

from liangqing.imports.actions.bring import undo
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.receivables.actions import apply, bills
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Adjustment, Allocation, Bill, Contract
from liangqing.receivables.queries import proof
from liangqing.receivables.queries.left import asked_and_paid
from liangqing.trail.models import Entry
from tests.cast import day
from tests.files import BILLS, PAYMENTS, open_amount
from tests.files import Desk as Clerk
from tests.receivables.by_hand import Desk


@pytest.fixture
def finance(books):
    with clock.at("2026-03-01"):
        yield Desk()


def refused(act, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(*args, **kwargs)
    return caught.value


def _behind_our_back(table: str, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


class TestEnter:
    def test_a_bill_asks_from_the_day_it_is_entered_and_the_trail_knows(self, finance):
        bill = finance.bill(90_000, interest=10_000)
        assert open_amount("2026-03-01") == "1000.00"
        entry = Entry.objects.get(event="bill entered")
        assert (entry.thing_id, entry.party_id, entry.actor_id) == (bill.pk, finance.party.pk, finance.fang.pk)
        assert finance.whole()

    @pytest.mark.parametrize(
        ("field", "given"),
        [
            ("number", {"number": "  "}),
            ("number", {"number": "B\n1"}),
            ("number", {"number": "9" * 65}),
            ("kind", {"kind": "loan"}),
            ("currency", {"currency": "RMB"}),
            ("due_on", {"due": "2025-12-31"}),
            ("due_on", {"due": "2906-01-31"}),
            ("principal", {"principal": 0}),
            ("principal", {"principal": -100}),
            ("interest", {"interest": -1}),
            ("fee", {"fee": 10**16}),
        ],
    )
    def test_what_cannot_be_right_is_refused_and_the_field_named(self, finance, field, given):
        refusal = refused(finance.bill, **{"principal": 100, **given})
        assert (refusal.status, refusal.facts["field"]) == (422, field)
        assert not Bill.objects.exists() and not Entry.objects.filter(event="bill entered").exists()

    def test_a_due_day_before_the_issue_may_be_meant_so(self, finance):
        assert refused(finance.bill, 100, due="2025-12-31").code == "due_before_issue"
        assert finance.bill(100, due="2025-12-31", due_before_issue_confirmed=True).due_on == day("2025-12-31")

    def test_a_number_is_taken_once_per_creditor(self, finance):
        finance.bill(100, number="X1")
        assert refused(finance.bill, 100, number=" X1 ").code == "number_taken"

    def test_a_credit_note_is_kept_negative_whatever_sign_it_was_given(self, finance):
        assert (finance.note(500).principal, finance.note(-700).principal) == (-500, -700)
        assert finance.whole()

    def test_a_contract_of_another_customer_is_refused(self, finance):
        other = finance.cast.customer("远大").party
        contract = Contract.objects.create(creditor=finance.cast.creditor, party=other, number="HT1")
        assert refused(finance.bill, 100, contract=contract).facts["field"] == "contract"

    def test_money_that_named_the_bill_before_it_was_known_is_set_against_it(self, finance):
        finance.receipt(300, names="X1")
        finance.receipt(900, names="X1", on="2026-01-20")
        bill = finance.bill(1000, number="X1")
        assert asked_and_paid(bill.pk)[1] == 1000
        assert sorted(Allocation.objects.values_list("amount", flat=True)) == [100, 900]
        assert finance.whole()

    def test_only_somebody_of_finance_may(self, finance):
        assert refused(finance.bill, 100, by=finance.cast.lin).status == 403
        auditor = staff.join("shen", name="审", department=None, duties=("finance", "audit"))
        assert refused(finance.bill, 100, by=auditor).code == "not_allowed"

    def test_it_waits_for_no_import_but_says_that_one_is_landing(self, finance, django_db_blocker):
        import psycopg

        from liangqing.kit.snapshot import database_uri

        with psycopg.connect(database_uri()) as other:
            other.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing import'))")
            assert refused(finance.bill, 100).code == "import_landing"
        assert finance.bill(100).pk


class TestAdjust:
    def test_it_adds_and_takes_away_by_component_as_a_new_row(self, finance):
        bill = finance.bill(1000, fee=50)
        row = bills.adjust(bill, reason="滞纳金", penalty=20, fee=-50, by=finance.fang)
        assert (row.penalty, row.fee, row.note, row.reason) == (20, -50, "滞纳金", "correction")
        assert asked_and_paid(bill.pk)[0] == {"principal": 1000, "interest": 0, "penalty": 20, "fee": 0}
        assert Entry.objects.get(event="bill adjusted").facts["amount"] == -30 and finance.whole()

    def test_never_below_what_is_paid(self, finance):
        bill = finance.bill(1000)
        finance.receipt(600, names=bill.number)
        assert refused(bills.adjust, bill, reason="x", principal=-401, by=finance.fang).code == "less_than_paid"
        bills.adjust(bill, reason="x", principal=-400, by=finance.fang)
        assert finance.left() == {} and finance.whole()

    def test_a_part_is_never_below_zero(self, finance):
        bill = finance.bill(1000, fee=50)
        assert refused(bills.adjust, bill, reason="x", fee=-51, by=finance.fang).facts["field"] == "fee"
        assert refused(bills.adjust, finance.note(100), reason="x", principal=101, by=finance.fang).code == "below_zero"

    def test_a_credit_note_gives_no_less_than_was_used_of_it(self, finance):
        finance.bill(1000)
        note = finance.note(500)
        apply.apply(finance.proposal(), finance.fang)
        assert refused(bills.adjust, note, reason="x", principal=1, by=finance.fang).code == "less_than_paid"
        bills.adjust(note, reason="x", principal=-100, by=finance.fang)
        assert finance.left()[note.number] == 100 and finance.whole()

    def test_nothing_and_no_reason_are_refused(self, finance):
        bill = finance.bill(1000)
        assert refused(bills.adjust, bill, reason="x", by=finance.fang).facts["field"] == "principal"
        assert refused(bills.adjust, bill, reason=" ", fee=1, by=finance.fang).facts["field"] == "reason"


class TestCancel:
    def test_a_cancelled_bill_asks_for_nothing_as_if_from_the_start(self, finance):
        bill = finance.bill(1000, interest=10)
        bills.adjust(bill, reason="x", fee=5, by=finance.fang)
        bills.cancel(bill, "开错", finance.fang)
        assert open_amount("2026-02-01") == open_amount("2026-03-01") == "0.00"
        assert Adjustment.objects.get(reason="cancelled").note == "开错" and finance.whole()
        assert refused(bills.cancel, bill, "x", finance.fang).code == "bill_of_nothing"

    def test_not_while_money_is_set_against_it(self, finance):
        bill = finance.bill(1000)
        finance.receipt(600, names=bill.number)
        assert refused(bills.cancel, bill, "x", finance.fang).code == "money_on_bill"
        apply.unapply(Allocation.objects.get(), "x", finance.fang)
        bills.cancel(bill, "x", finance.fang)
        assert finance.whole()


class TestProof:
    @pytest.fixture
    def entered(self, finance):
        bill = finance.bill(1000)
        finance.note(100)
        finance.receipt(600)
        bills.adjust(bill, reason="x", fee=5, by=finance.fang)
        apply.apply(finance.proposal(), finance.fang)
        assert finance.whole()
        return finance

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("receivables_bill", "principal = principal - 1 WHERE principal > 0"),
            ("receivables_bill", "number = 'other' WHERE principal > 0"),
            ("receivables_adjustment", "fee = 4"),
            ("receivables_adjustment", "note = 'other'"),
            ("receivables_receipt", "amount = amount - 1"),
            ("receivables_receipt", "reference = 'other'"),
            ("receivables_allocation", "amount = amount - 1 WHERE receipt_id IS NOT NULL"),
            ("receivables_allocation", "allocated_on = allocated_on + 1"),
        ],
    )
    def test_a_row_altered_behind_our_back_is_found_and_named(self, entered, english, table, change):
        _behind_our_back(table, f"UPDATE {table} SET {change}")
        assert any(f"of {table}, entered by hand, is not as it was written" in flaw for flaw in proof.flaws())

    def test_a_row_taken_away_or_passed_for_imported_is_found(self, entered, english):
        _behind_our_back("receivables_adjustment", "DELETE FROM receivables_adjustment")
        _behind_our_back("receivables_receipt", "UPDATE receivables_receipt SET imported = 77")
        assert {flaw.split(" of ")[1] for flaw in proof.flaws()} == {
            "receivables_adjustment, entered by hand, is gone or passes for imported.",
            "receivables_receipt, entered by hand, is gone or passes for imported.",
        }

    def test_a_row_that_nobody_told_of_is_found(self, entered, english):
        bill = Bill.objects.get(principal=1000)
        Adjustment.objects.create(bill=bill, principal=-5, reason="correction")
        assert [flaw for flaw in proof.flaws() if "came neither" in flaw]


class TestBesideImports:
    @pytest.fixture
    def clerk(self, finance, tmp_path):
        return Clerk(tmp_path)

    LINE = "B1,K1,2026-01-01,2026-01-31,1000.00\n"

    def test_a_credit_used_on_a_bill_leaves_the_ledgers_amount_alone(self, finance, clerk):
        clerk.bring(BILLS + self.LINE)
        finance.note(20_000)
        apply.apply(finance.proposal(), finance.fang)
        again = clerk.bring(BILLS + self.LINE)
        assert (again.updated, again.unchanged) == (0, 1) and finance.left() == {"B1": 80_000} and finance.whole()

    def test_a_bill_cleared_by_the_ledger_is_cleared_of_what_no_credit_note_paid(self, finance, clerk):
        clerk.bring(BILLS + self.LINE)
        finance.note(20_000)
        apply.apply(finance.proposal(), finance.fang)
        clerk.bring("账单号,客户编号,开票日期,到期日,金额,清账日期\nB1,K1,2026-01-01,2026-01-31,1000.00,2026-02-20\n")
        assert finance.left() == {} and finance.whole()

    def test_an_import_cannot_take_back_a_credit_note_that_is_used(self, finance, clerk):
        result = clerk.bring(BILLS + "N1,K1,2026-01-01,2026-01-31,-200.00\n")
        finance.bill(50_000)
        apply.apply(finance.proposal(), finance.fang)
        less = clerk.bring(BILLS + "N1,K1,2026-01-01,2026-01-31,-199.00\n")
        assert [error["code"] for error in less.errors] == ["less_than_used"]
        assert refused(undo, result.import_id, IMPORTABLES).code == "import_in_use" and finance.whole()

    def test_a_bill_put_right_by_hand_keeps_its_import_from_being_undone(self, finance, clerk):
        result = clerk.bring(BILLS + self.LINE)
        bills.cancel(Bill.objects.get(), "x", finance.fang)
        assert refused(undo, result.import_id, IMPORTABLES).code == "changed_since" and finance.whole()

    def test_a_correction_that_came_after_a_hand_can_be_undone_but_not_one_before(self, finance, clerk):
        clerk.bring(BILLS + self.LINE)
        bill = Bill.objects.get()
        bills.adjust(bill, reason="x", principal=-100, by=finance.fang)
        later = clerk.bring(BILLS + self.LINE)
        undo(later.import_id, IMPORTABLES)
        assert finance.left() == {"B1": 99_900} and finance.whole()
        second = clerk.bring(BILLS + self.LINE)
        bills.adjust(bill, reason="x", principal=-100, by=finance.fang)
        assert refused(undo, second.import_id, IMPORTABLES).code == "changed_since"

    def test_undoing_payments_frees_what_a_hand_had_set_them_against(self, finance, clerk):
        result = clerk.bring(PAYMENTS + "P1,K1,,2026-02-01,400\n")
        finance.bill(50_000)
        apply.apply(finance.proposal(), finance.fang)
        undo(result.import_id, IMPORTABLES)
        assert list(finance.left().values()) == [50_000] and finance.whole()

    def test_undoing_a_correction_is_refused_where_other_money_took_its_place(self, finance, clerk):
        clerk.bring(BILLS + self.LINE)
        clerk.bring(PAYMENTS + "P1,K1,B1,2026-02-01,1000\n")
        second = clerk.bring(PAYMENTS + "P1,K1,B1,2026-02-01,400\n")
        finance.receipt(60_000, names="B1")
        assert refused(undo, second.import_id, IMPORTABLES).code == "import_in_use" and finance.whole()

    def test_undoing_an_older_correction_leaves_the_newer_one_alone(self, finance, clerk):
        clerk.bring(PAYMENTS + "P1,K1,,2026-02-01,400\n")
        second = clerk.bring(PAYMENTS + "P1,K1,,2026-02-01,450\n")
        clerk.bring(PAYMENTS + "P1,K1,,2026-02-01,470\n")
        undo(second.import_id, IMPORTABLES)
        assert finance.left() == {"P1": 47_000} and finance.whole()
