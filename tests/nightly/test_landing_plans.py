"""However much is stored, a landing of few changes finds each row it changes by an index, and goes through no table."""

from __future__ import annotations

import json
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

STORED = ("cases_case", "cases_promise", "cases_task", "outreach_outlook", "parties_party", "receivables_unsettled",
          "warning_alert", "warning_standing")  # fmt: skip
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
        for table in STORED:
            cursor.execute(f"ANALYZE {table}")
            cursor.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s, 'relpages', 1, "
                "'reltuples', 10000000::real)",
                [table],
            )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_a_landing_of_few_changes_looks_each_row_up(changing: None) -> None:
    went_through: list[str] = []
    changes: set[str] = set()

    def explained(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if re.search(r"\bstaged_\w+", str(sql)) and re.match(r"\s*(UPDATE|DELETE|INSERT|SELECT)\b", str(sql)):
            execute(f"EXPLAIN (FORMAT JSON) {sql}", params, many, context)
            ((found,),) = context["cursor"].fetchall()
            (said,) = found if isinstance(found, list) else json.loads(found)
            for node in nodes(said["Plan"]):
                changes.add(node.get("Relation Name", ""))
                if node["Node Type"] == "Seq Scan" and not node["Relation Name"].startswith("staged_"):
                    went_through.append(f"{node['Relation Name']}: {sql}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        assert run(day("2026-03-12"), PLAN).changed_rows > 5
    assert went_through == []
    assert set(STORED) <= changes
