"""Every decision table of the preset, over the portfolio, for one account and by the oracle: the same row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.expr import types as ir

from liangqing import policy
from liangqing.policy.tables import Table
from tests.oracle.book import CATALOGUE as TERMS
from tests.oracle.book import Book
from tests.oracle.sets import Sets

RULES = policy.preset()
BOOK = Book()
CATALOGUE = yaml.safe_load(TERMS.with_name("tables.yaml").read_text("utf-8"))
INPUTS = {
    name: {
        key: list(column["words"]) if "words" in column else [True, False] if column.get("flag") else column
        for key, column in table["inputs"].items()
    }
    for name, table in CATALOGUE.items()
}
EDGES = [1, 2, 7, 8, 9, 30, 31, 60, 61, 90, 91, 180, 181, 720, 721, 5999, 6000, 6001, 10_000]


def facts_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Facts within the domains of a table's inputs, often on an edge."""
    columns = {}
    for key, domain in INPUTS[name].items():
        if isinstance(domain, list):
            columns[key] = st.sampled_from(domain)
        else:
            low, high = domain.get("from", -(10**6)), domain.get("until", 10**6) - 1
            inside = [edge for edge in (*EDGES, low, high, -3, -4, 0) if low <= edge <= high]
            columns[key] = st.sampled_from(inside) | st.integers(low, high)
    return st.fixed_dictionaries(columns)


@pytest.fixture(scope="module")
def sets() -> Iterator[Sets]:
    made = Sets()
    for name, inputs in INPUTS.items():
        columns = {
            key: ("boolean" if True in domain else "string") if isinstance(domain, list) else "int64"
            for key, domain in inputs.items()
        }
        made.shape(name.replace(".", "_"), {"nth": "int64", **columns})
    yield made
    made.con.disconnect()


def _question(sets: Sets, name: str) -> ir.Table:
    table, rows = RULES.tables[name], sets.table(name.replace(".", "_"))
    if table.adds_up:
        points = {"points": table.points(rows)} if _gives_points(table) else {}
        return rows.select("nth", reasons=table.reasons(rows), **points)
    named = rows.mutate(row=table.row_for(rows))
    outputs = {f"out_{output.name}": table.output(named.row, output.name) for output in table.outputs}
    return named.select("nth", "row", **outputs)


def _gives_points(table: Table) -> bool:
    """Of the tables in which every matching row counts, some add points up; the rules of contact do not."""
    return any(output.name == "points" for output in table.outputs)


@pytest.mark.parametrize("name", sorted(BOOK.tables))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_table_says_the_same_of_one_and_of_all(sets, name, data):
    table = RULES.tables[name]
    columns = INPUTS[name]
    lines = data.draw(st.lists(facts_of(name), min_size=1, max_size=30))
    sets.put(name.replace(".", "_"), [(nth, *(line[key] for key in columns)) for nth, line in enumerate(lines)])
    for row in sets.ask(name, lambda: _question(sets, name)):
        facts = lines[row["nth"]]
        matching = BOOK.matching(name, facts)
        if table.adds_up:
            assert row["reasons"].split() == [each["row"] for each in matching]
            if _gives_points(table):
                assert row["points"] == sum(each["then"]["points"] for each in matching)
            assert [each.row for each in table.matching(facts)] == [each["row"] for each in matching]
        else:
            decided = table.decide(facts)
            assert row["row"] == decided.row == matching[0]["row"]
            for output in table.outputs:
                said = output.name
                assert row[f"out_{said}"] == decided.then[said] == matching[0]["then"][said]
