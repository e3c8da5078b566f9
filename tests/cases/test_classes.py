"""The class of a customer, told by date: given by the ledger, or worked out from how it paid and what it said."""

from __future__ import annotations

import datetime as dt

import pytest

from liangqing import policy
from liangqing.cases.models import Record
from liangqing.house.explain import explain
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.nightly.actions.replay import replay
from liangqing.parties.models import Party
from liangqing.trail.models import Entry
from tests.cast import Cast, day
from tests.policy.drafts import approved

TONIGHT = day("2026-03-10")


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def _class(customer):
    case = customer.live_case
    return case.customer_class, case.class_row


def test_what_the_ledger_says_comes_first(cast, night):
    huaxin = cast.customer("华信")
    Party.objects.filter(pk=huaxin.party.pk).update(customer_class="B")
    huaxin.bill(800, due="2025-10-10")
    night("2026-03-10")
    assert _class(huaxin) == ("B", "G2")


def test_an_institution_may_put_its_own_judgement_before_the_ledger(cast, night):
    huaxin = cast.customer("华信")
    Party.objects.filter(pk=huaxin.party.pk).update(customer_class="B")
    huaxin.bill(800, due="2025-10-10")
    rows = [dict(row) for row in policy.book.preset_content()["tables"]["customer.class"]]
    given = [row for row in rows if row["row"].startswith("G")]
    rows = [*(row for row in rows if row["row"] in ("N1", "N2", "H1")), *given]
    rest = [row for row in policy.book.preset_content()["tables"]["customer.class"] if row not in rows]
    approved(on="2026-03-01", from_on="2026-03-02", rows={"customer.class": [*rows, *rest]})
    night("2026-03-10")
    assert _class(huaxin) == ("D", "H1")


def test_a_customer_late_for_the_first_time_is_too_early_to_tell_and_falls_with_the_days(cast, night):
    late = {days: cast.customer(f"华信{days}") for days in (1, 30, 31, 90, 91)}
    for days, customer in late.items():
        customer.bill(800, due=(TONIGHT - dt.timedelta(days=days)).isoformat())
    night(TONIGHT.isoformat())
    assert {days: _class(customer) for days, customer in late.items()} == {
        1: ("unclassified", "U2"),
        30: ("unclassified", "U2"),
        31: ("C", "H4"),
        90: ("C", "H4"),
        91: ("D", "H1"),
    }


def test_who_paid_on_time_for_long_is_good_when_late_once(cast, night):
    huaxin = cast.customer("华信")
    for month in ("2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02"):
        huaxin.pays(800, on=f"{month}-10", bill=huaxin.bill(800, due=f"{month}-10"))
    huaxin.bill(800, due="2026-03-09")
    night("2026-03-10")
    assert _class(huaxin) == ("A", "L1")
    assert huaxin.action == "remind"


def test_broken_promises_and_words_of_not_being_able_to_pay_count_from_the_next_night(cast, night):
    huaxin = cast.customer("华信")
    for month in ("2025-10", "2025-11", "2025-12", "2026-01"):
        huaxin.pays(8000, on=f"{month}-10", bill=huaxin.bill(8000, due=f"{month}-10"))
    huaxin.bill(800, due="2026-03-01")
    night("2026-03-02")
    huaxin.promises(800, on="2026-03-02", due="2026-03-03")
    night("2026-03-05")
    assert _class(huaxin) == ("A", "L1")
    night("2026-03-06")
    assert _class(huaxin) == ("B", "M2")
    case = huaxin.live_case
    with clock.at("2026-03-06"):
        Record.objects.create(
            case=case, party=case.party, creditor=case.creditor, at=clock.now(), contacted_on=clock.today(), by=cast.lin,
            channel="phone", reached="self", result="cannot_pay", result_row="Z02", policy="x", says="cannot_pay",
            says_until_on=clock.today(),
        )  # fmt: skip
    night("2026-03-07")
    assert _class(huaxin) == ("C", "N3")


def test_a_class_that_changes_moves_no_level_and_is_explained_and_replayed(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-01-05")
    night("2026-02-06")
    before = Entry.objects.filter(party_id=huaxin.party.pk).count()
    Party.objects.filter(pk=huaxin.party.pk).update(customer_class="A")
    night("2026-02-07")
    assert _class(huaxin) == ("A", "G1")
    assert Entry.objects.filter(party_id=huaxin.party.pk).count() == before
    told = explain(huaxin.live_case.number)["class"]
    assert (told["customer_class"], told["row"]) == ("A", "G1")
    assert told["facts"] == {
        "given": "A", "late_share_bp": 10_000, "worst_days": 33, "promises_broken": 0, "cannot_pay": False,
    }  # fmt: skip
    found = replay(huaxin.live_case.opened_on, PLAN)
    assert found.agrees and found.decisions > 0
