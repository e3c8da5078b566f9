"""The generated ledger: the same for the same numbers, and fit to be imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from liangqing.house import ledger
from liangqing.house.commands import main


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.csv").read_bytes() for name in ledger.FILES}


@pytest.mark.parametrize("seed", [1, 42])
def test_the_same_numbers_give_the_same_ledger_and_another_seed_another(tmp_path: Path, seed: int) -> None:
    rows = ledger.write(tmp_path / "a", customers=50, bills=400, seed=seed)
    ledger.write(tmp_path / "b", customers=50, bills=400, seed=seed)
    ledger.write(tmp_path / "c", customers=50, bills=400, seed=seed + 1)
    assert files(tmp_path / "a") == files(tmp_path / "b") != files(tmp_path / "c")
    assert rows == {name: text.count(b"\n") - 1 for name, text in files(tmp_path / "a").items()}
    assert rows["bills"] == 400 and 200 < rows["payments"] < 400


def test_what_the_command_writes_is_imported_without_a_problem(books: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["bench", "generate", str(tmp_path), "--bills", "300", "--json"])
    assert told.exit_code == 0, told.output
    rows = json.loads(told.output)
    brought = CliRunner().invoke(main, ["import", "--json", *(str(tmp_path / f"{name}.csv") for name in ledger.FILES)])
    assert brought.exit_code == 0, brought.output
    assert {each["kind"]: each["created"] for each in json.loads(brought.output)} == rows
