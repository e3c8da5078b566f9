"""Whoever's certificate has ended is given no new cases, nor, where the policy asks for certificates, who never had one."""

from __future__ import annotations

from typing import Any

import pytest

from liangqing.cases.actions import assign
from liangqing.cases.models import Case
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


def test_where_the_policy_asks_for_none_who_never_had_one_is_not_passed_over(cast: Cast, night: Any) -> None:
    Certificate.objects.filter(user=cast.lin).delete()
    found = late(cast, "一", "二", "三", "四")
    night("2026-03-13")
    assert owners(*found) == {"lin", "mei"}


class TestExpiredOnTheFirstOfNovember:
    """B15: certificate expired 1 Nov → no case assigned from 1 Nov, whatever the term says."""

    @pytest.fixture
    def cast(self, cast: Cast) -> Cast:
        Certificate.objects.filter(user=cast.lin).update(until_on="2026-11-01")
        return cast

    @pytest.mark.parametrize("term", [0, 1])
    def test_the_night_deals_to_others_from_that_day_on(self, cast: Cast, night: Any, term: int) -> None:
        if term:
            needed()
        before = late(cast, "一", "二", "三", "四")
        night("2026-10-31")
        assert owners(*before) == {"lin", "mei"}
        after = late(cast, "五", "六", "七", "八")
        night("2026-11-01")
        assert owners(*after) == {"mei"}
        assert owners(*before) == {"lin", "mei"}, "what somebody has is not taken away"

    @pytest.mark.parametrize("term", [0, 1])
    def test_nobody_assigns_to_them_from_that_day_on(self, cast: Cast, night: Any, term: int) -> None:
        if term:
            needed()
        mine, other = late(cast, "一", "二")
        night("2026-10-30")
        for customer in (mine, other):
            Case.objects.filter(pk=customer.live_case.pk).update(owner=cast.mei)
        with clock.at("2026-10-31T23:59"):
            assert assign.assign([mine.live_case], cast.lin, by=cast.zhao, reason="换人") == 1
        with clock.at("2026-11-01T00:00"), pytest.raises(Refusal) as no:
            assign.assign([other.live_case], cast.lin, by=cast.zhao, reason="换人")
        assert (no.value.code, no.value.status) == ("certificate_lapsed", 422)

    def test_a_new_certificate_opens_both_ways_again(self, cast: Cast, night: Any) -> None:
        Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-11-03", until_on="2027-11-03")
        found = late(cast, "一", "二", "三", "四")
        night("2026-11-02")
        assert owners(*found) == {"mei"}, "one that has not begun does not count yet"
        with clock.at("2026-11-03T09:00"):
            assert assign.assign([found[0].live_case], cast.lin, by=cast.zhao, reason="换人") == 1
        more = late(cast, "五", "六", "七", "八")
        night("2026-11-03")
        assert "lin" in owners(*more)


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
    assert (no.value.code, no.value.status) == ("certificate_lapsed", 422)
    Certificate.objects.filter(user=cast.lin).delete()
    with clock.at("2026-03-12T10:00"), pytest.raises(Refusal) as never:
        assign.assign([case], cast.lin, by=cast.zhao, reason="换人")
    assert (never.value.code, never.value.status) == ("no_certificate", 422)
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
