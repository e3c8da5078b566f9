"""No number of the guard without effect: each term is changed, and the answer changes with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import exemptions, guard
from liangqing.outreach.queries.demands import demands
from liangqing.outreach.queries.facts import Wish, ground_of
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.actions import contacts
from liangqing.people.actions import staff
from liangqing.people.models import Certificate
from liangqing.policy import book
from tests.cast import Cast, Customer
from tests.policy.drafts import approved

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=clock.zone())


@pytest.fixture
def cast(books: str) -> Cast:
    cast = Cast()
    Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    return cast


@pytest.fixture
def zhang(cast: Cast) -> Customer:
    found = cast.customer("张伟")
    found.party.kind = "person"
    found.party.save(update_fields=["kind"])
    return found


def under(key: str, value: int, ask: Callable[[], Any]) -> tuple[Any, Any]:
    """What is answered at noon before and after a term is changed."""
    with clock.at(NOON):
        before = ask()
    approved(on="2026-11-20", from_on="2026-11-21", **{key.replace(".", "__"): value})
    book.forget()
    with clock.at(NOON):
        return before, ask()


def failed_calls(cast: Cast, zhang: Customer, hours: tuple[int, ...]) -> Callable[[], str]:
    """Calls of the 21st that nobody answered; then: may a friend be asked to pass on a message?"""
    own = contacts.add(zhang.party, kind="phone", value="13812345678", by=cast.lin)
    friend = contacts.add(zhang.party, kind="phone", value="13612345678", role="friend", by=cast.lin)
    for hour in hours:
        with clock.at(dt.datetime(2026, 11, 21, hour, tzinfo=clock.zone())):
            made = guard.ask(Wish(zhang.party, "phone", "demand", zhang.creditor, own, by=cast.lin))
            guard.conclude(made, "unanswered")
    return lambda: guard.look(Wish(zhang.party, "phone", "locate", zhang.creditor, friend, by=cast.lin)).answer


def test_contact_lost_after_calls(cast: Cast, zhang: Customer) -> None:
    """contact.lost_after_calls"""
    assert under("contact.lost_after_calls", 2, failed_calls(cast, zhang, (9, 10))) == ("refused", "allowed")


def test_contact_lost_after_days(cast: Cast, zhang: Customer) -> None:
    """contact.lost_after_days"""
    assert under("contact.lost_after_days", 1, failed_calls(cast, zhang, (9, 10))) == ("refused", "allowed")


def test_contact_lost_within_days(cast: Cast, zhang: Customer) -> None:
    """contact.lost_within_days"""
    ask = failed_calls(cast, zhang, (9, 10, 11))
    with clock.at(NOON + dt.timedelta(days=10)):
        assert ask() == "allowed"
    approved(on="2026-11-20", from_on="2026-11-21", contact__lost_within_days=11)
    book.forget()
    with clock.at(NOON + dt.timedelta(days=10)):
        assert ask() == "refused"
    with clock.at(NOON + dt.timedelta(days=9)):
        assert ask() == "allowed"


def test_contact_answer_within_days(cast: Cast, zhang: Customer) -> None:
    """contact.answer_within_days"""
    wish = Wish(zhang.party, "sms", "reply", creditor=cast.creditor, value="13800138000", by=cast.lin)
    with clock.at(NOON):
        spoken = guard.ask(Wish(zhang.party, "phone", "demand", creditor=cast.creditor, value="13800138000"))
        guard.conclude(spoken, Outcome.EFFECTIVE)
    with clock.at(NOON + dt.timedelta(days=6)):
        assert guard.look(wish).allowed
    approved(on="2026-11-20", from_on="2026-11-21", contact__answer_within_days=5)
    book.forget()
    with clock.at(NOON + dt.timedelta(days=6)):
        assert guard.look(wish).rules == ("condition:ANSWER",)
    with clock.at(NOON + dt.timedelta(days=4)):
        assert guard.look(wish).allowed


def test_contact_exemption_most_days(cast: Cast, zhang: Customer) -> None:
    """contact.exemption_most_days"""
    own = contacts.add(zhang.party, kind="phone", value="13812345678", by=cast.lin)
    staff.join("xu", name="徐", department=cast.lin.department, duties=("head",))
    staff.join("he", name="何", department=cast.zhao.department, duties=("legal",))
    with clock.at(NOON.replace(hour=23)):
        wish = Wish(zhang.party, "phone", "demand", zhang.creditor, own, by=cast.lin)
        refused = iter([guard.ask(wish), guard.ask(wish)])

    def ask() -> str:
        try:
            exemptions.ask(next(refused), dt.date(2026, 11, 24), "夜班", cast.lin)
        except Refusal as refusal:
            return refusal.code
        return "asked"

    assert under("contact.exemption_most_days", 1, ask) == ("asked", "exemption_too_long")


@pytest.mark.parametrize(
    ("key", "value", "due"), [("limitation.years", 5, "2022-11-01"), ("limitation.long_stop_years", 5, "2020-01-01")]
)
def test_limitation(cast: Cast, zhang: Customer, key: str, value: int, due: str) -> None:
    zhang.bill(900, due=due)
    if key == "limitation.long_stop_years":
        for paid in ("2022-06-01", "2025-01-01"):
            zhang.pays(1, on=paid)

    before, after = under(key, value, lambda: ground_of(zhang.party, zhang.creditor, NOON).barred)
    assert before is not after


def test_demand_gap_days(cast: Cast, zhang: Customer) -> None:
    """demand.gap_days: the first arrived on 1 June, the second on the 20th."""
    address = contacts.add(zhang.party, kind="address", value="杭州市西湖区文三路1号", by=cast.lin)
    for day in (1, 20):
        with clock.at(dt.datetime(2026, 6, day, 10, tzinfo=clock.zone())):
            letter = guard.ask(Wish(zhang.party, "letter", "formal", zhang.creditor, address, by=cast.lin))
            guard.conclude(letter, "sent")
            guard.conclude(letter, "delivered")

    def counted() -> list[bool]:
        return [each.counts for each in demands([zhang.party.pk], zhang.creditor.pk, policy.in_force(clock.today()))]

    assert under("demand.gap_days", 14, counted) == ([True, False], [True, True])
