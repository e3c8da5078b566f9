"""An action is one thing the institution does: one transaction, owned by the outermost action."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")

_clauses: dict[str, list[str]] = {}


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run in the transaction of the outermost action; an inner action joins it without a savepoint."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(savepoint=False):
            return function(*args, **kwargs)

    return run


def clause(*codes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark the rule, action or step that makes a policy clause run, for the clause register."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        for code in codes:
            _clauses.setdefault(code, []).append(f"{function.__module__}.{function.__qualname__}")
        return function

    return mark


def clause_register() -> dict[str, list[str]]:
    """Which code makes which clause run: ``{"P3 3.2": ["liangqing.warning.rules.levels.levels"]}``."""
    return {code: sorted(names) for code, names in sorted(_clauses.items())}
