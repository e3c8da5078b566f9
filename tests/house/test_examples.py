"""What docstrings show is so."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import liangqing

ROOT = Path(liangqing.__file__).parent
SHOWING = sorted(path for path in ROOT.rglob("*.py") if "    >>> " in path.read_text("utf-8"))


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_docstrings_hold(path: Path) -> None:
    name = ".".join(("liangqing", *path.relative_to(ROOT).with_suffix("").parts))
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not found.failed
