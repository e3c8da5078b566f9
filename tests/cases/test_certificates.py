"""Where the policy asks for certificates, whoever has none, or whose certificate has ended, is given no new cases."""

from __future__ import annotations

from typing import Any

import pytest

from liangqing.cases.actions import assign
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import Certificate
from liangqing.people.queries import certificates
from liangqing.policy import book
from tests.cast import Cast, Customer, day
from tests.policy.drafts import approved


@pytest.fixture
def cast(books: str) -> Cast:
    cast = Cast()
    cast.lin.skills = []
    cast.lin.save(update_fields=["skills"])
    Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-01-01", until_on="2026-03-12")
    Certificate.objects.create(user=cast.mei, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    Certificate.objects.create(user=cast.mei, kind="security", from_on="2025-01-01", until_on="2026-01-01")
    return cast


def needed(value: int = 1) -> None:
    """people.certificate_needed"""
    book.forget()
    approved(on="2026-03-01", from_on="2026-03-02", people__certificate_needed=value)


def late(cast: Cast, *names: str) -> list[Customer]:
    found = [cast.customer(name) for name in names]
    for customer in found:
        customer.bill(800, due="2026-02-14")
    return found


def owners(*customers: Customer) -> set[str]:
    return {customer.live_case.owner.username for customer in customers if customer.live_case.owner}


def test_until_the_day_it_ends_cases_go_to_both_and_from_then_on_to_the_other(cast: Cast, night: Any) -> None:
    needed()
    before = late(cast, "一", "二", "三", "四")
    night("2026-03-11")
    assert owners(*before) == {"lin", "mei"}
    after = late(cast, "五", "六", "七", "八")
    night("2026-03-12")
    assert owners(*after) == {"mei"}
    assert owners(*before) == {"lin", "mei"}, "what somebody has is not taken away"


def test_where_the_policy_asks_for_none_nobody_is_passed_over(cast: Cast, night: Any) -> None:
    found = late(cast, "一", "二", "三", "四")
    night("2026-03-13")
    assert owners(*found) == {"lin", "mei"}


def test_a_seller_without_one_gets_no_case_either(cast: Cast, night: Any) -> None:
    needed()
    customer = cast.customer("一")
    customer.bill(800, due="2026-03-01", seller=cast.wang)
    night("2026-03-11")
    assert owners(customer) == {"lin"} or owners(customer) == {"mei"}


def test_where_nobody_has_one_the_case_stays_without_an_owner(cast: Cast, night: Any) -> None:
    Certificate.objects.all().delete()
    needed()
    (customer,) = late(cast, "一")
    night("2026-03-11")
    assert customer.live_case.owner is None


def test_nobody_hands_a_case_to_somebody_without_one(cast: Cast, night: Any) -> None:
    needed()
    (customer,) = late(cast, "一")
    night("2026-03-11")
    case = customer.live_case
    other = cast.mei if case.owner == cast.lin else cast.lin
    with clock.at("2026-03-12T10:00"), pytest.raises(Refusal) as no:
        assign.assign([case], cast.lin, by=cast.zhao, reason="换人")
    assert (no.value.code, no.value.status) == ("no_certificate", 422)
    with clock.at("2026-03-11T10:00"):
        assert assign.assign([case], other, by=cast.zhao, reason="换人") == 1


def test_a_certificate_is_shown_as_running_out_so_many_days_before_its_end(cast: Cast) -> None:
    """people.certificate_warning_days"""
    today = day("2026-03-01")
    book.forget()
    assert [each.user for each in certificates.running_out(today)] == [cast.lin]
    approved(on="2026-02-20", from_on="2026-02-21", people__certificate_warning_days=10)
    book.forget()
    assert not certificates.running_out(today)
    assert [each.user for each in certificates.running_out(day("2026-03-02"))] == [cast.lin]
