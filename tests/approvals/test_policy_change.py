"""A change of the policy goes through named persons: in force at the last yes, a draft again at any no."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from liangqing import policy
from liangqing.approvals import policy_change
from liangqing.approvals.actions import requests, votes
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import Department, User
from liangqing.policy.actions import versions
from liangqing.policy.models import Version
from liangqing.trail.models import Entry
from tests.approvals.test_at_once import at_once
from tests.policy.drafts import draft

DAY, FIRST = "2026-03-10", "2026-03-15"


class People:
    """Who changes the policy: gao and he watch risk, shen leads, fang is counsel."""

    def __init__(self) -> None:
        risk = Department.objects.create(code="risk", name="风险管理部", kind="risk")
        self.gao, self.he = (self._one(name, ["risk"], risk) for name in ("gao", "he"))
        self.shen, self.lu = (self._one(name, ["manage"], None) for name in ("shen", "lu"))
        self.fang = self._one("fang", ["legal"], None)

    def _one(self, name: str, duties: list[str], department: Department | None) -> User:
        return User.objects.create(username=name, name=name, duties=duties, department=department)


@pytest.fixture
def people(books):
    with clock.at(DAY):
        yield People()


def moderate_from_21(**more: object) -> Version:
    return draft(on=DAY, from_on=FIRST, **(more or {"warning__mild_until_days": 21}))


def in_force(day: str) -> str:
    with clock.at("2026-04-01"):
        return policy.in_force(dt.date.fromisoformat(day)).version


def test_the_last_yes_puts_the_version_in_force_from_its_day_with_the_names_of_all(people):
    version = moderate_from_21()
    request = policy_change.ask(version, reason="早介入", by=people.gao)
    assert request.steps == ["duty:risk", "duty:manage"]
    votes.approve(request, people.he)
    assert in_force(FIRST) == "preset-1"
    votes.approve(request, people.shen)
    version.refresh_from_db()
    assert [(voice["name"], voice["step"]) for voice in version.approved_by] == [
        ("he", "duty:risk"),
        ("shen", "duty:manage"),
    ]
    assert (in_force("2026-03-14"), in_force(FIRST)) == ("preset-1", version.name)


def test_nobody_approves_a_version_of_his_own(people):
    request = policy_change.ask(moderate_from_21(), reason="早介入", by=people.gao)
    with pytest.raises(Refusal) as refused:
        votes.approve(request, people.gao)
    assert refused.value.code == "own_request"


@pytest.mark.parametrize("no", ["reject", "return", "withdraw"])
def test_a_request_that_ends_without_a_yes_leaves_a_draft_that_can_be_edited_and_asked_again(people, no):
    version = moderate_from_21()
    request = policy_change.ask(version, reason="早介入", by=people.gao)
    with pytest.raises(Refusal) as refused:
        versions.set_term(version, "case.opens_from_days", 2, revision=version.revision, by=people.gao)
    assert refused.value.code == "no_draft"
    if no == "withdraw":
        requests.withdraw(request, people.gao)
    else:
        (votes.reject if no == "reject" else votes.send_back)(request, people.he, "先做试算")
    version.refresh_from_db()
    assert version.state == "draft"
    changed = versions.set_term(version, "case.opens_from_days", 2, revision=version.revision, by=people.gao)
    again = policy_change.ask(changed, reason="已试算", by=people.gao)
    assert (again.pk == request.pk) == (no == "return"), "what was returned is the same request in a new round"
    votes.approve(again, people.he)
    votes.approve(again, people.shen)
    assert in_force(FIRST) == version.name


def test_to_loosen_a_bound_of_law_counsel_is_asked_first_and_stands_in_the_version(people):
    version = moderate_from_21(archive__keep_years=3)
    request = policy_change.ask(version, reason="缩短保管", by=people.gao)
    assert request.steps == ["duty:legal", "duty:risk", "duty:manage"]
    for voice in (people.fang, people.he, people.shen):
        votes.approve(request, voice)
    version.refresh_from_db()
    assert (version.state, version.counsel) == ("approved", "fang")


def test_an_approval_that_comes_too_late_does_nothing_and_says_why(people):
    version = moderate_from_21()
    request = policy_change.ask(version, reason="早介入", by=people.gao)
    votes.approve(request, people.he)
    with clock.at(FIRST), pytest.raises(Refusal) as refused:
        votes.approve(request, people.shen)
    assert refused.value.code == "day_past"
    version.refresh_from_db()
    request.refresh_from_db()
    assert (version.state, request.state) == ("submitted", "open")
    assert request.failure
    assert Entry.objects.filter(event="approved act failed").count() == 1


def test_two_versions_for_one_day_approved_at_the_same_instant_do_not_both_come_into_force(people):
    first = policy_change.ask(moderate_from_21(), reason="一", by=people.gao)
    second = policy_change.ask(moderate_from_21(warning__mild_until_days=25), reason="二", by=people.gao)
    for request in (first, second):
        votes.approve(request, people.he)
    ended = at_once(partial(votes.approve, first, people.shen), partial(votes.approve, second, people.lu))
    assert ended.count("done") == 1, ended
    assert Version.objects.filter(state="approved").count() == 1
    assert Entry.objects.filter(event="policy approved").count() == 1
