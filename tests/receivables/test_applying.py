"""Setting money and credit notes against bills: what is proposed, what lands, and what is taken back."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.receivables.actions import apply, receipts
from liangqing.receivables.models import Allocation, Receipt
from liangqing.receivables.queries.left import open_items
from liangqing.receivables.rules.allocation import Claim, Line, Source, propose
from liangqing.trail.models import Entry
from tests.cast import day
from tests.files import open_amount
from tests.receivables.by_hand import Desk

TODAY = day("2026-03-01")


@pytest.fixture
def finance(books):
    with clock.at("2026-03-01"):
        yield Desk()


def refused(act, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(*args, **kwargs)
    return caught.value


def claim(key: int, left: int, *, due: str = "2026-01-31", issued: str | None = None) -> Claim:
    return Claim(key, f"B{key}", day(due), day(issued) if issued else None, left)


def money(key: int, left: int, *, on: str = "2026-02-01", names: str = "", kind: str = "receipt") -> Source:
    return Source(kind, key, f"P{key}", day(on), left, names)


def told(lines: list[Line]) -> list[tuple[str, str, int]]:
    return [(line.source, line.bill, line.amount) for line in lines]


class TestPropose:
    def test_the_bill_the_payer_named_comes_before_any_other(self):
        lines = propose(
            [money(1, 100), money(2, 100, names="B1")], [claim(1, 100), claim(2, 100, due="2026-02-20")], TODAY
        )
        assert told(lines) == [("P2", "B1", 100), ("P1", "B2", 100)]
        assert [line.why for line in lines] == ["named", "due"]

    def test_the_bill_due_longest_comes_first_and_those_not_due_last(self):
        bills = [claim(1, 50, due="2026-03-02"), claim(2, 50, due="2026-03-01"), claim(3, 50, due="2025-12-01")]
        lines = propose([money(1, 120)], bills, TODAY)
        assert told(lines) == [("P1", "B3", 50), ("P1", "B2", 50), ("P1", "B1", 20)]
        assert [line.why for line in lines] == ["due", "due", "not_due"]

    def test_bills_due_on_one_day_share_in_proportion(self):
        assert told(propose([money(1, 100)], [claim(1, 300), claim(2, 100)], TODAY)) == [
            ("P1", "B1", 75),
            ("P1", "B2", 25),
        ]

    def test_the_policy_may_put_the_smallest_the_largest_or_all_in_proportion_first_but_due_before_not_due(self):
        bills = [claim(1, 300), claim(2, 100, due="2026-02-20"), claim(3, 50, due="2026-03-02")]
        said = {
            first: told(propose([money(1, 420)], bills, TODAY, first))
            for first in ("oldest_due", "smallest", "largest", "proportional")
        }
        assert said["oldest_due"] == said["largest"] == [("P1", "B1", 300), ("P1", "B2", 100), ("P1", "B3", 20)]
        assert said["smallest"] == [("P1", "B2", 100), ("P1", "B1", 300), ("P1", "B3", 20)]
        assert told(propose([money(1, 100)], bills, TODAY, "smallest")) == [("P1", "B2", 100)]
        assert told(propose([money(1, 100)], bills, TODAY, "largest")) == [("P1", "B1", 100)]
        assert told(propose([money(1, 100)], bills, TODAY, "proportional")) == [("P1", "B1", 75), ("P1", "B2", 25)]

    def test_money_comes_before_credit_notes_and_the_earlier_first(self):
        sources = [money(9, 40, kind="credit", on="2025-01-01"), money(2, 40, on="2026-02-02"), money(1, 40)]
        assert told(propose(sources, [claim(1, 100)], TODAY)) == [("P1", "B1", 40), ("P2", "B1", 40), ("P9", "B1", 20)]

    def test_money_counts_from_the_day_it_came_a_credit_note_from_today_neither_before_the_bill(self):
        sources = [money(1, 40), money(2, 40, on="2026-02-15"), money(9, 40, kind="credit")]
        lines = propose(sources, [claim(1, 120, issued="2026-02-10", due="2026-02-20")], TODAY)
        assert [line.on for line in lines] == [day("2026-02-10"), day("2026-02-15"), TODAY]


amounts = st.integers(1, 10**9)
days = st.integers(0, 6).map(lambda number: dt.date(2026, 2, 26) + dt.timedelta(days=number))


@st.composite
def accounts(draw) -> tuple[list[Source], list[Claim]]:
    claims = [
        Claim(key, f"B{key}", draw(days), draw(st.none() | days), draw(amounts))
        for key in range(draw(st.integers(0, 6)))
    ]
    names = st.sampled_from(["", "B0", "B1", "B9"])
    sources = [
        Source(draw(st.sampled_from(["receipt", "credit"])), key, f"P{key}", draw(days), draw(amounts), draw(names))
        for key in range(draw(st.integers(0, 6)))
    ]
    return sources, claims


@given(accounts(), st.sampled_from(["oldest_due", "smallest", "largest", "proportional"]))
def test_a_proposal_never_takes_more_than_is_left_and_leaves_nothing_that_fits(account, first):
    sources, claims = account
    lines = propose(sources, claims, TODAY, first)
    used = {source.id: sum(line.amount for line in lines if line.source_id == source.id) for source in sources}
    paid = {each.id: sum(line.amount for line in lines if line.bill_id == each.id) for each in claims}
    assert all(line.amount > 0 for line in lines)
    assert all(used[source.id] <= source.left for source in sources)
    assert all(paid[each.id] <= each.left for each in claims)
    left_over = sum(source.left for source in sources) - sum(used.values())
    still_asked = sum(each.left for each in claims) - sum(paid.values())
    assert left_over == 0 or still_asked == 0
    for line in lines:
        bill = next(each for each in claims if each.id == line.bill_id)
        assert bill.issued_on is None or line.on >= bill.issued_on


@given(accounts(), st.randoms(use_true_random=False))
def test_a_proposal_does_not_depend_on_the_order_things_are_read_in(account, random):
    sources, claims = account
    before = propose(sources, claims, TODAY)
    random.shuffle(sources)
    random.shuffle(claims)
    assert propose(sources, claims, TODAY) == before


class TestApply:
    def test_what_was_shown_lands_exactly(self, finance):
        old, new = finance.bill(300, due="2026-01-10"), finance.bill(500)
        finance.receipt(400)
        shown = finance.proposal()
        rows = apply.apply(shown, finance.fang)
        assert [(row.bill, row.amount, row.allocated_on) for row in rows] == [
            (old, 300, day("2026-02-01")),
            (new, 100, day("2026-02-01")),
        ]
        entry = Entry.objects.get(event="money applied")
        assert (entry.party_id, entry.facts["amount"]) == (finance.party.pk, 400)
        assert [line["bill"] for line in entry.facts["lines"]] == [old.number, new.number]
        assert finance.left() == {new.number: 400} and finance.whole()

    def test_a_credit_note_and_its_bill_move_by_the_same_amount_on_the_same_day(self, finance):
        bill, note = finance.bill(50_000), finance.note(20_000)
        assert open_amount("2026-03-01") == "300.00"
        apply.apply(finance.proposal(), finance.fang)
        assert finance.left() == {bill.number: 30_000}
        assert open_amount("2026-02-28") == open_amount("2026-03-01") == "300.00"
        rows = Allocation.objects.order_by("id").values_list("credit", "bill", "receipt", "amount", "allocated_on")
        assert list(rows) == [(note.pk, bill.pk, None, 20_000, TODAY), (note.pk, note.pk, None, -20_000, TODAY)]
        assert finance.whole()

    def test_what_moved_meanwhile_is_refused_and_nothing_lands(self, finance):
        bill = finance.bill(300)
        receipt = finance.receipt(200)
        shown = finance.proposal()
        apply.apply([dataclasses.replace(shown[0], amount=50)], finance.fang)
        assert refused(apply.apply, shown, finance.fang).code == "moved_meanwhile"
        receipts.reverse(receipt, "x", finance.fang)
        assert refused(apply.apply, shown, finance.fang).code == "moved_meanwhile"
        assert finance.left() == {bill.number: 300} and finance.whole()

    def test_never_more_than_either_side_has(self, finance):
        finance.bill(300)
        finance.receipt(200)
        (line,) = finance.proposal()
        for amount in (201, 0, -5):
            assert refused(apply.apply, [dataclasses.replace(line, amount=amount)], finance.fang).code == "too_much"
        assert refused(apply.apply, [line, line], finance.fang).code == "too_much"
        finance.receipt(200)
        both = [dataclasses.replace(each, amount=200) for each in finance.proposal()]
        assert refused(apply.apply, both, finance.fang).code == "too_much"
        assert not Allocation.objects.exists()

    def test_the_day_is_not_for_the_asking(self, finance):
        finance.bill(300)
        finance.receipt(200)
        finance.note(50)
        for line in finance.proposal():
            other = dataclasses.replace(line, on=line.on + dt.timedelta(days=1))
            assert refused(apply.apply, [other], finance.fang).code == "wrong_day"

    def test_money_of_another_customer_or_currency_does_not_mix(self, finance):
        finance.bill(300)
        finance.receipt(200, currency="USD")
        other = finance.cast.customer("远大").party
        finance.receipt(200, party=other)
        assert finance.proposal() == []
        foreign = Line(
            "receipt", Receipt.objects.get(party=other).pk, "x", finance.bill(300).pk, "y", 1, TODAY, "due", 200, 300
        )
        assert refused(apply.apply, [foreign], finance.fang).code == "moved_meanwhile"
        finance.bill(300, currency="USD")
        (usd,) = finance.proposal(currency="USD")
        assert refused(apply.apply, [usd, foreign], finance.fang).code == "lines_of_several"
        assert refused(apply.apply, [], finance.fang).status == 422

    def test_only_somebody_of_finance_may(self, finance):
        finance.bill(300)
        finance.receipt(200)
        assert refused(apply.apply, finance.proposal(), finance.cast.lin).status == 403

    def test_money_that_is_still_to_come_on_the_day_is_left_out(self, finance):
        finance.bill(300)
        finance.receipt(200, on="2026-02-20")
        assert finance.proposal("2026-02-19") == [] and len(finance.proposal("2026-02-20")) == 1


class TestUnapply:
    def test_both_sides_are_as_if_it_had_never_been(self, finance):
        finance.bill(300, due="2026-01-10")
        finance.bill(500)
        finance.receipt(400)
        finance.note(300)
        before, shown = finance.left(), finance.proposal()
        for row in apply.apply(shown, finance.fang):
            apply.unapply(row, "弄错了", finance.fang)
        assert finance.left() == before and finance.proposal() == shown and finance.whole()
        assert Entry.objects.filter(event="allocation taken back").count() == len(shown) == 3

    def test_only_once(self, finance):
        bill = finance.bill(300)
        finance.receipt(100, names=bill.number)
        row = Allocation.objects.get()
        back = apply.unapply(row, "x", finance.fang)
        for each in (row, back):
            assert refused(apply.unapply, each, "x", finance.fang).code == "not_standing"

    def test_not_after_its_receipt_was_reversed(self, finance):
        bill = finance.bill(300)
        receipt = finance.receipt(100, names=bill.number)
        row = Allocation.objects.get()
        receipts.reverse(receipt, "x", finance.fang)
        assert refused(apply.unapply, row, "x", finance.fang).code == "not_standing" and finance.whole()


class TestReceipts:
    def test_a_receipt_that_names_a_bill_is_set_against_it_and_the_rest_stays(self, finance):
        bill = finance.bill(300)
        receipt = finance.receipt(400, names=bill.number)
        assert Allocation.objects.get().amount == 300 and finance.left() == {receipt.number: 100} and finance.whole()

    @pytest.mark.parametrize(
        ("field", "given"),
        [
            ("amount", {"amount": 0}),
            ("amount", {"amount": -1}),
            ("received_on", {"on": "2026-03-02"}),
            ("number", {"number": ""}),
            ("currency", {"currency": "元"}),
            ("method", {"method": "clearing"}),
            ("method", {"method": "barter"}),
            ("bill_number", {"names": "9" * 65}),
        ],
    )
    def test_what_cannot_be_right_is_refused_and_the_field_named(self, finance, field, given):
        refusal = refused(finance.receipt, **{"amount": 100, **given})
        assert (refusal.status, refusal.facts["field"]) == (422, field) and not Receipt.objects.exists()

    def test_a_reversal_frees_the_bill_on_the_same_days(self, finance):
        bill = finance.bill(50_000)
        receipt = finance.receipt(40_000, names=bill.number)
        back = receipts.reverse(receipt, "退票", finance.fang)
        assert (back.amount, back.received_on, back.version) == (-40_000, day("2026-02-01"), 2)
        assert open_amount("2026-02-01") == "500.00" and finance.left() == {bill.number: 50_000} and finance.whole()
        assert Entry.objects.get(event="receipt reversed").facts["reason"] == "退票"

    def test_a_receipt_is_reversed_once_and_a_reversal_never(self, finance):
        receipt = finance.receipt(100)
        back = receipts.reverse(receipt, "x", finance.fang)
        assert refused(receipts.reverse, receipt, "x", finance.fang).code == "already_reversed"
        assert refused(receipts.reverse, back, "x", finance.fang).code == "is_a_reversal"

    def test_a_number_may_be_entered_anew_once_it_was_reversed(self, finance):
        receipt = finance.receipt(100, number="R1")
        assert refused(finance.receipt, 90, number="R1").code == "number_taken"
        receipts.reverse(receipt, "x", finance.fang)
        assert finance.receipt(90, number="R1").version == 3
        assert refused(finance.receipt, 80, number="R1").code == "number_taken" and finance.whole()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_money_never_disappears_whatever_a_desk_does(finance, data):
    """Bills and money come, are set against each other, taken back and reversed at random. After each act what was asked
    and what came is either still there or set against each other, and every invariant holds."""
    finance.party = finance.cast.customer("又一家").party
    numbers = [f"HB{finance.serial + turn}" for turn in range(1, 4)]
    asked = came = 0
    mine = Allocation.objects.filter(bill__party=finance.party, amount__gt=0)
    for _turn in range(data.draw(st.integers(3, 9))):
        act = data.draw(st.sampled_from(("bill", "note", "receipt", "apply", "unapply", "reverse")))
        amount = data.draw(st.integers(1, 1000))
        if act == "bill":
            asked += amount
            finance.bill(amount, due=data.draw(st.sampled_from(("2026-01-10", "2026-01-31", "2026-04-01"))))
        elif act == "note":
            came += amount
            finance.note(amount)
        elif act == "receipt":
            came += amount
            finance.receipt(amount, names=data.draw(st.sampled_from(("", *numbers))))
        elif act == "apply" and (shown := finance.proposal()):
            chosen = data.draw(st.lists(st.sampled_from(range(len(shown))), min_size=1, unique=True))
            apply.apply([shown[place] for place in chosen], finance.fang)
        elif act == "unapply" and (row := mine.order_by("-id").first()):
            with contextlib.suppress(Refusal):  # it was taken back before
                apply.unapply(row, "x", finance.fang)
        elif act == "reverse":
            standing = Receipt.objects.filter(party=finance.party, amount__gt=0)
            gone = Receipt.objects.filter(party=finance.party, amount__lt=0).values("reverses")
            if receipt := standing.exclude(id__in=gone).order_by("id").first():
                receipts.reverse(receipt, "x", finance.fang)
                came -= receipt.amount
        sources, claims = open_items(finance.party.pk, finance.cast.creditor.pk, "CNY")
        paid = asked - sum(each.left for each in claims)
        assert paid == came - sum(each.left for each in sources) >= 0
        assert finance.whole()
