"""Policy is data: every number dated and cited, every decision table ordered, read through one door."""

from liangqing.policy.book import Policy, in_force
from liangqing.policy.tables import Row, Table

__all__ = ["Policy", "Row", "Table", "in_force"]
