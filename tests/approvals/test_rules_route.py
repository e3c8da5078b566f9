"""The way of a request: which row decides, and what its steps say."""

from __future__ import annotations

import pytest

from liangqing.approvals.rules import route as routes
from liangqing.approvals.rules.route import RouteError, Step
from liangqing.policy.tables import TableError
from tests.approvals.cast import ROUTES, row, table

FACTS = {"act": "test.grace", "amount_band": "small", "department_kind": "collection"}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("head", [Step("head")]),
        ("duty:risk", [Step("duty", "risk")]),
        ("position:财务 总监", [Step("position", "财务 总监")]),
        ("user:lin@x", [Step("user", "lin@x")]),
        ("2 of duty:manage", [Step("duty", "manage", 2)]),
        ("head > 2 of duty:risk > user:shen", [Step("head"), Step("duty", "risk", 2), Step("user", "shen")]),
        ("head>duty:risk", [Step("head"), Step("duty", "risk")]),
    ],
)
def test_steps_are_read_as_the_table_spells_them(text, steps):
    assert list(routes.steps(text)) == steps
    assert routes.steps(" > ".join(map(str, steps))) == tuple(steps)


@pytest.mark.parametrize(
    "text",
    ["", "boss", "duty:fly", "head >", "2 of head", "2 of user:lin", "0 of duty:risk", "duty:", "position: ", "head:x"],
)
def test_a_step_that_means_nothing_is_an_error(text):
    with pytest.raises(RouteError):
        routes.steps(text)


def test_the_first_row_that_matches_decides_and_is_named():
    assert routes.route(FACTS, ROUTES).row == "small"
    large = routes.route({**FACTS, "amount_band": "large"}, ROUTES)
    assert (large.row, list(map(str, large.steps)), large.bulk) == ("large", ["head", "duty:risk"], False)
    assert (large.due_in_days, large.escalate_in_days) == (2, 5)


def test_a_truth_nobody_stated_is_false():
    assert routes.route({**FACTS, "loosens_law": True}, ROUTES).row == "law"
    assert routes.route({**FACTS, "loosens_law": False}, ROUTES) == routes.route(FACTS, ROUTES)


def test_a_kind_of_department_the_table_does_not_name_is_an_other_one():
    routed = table(row("others", "duty:manage", department_kind="other"), row("rest", "head"))
    assert routes.route({**FACTS, "department_kind": "audit"}, routed).row == "others"
    assert routes.route({**FACTS, "department_kind": "business"}, routed).row == "rest"


def test_an_act_the_table_does_not_know_has_no_route_even_where_a_row_takes_all():
    with pytest.raises(TableError):
        routes.route({**FACTS, "act": "test.unheard"}, ROUTES)


def test_a_fact_the_table_asks_about_must_be_stated():
    with pytest.raises(KeyError):
        routes.route({"act": "test.grace", "department_kind": "business"}, ROUTES)


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        (None, "none"),
        (0, "small"),
        (999, "small"),
        (1000, "medium"),
        (9999, "medium"),
        (10_000, "large"),
        (-10_000, "large"),
    ],
)
def test_an_amount_falls_into_a_band_by_its_size(amount, band):
    assert routes.amount_band(amount, medium_from=1000, large_from=10_000) == band
