"""Whatever came in can be taken back in the reverse order, and then all is as it was before; what is undone does not depend."""

from __future__ import annotations

import random
from typing import Any

import pytest

from liangqing.cases.models import Case
from liangqing.house.invariants import broken
from liangqing.imports.actions.bring import undo
from liangqing.imports.models import Import
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Alias, Contact, Party
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Adjustment, Allocation, Bill, Receipt
from liangqing.receivables.queries import proof
from tests.files import BILLS, CUSTOMERS, PAYMENTS, Desk, open_amount

NAMED = "账单号,客户编号,客户名称,开票日期,到期日,金额\n"
CLEARED = "账单号,客户编号,客户名称,开票日期,到期日,金额,清账日期\n"
PEOPLE = "客户编号,客户名称,客户等级,电话,城市\n"


def back(number: int | None) -> None:
    assert number is not None
    undo(number, IMPORTABLES)


def whole() -> bool:
    wrong = [*broken(), *proof.flaws()]
    assert not wrong, "\n".join(wrong)
    return True


class TestWhatIsUndoneDoesNotDepend:
    def test_a_bill_changed_by_a_file_that_is_undone_can_be_undone(self, desk):
        desk.bring(CUSTOMERS)
        first = desk.bring(BILLS + "R1,K1,2026-01-01,2026-01-31,100\n")
        second = desk.bring(BILLS + "R1,K1,2026-01-01,2026-02-28,120\n")
        back(second.import_id)
        back(first.import_id)
        assert open_amount("2026-03-01") == "0.00" and whole()

    def test_customers_whose_bills_are_undone_can_be_undone(self, desk):
        customers = desk.bring(CUSTOMERS)
        bills = desk.bring(BILLS + "R1,K1,2026-01-01,2026-01-31,100\n")
        payments = desk.bring(PAYMENTS + "P1,K1,R1,2026-02-01,40\n")
        for brought in (payments, bills, customers):
            back(brought.import_id)
        assert not Party.objects.exists() and whole()

    def test_a_change_of_customers_that_is_undone_keeps_nothing(self, desk):
        first = desk.bring(PEOPLE + "K1,华信机械有限公司,B,,\n")
        second = desk.bring(PEOPLE + "K1,华信精工有限公司,C,,\n")
        third = desk.bring(PEOPLE + "K1,华信重工有限公司,D,,\n")
        with pytest.raises(Refusal):
            back(second.import_id)
        for brought in (third, second, first):
            back(brought.import_id)
        assert not Party.objects.exists() and not Alias.objects.exists()

    def test_a_payment_corrected_twice_is_undone_version_by_version(self, desk):
        desk.bring(CUSTOMERS)
        desk.bring(BILLS + "R1,K1,2026-01-01,2026-01-31,100\n")
        brought = [desk.bring(PAYMENTS + f"P1,K1,R1,2026-02-01,{amount}\n") for amount in (40, 50, 60)]
        left = []
        for each in reversed(brought):
            back(each.import_id)
            left.append(open_amount("2026-03-01"))
        assert left == ["50.00", "60.00", "100.00"] and whole()

    def test_an_undone_correction_in_between_does_not_come_back(self, desk):
        desk.bring(CUSTOMERS)
        desk.bring(BILLS + "R1,K1,2026-01-01,2026-01-31,100\n")
        _first, second, third = (desk.bring(PAYMENTS + f"P1,K1,R1,2026-02-01,{amount}\n") for amount in (40, 50, 60))
        back(second.import_id)
        assert open_amount("2026-03-01") == "40.00"
        back(third.import_id)
        assert open_amount("2026-03-01") == "60.00" and whole()

    def test_money_that_had_waited_for_a_bill_waits_again(self, desk):
        desk.bring(CUSTOMERS)
        desk.bring(PAYMENTS + "P1,K1,R1,2026-02-01,40\n")
        bills = desk.bring(BILLS + "R1,K1,2026-01-01,2026-01-31,100\n")
        assert open_amount("2026-03-01") == "60.00"
        back(bills.import_id)
        assert sum(Allocation.objects.values_list("amount", flat=True)) == 0
        assert open_amount("2026-03-01") == "0.00" and whole()


class TestCustomersFirstMetInALedger:
    def test_they_land_only_with_a_row_that_lands(self, desk):
        result = desk.bring(NAMED + "F1,K8,甲公司,2026-01-01,2026-01-31,\nF2,K9,乙公司,2026-01-01,2026-01-31,5\n")
        assert (result.created, result.rejected) == (1, 1)
        assert [party.number for party in Party.objects.all()] == ["K9"]

    def test_one_that_is_refused_late_brings_nobody(self, desk):
        result = desk.bring(NAMED + "F1,K8,甲公司,2026-01-01,2026-01-31,5\nF1,K9,乙公司,2026-01-01,2026-01-31,6\n")
        assert (result.created, result.rejected) == (1, 1) and Party.objects.get().number == "K8"

    def test_the_name_is_that_of_the_first_row_that_lands(self, desk):
        desk.bring(NAMED + "F1,K8,错公司,2026-01-01,2026-01-31,\nF2,K8,对公司,2026-01-01,2026-01-31,5\n")
        assert Party.objects.get().name == "对公司" and not Alias.objects.exists()

    def test_they_go_with_the_undo_of_their_file(self, desk):
        bills = desk.bring(NAMED + "F1,K8,王小明,2026-01-01,2026-01-31,5\n")
        back(bills.import_id)
        assert not Party.objects.exists() and whole()
        gone = Party.everyone.get()
        assert (gone.name, gone.name_stored, gone.search) == ("K8", "", []), "nothing but the number is left"

    def test_payments_bring_and_take_them_too(self, desk):
        text = "收款单号,客户编号,客户名称,收款日期,收款金额\nP1,K8,甲公司,2026-02-01,5\nP2,K9,乙公司,2026-02-01,-1\n"
        payments = desk.bring(text)
        assert Party.objects.get().number == "K8"
        back(payments.import_id)
        assert not Party.objects.exists() and whole()

    def test_other_spellings_go_too(self, desk):
        desk.bring(CUSTOMERS)
        bills = desk.bring(NAMED + "F1,K1,华信机械,2026-01-01,2026-01-31,5\n")
        assert Alias.objects.get().name == "华信机械"
        before = Party.objects.get(number="K2").search
        back(bills.import_id)
        assert not Alias.objects.exists() and Party.objects.get(number="K2").search == before

    @pytest.mark.parametrize("what", ["contact", "bill", "payment"])
    def test_they_stay_while_something_else_depends_on_them(self, desk, what):
        bills = desk.bring(NAMED + "F1,K8,甲公司,2026-01-01,2026-01-31,5\n")
        party = Party.objects.get()
        if what == "contact":
            Contact.objects.create(party=party, kind="phone", value_stored="x", value_index=b"x")
        elif what == "bill":
            desk.bring(BILLS + "F2,K8,2026-01-01,2026-01-31,7\n")
        else:
            desk.bring(PAYMENTS + "P1,K8,,2026-02-01,5\n")
        back(bills.import_id)
        assert Party.objects.get().name == "甲公司" and whole()

    def test_a_customer_with_a_case_stays(self, desk, night):
        bills = desk.bring(NAMED + "F1,K8,甲公司,2026-01-01,2026-01-31,100000\n")
        night("2026-03-11")
        assert Case.objects.exists()
        back(bills.import_id)
        assert Party.objects.get().number == "K8"

    @pytest.mark.parametrize("how", ["bills", "customers", "hand"])
    def test_they_can_come_again_and_find_their_bills(self, desk, how, monkeypatch):
        text = NAMED + "F1,K8,王小明,2026-01-01,2026-01-31,5\n"
        back(desk.bring(text).import_id)
        if how == "customers":
            result = desk.bring(PEOPLE + "K8,王小明,B,13800000000,\n")
            assert (result.created, result.updated) == (1, 0)
        elif how == "hand":
            from liangqing.parties.actions import customers

            monkeypatch.setattr(customers, "demand", lambda *_asked: None)
            customers.enter("K8", name="王小明", by=None)  # type: ignore[arg-type]
        again = desk.bring(text)
        assert again.rejected == 0 and open_amount("2026-02-10") == "5.00"
        assert Party.objects.get().name == "王小明" and Bill.objects.get().party == Party.objects.get() and whole()


class Ledger:
    """Files drawn by chance: few customers, bills and payments, so that they meet again and again."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.random = desk, random.Random(seed)

    def _customers(self) -> str:
        rows = (
            f"{number},{self._name(number)},{self.random.choice('ABCD')},{self.random.choice(['', '13800000001'])},上海"
            for number in self.random.sample(["K1", "K2", "K3"], self.random.randint(1, 3))
        )
        return PEOPLE + "\n".join(rows) + "\n"

    def _name(self, number: str) -> str:
        return f"{number}号{self.random.choice(['机械', '精工'])}有限公司"

    def _bills(self) -> str:
        rows = []
        for place in self.random.sample(range(1, 5), self.random.randint(1, 4)):
            customer = f"K{place % 3 + 1}"
            name = self.random.choice(["", self._name(customer)])
            amount = self.random.choice(["", *({3: ["100"], 4: ["-30"]}.get(place) or ["100", "120", "250"])])
            cleared = self.random.choice(["", "2026-02-15"]) if place == 3 else ""
            due_on = self.random.choice(["2026-01-31", "2026-02-28"])
            rows.append(f"B{place},{customer},{name},2026-01-01,{due_on},{amount},{cleared}")
        return CLEARED + "\n".join(rows) + "\n"

    def _payments(self) -> str:
        rows = []
        for place in self.random.sample(range(1, 4), self.random.randint(1, 3)):
            bill = self.random.randint(1, 4)
            named = self.random.choice(["", f"B{bill}"])
            rows.append(f"P{place},K{bill % 3 + 1},{named},2026-02-1{place},{self.random.choice([40, 80, 150])}")
        return PAYMENTS + "\n".join(rows) + "\n"

    def bring(self) -> int:
        file = self.random.choice([self._customers, self._bills, self._bills, self._payments])()
        number = self.desk.bring(file).import_id
        assert number is not None
        return number


def standing() -> dict[str, Any]:
    """What anybody could see of the books."""
    bills: dict[str, Any] = {}
    for bill in Bill.objects.order_by("number"):
        asks = [bill.principal, bill.interest, bill.penalty, bill.fee]
        for more in Adjustment.objects.filter(bill=bill):
            asks = [a + b for a, b in zip(asks, [more.principal, more.interest, more.penalty, more.fee], strict=True)]
        if any(asks):
            bills[bill.number] = (bill.party.number, bill.due_on, bill.kind, asks)
    money: dict[Any, int] = {}
    for number, amount, on in Receipt.objects.values_list("number", "amount", "received_on"):
        money[number, on] = money.get((number, on), 0) + amount
    applied: dict[Any, int] = {}
    for key in Allocation.objects.values_list("receipt__number", "bill__number", "allocated_on", "amount"):
        applied[key[:3]] = applied.get(key[:3], 0) + key[3]
    people = {
        party.number: (party.name, party.customer_class, party.kind, party.area, sorted(party.search))
        for party in Party.objects.order_by("number")
    }
    return {
        "people": people,
        "spellings": sorted((alias.party.number, alias.name) for alias in Alias.objects.all()),
        "contacts": sorted((contact.party.number, contact.value) for contact in Contact.objects.all()),
        "bills": bills,
        "money": {key: amount for key, amount in money.items() if amount},
        "applied": {key: amount for key, amount in applied.items() if amount},
    }


@pytest.mark.parametrize("seed", range(12))
def test_whatever_came_in_goes_in_the_reverse_order_and_leaves_what_was_before(desk, seed):
    ledger, nothing = Ledger(desk, seed), standing()
    came: list[tuple[int, dict[str, Any]]] = []
    for _turn in range(14):
        if came and ledger.random.random() < 0.4:
            number, before = came.pop()
            back(number)
            assert standing() == before, number
        else:
            before = standing()
            came.append((ledger.bring(), before))
        assert whole()
    for number, before in reversed(came):
        back(number)
        assert standing() == before, number
    assert standing() == nothing and whole()


@pytest.mark.parametrize("seed", range(8))
def test_in_whatever_order_some_are_taken_back_the_rest_goes_in_the_reverse_order(desk, seed):
    ledger, nothing = Ledger(desk, 1000 + seed), standing()
    for _turn in range(8):
        ledger.bring()
        if ledger.random.random() < 0.5:
            number = ledger.random.choice(list(Import.objects.filter(status="landed").values_list("id", flat=True)))
            before = standing()
            try:
                back(number)
            except Refusal:
                assert standing() == before
        assert whole()
    for _again in range(3):  # what another one covers goes after it
        for number in Import.objects.filter(status="landed").order_by("-id").values_list("id", flat=True):
            try:
                back(number)
            except Refusal as refusal:
                last = refusal
    assert not Import.objects.filter(status="landed").exists(), last.sentence
    assert standing() == nothing and whole()
