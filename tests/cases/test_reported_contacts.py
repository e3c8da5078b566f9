"""Contacts that happened and are told afterwards: judged by their own instant and line, and told where they broke a rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from liangqing import policy
from liangqing.cases.actions import records
from liangqing.cases.models import Case, Record
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.models import Attempt, Line, Provider, Source
from liangqing.outreach.queries import lines
from liangqing.outreach.queries.facts import Wish
from liangqing.oversight.queries import evidence
from liangqing.parties.actions import contacts, restraints
from liangqing.parties.models import Restraint
from liangqing.people.models import Certificate
from liangqing.trail.models import Entry
from tests.cast import Cast
from tests.policy.drafts import approved

TODAY = "2026-11-24T15:00:00+08:00"
LINE = "021-52345678"


class Scene:
    """张 of 林, with a case; the institution has one registered line."""

    def __init__(self, night: Any) -> None:
        self.cast = Cast()
        Certificate.objects.create(user=self.cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
        self.zhang = self.cast.customer("张伟")
        self.zhang.party.kind = "person"
        self.zhang.party.country = "CN"
        self.zhang.party.save(update_fields=["kind", "country"])
        self.zhang.bill(800, due="2026-10-10")
        night("2026-11-23")
        with clock.at("2026-11-23T08:00:00+08:00"):
            self.phone = contacts.add(
                self.zhang.party, kind="phone", value="13812345678", role="self", by=self.cast.lin
            )
        Line.objects.create(channel="phone", value=LINE)
        self.case: Case = self.zhang.live_case

    def reports(self, at: str | None = "2026-11-24T10:00:00+08:00", *, on: str = TODAY, **more: Any) -> Record:
        how = {"channel": "phone", "reached": "self", "result": "refused", "by": self.cast.lin, **more}
        with clock.at(on):
            given = dt.datetime.fromisoformat(at) if at else None
            return records.record(self.case, contact=self.phone, at=given, **how)


@pytest.fixture
def scene(night: Any, prepared: Any) -> Scene:
    return prepared(Scene, night)


def the_attempt() -> Attempt:
    return Attempt.objects.get()


def violations() -> list[list[str]]:
    return [entry.facts["rules"] for entry in Entry.objects.filter(event="contact against the rules").order_by("id")]


def test_a_call_from_an_unregistered_mobile_is_a_violation_and_counts(scene: Scene) -> None:
    scene.reports(line="13700000000", source=Source.AGENCY)
    attempt = the_attempt()
    assert (attempt.answer, attempt.rules, attempt.ahead) == ("refused", ["condition:B6"], False)
    assert (attempt.source, attempt.line, attempt.outcome) == ("agency", "13700000000", "effective")
    assert violations() == [["condition:B6"]]
    assert Record.objects.count() == 1, "what happened is on record all the same"


@pytest.mark.parametrize("line", [LINE, "+86 21 5234 5678", "02152345678", ""])
def test_a_registered_line_however_it_is_written_and_one_that_is_not_said_are_none(scene: Scene, line: str) -> None:
    scene.reports(line=line)
    assert (the_attempt().answer, violations()) == ("allowed", [])


def test_it_is_judged_by_the_instant_it_happened_at(scene: Scene) -> None:
    scene.reports("2026-11-23T23:10:00+08:00")
    attempt = the_attempt()
    assert attempt.at == dt.datetime.fromisoformat("2026-11-23T23:10:00+08:00") and attempt.answer == "refused"
    assert len(violations()) == 1
    assert Record.objects.get().contacted_on == dt.date(2026, 11, 23)


def test_what_is_still_to_come_is_not_written_down(scene: Scene) -> None:
    with pytest.raises(Refusal) as no:
        scene.reports("2026-11-24T15:00:01+08:00")
    assert (no.value.code, no.value.status) == ("contact_to_come", 422)
    assert not Record.objects.exists() and not Attempt.objects.exists()


def asked(scene: Scene, at: str, line: str = LINE) -> Attempt:
    with clock.at(at):
        wish = Wish(
            scene.zhang.party, "phone", "demand", scene.zhang.creditor, scene.phone, by=scene.cast.lin,
            case=scene.case.number, line=line,
        )  # fmt: skip
        return guard.ask(wish)


def test_a_record_written_later_belongs_to_the_call_that_was_asked_for(scene: Scene) -> None:
    attempt = asked(scene, "2026-11-24T10:00:00+08:00")
    scene.reports("2026-11-24T09:58:00+08:00")
    assert (the_attempt(), the_attempt().outcome) == (attempt, "effective")


def test_a_call_from_another_line_is_not_the_one_that_was_asked_for(scene: Scene) -> None:
    asked(scene, "2026-11-24T10:00:00+08:00")
    scene.reports("2026-11-24T10:01:00+08:00", line="13700000000")
    assert [attempt.outcome for attempt in Attempt.objects.order_by("id")] == ["open", "effective"]
    assert len(violations()) == 1


@pytest.mark.parametrize(("hours", "attempts"), [(12, 1), (3, 2)])
def test_a_record_after_the_term_is_judged_by_itself(scene: Scene, hours: int, attempts: int) -> None:
    """contact.open_hours"""
    if hours != 12:
        approved(on="2026-11-22", from_on="2026-11-23", contact__open_hours=hours)
    asked(scene, "2026-11-24T10:00:00+08:00")
    scene.reports(None)
    assert Attempt.objects.count() == attempts


def test_what_was_said_before_a_later_contact_does_not_set_the_next_day_back(scene: Scene) -> None:
    scene.reports(None, result="call_back", next_on=dt.date(2026, 11, 30))
    scene.reports("2026-11-23T11:00:00+08:00", result="no_answer", reached="nobody")
    assert Case.objects.get(pk=scene.case.pk).next_on == dt.date(2026, 11, 30)


class TestHeldForALine:
    """B6: record uploaded from an unregistered mobile → violation, case held, until a supervisor has looked at it."""

    @pytest.fixture
    def held(self, scene: Scene) -> Restraint:
        scene.reports(line="13700000000", source=Source.AGENCY)
        return Restraint.objects.get(kind="line")

    def asks(self, scene: Scene, content: str = "demand", at: str = "2026-11-24T16:00:00+08:00") -> list[str]:
        wish = Wish(
            scene.zhang.party, "phone", content, scene.zhang.creditor, scene.phone, by=scene.cast.lin, line=LINE
        )
        with clock.at(at):
            return list(guard.look(wish).rules)

    def test_ordinary_contact_stops_and_what_the_law_asks_for_goes_on(self, scene: Scene, held: Restraint) -> None:
        assert (held.party, held.creditor, held.by) == (scene.zhang.party, scene.zhang.creditor, scene.cast.lin)
        assert held.reason.startswith(f"{the_attempt().number} · 13700000000 · ")
        assert "13700000000" not in held.reason_stored
        assert {content: self.asks(scene, content) for content in ("demand", "reminder", "notice", "reply")} == {
            "demand": ["restraint:LINE"], "reminder": ["restraint:LINE"], "notice": [], "reply": [],
        }  # fmt: skip

    def test_a_supervisor_lifts_it_with_a_reason_and_the_trail_has_both(self, scene: Scene, held: Restraint) -> None:
        with clock.at(TODAY):
            with pytest.raises(Refusal, match="restraint_reason"):
                restraints.lift(held, reason=" ", by=scene.cast.zhao)
            restraints.lift(held, reason="机构已补登记，已约谈", by=scene.cast.zhao)
        assert self.asks(scene) == []
        told = Entry.objects.filter(thing_id=held.pk, event__in=("restraint placed", "restraint lifted"))
        assert [(each.event, each.actor_id, each.facts["kind"]) for each in told.order_by("id")] == [
            ("restraint placed", scene.cast.lin.pk, "line"),
            ("restraint lifted", scene.cast.zhao.pk, "line"),
        ]

    def test_a_collector_does_not_lift_it(self, scene: Scene, held: Restraint) -> None:
        with clock.at(TODAY), pytest.raises(Refusal, match="not_allowed"):
            restraints.lift(held, reason="没事", by=scene.cast.mei)
        assert not Restraint.objects.filter(lifted_at__isnull=False).exists()

    def test_a_supervisor_lifts_nothing_that_a_contact_of_his_own_holds_back(self, scene: Scene) -> None:
        scene.reports(line="13700000000", by=scene.cast.zhao)
        with clock.at(TODAY), pytest.raises(Refusal, match="own_contact"):
            restraints.lift(Restraint.objects.get(), reason="没事", by=scene.cast.zhao)

    def test_the_second_such_record_holds_nothing_twice_and_after_lifting_it_does_again(
        self, scene: Scene, held: Restraint
    ) -> None:
        scene.reports("2026-11-24T11:00:00+08:00", line="13700000001", source=Source.AGENCY)
        assert len(violations()) == 2
        assert Restraint.objects.count() == 1
        with clock.at(TODAY):
            restraints.lift(held, reason="已约谈", by=scene.cast.zhao)
        scene.reports("2026-11-24T12:00:00+08:00", line="13700000001", source=Source.AGENCY)
        assert Restraint.objects.filter(kind="line", lifted_at=None).count() == 1

    def test_another_violation_and_a_line_that_was_refused_beforehand_hold_nothing(self, scene: Scene) -> None:
        scene.reports("2026-11-23T23:10:00+08:00", line=LINE)
        assert asked(scene, "2026-11-24T10:00:00+08:00", line="13700000000").rules == ["condition:B6"]
        assert len(violations()) == 1
        assert not Restraint.objects.exists()


def test_a_channel_in_use_without_a_registered_line_is_told(scene: Scene) -> None:
    assert lines.unregistered() == []
    Line.objects.update(active=False)
    assert lines.unregistered() == ["phone"]
    undone = evidence.OPEN["channels_without_lines"](policy.in_force(dt.date(2026, 11, 24)), dt.date(2026, 11, 24))
    assert undone == 1
    Provider.objects.create(name="短信", channel="sms", kind="http_sms", order=1)
    assert lines.unregistered() == ["phone", "sms"]
