"""The nightly run: once, again, late, alone, and when interrupted."""

from __future__ import annotations

import datetime as dt
import time

import psycopg
import pytest

from liangqing.house.invariants import broken
from liangqing.house.night import PLAN
from liangqing.kit.refusal import Refusal
from liangqing.kit.snapshot import database_uri
from liangqing.nightly.actions.run import nights_folder, run
from liangqing.nightly.models import Run
from liangqing.nightly.night import INPUTS
from liangqing.trail.models import Entry
from liangqing.trail.queries import proof
from tests.cast import Cast
from tests.nightly.state import stored, until_free

DAY = dt.date(2026, 3, 12)


def steps() -> list[str]:
    """Every point at which a run says where it is."""
    return [
        "snapshot",
        *(step.name for step in PLAN.steps),
        "land",
        "landed, not committed",
        "close",
        "seal",
        "keep",
        "kept",
    ]


def test_a_run_says_where_it_is_at_every_point(books):
    heard: list[str] = []
    run(DAY, PLAN, progress=lambda _date, step: heard.append(step))
    assert heard == steps()


def test_a_date_before_the_last_run_is_refused(night):
    night("2026-03-02")
    with pytest.raises(Refusal) as refused:
        night("2026-03-01")
    assert refused.value.code == "night_past"


def test_a_date_before_the_first_policy_is_refused(night):
    with pytest.raises(Refusal) as refused:
        night("1999-12-31")
    assert refused.value.code == "no_policy"


def test_missed_dates_are_caught_up_in_order(night):
    night("2026-03-01")
    report = night("2026-03-04")
    assert [str(day) for day in report.caught_up] == ["2026-03-02", "2026-03-03"]


def test_running_a_date_again_changes_nothing(working_day, night):
    first = night("2026-03-12")
    before, length = stored(), Entry.objects.count()
    second = night("2026-03-12")
    assert (second.changed_rows, second.counts) == (0, first.counts)
    assert (stored(), Entry.objects.count()) == (before, length)


def test_running_a_date_again_gives_the_same_checksums(working_day, night):
    night("2026-03-12")
    before = Run.objects.get(date=DAY).checksums
    night("2026-03-12")
    assert Run.objects.get(date=DAY).checksums == before


def test_catching_up_gives_the_same_state_as_running_each_night(working_day, night, undisturbed):
    """The second night of two is the one that was missed; the third is run both ways."""
    night("2026-03-12")
    assert stored() == undisturbed
    report = night("2026-03-14")
    assert report.caught_up == (dt.date(2026, 3, 13),)
    assert [(row.date.day, row.status) for row in Run.objects.order_by("date")] == [
        (11, "done"),
        (12, "done"),
        (13, "done"),
        (14, "done"),
    ]


def test_a_night_is_refused_while_the_lock_is_held_elsewhere(books, night):
    with psycopg.connect(database_uri(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('liangqing night'))")
        with pytest.raises(Refusal) as refused:
            night("2026-03-12")
    assert refused.value.code == "night_busy"
    assert not Run.objects.exists()
    assert night("2026-03-12").status == "done"


def test_two_processes_never_run_the_night_at_once(books, night, process, tmp_path):
    waiting = tmp_path / "waiting"
    other = process("2026-03-12", "owed", str(waiting))
    try:
        for _ in range(600):
            if waiting.exists():
                break
            time.sleep(0.1)
        assert waiting.exists(), "the other process never came to its night"
        with pytest.raises(Refusal) as refused:
            night("2026-03-12")
        assert refused.value.code == "night_busy"
    finally:
        other.kill()
        other.wait()
    until_free()
    assert night("2026-03-12").status == "done"


class Interrupted(Exception):
    """Stops a run where it is heard."""


def test_a_run_interrupted_at_every_step_in_turn_ends_as_if_undisturbed(working_day, undisturbed):
    for point in steps():

        def hear(_date: dt.date, step: str, point: str = point) -> None:
            if step == point:
                raise Interrupted(point)

        with pytest.raises(Interrupted):
            run(DAY, PLAN, progress=hear)
    run(DAY, PLAN)
    assert stored() == undisturbed
    assert list(proof.flaws()) == list(broken()) == []


def test_what_was_decided_is_not_stored_before_it_is_committed(working_day):
    before = {name: rows for name, rows in stored().items() if name != "runs"}

    def hear(_date: dt.date, step: str) -> None:
        if step == "landed, not committed":
            raise Interrupted

    with pytest.raises(Interrupted):
        run(DAY, PLAN, progress=hear)
    assert {name: rows for name, rows in stored().items() if name != "runs"} == before


def test_an_interrupted_date_is_run_again_before_the_next(books, night):
    def hear(date: dt.date, step: str) -> None:
        if (date.day, step) == (13, "close"):
            raise Interrupted

    night("2026-03-11")
    with pytest.raises(Interrupted):
        run(dt.date(2026, 3, 14), PLAN, progress=hear)
    assert night("2026-03-14").caught_up == (dt.date(2026, 3, 13),)
    assert set(Run.objects.values_list("status", flat=True)) == {"done"}


def test_a_night_that_changes_nothing_is_still_told_when_it_was_interrupted(books, night):
    def hear(_date: dt.date, step: str) -> None:
        if step == "snapshot":
            raise Interrupted

    with pytest.raises(Interrupted):
        run(DAY, PLAN, progress=hear)
    night("2026-03-12")
    assert list(Entry.objects.values_list("event", flat=True)) == ["night run"]


def test_a_night_keeps_its_tables_and_leaves_nothing_else(working_day, night, data_folder):
    night("2026-03-12")
    kept = nights_folder() / "2026-03-12"
    assert sorted(path.stem for path in kept.iterdir()) == sorted((*PLAN.keep, INPUTS))
    assert sorted(path.stem for path in (kept / INPUTS).iterdir()) == sorted(PLAN.inputs)
    assert sorted(path.name for path in nights_folder().iterdir()) == ["2026-03-11", "2026-03-12"]
    assert list((data_folder / "tmp").iterdir()) == []


def test_what_must_always_hold_stops_the_run_from_closing(books, night):
    """An allocation that exceeds its receipt, entered past all actions."""
    from liangqing.nightly.actions.run import InvariantBroken
    from liangqing.receivables.models import Allocation

    huaxin = Cast().customer("华信")
    bill = huaxin.bill(800, due="2026-03-10")
    receipt = huaxin.pays(100, on="2026-03-10")
    Allocation.objects.create(receipt=receipt, bill=bill, allocated_on="2026-03-10", amount=10_001)
    with pytest.raises(InvariantBroken) as wrong:
        night("2026-03-12")
    assert "10001" in str(wrong.value)
    assert Run.objects.get().status == "landed"
