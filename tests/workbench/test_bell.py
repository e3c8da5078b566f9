"""The bell: what concerns one person, and nobody else's business."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liangqing.cases.actions import assign
from liangqing.cases.models import Case, Promise
from liangqing.kit import clock
from liangqing.nightly.models import Run
from liangqing.people.models import User
from liangqing.warning.models import Alert
from liangqing.workbench import bell

NOON = "2026-06-30T12:00:00"


@pytest.fixture
def lin(house_of_people):
    return house_of_people.user("lin")


def looked(person: User, at: str = NOON) -> User:
    """The person looked at the bell then."""
    with clock.at(at):
        bell.look(person, clock.now())
    return User.objects.get(pk=person.pk)


def test_cases_the_night_opened_for_one_are_told_once(lin):
    own = set(Case.objects.filter(owner=lin, stage="open").values_list("pk", flat=True))
    with clock.at(NOON):
        assert own and {case.pk for case in bell.waiting(lin).cases} == own
    assert bell.waiting(looked(lin)).cases == []


def test_a_case_given_to_one_by_a_colleague_is_told(house_of_people, lin):
    lin, chen, xu = looked(lin), house_of_people.user("chen"), house_of_people.user("xu")
    case = Case.objects.filter(owner=chen, stage="open").first()
    with clock.at("2026-06-30T14:00:00"):
        assign.assign([case], lin, by=xu, reason="holiday")
        assert [each.pk for each in bell.waiting(lin).cases] == [case.pk]
        assert case.pk not in {each.pk for each in bell.waiting(chen).cases}


def test_a_case_one_took_oneself_is_no_news(house_of_people):
    xu = looked(house_of_people.user("xu"))
    case = Case.objects.filter(owner__username="chen", stage="open").first()
    with clock.at("2026-06-30T14:00:00"):
        assign.assign([case], xu, by=xu, reason="holiday")
        assert bell.waiting(xu).cases == []


def test_a_promise_broken_last_night_is_told_to_who_has_the_case(house_of_people, lin):
    lin, chen = looked(lin), looked(house_of_people.user("chen"))
    night = dt.date(2026, 7, 8)
    promise = Promise.objects.filter(case__owner=lin).first()
    Promise.objects.filter(pk=promise.pk).update(state="broken", judged_on=night)
    with clock.at("2026-07-08T02:30:00"):
        Run.objects.create(date=night, status="done", policy="x", started_at=clock.now(), finished_at=clock.now())
    with clock.at("2026-07-08"):
        assert [each.pk for each in bell.waiting(lin).broken] == [promise.pk]
        assert bell.count(lin) == bell.count(chen) + 1 == 1
        assert bell.waiting(looked(lin, "2026-07-08T09:00:00")).broken == []


def test_a_warning_waits_until_somebody_acknowledges_it(house_of_people):
    alert = Alert.objects.first()
    person = looked(User.objects.get(pk=alert.recipients[0]))
    before = bell.waiting(person).alerts
    assert alert.pk in {each.pk for each in before}
    Alert.objects.filter(pk=alert.pk).update(acknowledged_at=clock.now(), acknowledged_by=person)
    assert len(bell.waiting(person).alerts) == len(before) - 1


def test_an_import_one_started_is_told_to_oneself_only(house_of_people):
    qian = house_of_people.user("qian")
    assert {entry.event for entry in bell.waiting(qian).finished} == {"file imported"}
    assert bell.waiting(house_of_people.user("admin")).finished == []
    assert bell.waiting(looked(qian)).finished == []


def test_the_count_is_what_the_page_shows(house_of_people, client_of):
    for username in ("lin", "xu", "qian", "gao", "admin", "luo"):
        person = house_of_people.user(username)
        assert bell.count(person) == len(bell.waiting(person))
        assert client_of(username).get("/bell/").status_code == 200


@pytest.mark.parametrize("username", ["lin", "xu", "qian", "gao", "luo", "admin"])
def test_counting_takes_three_queries_at_most(house_of_people, username):
    person = house_of_people.user(username)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        bell.count(person)
    assert len(asked) <= 3


def test_counting_stops_at_ninety_nine(house_of_people, lin):
    alert = Alert.objects.first()
    Alert.objects.bulk_create(
        Alert(
            party=alert.party, creditor=alert.creditor, currency="CNY", level="mild", row="x", policy="x", amount=1,
            raised_on=dt.date(2026, 1, 1) + dt.timedelta(days=day), days_late=1, recipients=[lin.pk],
        )
        for day in range(120)
    )  # fmt: skip
    assert bell.count(lin) == "99+"


def test_seen_is_remembered_and_the_bell_falls_silent(client_of, lin, house_of_people):
    client = client_of("lin", "en")
    assert "Cases that became mine" in client.get("/bell/").content.decode()
    assert client.post("/bell/", {"until": clock.now().isoformat()}).status_code == 302
    assert User.objects.get(pk=lin.pk).bell_seen_at is not None
    assert "Cases that became mine" not in client.get("/bell/").content.decode()


def test_what_came_after_the_page_was_drawn_is_not_lost(client_of, lin, house_of_people):
    early = dt.datetime(2026, 6, 29, 23, tzinfo=clock.zone())
    client_of("lin").post("/bell/", {"until": early.isoformat()})
    assert User.objects.get(pk=lin.pk).bell_seen_at == early
    assert bell.waiting(User.objects.get(pk=lin.pk)).cases


def test_nobody_sees_ahead_or_forgets(lin):
    bell.look(lin, clock.now() + dt.timedelta(days=9))
    seen = User.objects.get(pk=lin.pk).bell_seen_at
    assert seen <= clock.now()
    bell.look(lin, seen - dt.timedelta(days=1))
    assert User.objects.get(pk=lin.pk).bell_seen_at == seen


@pytest.mark.parametrize("until", ["", "yesterday", "2026-13-01"])
def test_a_moment_that_is_none_is_refused(client_of, lin, until):
    assert client_of("lin").post("/bell/", {"until": until}).status_code == 422
    assert User.objects.get(pk=lin.pk).bell_seen_at is None
