"""Stages move only along their table, by compare-and-swap: of two at once, one wins."""

from __future__ import annotations

import pytest

from liangqing.cases.lifecycle import PROMISE, TASK
from liangqing.cases.models import Task
from liangqing.kit.refusal import Refusal
from tests.cast import Cast


@pytest.fixture
def task(books, night):
    huaxin = Cast().customer("华信")
    huaxin.bill(800, due="2026-03-10")
    night("2026-03-11")
    return huaxin.task


def test_of_two_who_move_the_same_thing_one_wins(task):
    first, second = Task.objects.get(pk=task.pk), Task.objects.get(pk=task.pk)
    TASK.move(first, "finish", ended_on="2026-03-11")
    with pytest.raises(Refusal) as refused:
        TASK.move(second, "drop", ended_on="2026-03-12")
    assert refused.value.code == "moved_on"
    task.refresh_from_db()
    assert (task.state, str(task.ended_on)) == ("done", "2026-03-11")
    assert second.state == "open", "what was refused changed nothing in memory either"


def test_a_move_from_the_wrong_stage_is_refused(task):
    TASK.move(task, "finish", ended_on="2026-03-11")
    with pytest.raises(Refusal):
        TASK.move(task, "finish")


def test_only_the_moves_of_the_table_are_open(task):
    assert {move.name for move in TASK.open_to(task)} == {"finish", "drop", "postpone"}
    task.state = "done"
    assert TASK.open_to(task) == []


def test_a_judged_promise_never_moves_again():
    assert {source for move in PROMISE.moves for source in move.sources} == {"open"}
