"""The API keeps to its own description, whatever it is asked."""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

_LARGE = int(os.environ.get("LIANGQING_API_EXAMPLES", "0"))
"""Requests an operation in a large run, every time others; without it few and always the same."""
_EXAMPLES = _LARGE or 20


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_answer_is_undocumented(institution, issue, mode):
    """Every operation is asked with generated requests, well formed ones and others; statuses, bodies and headers are
    compared with the description, what is not as described must be refused, and no answer may be a crash.

    That a well formed request is always taken is not asked: what a row means, the importer decides, and says 422."""
    program = issue("risk", "finance", rate=60_000)
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    asked = 0
    for operations in described.raw_schema["paths"].values():
        for operation in operations.values():
            operation.pop("security")  # every request bears the key: one that is only wrong for lack of it is right
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=_EXAMPLES,
            database=None,
            deadline=None,
            derandomize=not _LARGE,
            suppress_health_check=list(HealthCheck),
        )
        def keeps_to_it(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(
                headers={"Authorization": f"Bearer {program.key}"}, excluded_checks=[positive_data_acceptance]
            )

        keeps_to_it()
    assert asked >= 14 * _EXAMPLES * 0.9


def test_no_parameter_of_an_address_can_be_null(books):
    from liangqing.api.doors import api

    operations = [one for each in api.get_openapi_schema()["paths"].values() for one in each.values()]
    schemas = [parameter["schema"] for one in operations for parameter in one.get("parameters", ())]
    assert len(schemas) > 40
    assert not any("null" in str(schema) for schema in schemas)


@pytest.mark.parametrize("day", ["0", "0.0", "1700000000", "2026-3-1", "20260301", "2026-03-01T00:00:00", ""])
def test_a_day_is_an_iso_day_and_never_a_number_that_would_show_everything(institution, issue, day):
    program = issue("risk", "finance")
    for path in ("/bills?due_from=", "/cases?since=", "/tasks?since=", "/alerts?since=", "/records?since="):
        assert program.get(path + day).status_code == 422, path
    assert program.get("/alerts?since=2026-03-11").status_code == 200
    case = program.get("/cases").json()["items"][0]["number"]
    promise = {"amount": "1.00", "currency": "CNY", "due_on": day}
    assert program.post(f"/cases/{case}/promises", promise).status_code == 422


@pytest.mark.parametrize("purpose", ["", "%20", "%1C", "%C2%A0", "%E2%80%8B", "%E3%80%80", "..."])
def test_a_purpose_that_says_nothing_reveals_nothing(institution, issue, purpose):
    program = issue("risk", "finance")
    assert program.get(f"/customers?reveal={purpose}").status_code == 422
    assert program.get("/customers?reveal=核对").status_code == 200
