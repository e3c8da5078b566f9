"""A night killed outright (SIGKILL) at any point, and the next start."""

from __future__ import annotations

import signal

import pytest

from liangqing.house.invariants import broken
from liangqing.nightly.actions.run import nights_folder
from liangqing.trail.queries import proof
from tests.nightly.state import stored, until_free
from tests.nightly.test_run import steps


@pytest.mark.parametrize("point", steps())
def test_killed_at_any_point_the_next_start_ends_as_if_undisturbed(working_day, undisturbed, process, night, point):
    assert process("2026-03-12", point).wait(timeout=120) == -signal.SIGKILL
    until_free()
    assert night("2026-03-12").status == "done"
    assert stored() == undisturbed
    assert list(proof.flaws()) == list(broken()) == []


@pytest.mark.parametrize("point", ["owed", "kept"])
def test_nothing_of_a_killed_night_is_left_lying_about(working_day, process, night, data_folder, point):
    process("2026-03-12", point).wait(timeout=120)
    until_free()
    night("2026-03-12")
    assert list((data_folder / "tmp").iterdir()) == []
    assert sorted(path.name for path in nights_folder().iterdir()) == ["2026-03-11", "2026-03-12"]


def test_a_half_written_day_is_never_seen_and_its_draft_goes(working_day, process, night, data_folder):
    """A draft folder of a process that died while keeping the day's tables."""
    draft = nights_folder() / ".2026-03-12-1"
    draft.mkdir(parents=True)
    (draft / "owed.parquet").write_bytes(b"half")
    night("2026-03-12")
    assert sorted(path.name for path in nights_folder().iterdir()) == ["2026-03-11", "2026-03-12"]
