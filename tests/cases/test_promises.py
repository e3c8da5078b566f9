"""Recording what a debtor promised; and finishing a task."""

from __future__ import annotations

import pytest

from liangqing.cases.actions import promises, tasks
from liangqing.cases.models import Promise
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from tests.cast import Cast, day, yuan


def a_day_late(night):
    customer = Cast().customer("华信")
    customer.bill(800, due="2026-03-10")
    night("2026-03-11")
    return customer


@pytest.fixture
def huaxin(night, prepared):
    return prepared(a_day_late, night)


class TestRecord:
    def test_a_promise_is_remembered_with_the_day_it_was_made(self, huaxin):
        promise = huaxin.promises(500, on="2026-03-11", due="2026-03-20")
        assert (promise.amount, promise.promised_on, promise.state) == (50_000, day("2026-03-11"), "open")
        assert huaxin.timeline()[-2:] == ["promise recorded", "restraint placed"]

    def test_a_later_promise_in_the_same_currency_replaces_an_open_one(self, huaxin):
        first = huaxin.promises(500, on="2026-03-11", due="2026-03-20")
        other = huaxin.promises(500, on="2026-03-11", due="2026-03-20", currency="USD")
        huaxin.promises(600, on="2026-03-12", due="2026-03-25")
        first.refresh_from_db()
        other.refresh_from_db()
        assert (first.state, first.judged_on, other.state) == ("replaced", day("2026-03-12"), "open")

    @pytest.mark.parametrize(
        ("amount", "due", "code"),
        [(0, "2026-03-20", "promise_of_nothing"), (-1, "2026-03-20", "promise_of_nothing"),
         (5, "2026-03-10", "promise_in_the_past")],
    )  # fmt: skip
    def test_nothing_and_a_past_day_are_refused(self, huaxin, amount, due, code):
        with pytest.raises(Refusal) as refused:
            huaxin.promises(amount, on="2026-03-11", due=due)
        assert (refused.value.code, refused.value.status) == (code, 422)
        assert not Promise.objects.exists()

    def test_today_is_a_day_one_may_promise(self, huaxin):
        assert huaxin.promises(5, on="2026-03-11", due="2026-03-11").state == "open"

    def test_a_closed_case_takes_no_promise(self, huaxin, night):
        case = huaxin.live_case
        huaxin.pays(800, on="2026-03-12", bill=type(case)._meta.apps.get_model("receivables", "Bill").objects.get())
        night("2026-03-12")
        with clock.at("2026-03-12"), pytest.raises(Refusal) as refused:
            promises.record(case, amount=yuan(5), due_on=day("2026-03-20"), by=None)
        assert refused.value.code == "case_closed"


class TestFinish:
    def test_a_finished_task_is_done_once(self, huaxin):
        task, user = huaxin.task, huaxin.task.owner
        with clock.at("2026-03-11"):
            tasks.finish(task, by=user)
            with pytest.raises(Refusal):
                tasks.finish(type(task).objects.get(pk=task.pk), by=user)
        assert (task.state, task.ended_on) == ("done", day("2026-03-11"))
        assert huaxin.timeline().count("task finished") == 1
