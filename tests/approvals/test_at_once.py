"""Several people at the very same moment: each in a transaction and a connection of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connections

from liangqing.approvals.actions import delegations, requests, votes
from liangqing.approvals.models import Request, Vote
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.trail.models import Entry
from tests.approvals.cast import DAY, told

TIMES = 5
"""How often each race is run; whoever comes first differs."""


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all this at the same instant; what became of each: "done", or the code of its refusal."""
    start, ended = threading.Barrier(len(acts)), ["died"] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            with clock.at(DAY):
                start.wait(10)
                act()
            ended[place] = "done"
        except Refusal as refusal:
            ended[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ended


@pytest.mark.parametrize("act", ["test.grace", "test.policy"])
def test_one_person_who_clicks_twice_is_heard_once(cast, done, act):
    for _time in range(TIMES):
        request = cast.asks(act)
        first = cast.chen if act == "test.grace" else cast.gao
        ended = at_once(partial(votes.approve, request, first), partial(votes.approve, request, first))
        assert ended.count("done") == 1, ended
        assert Vote.objects.filter(request=request).count() == 1
        assert done.numbers.count(request.number) == (1 if act == "test.grace" else 0)


def test_the_last_two_of_two_are_both_heard_and_the_act_happens_once(cast, done):
    for _time in range(TIMES):
        request = cast.asks("test.writeoff")
        ended = at_once(partial(votes.approve, request, cast.shen), partial(votes.approve, request, cast.su))
        assert ended == ["done", "done"]
        assert done.numbers.count(request.number) == 1
        assert told(request).count("request approved") == 1


def test_of_two_who_may_fill_the_last_step_one_does(cast, done):
    for _time in range(TIMES):
        request = votes.approve(cast.asks("test.policy"), cast.gao)
        ended = at_once(partial(votes.approve, request, cast.shen), partial(votes.approve, request, cast.su))
        assert sorted(ended) == ["done", "moved_on"]
        assert done.numbers.count(request.number) == 1


def test_a_stand_in_and_the_principal_count_once(cast, done):
    cast.away(cast.shen, cast.gao)
    cast.away(cast.chen, cast.gao)
    for _time in range(TIMES):
        both = cast.asks("test.writeoff")
        ended = at_once(partial(votes.approve, both, cast.shen), partial(votes.approve, both, cast.gao))
        assert sorted(ended) == ["done", "voted_already"]
        assert Request.objects.get(pk=both.pk).state == "open" and both.number not in done.numbers
        small = cast.asks()
        ended = at_once(partial(votes.approve, small, cast.chen), partial(votes.approve, small, cast.gao))
        assert sorted(ended) == ["done", "moved_on"]
        assert done.numbers.count(small.number) == 1


def test_of_two_stand_ins_of_one_person_one_is_heard(cast, done):
    cast.away(cast.shen, cast.gao)
    cast.away(cast.shen, cast.zhou)
    for _time in range(TIMES):
        request = cast.asks("test.writeoff")
        ended = at_once(partial(votes.approve, request, cast.gao), partial(votes.approve, request, cast.zhou))
        assert sorted(ended) == ["done", "voted_already"]
        assert done.numbers == []


def test_a_yes_and_a_no_do_not_both_count(cast, done):
    for _time in range(TIMES):
        request = votes.approve(cast.asks("test.policy"), cast.gao)
        ended = at_once(partial(votes.approve, request, cast.shen), partial(votes.reject, request, cast.su, "不同意"))
        assert sorted(ended) == ["done", "moved_on"]
        request.refresh_from_db()
        assert (request.state == "approved") == (request.number in done.numbers) == (ended[0] == "done")


def test_what_is_withdrawn_at_that_moment_is_done_or_withdrawn_never_both(cast, done):
    for _time in range(TIMES):
        request = cast.asks()
        ended = at_once(partial(votes.approve, request, cast.chen), partial(requests.withdraw, request, cast.lin))
        assert sorted(ended) == ["done", "moved_on"]
        request.refresh_from_db()
        assert (request.state == "approved") == (request.number in done.numbers) == (ended[0] == "done")


def test_everybody_at_once_fills_the_whole_way_with_each_voice_once(cast, done):
    request = cast.asks("test.plan", by=cast.chen)
    everybody = (cast.chen, cast.lin, cast.gao, cast.gao2, cast.shen, cast.su, cast.zhou)
    for _round in range(6):
        at_once(*(partial(votes.approve, request, person) for person in everybody))
    heard = list(Vote.objects.filter(request=request).values_list("person__username", flat=True))
    assert len(heard) == len(set(heard)) == 4
    assert "chen" not in heard and {"gao", "gao2"} < set(heard)
    assert done.numbers == [request.number]


def test_requests_made_at_the_same_moment_have_numbers_of_their_own(cast):
    people = (cast.lin, cast.mei, cast.wang, cast.zhou, cast.gao)
    assert set(at_once(*(partial(cast.asks, by=person) for person in people))) == {"done"}
    assert sorted(Request.objects.values_list("number", flat=True)) == [f"LQ-A-2026-{n:06d}" for n in range(1, 6)]


def test_a_delegation_is_ended_once(cast):
    away = cast.away(cast.chen, cast.gao)
    ended = at_once(
        partial(delegations.end_delegation, away, cast.chen), partial(delegations.end_delegation, away, cast.su)
    )
    assert sorted(ended) == ["done", "moved_on"]
    assert Entry.objects.filter(event="delegation ended").count() == 1
