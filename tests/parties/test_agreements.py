"""B18, an agreement on instalments: at most five years; while it is kept nothing is demanded, nor after a missed
instalment until the customer was told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.queries.facts import Wish
from liangqing.parties.actions import agreements, contacts, restraints
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Agreement, Contact, Hold, Restraint
from liangqing.people.models import Certificate
from liangqing.policy import book
from tests.cast import Cast, Customer, day
from tests.policy.drafts import approved


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


@pytest.fixture
def phone(cast: Cast, zhang: Customer) -> Contact:
    return contacts.add(zhang.party, kind="phone", value="13812345678", by=cast.lin)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(hour=10, tzinfo=clock.zone())


def agree(cast: Cast, zhang: Customer, months: int | None = 48, **given: Any) -> Restraint:
    with clock.at(at("2026-11-02")):
        kept = Particulars(months=months, pays_day=10, **given)
        return restraints.place(zhang.party, "agreement", reason="分期协议", by=cast.lin, given=kept)


def answer(cast: Cast, zhang: Customer, phone: Contact, on: str, content: str = "demand") -> tuple[str, list[str]]:
    with clock.at(at(on)):
        told = guard.look(Wish(zhang.party, "phone", content, zhang.creditor, phone, by=cast.lin))
        return told.answer, [each.rule for each in told.findings if each.effect == "block"]


def code(act: Any) -> str:
    with pytest.raises(Refusal) as refused:
        act()
    return refused.value.code


def test_48_months_pass_and_61_are_refused_with_the_sentence_why(cast: Cast, zhang: Customer):
    assert agree(cast, zhang, 48).agreement.months == 48
    assert agree(cast, zhang, 60).agreement.months == 60
    with pytest.raises(Refusal) as refused:
        agree(cast, zhang, 61)
    assert (refused.value.code, refused.value.status, refused.value.facts["field"]) == (
        "agreement_too_long",
        422,
        "months",
    )
    assert "60" in refused.value.sentence and "61" in refused.value.sentence
    assert Restraint.objects.filter(kind="agreement").count() == 2, "the refused one left nothing behind"


def test_agreement_most_months(cast: Cast, zhang: Customer):
    """agreement.most_months"""
    approved(on="2026-10-20", from_on="2026-10-21", agreement__most_months=36)
    book.forget()
    assert code(lambda: agree(cast, zhang, 48)) == "agreement_too_long"


def test_an_agreement_without_its_length_is_none(cast: Cast, zhang: Customer):
    assert code(lambda: agree(cast, zhang, None)) == "agreement_months"
    assert code(lambda: agree(cast, zhang, 12, began_on=day("2026-11-03"))) == "restraint_to_come"


def test_it_holds_until_a_missed_instalment_was_noticed(cast: Cast, zhang: Customer, phone: Contact):
    kept = agree(cast, zhang).agreement
    assert answer(cast, zhang, phone, "2026-11-09") == ("refused", ["restraint:B18"])
    with clock.at(at("2026-11-11")):
        agreements.miss(kept, day("2026-11-10"), "首期未到账", cast.lin)
    assert answer(cast, zhang, phone, "2026-11-11") == ("refused", ["restraint:B18-breach"])
    assert answer(cast, zhang, phone, "2026-11-11", "notice") == ("allowed", [])
    with clock.at(at("2026-11-12")):
        agreements.notify(kept, day("2026-11-12"), "短信通知", cast.lin)
    assert answer(cast, zhang, phone, "2026-11-13") == ("allowed", [])
    kept.refresh_from_db()
    assert (kept.missed_on, kept.noticed_on) == (day("2026-11-10"), day("2026-11-12"))
    assert zhang.timeline()[-5:] == [
        "restraint placed", "restraint lifted", "agreement broken", "restraint lifted", "breach noticed",
    ]  # fmt: skip


def test_what_was_broken_is_not_lifted_by_hand(cast: Cast, zhang: Customer):
    kept = agree(cast, zhang).agreement
    with clock.at(at("2026-11-11")):
        agreements.miss(kept, day("2026-11-10"), "首期未到账", cast.lin)
        breach = Restraint.objects.get(kind=Hold.BREACH)
        assert code(lambda: restraints.place(zhang.party, "breach", reason="x", by=cast.lin)) == "breach_alone"
        assert code(lambda: restraints.lift(breach, reason="催", by=cast.lin)) == "breach_unnoticed"
        assert code(lambda: agreements.miss(kept, day("2026-11-10"), "又一次", cast.lin)) == "agreement_over"


def test_days_that_cannot_be_are_refused(cast: Cast, zhang: Customer):
    kept = agree(cast, zhang).agreement
    with clock.at(at("2026-11-11")):
        assert code(lambda: agreements.miss(kept, day("2026-11-11"), "x", cast.lin)) == "missed_day"
        assert code(lambda: agreements.miss(kept, day("2026-11-01"), "x", cast.lin)) == "missed_day"
        assert code(lambda: agreements.notify(kept, day("2026-11-11"), "x", cast.lin)) == "agreement_unbroken"
        agreements.miss(kept, day("2026-11-10"), "x", cast.lin)
        assert code(lambda: agreements.notify(kept, day("2026-11-10"), "x", cast.lin)) == "notice_day"
        assert code(lambda: agreements.notify(kept, day("2026-11-12"), "x", cast.lin)) == "notice_day"
    assert Agreement.objects.get().noticed_on is None
