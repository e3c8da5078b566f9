"""Lists of open bills look at what the night found unsettled and at what has moved since, and show the same as ever."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.nightly.models import Run
from liangqing.people.models import User
from liangqing.receivables.actions import bills
from liangqing.receivables.models import Bill, Unsettled
from liangqing.receivables.queries.bills import bill_list, rows
from tests.cases.moving import does, moves
from tests.cast import Cast, Customer, day

ON = day("2026-03-11")


@pytest.fixture
def three(night: Any) -> tuple[Cast, list[Customer]]:
    """Customers of 林's with bills open, paid, in part, not due, and a credit note; the night of the 11th has been."""
    cast = Cast()
    cast.zhao.duties = ["finance"]
    cast.zhao.save(update_fields=["duties"])
    customers = [cast.customer(name) for name in ("华信", "大河", "远东")]
    for customer in customers:
        paid = customer.bill(50, due="2026-01-01")
        customer.pays(50, on="2026-01-20", bill=paid)
        part = customer.bill(1000, due="2026-03-01")
        customer.pays(10, on="2026-03-02", bill=part)
        customer.bill(70, due="2026-04-20", currency="USD")
        customer.bill(-5, due="2026-03-01", kind="credit_note")
    night(ON.isoformat())
    return cast, customers


def open_ones(user: User, on: dt.date, *, left_on: dt.date | None, **narrowed: bool) -> list[int]:
    found, known = visible.bills(user), False
    if left_on:
        found, known = visible.open_bills(user, left_on, asking=narrowed.get("late_only", False))
    shown = bill_list(found, as_of=on, known_open=known, **(narrowed or {"open_only": True}))
    return [bill.pk for bill in shown]


def agree(user: User, on: dt.date) -> None:
    for narrowed in ({"open_only": True}, {"late_only": True}):
        assert open_ones(user, on, left_on=on, **narrowed) == open_ones(user, on, left_on=None, **narrowed)


def left() -> set[int]:
    return {row.bill.pk for row in rows(Bill.objects.all(), Run.objects.latest("date").date) if row.owed}


def test_a_night_leaves_behind_which_bills_are_unsettled(three: tuple[Cast, list[Customer]], night: Any) -> None:
    _cast, (huaxin, *_others) = three
    assert set(Unsettled.objects.values_list("bill_id", flat=True)) == left()
    assert len(left()) == 9
    oldest = Bill.objects.filter(party=huaxin.party, principal=100_000).get()
    huaxin.pays(990, on="2026-03-12", bill=oldest)
    huaxin.bill(3, due="2026-03-05")
    assert night("2026-03-12").changed_rows > 0
    assert set(Unsettled.objects.values_list("bill_id", flat=True)) == left()
    assert oldest.pk not in left()
    assert night("2026-03-12").changed_rows == 0
    assert set(Unsettled.objects.values_list("bill_id", flat=True)) == left()


def test_what_was_settled_is_not_even_looked_at_until_something_moves(three: tuple[Cast, list[Customer]]) -> None:
    cast, (huaxin, dahe, _yuandong) = three
    with clock.at(f"{ON}T09:00:00+08:00"):
        looked_at, known = visible.open_bills(cast.lin, ON)
        assert known
        assert set(looked_at.values_list("pk", flat=True)) == left()
        huaxin.pays(1, on="2026-03-11")
        paid = Bill.objects.get(party=huaxin.party, principal=5000)
        bills.adjust(paid, principal=100, reason="更正", by=cast.zhao)
        assert paid.pk in open_ones(cast.lin, ON, left_on=ON)
        assert not looked_at.filter(party=dahe.party, principal=5000).exists()
        agree(cast.lin, ON)


def test_of_the_first_that_are_due_none_is_left_out(three: tuple[Cast, list[Customer]]) -> None:
    cast, (huaxin, dahe, _yuandong) = three
    with clock.at(f"{ON}T09:00:00+08:00"):
        dahe.bill(9, due="2026-02-01")
        huaxin.pays(990, on="2026-03-11", bill=Bill.objects.get(party=huaxin.party, principal=100_000))
        everything = open_ones(cast.lin, ON, left_on=ON)
        for most in range(len(everything) + 2):
            some, known = visible.open_bills(cast.lin, ON, most=most)
            shown = bill_list(some, as_of=ON, known_open=known, open_only=True).order_by("due_on", "id")
            assert [bill.pk for bill in shown][:most] == everything[:most]


def test_a_night_hears_of_another_due_day(three: tuple[Cast, list[Customer]], night: Any) -> None:
    bill = Bill.objects.filter(currency="USD").earliest("id")
    Bill.objects.filter(pk=bill.pk).update(due_on=day("2026-05-01"))
    night("2026-03-12")
    assert Unsettled.objects.get(pk=bill.pk).due_on == day("2026-05-01")


def test_a_day_without_a_night_is_looked_through(three: tuple[Cast, list[Customer]]) -> None:
    cast, _customers = three
    for on in ("2026-03-12", "2026-04-25"):
        assert not visible.open_bills(cast.lin, day(on))[1]
        agree(cast.lin, day(on))


def test_somebody_with_many_customers_sees_the_same(
    three: tuple[Cast, list[Customer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, _customers = three
    few = [open_ones(user, ON, left_on=ON) for user in (cast.lin, cast.mei)]
    receipts = [receipt.pk for receipt in visible.receipts(cast.lin, listed=True).order_by("id")]
    monkeypatch.setattr(visible, "_FEW", 0)
    assert not visible.open_bills(cast.lin, ON)[1]
    assert [open_ones(user, ON, left_on=ON) for user in (cast.lin, cast.mei)] == few
    assert [receipt.pk for receipt in visible.receipts(cast.lin, listed=True).order_by("id")] == receipts != []


def test_nobody_sees_others_by_it(three: tuple[Cast, list[Customer]]) -> None:
    cast, _customers = three
    assert open_ones(cast.mei, ON, left_on=ON) == []


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=moves(3))
def test_whatever_moves_the_list_is_the_same(
    three: tuple[Cast, list[Customer]], acts: list[tuple[str, int, int]]
) -> None:
    cast, customers = three
    with clock.at(f"{ON}T09:00:00+08:00"):
        for act, who, amount in acts:
            mine = Bill.objects.filter(party=customers[who].party, currency="CNY", principal__gt=0).order_by("id")
            bill = mine[amount % mine.count()]
            paid = act == "pays" and bill.pk not in open_ones(cast.lin, ON, left_on=None)
            does(cast, customers[who], "account" if paid else act, amount, bill)
        agree(cast.lin, ON)
