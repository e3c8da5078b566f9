"""Random ways, stand-ins and orders of voices, through the real actions: what must hold whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from liangqing import policy
from liangqing.approvals.actions import requests, votes
from liangqing.approvals.models import Delegation, Request, Vote
from liangqing.approvals.queries import inbox
from liangqing.approvals.rules.route import step
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from tests.approvals.cast import DAY, Book, Cast, row, table

PEOPLE = ("lin", "mei", "chen", "zhou", "gao", "gao2", "shen", "su", "luo")
STEPS = (
    "head", "duty:risk", "2 of duty:risk", "duty:manage", "2 of duty:manage", "user:chen", "user:gao2", "position:总经理",
    "duty:head", "2 of duty:head",
)  # fmt: skip
PAIRS = st.tuples(st.sampled_from(PEOPLE[1:]), st.sampled_from(PEOPLE[:-1])).filter(lambda two: two[0] != two[1])


def tried(act: Callable[[], object]) -> Refusal | None:
    """What refused it, if it was refused."""
    try:
        act()
    except Refusal as refused:
        return refused
    return None


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    route=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
    requester=st.sampled_from(PEOPLE[:-1]),
    away=st.lists(PAIRS, max_size=3),
    said=st.lists(st.permutations(PEOPLE), min_size=1, max_size=3).map(
        lambda turns: [who for turn in turns for who in turn]
    ),
    returned=st.none() | st.integers(0, 20),
)
@example(  # 林 spoke for 高二, who stands in for somebody asked later
    route=["duty:risk", "head"],
    requester="chen",
    away=[("gao2", "lin"), ("shen", "gao2")],
    said=list(PEOPLE),
    returned=None,
)
def test_the_act_happens_once_when_all_steps_are_filled_by_different_people_other_than_the_requester(
    cast: Cast,
    done: Any,
    monkeypatch: Any,
    route: list[str],
    requester: str,
    away: list[Any],
    said: list[str],
    returned: int | None,
) -> None:
    who = {name: User.objects.get(username=name) for name in PEOPLE}
    book = Book(policy.in_force(DAY), table(row("R", " > ".join(route))))
    monkeypatch.setattr(policy, "in_force", lambda _on: book, raising=False)
    Delegation.objects.filter(ended_at=None).update(ended_at=clock.now())
    for principal, delegate in away:
        refused = tried(partial(cast.away, who[principal], who[delegate]))
        assert refused is None or "luo" in (principal, delegate), refused
    refused = tried(partial(cast.asks, by=who[requester]))
    if refused is not None:
        assert refused.code == "nobody_to_decide"
        return
    request = Request.objects.latest("id")
    for turn, name in enumerate(said):
        fresh = User.objects.get(username=name)
        offered = inbox.asked(fresh).filter(pk=request.pk).exists()
        if turn != returned:
            refused = tried(partial(votes.approve, request, fresh))
        else:
            refused = tried(partial(votes.send_back, request, fresh, "改"))
            if refused is None:
                requests.resubmit(request, who[requester], reason="改了")
        assert offered == (refused is None), (name, refused)
    request.refresh_from_db()
    heard = Vote.objects.filter(request=request, round=request.round, decision="approve")
    counted = Counter(person for vote in heard for person in (vote.person_id, vote.on_behalf_of_id) if person)
    assert all(times == 1 for times in counted.values())
    assert who[requester].pk not in counted
    per_step = Counter(heard.values_list("step", flat=True))
    filled = all(per_step[place] == step(text).needed for place, text in enumerate(route))
    assert done.numbers.count(request.number) == (1 if filled else 0)
    assert (request.state == "approved") == filled
