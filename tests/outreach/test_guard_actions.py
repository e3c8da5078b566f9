"""The gate with books: who asks is remembered, counted and proven; what was said holds back; an approval may lift some."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from liangqing.approvals.actions import votes
from liangqing.cases.actions import records
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import exemptions, guard
from liangqing.outreach.models import Attempt, Exemption, Line
from liangqing.outreach.queries.facts import Wish, ground_of
from liangqing.parties.actions import contacts, customers, restraints
from liangqing.parties.models import Contact, Restraint
from liangqing.people.actions import staff
from liangqing.people.models import Certificate
from liangqing.trail.models import Entry
from tests.cast import Cast, Customer, yuan

MONDAY = "2026-11-23T10:00"


@pytest.fixture
def cast(books: str) -> Cast:
    cast = Cast()
    Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    return cast


@pytest.fixture
def zhang(cast: Cast) -> Customer:
    """A person in China with a phone of his own."""
    found = cast.customer("张伟")
    found.party.kind = "person"
    found.party.save(update_fields=["kind"])
    return found


def phone(customer: Customer, cast: Cast, value: str = "13812345678", role: str = "self") -> Contact:
    return contacts.add(customer.party, kind="phone", value=value, role=role, by=cast.lin)


def call(customer: Customer, cast: Cast, contact: Contact, **more: Any) -> Attempt:
    given = {"channel": "phone", "content": "demand", "by": cast.lin, "creditor": customer.creditor, **more}
    return guard.ask(Wish(party=customer.party, contact=contact, **given))


class TestAsk:
    def test_an_allowed_call_counts_and_keeps_a_receipt_that_proves_itself(self, cast: Cast, zhang: Customer) -> None:
        with clock.at(MONDAY):
            attempt = call(zhang, cast, phone(zhang, cast))
        assert (attempt.answer, attempt.regime, attempt.outcome) == ("allowed", "cn_consumer", "open")
        kept = Attempt.objects.get(pk=attempt.pk)
        assert guard.genuine(kept)
        entry = Entry.objects.get(event="contact decided")
        assert entry.facts["code"] == bytes(kept.code).hex()
        kept.answer = "refused"
        assert not guard.genuine(kept)

    def test_the_database_keeps_the_decision_and_lets_the_outcome_move(self, cast: Cast, zhang: Customer) -> None:
        with clock.at(MONDAY):
            attempt = call(zhang, cast, phone(zhang, cast))
            guard.conclude(attempt, "effective", by=cast.lin, duration_s=90)
        for change in ("answer = 'refused'", "rules = '{}'", "at = now()"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE outreach_attempt SET {change}")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM outreach_attempt")
        assert Attempt.objects.get().outcome == "effective"

    def test_three_effective_calls_of_anybody_are_the_day(self, cast: Cast, zhang: Customer) -> None:
        number = phone(zhang, cast)
        for hour in (9, 11, 14):
            with clock.at(f"2026-11-23T{hour:02d}:00"):
                guard.conclude(call(zhang, cast, number, by=None), "effective")
        with clock.at("2026-11-23T19:00"):
            fourth = call(zhang, cast, number)
        assert (fourth.answer, fourth.rules) == ("refused", ["cap:T3"])
        assert fourth.earliest_at == dt.datetime(2026, 11, 24, 0, tzinfo=dt.UTC)
        with pytest.raises(Refusal, match="2026-11-24 08:00"):
            guard.demand(fourth)

    def test_a_refused_attempt_is_kept_and_not_counted(self, cast: Cast, zhang: Customer) -> None:
        number = phone(zhang, cast)
        with clock.at("2026-11-22T23:00"):
            assert call(zhang, cast, number).answer == "refused"
        with clock.at(MONDAY):
            call(zhang, cast, number)
            assert Attempt.objects.count() == 2
            assert len(ground_of(zhang.party, zhang.creditor, clock.now()).debtor.past) == 1

    def test_a_merged_customer_is_counted_under_all_numbers(self, cast: Cast, zhang: Customer) -> None:
        twin = cast.customer("张伟二")
        twin.party.kind = "person"
        twin.party.save(update_fields=["kind"])
        number, other = phone(zhang, cast), phone(twin, cast, "13912345678")
        with clock.at("2026-11-22T10:00"):
            customers.merge(zhang.party, twin.party, reason="同一人", by=cast.lin)
        zhang.party.refresh_from_db()
        twin.party.refresh_from_db()
        for contact, whose in ((number, zhang), (other, twin), (other, twin)):
            with clock.at(MONDAY):
                guard.conclude(call(whose, cast, contact), "effective")
        with clock.at(MONDAY):
            assert call(zhang, cast, number).rules == ["cap:T3"]

    def test_without_a_certificate_a_consumer_is_not_called(self, cast: Cast, zhang: Customer) -> None:
        with clock.at(MONDAY):
            assert call(zhang, cast, phone(zhang, cast), by=cast.mei).rules == ["condition:B15"]
        with clock.at("2027-01-01T10:00"):
            assert "condition:B15" in call(zhang, cast, Contact.objects.get()).rules

    def test_only_registered_lines_once_there_are_any(self, cast: Cast, zhang: Customer) -> None:
        number = phone(zhang, cast)
        with clock.at(MONDAY):
            assert call(zhang, cast, number, line="13700000000").answer == "allowed"
            Line.objects.create(channel="phone", value="057188880000")
            assert call(zhang, cast, number, line="13700000000").rules == ["condition:B6"]
            assert call(zhang, cast, number, line="057188880000").answer == "allowed"

    def test_somebody_elses_phone_book_is_no_source(self, cast: Cast, zhang: Customer) -> None:
        number = phone(zhang, cast)
        Contact.objects.update(source="phone_book")
        number.refresh_from_db()
        with clock.at(MONDAY):
            assert "condition:P10" in call(zhang, cast, number).rules

    def test_a_claim_past_limitation_is_marked_and_a_payment_moves_the_date(self, cast: Cast, zhang: Customer) -> None:
        zhang.bill(900, due="2023-10-01")
        with clock.at(MONDAY):
            assert "condition:L15-warn" in call(zhang, cast, phone(zhang, cast)).rules
            zhang.pays(100, on="2026-11-01")
            assert "condition:L15-warn" in call(zhang, cast, Contact.objects.get()).rules, "it came too late"
            zhang.pays(100, on="2026-08-01")
            assert "condition:L15-warn" not in call(zhang, cast, Contact.objects.get()).rules


class TestRecords:
    def _case(self, cast: Cast, zhang: Customer, night: Any) -> Any:
        zhang.bill(900, due="2026-10-01")
        night("2026-11-23")
        return zhang.live_case

    def test_a_record_concludes_the_attempt_its_author_asked_for(self, cast: Cast, zhang: Customer, night: Any) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        with clock.at(MONDAY):
            call(zhang, cast, number, case=case.number)
            records.record(case, channel="phone", result="no_answer", reached="nobody", contact=number, by=cast.lin)
        assert [each.outcome for each in Attempt.objects.all()] == ["unanswered"]

    def test_a_record_without_one_is_judged_afterwards_and_counts(
        self, cast: Cast, zhang: Customer, night: Any
    ) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        with clock.at("2026-11-23T23:00"):
            records.record(case, channel="phone", result="cannot_pay", reached="self", contact=number, by=cast.lin)
        attempt = Attempt.objects.get()
        assert (attempt.answer, attempt.ahead, attempt.source, attempt.outcome) == (
            "refused", False, "record", "effective",
        )  # fmt: skip
        assert attempt.rules == ["hours:T1"]
        with clock.at("2026-11-24T23:00"):
            assert len(ground_of(zhang.party, zhang.creditor, clock.now()).debtor.past) == 1

    @pytest.mark.parametrize(
        ("result", "kind"), [("deceased", "deceased"), ("fraud_claimed", "fraud"), ("in_hospital", "hospital")]
    )
    def test_a_circumstance_that_was_told_holds_until_it_is_lifted(
        self, cast: Cast, zhang: Customer, night: Any, result: str, kind: str
    ) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        with clock.at(MONDAY):
            records.record(case, channel="phone", result=result, reached="family", contact=number, by=cast.lin)
            held = Restraint.objects.get()
            assert (held.kind, held.until_at, held.source) == (kind, None, f"record/{case.records.get().pk}")
            restraints.lift(held, reason="查无此事", by=cast.lin)
            assert not ground_of(zhang.party, zhang.creditor, clock.now() + dt.timedelta(1)).debtor.held

    def test_a_promise_holds_until_the_day_after_it(self, cast: Cast, zhang: Customer, night: Any) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        promise = (yuan(500), dt.date(2026, 11, 27))
        with clock.at(MONDAY):
            records.record(
                case, channel="phone", result="promised", reached="self", contact=number, promise=promise, by=cast.lin
            )
        assert Attempt.objects.get().rules == [], "it was not running when the call was made"
        held = Restraint.objects.get()
        assert held.kind == "promise"
        assert held.until_at == dt.datetime(2026, 11, 28, tzinfo=clock.zone())

    def test_a_third_person_who_refuses_is_left_alone_for_ever(self, cast: Cast, zhang: Customer, night: Any) -> None:
        case, friend = self._case(cast, zhang, night), phone(zhang, cast, "13600000000", "friend")
        with clock.at(MONDAY):
            records.record(case, channel="phone", result="asked_to_stop", reached="other", contact=friend, by=cast.lin)
            held = Restraint.objects.get()
            assert (held.kind, bytes(held.value_index)) == ("stop_word", bytes(friend.value_index))
            with pytest.raises(Refusal, match="restraint_for_good"):
                restraints.lift(held, reason="再试试", by=cast.lin)
        with clock.at("2029-11-23T10:00"):
            assert "restraint:P5" in call(zhang, cast, friend, content="locate").rules

    def test_a_debtor_who_refuses_a_channel_opts_out_of_it_alone(self, cast: Cast, zhang: Customer, night: Any) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        with clock.at(MONDAY):
            records.record(case, channel="sms", result="asked_to_stop", reached="self", contact=number, by=cast.lin)
            assert "restraint:R-optout" in call(zhang, cast, number, channel="sms").rules
            assert "restraint:R-optout" not in call(zhang, cast, number).rules

    def test_a_settled_doubt_lifts_the_dispute(self, cast: Cast, zhang: Customer, night: Any) -> None:
        case, number = self._case(cast, zhang, night), phone(zhang, cast)
        with clock.at(MONDAY):
            records.record(case, channel="phone", result="dispute_claimed", reached="self", contact=number, by=cast.lin)
            assert "restraint:C6-else" in call(zhang, cast, number).rules
            records.record(case, channel="email", result="settled_doubt", reached="self", by=cast.lin)
            assert "restraint:C6-else" not in call(zhang, cast, number).rules


class TestExemptions:
    @pytest.fixture
    def wise(self, cast: Cast) -> Any:
        legal = staff.found_department("legal", name="法务部", kind="legal")
        head = staff.join("xu", name="徐", department=cast.lin.department, duties=("head",))
        return head, staff.join("he", name="何", department=legal, duties=("legal",))

    def test_head_and_counsel_may_lift_a_standard_for_a_while(self, cast: Cast, zhang: Customer, wise: Any) -> None:
        number = phone(zhang, cast)
        with clock.at("2026-11-23T22:30"):
            refused = call(zhang, cast, number)
            request = exemptions.ask(refused, dt.date(2026, 11, 24), "债务人值夜班，来电要求夜间联系", cast.lin)
            for person in wise:
                votes.approve(request, person)
            assert Exemption.objects.get().rules == ["hours:T1"]
            assert call(zhang, cast, number).answer == "allowed"
            assert call(zhang, cast, number, channel="sms").answer == "refused", "for that channel alone"
        with clock.at("2026-11-25T22:30"):
            assert call(zhang, cast, number).answer == "refused"

    def test_law_is_never_lifted(self, cast: Cast, zhang: Customer, wise: Any) -> None:
        number = phone(zhang, cast)
        with clock.at(MONDAY):
            restraints.place(zhang.party, "opt_out", channel="phone", reason="要求不再来电", by=cast.lin)
            refused = call(zhang, cast, number)
            with pytest.raises(Refusal, match="not_liftable"):
                exemptions.ask(refused, dt.date(2026, 11, 24), "再试试", cast.lin)

    def test_no_longer_than_the_policy_says(self, cast: Cast, zhang: Customer, wise: Any) -> None:
        with clock.at("2026-11-23T22:30"):
            refused = call(zhang, cast, phone(zhang, cast))
            with pytest.raises(Refusal, match="exemption_too_long"):
                exemptions.ask(refused, dt.date(2026, 12, 24), "长期", cast.lin)
