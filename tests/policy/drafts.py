"""Versions of the policy for tests, made the way people make them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.policy.actions import versions
from liangqing.policy.content import complete
from liangqing.policy.models import Version


def person(username: str = "risk1") -> User:
    made, _new = User.objects.get_or_create(username=username, defaults={"name": username, "duties": ["risk"]})
    return made


def draft(*, on: str, from_on: str, share: int = 100, rows: dict[str, Any] | None = None, **terms: Any) -> Version:
    """A draft made on a day, beginning on another; terms by key with ``__`` for the dot, rows by table."""
    with clock.at(on):
        made = versions.draft(title="改动", from_on=dt.date.fromisoformat(from_on), by=person())
        for key, value in terms.items():
            made = versions.set_term(made, key.replace("__", "."), value, revision=made.revision, by=person())
        for key, given in (rows or {}).items():
            made = versions.set_rows(made, key, given, revision=made.revision, by=person())
        if share < 100:
            made = versions.describe(
                made,
                title=made.title,
                why=made.why,
                from_on=made.from_on,
                share=share,
                revision=made.revision,
                by=person(),
            )
    return made


def approved(*, on: str, from_on: str, **given: Any) -> Version:
    """The same, submitted and approved on that day."""
    made = draft(on=on, from_on=from_on, **given)
    with clock.at(on):
        versions.submit(made, by=person())
        return versions.approve(made, voices=[{"name": "高", "step": "duty:risk"}], counsel="方", by=person())


def rows_of(version: Version, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in complete(version.content)["tables"][table]]
