"""The rooms and their order: STYLE's ladder, kept by import-linter."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return next(each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == "ladder")


def test_a_room_imports_only_from_rooms_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    kept = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert kept == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_room_has_a_rung(contract: dict[str, Any]) -> None:
    rungs = {room for layer in contract["layers"] for room in re.findall(r"\w+", layer)}
    rooms = {path.parent.name for path in (ROOT / "liangqing").glob("*/__init__.py")}
    assert rooms <= rungs
    assert contract["exhaustive"], "a new room must be given its rung"


def test_a_room_that_exists_is_no_longer_optional(contract: dict[str, Any]) -> None:
    optional = {room for layer in contract["layers"] for room in re.findall(r"\((\w+)\)", layer)}
    assert not {room for room in optional if (ROOT / "liangqing" / room / "__init__.py").exists()}


def test_every_room_says_what_it_is_for() -> None:
    silent = [path.parent.name for path in (ROOT / "liangqing").glob("*/__init__.py") if '"""' not in path.read_text()]
    assert not silent
