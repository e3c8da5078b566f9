from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from liangqing.kit import clock
from tests.approvals.cast import DAY, Cast, Done, hire


@pytest.fixture
def scene(books: str, monkeypatch: Any) -> Iterator[tuple[Cast, Done]]:
    with clock.at(DAY):
        yield hire(monkeypatch)


@pytest.fixture
def cast(scene: tuple[Cast, Done]) -> Cast:
    return scene[0]


@pytest.fixture
def done(scene: tuple[Cast, Done]) -> Done:
    return scene[1]
