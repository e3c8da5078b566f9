"""What people find: their inbox, what they asked, what they may see, the way of a request."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liangqing.approvals.actions import requests, votes
from liangqing.approvals.models import Request
from liangqing.approvals.queries import inbox, route, visible
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.people.actions import staff
from liangqing.people.models import User
from tests.approvals.cast import Cast


def waiting(person: User) -> list[tuple[str, str]]:
    fresh = User.objects.get(pk=person.pk)
    return [
        (each.request.number, each.on_behalf_of.username if each.on_behalf_of else "") for each in inbox.inbox(fresh)
    ]


def many(request: Request, count: int) -> None:
    """As many more of the same, by other numbers."""
    columns = [field.column for field in Request._meta.concrete_fields if field.column not in ("id", "number")]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO approvals_request (number, {names})
                SELECT 'LQ-A-1-' || n, {names} FROM approvals_request, generate_series(1, %s) n WHERE id = %s""",
            [count, request.pk],
        )


class TestInbox:
    def test_it_holds_what_waits_for_oneself_and_for_whom_one_stands_in(self, cast):
        own, grace = cast.asks("test.policy"), cast.asks()
        assert waiting(cast.gao) == [(own.number, "")]
        cast.away(cast.chen, cast.gao)
        assert waiting(cast.gao) == [(own.number, ""), (grace.number, "chen")]
        assert waiting(cast.chen) == [(grace.number, "")]

    def test_nothing_is_offered_that_would_be_refused(self, cast):
        cast.away(cast.chen, cast.lin)
        cast.away(cast.shen, cast.gao, only=("test.writeoff",))
        both, _own = cast.asks("test.writeoff"), cast.asks()
        assert waiting(cast.lin) == [], "one's own"
        assert waiting(cast.gao) == [(both.number, "shen")]
        votes.approve(both, cast.gao)
        assert waiting(cast.gao) == waiting(cast.shen) == []
        assert waiting(cast.su) == [(both.number, "")]
        for person in (cast.gao, cast.shen, cast.su, cast.lin):
            assert route.may_decide(both, User.objects.get(pk=person.pk)) == (person == cast.su)

    def test_what_is_due_first_comes_first_and_what_is_late_says_so(self, cast):
        later = cast.asks("test.policy", reason="x")
        with clock.at("2026-03-05"):
            earlier = cast.asks("test.policy")
        found = inbox.inbox(cast.gao)
        assert [(each.request, each.overdue) for each in found] == [(earlier, True), (later, False)]
        with clock.at(later.due_on):
            assert not inbox.inbox(User.objects.get(pk=cast.gao.pk))[1].overdue, "until the day is over"

    def test_it_is_bounded_and_asks_few_queries_however_much_waits(self, cast):
        for _time in range(5):
            cast.asks()
        with CaptureQueriesContext(connection) as few:
            assert len(inbox.inbox(cast.chen, limit=3)) == 3
        assert len(few) <= 3

    def test_it_is_found_by_the_index_of_the_people_asked_among_many_that_wait_for_others(self, cast):
        many(cast.asks(by=cast.wang), 20_000)
        cast.asks()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE approvals_request, approvals_vote")
        assert "approvals_waiting_for" in inbox.asked(cast.chen).order_by("due_on", "id")[:200].explain()
        assert len(waiting(cast.chen)) == 1

    def test_who_may_not_decide_has_none(self, cast):
        Request.objects.filter(pk=cast.asks().pk).update(waiting_for=[cast.luo.pk, cast.admin.pk])
        assert waiting(cast.luo) == waiting(cast.admin) == []


class TestWhatOneAsked:
    def test_mine_are_those_i_requested_newest_first(self, cast):
        first, second = cast.asks(), cast.asks()
        cast.asks(by=cast.mei)
        assert list(inbox.mine(cast.lin)) == [second, first]

    def test_answers_are_news_until_seen(self, cast):
        approved, withdrawn, _open = cast.asks(), cast.asks(), cast.asks()
        votes.approve(approved, cast.chen)
        requests.withdraw(withdrawn, cast.lin)
        with clock.at("2026-03-10"):
            before = clock.now()
        assert list(inbox.answered(cast.lin, before)) == [approved]
        assert list(inbox.answered(cast.lin, clock.now())) == []
        assert list(inbox.answered(cast.mei, before)) == []

    def test_a_room_sees_what_is_pending_about_a_thing(self, cast):
        request = cast.asks(subject_id=5)
        assert list(inbox.pending("test.grace", "case", 5)) == [request]
        assert not inbox.pending("test.grace", "case", 6) and not inbox.pending("test.plan", "case", 5)
        votes.reject(request, cast.chen, "不行")
        assert not inbox.pending("test.grace", "case", 5)


class TestWhoSees:
    @pytest.fixture
    def request_of_lin(self, cast: Cast) -> Request:
        return cast.asks("test.grace", attachments=[Upload("a.txt", b"x")])

    def seen_by(self) -> set[str]:
        return {person.username for person in User.objects.all() if visible.visible_to(person).exists()}

    def test_the_requester_those_asked_the_head_risk_management_and_audit(self, cast, request_of_lin):
        assert self.seen_by() == {"lin", "chen", "gao", "gao2", "shen", "su", "luo"}
        assert visible.attachments(cast.chen).exists() and not visible.attachments(cast.mei).exists()

    def test_who_was_asked_before_still_sees_it(self, cast, request_of_lin):
        votes.approve(request_of_lin, cast.chen)
        staff.head(cast.lin.department, None, None)
        assert "chen" in self.seen_by()

    def test_a_stand_in_sees_it_while_standing_in_and_after_having_spoken(self, cast, request_of_lin):
        cast.away(cast.chen, cast.zhou)
        assert "zhou" in self.seen_by()
        with clock.at("2026-03-20"):
            assert "zhou" not in self.seen_by()
        votes.approve(request_of_lin, cast.zhou)
        with clock.at("2026-03-20"):
            assert "zhou" in self.seen_by()

    def test_who_is_a_stand_in_for_other_acts_sees_nothing(self, cast, request_of_lin):
        cast.away(cast.chen, cast.zhou, only=("test.plan",))
        assert "zhou" not in self.seen_by()

    def test_delegations_are_seen_by_the_two_and_those_who_see_all(self, cast):
        cast.away(cast.chen, cast.zhou)
        found = {person.username for person in User.objects.all() if visible.delegations(person).exists()}
        assert found == {"chen", "zhou", "gao", "gao2", "shen", "su", "luo"}


class TestTheWay:
    def test_each_step_says_what_was_said_and_who_could_decide(self, cast):
        cast.away(cast.gao, cast.zhou)
        request = cast.asks("test.plan")
        votes.approve(request, cast.chen, "同意")
        first, second, third = route.route_of(request)
        assert (first.state, [vote.person for vote in first.votes], first.people) == ("done", [cast.chen], [])
        assert (second.state, second.missing, set(second.people)) == ("now", 2, {cast.gao, cast.gao2})
        assert second.stand_ins == [(cast.zhou, cast.gao)]
        assert (third.state, str(third.step), set(third.people)) == ("later", "duty:manage", {cast.shen, cast.su})

    def test_after_a_no_the_rest_is_not_asked(self, cast):
        request = cast.asks("test.plan")
        votes.approve(request, cast.chen)
        votes.reject(request, cast.gao, "不同意")
        assert [step.state for step in route.route_of(request)] == ["done", "ended", "ended"]

    def test_a_new_round_starts_anew_and_the_old_voices_stay_to_be_seen(self, cast):
        request = cast.asks("test.plan")
        votes.approve(request, cast.chen)
        votes.send_back(request, cast.gao, "改")
        requests.resubmit(request, cast.lin, reason="改了")
        assert [step.state for step in route.route_of(request)] == ["now", "later", "later"]
        assert [(vote.round, vote.decision) for vote in route.votes_of(request)] == [(1, "approve"), (1, "return")]

    def test_the_history_is_all_the_trail_tells_in_order(self, cast):
        request, another = cast.asks(), cast.asks()
        votes.approve(request, cast.chen)
        votes.approve(another, cast.chen)
        assert [entry.event for entry in route.history(request)] == ["approval requested", "request approved"]
