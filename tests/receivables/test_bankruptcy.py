"""L24: from the day a court accepts a bankruptcy interest stops, single payments are flagged, and the claim has a day."""

from __future__ import annotations

import datetime as dt
import doctest
from typing import Any

import pytest

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import deadlines, restraints
from liangqing.parties.actions.customers import merge
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Deadline, Restraint
from liangqing.parties.queries.members import members
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.policy import book
from liangqing.receivables.models import Receipt
from liangqing.receivables.queries.bankruptcy import accepted_on, interest_until, paid_after
from liangqing.receivables.rules import interest
from liangqing.trail.models import Entry
from tests.cast import Cast, Customer, day
from tests.policy.drafts import approved


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


@pytest.fixture
def huaxin(cast: Cast) -> Customer:
    return cast.customer("华信")


@pytest.fixture
def counsel(cast: Cast) -> User:
    return staff.join("fang", name="方", department=cast.zhao.department, duties=("legal",))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(hour=10, tzinfo=clock.zone())


def bankrupt(cast: Cast, huaxin: Customer, on: str = "2026-11-10", **given: Any) -> Restraint:
    """Put on record on a day; accepted on 2 November."""
    with clock.at(at(on)):
        told = Particulars(began_on=given.pop("began_on", day("2026-11-02")), **given)
        return restraints.place(huaxin.party, "bankruptcy", reason="(2026)浙01破1号", by=cast.lin, given=told)


def flagged() -> set[str]:
    return {row.number for row in paid_after(Receipt.objects.all())}


def test_the_rule_shows_what_it_means():
    assert doctest.testmod(interest).failed == 0
    assert doctest.testmod(interest).attempted


def test_interest_stops_on_the_day_of_acceptance(cast: Cast, huaxin: Customer):
    mine = members(huaxin.party)
    with clock.at(at("2026-11-20")):
        assert interest_until(mine, day("2026-11-20")) == day("2026-11-20")
    held = bankrupt(cast, huaxin)
    with clock.at(at("2026-11-20")):
        assert (accepted_on(mine), interest_until(mine, day("2026-11-20"))) == (day("2026-11-02"), day("2026-11-02"))
        assert interest_until(mine, day("2026-10-15")) == day("2026-10-15"), "what is asked of an earlier day"
        restraints.lift(held, reason="裁定驳回申请", by=cast.lin)
        assert interest_until(mine, day("2026-11-20")) == day("2026-11-20"), "the application was dismissed after all"


def test_a_day_nobody_said_is_the_day_it_was_put_on_record(cast: Cast, huaxin: Customer):
    bankrupt(cast, huaxin, began_on=None)
    with clock.at(at("2026-11-20")):
        assert accepted_on(members(huaxin.party)) == day("2026-11-10")


def test_what_comes_after_acceptance_is_entered_and_flagged(cast: Cast, huaxin: Customer):
    bill = huaxin.bill(800, due="2026-10-01")
    before, same_day = huaxin.pays(100, on="2026-11-01", bill=bill), huaxin.pays(200, on="2026-11-02", bill=bill)
    after = huaxin.pays(300, on="2026-11-12", bill=bill)
    cast.customer("大成").pays(50, on="2026-11-12")
    with clock.at(at("2026-11-09")):
        assert flagged() == set()
    bankrupt(cast, huaxin)
    with clock.at(at("2026-11-20")):
        assert flagged() == {same_day.number, after.number}
        assert before.number not in flagged()


def test_what_was_reversed_or_paid_under_another_number_is_told_rightly(cast: Cast, huaxin: Customer):
    twin = cast.customer("华信公司")
    wrong, right = huaxin.pays(300, on="2026-11-12"), twin.pays(400, on="2026-11-13")
    Receipt.objects.create(
        party=wrong.party, creditor=wrong.creditor, number=wrong.number, version=2, received_on=wrong.received_on,
        amount=-wrong.amount, currency="CNY", reverses=wrong,
    )  # fmt: skip
    bankrupt(cast, huaxin)
    with clock.at(at("2026-11-20")):
        assert flagged() == set()
        merge(huaxin.party, twin.party, reason="同一企业", by=cast.lin)
        assert flagged() == {right.number}


def test_the_claim_has_the_day_of_the_court_or_the_shortest_there_is(cast: Cast, huaxin: Customer):
    row = bankrupt(cast, huaxin).deadline
    assert (row.purpose, row.due_on, row.warn_on, row.last_on) == ("claim", day("2026-12-02"), day("2026-11-22"), None)
    assert (row.responsible, row.duty) == (None, "legal")
    named = bankrupt(cast, cast.customer("大成"), claims_until=day("2027-01-20")).deadline
    assert named.due_on == day("2027-01-20")
    with pytest.raises(Refusal) as refused:
        bankrupt(cast, huaxin, claims_until=day("2026-11-01"))
    assert refused.value.code == "claims_until"


def test_the_courts_day_is_entered_once_it_is_known(cast: Cast, huaxin: Customer, counsel: User):
    row = bankrupt(cast, huaxin).deadline
    with clock.at(at("2026-11-25")):
        assert deadlines.extend(row, day("2027-01-31"), "法院公告", counsel) is None
    row.refresh_from_db()
    assert (row.due_on, row.warn_on) == (day("2027-01-31"), day("2027-01-21"))


def test_counsel_is_told_ten_days_before_the_window_ends(cast: Cast, huaxin: Customer, counsel: User, night: Any):
    row = bankrupt(cast, huaxin).deadline
    night("2026-11-21")
    assert Deadline.objects.get().alarm == ""
    night("2026-11-22")
    assert Deadline.objects.get().alarm == "near"
    with clock.at(at("2026-11-23")):
        deadlines.meet(row, "已向管理人申报", counsel)
    night("2026-12-03")
    assert list(Entry.objects.filter(thing="deadline").order_by("id").values_list("event", flat=True)) == [
        "deadline set", "deadline near", "deadline met",
    ]  # fmt: skip
    assert Restraint.objects.get().lifted_at is None, "a claim that is filed lifts nothing"


def test_claim_days(cast: Cast, huaxin: Customer):
    """claim.window_days, claim.warn_days"""
    approved(on="2026-10-20", from_on="2026-10-21", claim__window_days=20, claim__warn_days=5)
    book.forget()
    row = bankrupt(cast, huaxin).deadline
    assert (row.due_on, row.warn_on) == (day("2026-11-22"), day("2026-11-17"))
