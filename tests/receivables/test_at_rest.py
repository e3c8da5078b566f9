"""What customers owe: as the night left it where nothing has moved since, and always what the books say."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from liangqing.imports.actions.bring import undo
from liangqing.kit import clock
from liangqing.receivables.importables import IMPORTABLES
from liangqing.receivables.models import Bill, Morning, Total
from liangqing.receivables.queries import account, moved
from tests.cases.moving import does, moves
from tests.cast import Cast, Customer, day
from tests.files import Desk

ON = day("2026-03-11")


def four_late(night: Any) -> tuple[Cast, list[Customer]]:
    cast = Cast()
    customers = [cast.customer(name) for name in ("华信", "大河", "远东", "金陵")]
    for place, customer in enumerate(customers, 1):
        customer.bill(1000 * place, due="2026-03-01")
        customer.bill(10 * place, due="2026-03-11")
        customer.bill(70 * place, due="2026-02-20", currency="USD")
        customer.bill(-5, due="2026-03-01", kind="credit_note")
    night("2026-03-11")
    with connection.cursor() as cursor:  # other tests may be at work on this server: as if nobody had been
        cursor.execute(
            "UPDATE receivables_morning SET finished_below = pg_snapshot_xmax(pg_current_snapshot())::text::bigint & 4294967295"
        )
    return cast, customers


@pytest.fixture
def four(night: Any, prepared: Any) -> tuple[Cast, list[Customer]]:
    made: tuple[Cast, list[Customer]] = prepared(four_late, night)
    return made


def told(on: dt.date, four: tuple[Cast, list[Customer]]) -> list[Any]:
    """What pages ask about many customers."""
    _cast, customers = four
    parties = [each.party.pk for each in customers]
    pairs = {(each.party.pk, each.creditor.pk) for each in customers}
    return [account.late_of(pairs, on), account.totals_of(parties, on)]


def agree(four: tuple[Cast, list[Customer]], on: dt.date = ON) -> None:
    by_the_night = told(on, four)
    with patch.object(account, "moved", return_value=None):
        assert by_the_night == told(on, four)


def asked_books(four: tuple[Cast, list[Customer]]) -> set[int]:
    """Whose bills are read for a list of them all."""
    with patch.object(account, "_accounts", wraps=account._accounts) as read:
        account.late_of({(each.party.pk, each.creditor.pk) for each in four[1]}, ON)
    return {party for call in read.call_args_list for party in call.args[0]}


def test_the_morning_after_a_night_no_bill_is_read(four: tuple[Cast, list[Customer]]) -> None:
    agree(four)
    assert asked_books(four) == set()


def test_of_whom_something_moved_the_bills_are_read_and_of_nobody_else(four: tuple[Cast, list[Customer]]) -> None:
    _cast, (huaxin, dahe, *_others) = four
    huaxin.pays(400, on="2026-03-11", bill=Bill.objects.filter(party=huaxin.party).earliest("id"))
    agree(four)
    assert asked_books(four) == {huaxin.party.pk}
    dahe.bill(9, due="2026-03-02")
    agree(four)
    assert asked_books(four) == {huaxin.party.pk, dahe.party.pk}


def test_the_next_night_leaves_behind_what_has_changed(four: tuple[Cast, list[Customer]], night: Any) -> None:
    _cast, (huaxin, dahe, yuandong, _jinling) = four
    for bill in Bill.objects.filter(party=huaxin.party, currency="USD"):
        huaxin.pays("70.00", on="2026-03-11", bill=bill, currency="USD")
    dahe.bill(9, due="2026-01-02")
    yuandong.pays(40, on="2026-03-11")
    before = set(Total.objects.values_list("party_id", "currency", "asked", "late", "due_on"))
    tomorrow = day("2026-03-12")
    night(tomorrow.isoformat())
    agree(four, tomorrow)
    after = set(Total.objects.values_list("party_id", "currency", "asked", "late", "due_on"))
    assert {(huaxin.party.pk, "USD")} == {row[:2] for row in before} - {row[:2] for row in after}
    # What fell due on the 11th is late on the 12th, of everybody; and of 大河 something is late for longer.
    assert {row[:2] for row in after - before} == {(each.party.pk, "CNY") for each in four[1]}
    night(tomorrow.isoformat())
    assert set(Total.objects.values_list("party_id", "currency", "asked", "late", "due_on")) == after


def test_a_day_without_a_night_is_worked_out(four: tuple[Cast, list[Customer]]) -> None:
    agree(four, day("2026-03-12"))
    agree(four, day("2026-04-20"))
    agree(four, day("2026-03-01"))


def test_terms_changed_by_a_file_and_a_file_undone_are_heard(four: tuple[Cast, list[Customer]], desk: Desk) -> None:
    _cast, (huaxin, *_others) = four
    bill = Bill.objects.filter(party=huaxin.party).earliest("id")
    with clock.at("2026-03-11T09:00:00+08:00"):
        changed = desk.bring(
            "单据编号,客户编号,到期日,金额,币种\n"
            f"{bill.number},{bill.party.number},2026-04-01,{bill.principal / 100:.2f},{bill.currency}\n",
        )
        assert changed.updated == 1, changed
        agree(four)
        undo(changed.import_id, IMPORTABLES)
        agree(four)


def test_an_end_of_a_contract_moved_by_a_file_is_heard_remembered_and_undone(
    four: tuple[Cast, list[Customer]], desk: Desk, night: Any
) -> None:
    """A retention is due when its contract ends."""
    _cast, (huaxin, *_others) = four
    kept = huaxin.bill(600, due="2026-03-01", kind="retention", contract_ends="2026-12-31")
    night("2026-03-12")
    on, contract = day("2026-03-12"), kept.contract
    before = account.late_of({(huaxin.party.pk, huaxin.creditor.pk)}, on)
    with clock.at("2026-03-12T09:00:00+08:00"):
        moved_end = desk.bring(
            "单据编号,客户编号,到期日,金额,币种,类型,合同编号,合同到期日\n"
            f"{kept.number},{huaxin.party.number},2026-03-01,600.00,CNY,质保金,{contract.number},2026-03-02\n",
        )
        contract.refresh_from_db()
        assert contract.ends_on == day("2026-03-02"), moved_end
        agree(four, on)
        assert account.late_of({(huaxin.party.pk, huaxin.creditor.pk)}, on) != before
        undo(moved_end.import_id, IMPORTABLES)
        contract.refresh_from_db()
        assert contract.ends_on == day("2026-12-31")
        agree(four, on)
        assert account.late_of({(huaxin.party.pk, huaxin.creditor.pk)}, on) == before


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=moves(4))
def test_whatever_happens_in_the_day_both_ways_say_the_same(
    four: tuple[Cast, list[Customer]], acts: list[tuple[str, int, int]]
) -> None:
    cast, customers = four
    cast.zhao.duties = ["finance"]
    for act, who, amount in acts:
        with clock.at("2026-03-11T10:00:00+08:00"):
            bill = Bill.objects.filter(party=customers[who].party, currency="CNY", principal__gt=0).earliest("id")
            does(cast, customers[who], act, amount, bill)
        agree(four)


def test_what_was_not_finished_when_the_night_looked_is_read_though_its_number_is_lower(
    four: tuple[Cast, list[Customer]],
) -> None:
    """A clerk's act took its number before the snapshot and was finished after it; another with a higher one was seen."""
    _cast, (huaxin, *_others) = four
    late_bill = huaxin.bill(3, due="2026-03-02")
    Morning.objects.update(last_bill=late_bill.pk)
    agree(four)
    assert asked_books(four) == {huaxin.party.pk}


def test_where_too_much_has_moved_everybodys_bills_are_read(
    four: tuple[Cast, list[Customer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved, "_MOST_MOVED", 3)
    Morning.objects.update(last_bill=0)
    assert asked_books(four) == {each.party.pk for each in four[1]}
