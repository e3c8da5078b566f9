"""Reading what stands in a database where anybody may have written."""

from __future__ import annotations

import json
from typing import Any


class Unreadable(ValueError):
    """It has not the shape it should have."""


def read_facts(text: str) -> dict[str, Any]:
    """A JSON object. Raises ``Unreadable`` for anything else: other JSON, numbers of thousands of digits, a thousand
    brackets."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found
