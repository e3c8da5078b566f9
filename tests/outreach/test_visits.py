"""Visits: planned along those the guard lets through, asked at the door, written once, with money that adds up."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from liangqing.cases.models import Attachment, Case, Promise, Record
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard, rounds, visits
from liangqing.outreach.actions.rounds import Household
from liangqing.outreach.models import Attempt, Round, Stop, Visit, VisitFile
from liangqing.outreach.queries import visits as asked
from liangqing.outreach.queries.facts import ground_of
from liangqing.outreach.rules import visits as rules
from liangqing.outreach.rules.visits import Cash, Moment, Position, Told
from liangqing.parties.actions import contacts, restraints
from liangqing.people.models import Certificate
from liangqing.receivables.actions import receipts
from liangqing.receivables.models import Receipt
from liangqing.trail.models import Entry
from tests.cast import Cast, Customer, yuan
from tests.pictures import exif, jpeg
from tests.policy.drafts import approved

MONDAY = "2026-11-23"
DOOR = f"{MONDAY}T10:00"
JPEG = Upload("slip.jpg", b"\xff\xd8\xff\xe0 a signed slip")
PHOTO = Upload("door.jpg", b"\xff\xd8\xff\xe0 a door")


@pytest.fixture
def cast(books: str) -> Cast:
    cast = Cast()
    for user in (cast.lin, cast.mei):
        Certificate.objects.create(user=user, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    return cast


def household(cast: Cast, name: str, address: str = "涡水村1号", *, area: str = "涡水镇") -> Customer:
    found = cast.customer(name, area=area)
    found.party.kind = "person"
    found.party.save(update_fields=["kind"])
    if address:
        contacts.add(found.party, kind="address", value=address, role="self", by=cast.lin)
    return found


def case_of(customer: Customer, cast: Cast) -> Case:
    return Case.objects.create(
        number=f"LQ-2026-{customer.party.pk:06d}", party=customer.party, creditor=customer.creditor, level="mild",
        level_row="D1", owner=cast.lin, opened_on="2026-10-01", policy="before",
    )  # fmt: skip


def plan(cast: Cast, *customers: Customer, **more: Any) -> Round:
    homes = [
        Household(each.party, each.creditor, each.live_case.number if Case.objects.filter(party=each.party) else "")
        for each in customers
    ]
    wanted = {"area": "涡水镇", "on": dt.date.fromisoformat(MONDAY), "people": [cast.lin, cast.mei], "by": cast.lin}
    with clock.at(f"{MONDAY}T08:30"):
        return rounds.plan(households=homes, **{**wanted, **more})


@pytest.fixture
def fang(cast: Cast) -> Customer:
    found = household(cast, "房六贵")
    found.bill(4600, due="2026-09-01")
    case_of(found, cast)
    return found


@pytest.fixture
def stop(cast: Cast, fang: Customer) -> Iterator[Stop]:
    """One household of a round that is under way, on Monday at ten."""
    row = plan(cast, fang)
    with clock.at(f"{MONDAY}T09:00"):
        rounds.start(row, by=cast.lin)
    with clock.at(DOOR):
        yield row.stops.get()


def told(**more: Any) -> Told:
    return Told(**{"result": "call_back", "met": "self", **more})


def write(stop: Stop, cast: Cast, said: Told, **more: Any) -> Visit:
    return visits.record(stop, said, **{"key": uuid.uuid4(), "by": cast.lin, **more})


class TestPlan:
    def test_the_route_goes_by_address_and_leaves_out_whom_the_guard_refuses(self, cast: Cast) -> None:
        second, first = household(cast, "沈二", "乙路2号"), household(cast, "房伟利", "丙路1号")
        ill, homeless = household(cast, "房军海", "丁路1号"), household(cast, "房志勇", "")
        afar = household(cast, "盘瑶角二", "戊路1号", area="香坪镇")
        with clock.at(f"{MONDAY}T08:00"):
            restraints.place(ill.party, "hospital", reason="住院", by=cast.lin)
        row = plan(cast, second, first, ill, homeless, afar)
        assert [stop.address for stop in row.stops.order_by("place")] == sorted(["乙路2号", "丙路1号"])
        assert {each["party"]: each["code"] for each in row.left_out} == {
            ill.party.pk: "refused",
            homeless.party.pk: "no_address",
            afar.party.pk: "other_area",
        }
        refused = next(each for each in row.left_out if each["code"] == "refused")
        assert [each["rule"] for each in refused["findings"]] == ["restraint:C13-visit"]
        assert not Attempt.objects.exists(), "nothing is counted before somebody stands at a door"

    def test_two_people_go_together_as_the_term_says(self, cast: Cast, fang: Customer) -> None:
        with pytest.raises(Refusal, match="too_few_people"):
            plan(cast, fang, people=[cast.lin])
        with pytest.raises(Refusal, match="too_few_people"):
            plan(cast, fang, people=[cast.lin, cast.lin])
        approved(on="2026-11-01", from_on="2026-11-02", visit__people=1)  # visit.people
        assert plan(cast, fang, people=[cast.lin]).stops.count() == 1

    def test_a_collector_plans_only_trips_of_his_own(self, cast: Cast, fang: Customer) -> None:
        with pytest.raises(Refusal, match="not_allowed"):
            plan(cast, fang, by=cast.wang)
        assert plan(cast, fang, by=cast.chen).planned_by == cast.chen

    def test_nobody_is_on_two_rounds_of_a_day(self, cast: Cast, fang: Customer) -> None:
        plan(cast, fang)
        second = plan(cast, fang)
        assert [each["code"] for each in second.left_out] == ["planned_already"]

    def test_addresses_are_revealed_when_the_round_sets_out_and_the_trail_says_to_whom(
        self, stop: Stop, cast: Cast
    ) -> None:
        shown = Entry.objects.filter(event="personal data revealed")
        assert sorted(shown.values_list("actor_id", flat=True)) == sorted((cast.lin.pk, cast.mei.pk))
        assert {entry.facts["purpose"] for entry in shown} == {stop.round.number}

    def test_the_route_is_put_in_another_order_and_shortened(self, cast: Cast) -> None:
        one, two = household(cast, "沈二", "甲路1号"), household(cast, "房伟利", "乙路1号")
        row = plan(cast, one, two)
        first, second = row.stops.order_by("place")
        with clock.at(f"{MONDAY}T08:40"):
            rounds.reorder(row, [second.pk, first.pk], by=cast.lin)
            rounds.remove(second, by=cast.lin)
            with pytest.raises(Refusal, match="route_changed"):
                rounds.reorder(row, [second.pk, first.pk], by=cast.lin)
        assert list(row.stops.values_list("pk", "place")) == [(first.pk, 1)]


class TestArrive:
    def test_the_guard_is_asked_at_the_door_and_its_yes_counts_once(self, stop: Stop, cast: Cast) -> None:
        first, again = visits.arrive(stop, by=cast.lin), visits.arrive(stop, by=cast.mei)
        assert (first.answer, first.channel, first.pk) == ("allowed", "visit", again.pk)
        assert Attempt.objects.count() == 1

    def test_a_no_at_the_door_is_kept_and_nobody_has_arrived(self, stop: Stop, cast: Cast) -> None:
        restraints.place(stop.party, "hospital", reason="住院", by=cast.lin)
        attempt = visits.arrive(stop, by=cast.lin)
        stop.refresh_from_db()
        assert (attempt.answer, stop.arrived_at) == ("refused", None)
        with pytest.raises(Refusal, match="contact_refused"):
            guard.demand(attempt)
        with pytest.raises(Refusal, match="arrive_first"):
            write(stop, cast, told())

    def test_only_those_who_go_along_arrive(self, stop: Stop, cast: Cast) -> None:
        with pytest.raises(Refusal, match="not_of_the_round"):
            visits.arrive(stop, by=cast.wang)


class TestRecord:
    def test_a_visit_becomes_one_record_and_concludes_the_one_attempt(
        self, stop: Stop, cast: Cast, fang: Customer
    ) -> None:
        attempt = visits.arrive(stop, by=cast.lin)
        visit = write(stop, cast, told(note="在家", lapsed=True, lapsed_said="三年没人来过"), photos=[PHOTO])
        attempt.refresh_from_db()
        record = Record.objects.get()
        assert (record.channel, record.result, record.reached, record.by) == ("visit", "call_back", "self", cast.lin)
        assert "在家" in record.note
        assert "三年没人来过" in record.note
        assert Attachment.objects.get(record=record).sha256 == visit.files.get().sha256
        assert attempt.outcome == "effective"
        assert Attempt.objects.count() == 1

    def test_the_second_of_the_two_may_write_it(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        assert write(stop, cast, told(met="nobody", result="no_answer"), by=cast.mei).by == cast.mei
        assert [each.outcome for each in Attempt.objects.all()] == ["unanswered"]

    def test_a_promise_at_the_door_is_a_promise_of_the_case(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        visit = write(stop, cast, told(result="promised", promise=(yuan(4600), dt.date(2026, 11, 30))))
        assert Promise.objects.get().amount == 460_000
        assert visit.intends

    def test_cash_becomes_a_receipt_of_principal_and_interest_together(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        visit = write(stop, cast, told(cash=Cash(60_000, 50_000, "CNY", "0001234")))
        receipt = Receipt.objects.get()
        assert (receipt.number, receipt.amount, receipt.method) == ("0001234", 110_000, "cash")
        assert visit.receipt == receipt
        assert (visit.principal, visit.interest) == (60_000, 50_000)

    def test_a_receipt_number_is_given_once(self, stop: Stop, cast: Cast, fang: Customer) -> None:
        fang.pays(10, on="2026-11-01")
        visits.arrive(stop, by=cast.lin)
        with pytest.raises(Refusal) as refused:
            write(stop, cast, told(cash=Cash(60_000, 0, "CNY", Receipt.objects.get().number)))
        assert (refused.value.code, refused.value.facts["field"]) == ("number_taken", "receipt_number")
        assert not Visit.objects.exists()

    def test_sent_twice_it_is_written_once(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        key, said = uuid.uuid4(), told(cash=Cash(100, 0, "CNY", "R1"))
        first, again = write(stop, cast, said, key=key), write(stop, cast, said, key=key)
        assert first == again
        assert (Visit.objects.count(), Receipt.objects.count(), Record.objects.count()) == (1, 1, 1)
        with pytest.raises(Refusal, match="visited_already"):
            write(stop, cast, said)

    def test_two_who_send_it_at_once_write_it_once(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        key, start, answers = uuid.uuid4(), threading.Barrier(3), []

        def send(own: uuid.UUID, by: Any) -> None:
            start.wait(30)
            try:
                with clock.at(DOOR):
                    said = told(cash=Cash(100, 0, "CNY", f"R{own.hex[:6]}"))
                    answers.append(visits.record(Stop.objects.get(pk=stop.pk), said, key=own, by=by).key)
            except Refusal as refusal:
                answers.append(refusal.code)
            finally:
                connections.close_all()

        devices = [(key, cast.lin), (key, cast.lin), (uuid.uuid4(), cast.mei)]
        threads = [threading.Thread(target=send, args=device) for device in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        written = Visit.objects.get().key
        assert sorted(map(str, answers)) == sorted(
            [str(written)] * (2 if written == key else 1) + ["visited_already"] * (1 if written == key else 2)
        )
        assert (Receipt.objects.count(), Record.objects.count(), Attempt.objects.count()) == (1, 1, 1)

    def test_told_later_it_is_judged_by_the_instant_it_took_place(self, stop: Stop, cast: Cast) -> None:
        with clock.at("2026-11-24T23:00"):
            visit = write(stop, cast, told(at=dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC)))
        attempt = Attempt.objects.get()
        assert (attempt.answer, attempt.ahead, attempt.outcome) == ("allowed", False, "effective")
        assert (visit.on.isoformat(), attempt.at) == (MONDAY, visit.at)

    def test_a_device_clock_is_not_believed_before_the_round_set_out(self, stop: Stop, cast: Cast) -> None:
        visit = write(stop, cast, told(at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
        assert visit.at == Round.objects.get().started_at

    def test_a_signed_notice_begins_limitation_anew(self, cast: Cast) -> None:
        old = household(cast, "沈双郎")
        old.bill(4600, due="2024-06-03")
        row = plan(cast, old)
        in_2028 = dt.datetime(2028, 1, 10, 2, tzinfo=dt.UTC)
        with clock.at(f"{MONDAY}T09:00"):
            rounds.start(row, by=cast.lin)
        with clock.at(DOOR):
            assert ground_of(old.party, old.creditor, in_2028).barred
            visits.arrive(stop := row.stops.get(), by=cast.lin)
            write(stop, cast, told(signed=True), slips=[JPEG])
        assert not ground_of(old.party, old.creditor, in_2028).barred
        assert Attempt.objects.get().events.get().told == "signed"

    def test_without_its_slip_a_signature_proves_nothing(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        with pytest.raises(Refusal, match="wrong_slip"):
            write(stop, cast, told(signed=True))
        with pytest.raises(Refusal, match="file_kind"):
            write(stop, cast, told(signed=True), slips=[Upload("slip.txt", b"signed")])

    def test_the_database_keeps_a_visit_as_written(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        write(stop, cast, told(), photos=[PHOTO])
        for change in ("UPDATE outreach_visit SET principal = 1", "DELETE FROM outreach_visitfile"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)

    def test_a_round_ends_when_all_that_was_visited_is_written(self, stop: Stop, cast: Cast) -> None:
        visits.arrive(stop, by=cast.lin)
        with pytest.raises(Refusal, match="result_missing"):
            rounds.finish(stop.round, by=cast.lin)
        write(stop, cast, told())
        assert rounds.finish(stop.round, by=cast.lin).state == "finished"


HERE = Position(Decimal("33.52000"), Decimal("116.21000"), 10)
"""涡水镇."""


def picture(at: str = "2026:11:23 10:00:00", place: tuple[float, float] | None = (33.52, 116.21)) -> Upload:
    return Upload("door.jpg", jpeg(exif(original=at, offset="+08:00", place=place)))


class TestPictures:
    def kept(self, stop: Stop, cast: Cast, *photos: Upload, **more: Any) -> list[VisitFile]:
        visits.arrive(stop, by=cast.lin)
        visit = write(stop, cast, told(**{"position": HERE, **more}), photos=photos)
        return list(visit.files.order_by("id"))

    def test_a_picture_keeps_what_it_says_beside_its_hash_and_its_place_is_sealed(self, stop: Stop, cast: Cast) -> None:
        upload = picture()
        (kept,) = self.kept(stop, cast, upload)
        assert (kept.taken_at, kept.departs) == (dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC), [])
        assert (str(kept.taken_place), kept.sha256) == (
            "33.52000, 116.21000", hashlib.sha256(upload.content).hexdigest(),
        )  # fmt: skip
        stored = f"{kept.taken_place_stored}{kept.visit.position_stored}"
        assert kept.visit.position == HERE
        assert not [number for number in ("33.5", "116.2") if number in stored]

    def test_an_old_picture_and_one_from_elsewhere_are_flagged_and_not_refused(self, stop: Stop, cast: Cast) -> None:
        """visit.photo_hours, visit.photo_metres"""
        year_old, afar = picture("2025:11:23 10:00:00"), picture(place=(33.60, 116.21))
        both, fine = (
            picture("2026:11:23 07:59:00", (33.5250, 116.21)),
            picture("2026:11:23 08:00:00", (33.5244, 116.21)),
        )
        found = self.kept(stop, cast, year_old, afar, both, fine)
        assert [each.departs for each in found] == [["time"], ["place"], ["time", "place"], []]
        told_of = Entry.objects.get(event="visit recorded").facts
        assert (told_of["departing"], len(told_of["files"])) == (3, 4)

    def test_the_terms_say_how_far_is_too_far(self, stop: Stop, cast: Cast) -> None:
        approved(on="2026-11-01", from_on="2026-11-02", visit__photo_hours=24, visit__photo_metres=10_000)
        found = self.kept(stop, cast, picture("2026:11:22 11:00:00"), picture(place=(33.60, 116.21)))
        assert [each.departs for each in found] == [[], []]

    def test_what_the_phone_says_is_kept_beside_it_and_looked_at_too(self, stop: Stop, cast: Cast) -> None:
        there = Moment(
            dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), Position(Decimal("33.60000"), Decimal("116.21000"), 30)
        )
        (kept,) = self.kept(stop, cast, PHOTO, chosen={"photos": there})
        assert (kept.taken_at, kept.taken_place) == (None, None), "the picture itself says nothing"
        assert (kept.chosen_at, kept.chosen_place) == (there.at, there.place)
        assert kept.departs == ["time", "place"]
        assert "33.6" not in kept.chosen_place_stored

    def test_nothing_departs_from_what_nobody_told(self, stop: Stop, cast: Cast) -> None:
        (unsaid, elsewhere) = self.kept(stop, cast, PHOTO, picture(place=(40.0, 116.2)), position=None)
        assert (unsaid.departs, elsewhere.departs) == ([], [])

    def test_how_exactly_a_place_is_known_is_allowed_for_but_no_more_than_the_term(self) -> None:
        visit, near = Moment(None, HERE), Position(Decimal("33.52800"), Decimal("116.21000"))  # 890 m

        def departs(within: int) -> list[str]:
            there = Position(near.latitude, near.longitude, within)
            return rules.departures(visit, [Moment(None, there)], hours=2, metres=500)

        assert [departs(within) for within in (100, 400)] == [["place"], []]
        far = Position(Decimal("34.52000"), Decimal("116.21000"), 20_000_000)
        assert rules.departures(visit, [Moment(None, far)], hours=2, metres=500) == ["place"]

    def test_the_week_counts_visits_whose_pictures_depart(self, stop: Stop, cast: Cast) -> None:
        self.kept(stop, cast, picture("2025:11:23 10:00:00"), picture("2025:11:23 10:00:00"))
        line, whole = asked.report(Visit.objects.all(), dt.date.fromisoformat(MONDAY))
        assert (line.departing, whole.departing, line.households) == (1, 1, 1)


@given(
    st.decimals(-90, 90, places=5), st.decimals(-180, 180, places=5), st.none() | st.integers(0, 10**7)
)  # fmt: skip
def test_a_position_reads_as_it_was_written(latitude: Decimal, longitude: Decimal, within: int | None) -> None:
    where = Position(latitude, longitude, within)
    assert Position.read(str(where)) == where
    assert where.metres_to(where) == 0
    assert where.metres_to(Position(-latitude, longitude)) == pytest.approx(abs(float(latitude)) * 2 * 111_195, abs=300)


class TestReport:
    def test_the_week_by_area_and_person(self, stop: Stop, cast: Cast, fang: Customer) -> None:
        visits.arrive(stop, by=cast.lin)
        visit = write(
            stop, cast, told(signed=True, intention="年底还", cash=Cash(60_000, 50_000, "CNY", "1")), slips=[JPEG]
        )
        line, whole = asked.report(Visit.objects.all(), dt.date.fromisoformat(MONDAY))
        assert (line.area, line.person, line.households, line.signed, line.payers) == ("涡水镇", "林", 1, 1, 1)
        assert (line.principal, line.interest, line.intending) == (((60_000, "CNY"),), ((50_000, "CNY"),), 1)
        assert whole.households == 1
        assert asked.report(Visit.objects.all(), dt.date(2026, 11, 16)) == []
        receipts.reverse(visit.receipt, "数错了", _finance())  # type: ignore[arg-type]
        assert asked.report(Visit.objects.all(), dt.date.fromisoformat(MONDAY))[0].principal == ()


def _finance() -> Any:
    from liangqing.people.actions import staff
    from liangqing.people.models import Department

    return staff.join("qian", name="钱", department=Department.objects.get(code="risk"), duties=("finance",))


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_principal_and_interest_are_the_whole_of_the_cash(principal: int, interest: int) -> None:
    cash = Cash(principal, interest, "CNY", "1")
    whole = Money(principal, "CNY") + Money(interest, "CNY")
    assert cash.total == whole.amount
    assert Money(cash.total, "CNY") - Money(cash.interest, "CNY") == Money(cash.principal, "CNY")
    rules.check(told(cash=cash), slips=0)
    if cash.total:
        with pytest.raises(Refusal, match="wrong_met"):
            rules.check(told(met="nobody", cash=cash), slips=0)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_no_part_of_the_cash_is_below_zero(principal: int, interest: int) -> None:
    said = told(cash=Cash(principal, interest, "CNY", "1"))
    if min(principal, interest) < 0:
        with pytest.raises(Refusal, match="wrong_principal"):
            rules.check(said, slips=0)
    else:
        rules.check(said, slips=0)
