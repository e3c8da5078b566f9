"""The order in which money pays follows the policy: allocation.principal_first_from_days and the table receipt.order."""

from __future__ import annotations

from liangqing.kit import clock
from liangqing.parties.models import Party
from liangqing.policy import book
from liangqing.receivables.actions import apply
from liangqing.receivables.models import Bill
from liangqing.receivables.queries import bills
from tests.cast import Cast, day
from tests.policy.drafts import approved

TODAY = "2026-06-30"


def _card_debt(cast: Cast) -> Bill:
    who = cast.customer("李晓明")
    Party.objects.filter(pk=who.party.pk).update(kind="person")
    bill = Bill.objects.create(
        party=who.party,
        creditor=who.creditor,
        number="CARD1",
        kind="invoice",
        currency="CNY",
        due_on=day("2026-01-31"),
        principal=500_00,
        interest=24_00,
        fee=6_00,
    )
    who.pays(10, on="2026-04-30", bill=bill)
    who.pays(20, on="2026-05-02", bill=bill)
    return bill


def _left(bill: Bill) -> dict[str, int]:
    with clock.at(TODAY):
        (row,) = bills.rows([bill], day(TODAY))
    return row.owed_parts


def test_money_pays_costs_first_until_the_policy_says_otherwise(books):
    bill = _card_debt(Cast())
    assert _left(bill) == {"fee": 0, "interest": 0, "penalty": 0, "principal": 500_00}


def test_where_cards_are_set_to_91_days_only_what_came_later_than_90_days_pays_the_principal(books):
    bill = _card_debt(Cast())
    approved(on="2026-02-01", from_on="2026-02-02", allocation__principal_first_from_days=91)
    book.forget()
    # 10 of it came after 89 days: 6 on the fee, 4 on the interest; 20 came after 91 days, on the principal.
    assert _left(bill) == {"fee": 0, "interest": 20_00, "penalty": 0, "principal": 480_00}


def test_a_later_version_does_not_move_what_was_paid_before(books):
    bill = _card_debt(Cast())
    approved(on="2026-05-09", from_on="2026-05-10", allocation__principal_first_from_days=91)
    book.forget()
    assert _left(bill) == {"fee": 0, "interest": 0, "penalty": 0, "principal": 500_00}


def test_the_proposal_names_the_row_that_gave_its_order(books):
    cast = Cast()
    who = cast.customer("华信")
    old, new = who.bill(300, due="2026-01-31"), who.bill(100, due="2026-02-28")
    who.pays(100, on="2026-06-01")
    with clock.at(TODAY):
        lines, row = apply.proposal(who.party, who.creditor, "CNY")
    assert ([(line.bill_id, line.amount) for line in lines], row.row) == ([(old.pk, 100_00)], "O2")
    assert new.pk not in {line.bill_id for line in lines}
