"""However much is stored, a landing of few changes finds each row it changes by an index, and goes through no table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.nightly.actions.run import run
from liangqing.parties.actions import restraints
from liangqing.receivables.models import Bill
from tests.cast import Cast, Customer, day

STORED = (
    "cases_case", "cases_promise", "cases_task", "outreach_outlook", "parties_party", "receivables_total",
    "receivables_unsettled", "warning_alert", "warning_standing",
)  # fmt: skip
"""The tables of the portfolio that a night changes or holds."""


def wants_no_texts(customer: Customer, *, on: str) -> None:
    with clock.at(on):
        restraints.place(customer.party, "opt_out", channel="sms", reason="不要短信", by=None)


@pytest.fixture
def changing(night: Any) -> None:
    """Four cases, of which by the next night one is paid, one is worse, one has broken its promise, and one only older; the
    planner believes each stored table to hold ten million rows."""
    cast = Cast()
    customers = [cast.customer(name) for name in ("华信", "大河", "远东", "金陵")]
    for customer in customers:
        customer.bill(900, due="2026-02-09")
    night("2026-03-10")
    customers[2].promises(900, on="2026-03-10", due="2026-03-10")
    wants_no_texts(customers[3], on="2026-03-10")
    night("2026-03-11")
    customers[0].pays(900, on="2026-03-12", bill=Bill.objects.get(party=customers[0].party))
    customers[1].bill(8_000_000, due="2025-06-01")
    wants_no_texts(customers[1], on="2026-03-11")
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE pg_class SET relpages = 1, reltuples = 10000000
               WHERE relname = ANY(%s) OR relname IN (SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s))""",
            [[*STORED], [*STORED]],
        )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def goes_through(plan: dict[str, Any]) -> list[str]:
    """The stored tables of which a plan reads more than the rows that are looked up for rows of another."""
    read = [node for node in nodes(plan) if node.get("Relation Name") in STORED and "Scan" in node["Node Type"]]
    conditions = [(node["Relation Name"], node.get("Index Cond", node.get("Recheck Cond", ""))) for node in read]
    return [f"{name} {condition}" for name, condition in conditions if not re.search(r"= \w+\.\w+", condition)]


def test_a_landing_of_few_changes_looks_each_row_up(changing: None) -> None:
    wrong: dict[str, list[str]] = {}
    touched: set[str] = set()

    def explained(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if re.search(r"\bstaged_\w+", str(sql)) and re.match(r"\s*(UPDATE|DELETE|INSERT|SELECT)\b", str(sql)):
            execute(f"EXPLAIN (FORMAT JSON) {sql}", params, many, context)
            (((said,),),) = context["cursor"].fetchall()
            touched.update(node.get("Relation Name", "") for node in nodes(said["Plan"]))
            if found := goes_through(said["Plan"]):
                wrong[str(sql)] = found
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        assert run(day("2026-03-12"), PLAN).changed_rows > 5
    assert wrong == {}
    assert set(STORED) <= touched
