"""The API keeps to its own description, whatever it is asked."""

from __future__ import annotations

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

_EXAMPLES = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 4}
"""Requests an operation; enough to meet each way of being wrong, few enough to be done in seconds."""


@pytest.mark.parametrize("mode", list(_EXAMPLES), ids=lambda mode: mode.value)
def test_no_answer_is_undocumented(institution, issue, mode):
    """Every operation is asked with generated requests, well formed ones and others; statuses, bodies and headers are
    compared with the description, and no answer may be a crash.

    That a well formed request is always taken is not asked: what a row means, the importer decides, and says 422."""
    program = issue("risk", "finance", rate=60_000)
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=_EXAMPLES[mode],
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def keeps_to_it(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(
                headers={"Authorization": f"Bearer {program.key}"}, excluded_checks=[positive_data_acceptance]
            )

        keeps_to_it()
    assert asked > 40
