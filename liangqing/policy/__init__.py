"""Policy is data: every number dated and cited, every decision table ordered, read through one door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liangqing.policy.book import Policy, in_force, policy_of, preset, row_of
    from liangqing.policy.tables import Row, Table

__all__ = ["Policy", "Row", "Table", "in_force", "policy_of", "preset", "row_of"]


def __getattr__(name: str) -> Any:
    """The book reads stored versions, and models can't be imported before Django has read the list of its apps."""
    if name in ("Row", "Table"):
        from liangqing.policy import tables

        return getattr(tables, name)
    if name in __all__:
        from liangqing.policy import book

        return getattr(book, name)
    raise AttributeError(name)
