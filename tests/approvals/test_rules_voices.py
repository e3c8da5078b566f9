"""Who may speak: pure, with people made by hand, and over random institutions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangqing.approvals.rules import voices
from liangqing.approvals.rules.route import Step, steps
from liangqing.approvals.rules.voices import Person, Question, Roster, Voice
from liangqing.kit.refusal import Refusal

LIN, CHEN, GAO, GAO2, SHEN, SU = 1, 2, 3, 4, 5, 6
COLLECTION, RISK, MANAGEMENT = 10, 20, 30
PEOPLE = {
    person.id: person
    for person in (
        Person(LIN, "lin", frozenset(("collect",)), department=COLLECTION),
        Person(CHEN, "chen", frozenset(("head",)), department=COLLECTION),
        Person(GAO, "gao", frozenset(("head", "risk")), department=RISK),
        Person(GAO2, "gao2", frozenset(("risk",)), department=RISK),
        Person(SHEN, "shen", frozenset(("head", "manage")), "总经理", MANAGEMENT),
        Person(SU, "su", frozenset(("manage",)), department=MANAGEMENT),
    )
}
HEADS = {COLLECTION: CHEN, RISK: GAO, MANAGEMENT: SHEN}
EVERYBODY = Roster(PEOPLE, HEADS)


def without(*gone: int) -> Roster:
    return replace(EVERYBODY, people={pk: person for pk, person in PEOPLE.items() if pk not in gone})


def ask(route: str, *, by: int = LIN, department: int | None = COLLECTION, **more: Any) -> Question:
    return Question(steps(route), by, department, **more)


def refused(question: Question, person: int, roster: Roster = EVERYBODY) -> str:
    with pytest.raises(Refusal) as no:
        voices.speak(question, person, roster)
    assert no.value.status == 403
    return no.value.code


@pytest.mark.parametrize(
    ("route", "people"),
    [
        ("head", {CHEN}),
        ("duty:risk", {GAO, GAO2}),
        ("2 of duty:risk", {GAO, GAO2}),
        ("position:总经理", {SHEN}),
        ("user:su", {SU}),
    ],
)
def test_a_step_asks_whom_it_names(route, people):
    assert voices.asked(ask(route), EVERYBODY) == people


class TestUpwards:
    def test_a_head_who_requests_is_passed_over_to_the_management(self):
        assert voices.asked(ask("head", by=CHEN), EVERYBODY) == {SHEN, SU}

    def test_somebody_named_who_requests_is_passed_over_to_the_head(self):
        assert voices.asked(ask("user:lin"), EVERYBODY) == {CHEN}

    def test_a_department_without_a_head_asks_the_management(self):
        assert voices.asked(ask("head"), replace(EVERYBODY, heads={})) == {SHEN, SU}
        assert voices.asked(ask("head", department=None), EVERYBODY) == {SHEN, SU}

    def test_a_head_who_left_is_passed_over(self):
        assert voices.asked(ask("head"), without(CHEN)) == {SHEN, SU}

    def test_who_was_heard_before_is_passed_over(self):
        heard = ask("user:gao2 > 2 of duty:risk", voices=(Voice(0, GAO2),))
        assert voices.asked(heard, EVERYBODY) == {GAO, SHEN, SU}, "gao and one of the management"

    def test_nobody_higher_is_asked_while_there_are_enough(self):
        assert voices.asked(ask("duty:risk", by=GAO), EVERYBODY) == {GAO2}

    def test_an_escalated_step_asks_the_next_higher_besides(self):
        assert voices.asked(ask("duty:risk", escalated=True), without(GAO)) == {GAO2, SHEN, SU}
        assert voices.asked(ask("user:gao2", escalated=True), EVERYBODY) == {GAO2, GAO}

    def test_only_the_step_that_waits_is_escalated(self):
        waited = ask("head > user:gao2", escalated=True)
        assert voices.asked(waited, EVERYBODY) == {CHEN, SHEN, SU}
        assert voices.asked(waited, EVERYBODY, 1) == {GAO2}
        assert voices.asked(waited.with_voice(Voice(0, CHEN)), EVERYBODY) == {GAO2}


class TestSpeaking:
    def test_the_requester_never_speaks(self):
        assert refused(ask("duty:risk", by=GAO), GAO) == "own_request"

    def test_whoever_stands_in_for_the_requester_does_not_speak_for_them(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((GAO, LIN),)))
        assert refused(ask("duty:risk", by=GAO), LIN, away) == "own_request"

    def test_the_requester_does_not_speak_standing_in_for_somebody(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((CHEN, LIN),)))
        assert refused(ask("head", by=LIN), LIN, away) == "own_request"

    def test_a_stand_in_speaks_for_whoever_is_asked(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((CHEN, GAO),)))
        assert voices.speak(ask("head"), GAO, away) == Voice(0, GAO, CHEN)

    def test_whoever_is_asked_speaks_for_themselves_first(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((GAO, GAO2),)))
        assert voices.speak(ask("duty:risk"), GAO2, away) == Voice(0, GAO2)

    def test_nobody_stands_in_for_a_stand_in(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((CHEN, GAO), (GAO, GAO2))))
        assert refused(ask("head"), GAO2, away) == "not_asked"

    def test_principal_and_stand_in_count_once(self):
        away = replace(EVERYBODY, stand_ins=frozenset(((SHEN, GAO),)))
        heard = ask("2 of duty:manage").with_voice(Voice(0, GAO, SHEN))
        assert refused(heard, SHEN, away) == "voted_already"
        assert refused(heard, GAO, away) == "voted_already"
        assert voices.speak(heard, SU, away) == Voice(0, SU)
        spoke = ask("2 of duty:manage").with_voice(Voice(0, SHEN))
        assert refused(spoke, GAO, away) == "voted_already"

    def test_who_is_not_asked_does_not_speak(self):
        assert refused(ask("head > duty:risk"), GAO) == "not_asked"
        assert refused(ask("head"), 99) == "not_asked"


class TestNeededLater:
    def test_who_alone_can_fill_a_later_step_leaves_this_one_to_others(self):
        small = without(SHEN, SU)
        question = ask("duty:risk > user:gao")
        assert voices.asked(question, small) == {GAO2}
        assert refused(question, GAO, small) == "needed_later"

    def test_while_somebody_higher_could_fill_it_nobody_is_kept_back(self):
        assert voices.asked(ask("duty:risk > user:gao"), EVERYBODY) == {GAO, GAO2}

    def test_a_request_nobody_could_fill_is_known(self):
        assert voices.unfillable(ask("head > duty:manage"), without(SHEN, SU)) == 1
        assert voices.unfillable(ask("3 of duty:manage", by=LIN), without(GAO)) == 0
        assert voices.unfillable(ask("head > duty:manage", by=SHEN, department=MANAGEMENT), without(CHEN)) == 1
        assert voices.unfillable(ask("head > duty:risk > duty:manage"), EVERYBODY) is None


# any institution, any route, any order of voices -----------------------------------------------------------------------

USERNAMES = [f"u{number}" for number in range(1, 8)]


@st.composite
def institutions(draw: st.DrawFn) -> Roster:
    duties = st.frozensets(st.sampled_from(("risk", "manage", "legal")), max_size=2)
    some = draw(st.integers(2, 7))
    people = {
        pk: Person(
            pk,
            f"u{pk}",
            draw(duties),
            draw(st.sampled_from(("", "cfo"))),
            draw(st.sampled_from((None, 1, 2, 3))),
        )
        for pk in range(1, some + 1)
    }
    heads = draw(st.dictionaries(st.integers(1, 3), st.integers(1, some)))
    pair = st.tuples(st.integers(1, some), st.integers(1, some)).filter(lambda two: two[0] != two[1])
    return Roster(people, heads, draw(st.frozensets(pair, max_size=6)))


STEPS = st.one_of(
    st.just(Step("head")),
    st.builds(Step, st.just("duty"), st.sampled_from(("risk", "manage", "legal")), st.integers(1, 3)),
    st.builds(Step, st.just("position"), st.just("cfo"), st.integers(1, 2)),
    st.builds(Step, st.just("user"), st.sampled_from(USERNAMES)),
)


@settings(max_examples=400, deadline=None)
@given(
    institutions(),
    st.lists(STEPS, min_size=1, max_size=4).map(tuple),
    st.sampled_from((None, 1, 2, 3)),
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=40),
)
def test_nobody_is_heard_twice_nor_on_their_own_request_and_it_ends_when_all_steps_are_filled(
    roster: Roster, route: tuple[Step, ...], department: int | None, tries: list[tuple[int, bool]]
) -> None:
    requester = 1
    question = Question(route, requester, department)
    ended = 0
    for person, escalates in tries:
        question = replace(question, escalated=question.escalated or escalates)
        before = question.place
        try:
            voice = voices.speak(question, person, roster)
        except Refusal:
            continue
        assert before is not None, "nobody speaks once all steps are filled"
        assert voice.step == before
        assert voice.principal is None or (voice.principal, person) in roster.stand_ins
        question = question.with_voice(voice)
        ended += question.place is None
    counted = Counter(person for voice in question.voices for person in voice.people)
    assert all(times == 1 for times in counted.values())
    assert requester not in counted
    filled = all(
        sum(voice.step == place for voice in question.voices) == step.needed for place, step in enumerate(route)
    )
    assert ended == (1 if filled else 0)
    assert filled == (question.place is None)


@settings(max_examples=400, deadline=None)
@given(institutions(), st.lists(STEPS, min_size=1, max_size=4).map(tuple), st.sampled_from((None, 1, 2, 3)), st.data())
def test_what_can_be_filled_is_never_stuck_whoever_of_those_asked_speaks_first(
    roster: Roster, route: tuple[Step, ...], department: int | None, data: st.DataObject
) -> None:
    question = Question(route, 1, department)
    if voices.unfillable(question, roster) is not None:
        return
    while question.place is not None:
        asked = voices.asked(question, roster)
        assert asked, f"nobody is asked at {question.place}"
        person = data.draw(st.sampled_from(sorted(asked)))
        question = question.with_voice(voices.speak(question, person, roster))
