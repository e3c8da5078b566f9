"""Recording a contact: what is kept, what follows by the table, what is refused."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, connections

from liangqing.cases.actions import records
from liangqing.cases.models import Case, Promise, Record, Task
from liangqing.cases.queries import file
from liangqing.kit import clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Contact
from tests.cast import Cast, day, yuan


class Scene:
    """Customer 华信, a day late, whose case 林 has; a phone number and an address."""

    def __init__(self, night) -> None:
        self.cast, self.night = Cast(), night
        self.huaxin = self.cast.customer("华信")
        self.bill = self.huaxin.bill(800, due="2026-03-10")
        self.phone = self.contact("phone", "13800000001")
        self.home = self.contact("address", "朝阳路 1 号")
        night("2026-03-11")
        self.case = self.huaxin.live_case

    def contact(self, kind: str, value: str) -> Contact:
        return Contact.objects.create(
            party=self.huaxin.party, kind=kind, value_stored=sealing.seal(value), value_index=sealing.index(value)
        )

    def writes(self, result: str, *, on: str = "2026-03-11", **more) -> Record:
        how = {"channel": "phone", "reached": "self", "by": self.cast.lin, "contact": self.phone, **more}
        with clock.at(on):
            return records.record(self.case, result=result, **how)

    @property
    def next_on(self):
        return Case.objects.get(pk=self.case.pk).next_on


@pytest.fixture
def scene(night, prepared) -> Scene:
    return prepared(Scene, night)


class TestRecord:
    def test_a_record_keeps_who_whom_how_and_what(self, scene):
        written = scene.writes("refused", reason="dissatisfaction", attitude="provoker", note="说货有问题，不肯付")
        kept = Record.objects.get()
        assert (kept.by, kept.channel, kept.reached, kept.result) == (scene.cast.lin, "phone", "self", "refused")
        assert (kept.reason, kept.attitude, kept.note) == ("dissatisfaction", "provoker", "说货有问题，不肯付")
        assert (kept.contacted_on, kept.result_row, kept.says) == (day("2026-03-11"), "Z03", "refused")
        assert kept.address == "13800000001", "the number is kept as it was then"
        assert scene.huaxin.timeline()[-3:] == ["contact concluded", "contact verified", "task finished"]
        assert written.policy == kept.policy != ""

    def test_note_and_address_are_sealed_in_the_database(self, scene):
        scene.writes("call_back", contact=None, address="13900000009", note="周五再打")
        with connection.cursor() as cursor:
            cursor.execute("SELECT note_stored, address_stored FROM cases_record")
            assert all(text.startswith(sealing.MARK) for text in cursor.fetchone())

    @pytest.mark.parametrize(
        "statement", ["UPDATE cases_record SET result = 'paid_already'", "DELETE FROM cases_record"]
    )
    def test_the_database_refuses_to_change_or_delete_a_record(self, scene, statement):
        scene.writes("call_back")
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_a_result_finishes_todays_task_and_sets_the_next_day_of_the_table(self, scene):
        scene.writes("no_answer", reached="nobody")
        assert (scene.huaxin.task, Task.objects.get().state) == (None, "done")
        assert scene.next_on == day("2026-03-12")

    def test_an_engaged_line_leaves_the_task_for_another_try_today(self, scene):
        scene.writes("busy", reached="nobody")
        assert (scene.huaxin.action, scene.next_on) == ("ask_and_remind", None)

    def test_the_collectors_own_day_goes_before_the_tables(self, scene):
        scene.writes("call_back", next_on=day("2026-03-20"))
        assert scene.next_on == day("2026-03-20")

    def test_a_number_that_answered_is_valid_and_a_wrong_number_marks_the_contact_invalid(self, scene):
        scene.writes("call_back")
        scene.phone.refresh_from_db()
        assert (scene.phone.validity, scene.phone.verified_on) == ("valid", day("2026-03-11"))
        scene.writes("wrong_number", on="2026-03-12", reached="other")
        scene.phone.refresh_from_db()
        assert (scene.phone.validity, scene.phone.verified_on) == ("invalid", day("2026-03-12"))
        assert Record.objects.latest("id").says == "unchanged", "there is still the address"

    def test_when_no_way_is_left_a_new_contact_must_be_found(self, scene):
        scene.writes("wrong_number", reached="other")
        scene.writes("not_found", channel="visit", reached="nobody", contact=scene.home)
        scene.night("2026-03-12")
        assert (scene.huaxin.action, scene.huaxin.task.action_row) == ("find_contact", "A25")

    def test_a_promise_is_recorded_with_the_contact_that_brought_it(self, scene):
        written = scene.writes("promised", promise=(yuan(500), day("2026-03-20")))
        promise = Promise.objects.get()
        assert (promise.amount, promise.due_on, promise.by) == (50_000, day("2026-03-20"), scene.cast.lin)
        assert written.promise == promise
        told = scene.huaxin.timeline()
        assert [each for each in told if each.startswith(("promise", "contact rec", "contact ver"))][-3:] == [
            "promise recorded",
            "contact recorded",
            "contact verified",
        ]

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"channel": "pigeon"}, "unknown_choice", "channel"),
            ({"result": "forgiven"}, "unknown_choice", "result"),
            ({"reached": "dog"}, "unknown_choice", "reached"),
            ({"reason": "weather"}, "unknown_choice", "reason"),
            ({"attitude": "nice"}, "unknown_choice", "attitude"),
            ({"reached": "nobody"}, "nobody_said_it", "reached"),
            ({"next_on": "2026-03-10"}, "next_day_out_of_range", "next_on"),
            ({"next_on": "2026-05-11"}, "next_day_out_of_range", "next_on"),
            ({"result": "promised"}, "promise_missing", "promise"),
            ({"promise": (5, "2026-03-20")}, "promise_out_of_place", "result"),
            ({"result": "promised", "promise": (0, "2026-03-20")}, "promise_of_nothing", "promise"),
            ({"result": "promised", "promise": (5, "2026-03-10")}, "promise_in_the_past", "promise"),
            ({"note": "长" * 4001}, "note_too_long", "note"),
        ],
    )
    def test_what_is_wrong_is_refused_with_its_field_and_nothing_is_kept(self, scene, change, code, field):
        if "next_on" in change:
            change = {**change, "next_on": day(change["next_on"])}
        if "promise" in change:
            change = {**change, "promise": (yuan(change["promise"][0]), day(change["promise"][1]))}
        with pytest.raises(Refusal) as refused:
            scene.writes(**{"result": "call_back", **change})
        assert (refused.value.code, refused.value.status, refused.value.facts["field"]) == (code, 422, field)
        assert refused.value.sentence
        assert not Record.objects.exists()
        assert not Promise.objects.exists()

    def test_another_customers_contact_is_refused(self, scene):
        other = scene.cast.customer("大河")
        theirs = Contact.objects.create(party=other.party, kind="phone", value_stored="1", value_index=b"1")
        with pytest.raises(Refusal) as refused:
            scene.writes("call_back", contact=theirs)
        assert refused.value.code == "contact_of_another"

    def test_a_closed_case_takes_a_record_but_no_next_day(self, scene):
        scene.huaxin.pays(800, on="2026-03-12", bill=scene.bill)
        scene.night("2026-03-12")
        scene.writes("paid_already", on="2026-03-12")
        assert scene.next_on is None
        with pytest.raises(Refusal) as refused:
            scene.writes("call_back", on="2026-03-12", next_on=day("2026-03-13"))
        assert (refused.value.code, refused.value.status) == ("case_closed", 409)


class TestTwoAtOnce:
    def test_who_did_not_know_of_another_record_is_told_and_both_are_kept(self, scene):
        first = scene.writes("call_back")
        theirs = scene.writes("no_answer", reached="nobody", by=scene.cast.mei, seen=first.pk)
        mine = scene.writes("refused", seen=first.pk)
        assert file.meanwhile(mine) == [theirs]
        assert file.meanwhile(theirs) == []
        assert Record.objects.count() == 3

    def test_two_people_writing_at_the_same_moment_lose_nothing(self, scene):
        def write(person) -> None:
            try:
                scene.writes("call_back", by=person)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=write, args=(who,)) for who in (scene.cast.lin, scene.cast.mei)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(Record.objects.values_list("by__username", flat=True)) == ["lin", "mei"]
        assert scene.huaxin.timeline().count("task finished") == 1


class TestCorrections:
    def test_a_correction_is_a_new_record_that_points_to_the_old_one(self, scene):
        old = scene.writes("refused")
        new = scene.writes("cannot_pay", corrects=old)
        assert (new.corrects, Record.objects.get(pk=old.pk).corrected_by) == (old, new)
        scene.night("2026-03-14")
        assert scene.huaxin.action == "negotiate", "the night hears the correction only"

    def test_a_record_is_corrected_once(self, scene):
        old = scene.writes("refused")
        scene.writes("cannot_pay", corrects=old)
        with pytest.raises(Refusal) as refused:
            scene.writes("call_back", corrects=old)
        assert (refused.value.code, refused.value.status) == ("corrected_already", 409)

    def test_a_promise_that_was_none_is_withdrawn_by_the_correction(self, scene):
        old = scene.writes("promised", promise=(yuan(500), day("2026-03-20")))
        scene.writes("call_back", corrects=old)
        assert Promise.objects.get().state == "replaced"
        assert "promise withdrawn" in scene.huaxin.timeline()

    def test_a_correction_of_an_older_record_changes_neither_next_day_nor_task(self, scene):
        old = scene.writes("no_answer", reached="nobody")
        scene.night("2026-03-12")
        new = scene.writes("call_back", on="2026-03-12", corrects=old)
        assert new.contacted_on == day("2026-03-11")
        assert (scene.next_on, scene.huaxin.action) == (day("2026-03-12"), "ask_and_remind")


class TestWhatTheNightHears:
    @pytest.mark.parametrize(
        ("result", "action"),
        [
            ("dispute_claimed", "handle_dispute"),
            ("complaint", "handle_complaint"),
            ("paid_already", "trace_payment"),
            ("deceased", "special_path"),
        ],
    )
    def test_the_result_asks_for_what_has_to_follow(self, scene, result, action):
        scene.writes(result)
        scene.night("2026-03-12")
        assert scene.huaxin.action == action

    def test_a_dispute_speaks_over_the_promise_given_before_it(self, scene):
        scene.writes("promised", promise=(yuan(800), day("2026-03-12")))
        scene.writes("dispute_claimed")
        scene.night("2026-03-14")
        assert Promise.objects.get().state == "broken"
        assert scene.huaxin.action == "handle_dispute", "nobody is asked why a disputed bill was not paid"

    def test_a_promise_given_after_a_dispute_speaks_instead(self, scene):
        scene.writes("dispute_claimed")
        scene.writes("promised", on="2026-03-12", promise=(yuan(800), day("2026-03-13")))
        assert scene.night("2026-03-13").counts["skipped"] == {"promise_open": 1}

    def test_what_is_settled_returns_to_the_ordinary_way(self, scene):
        scene.writes("dispute_claimed")
        scene.writes("settled_doubt", on="2026-03-12", reached="nobody", contact=None)
        scene.night("2026-03-13")
        assert scene.huaxin.action == "ask_and_remind"

    def test_a_claim_of_payment_is_forgotten_after_two_weeks(self, scene):
        scene.writes("paid_already")
        scene.night("2026-03-24")
        assert scene.huaxin.action == "trace_payment"
        scene.night("2026-03-25")
        assert scene.huaxin.action == "ask_and_remind"

    def test_no_task_comes_before_the_agreed_day_and_then_it_comes_with_its_reason(self, scene):
        scene.writes("call_back", next_on=day("2026-03-14"))
        assert scene.night("2026-03-13").counts["skipped"] == {"next_date": 1}
        assert scene.huaxin.task is None
        scene.night("2026-03-14")
        assert (scene.huaxin.action, "N1" in scene.huaxin.task.reasons) == ("ask_and_remind", True)

    def test_a_promise_broken_tonight_does_not_wait_for_the_agreed_day(self, scene):
        scene.writes("promised", promise=(yuan(800), day("2026-03-12")), next_on=day("2026-03-30"))
        scene.night("2026-03-13")
        assert scene.next_on == day("2026-03-30")
        scene.night("2026-03-14")
        assert (scene.huaxin.action, scene.next_on) == ("ask_why", None)
        scene.writes("call_back", on="2026-03-14", next_on=day("2026-03-17"))
        assert scene.night("2026-03-15").counts["skipped"] == {"next_date": 1}, "a day agreed after it holds"

    def test_a_level_that_got_worse_does_not_wait_and_stays_on_the_list(self, scene):
        scene.huaxin.bill(900, due="2026-02-10")
        scene.writes("call_back", on="2026-03-11", next_on=day("2026-03-20"))
        scene.night("2026-03-12")
        assert scene.huaxin.task is None, "thirty days late"
        scene.night("2026-03-13")
        assert (scene.huaxin.level, scene.huaxin.action) == ("moderate", "call")
        scene.night("2026-03-14")
        assert scene.huaxin.action == "call"
