"""The templates that come with this product: calm and lawful, approved by nobody of the institution yet."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from liangqing.outreach.models import ANY, Template
from liangqing.outreach.rules.plain import CATALOGUE


@dataclass(frozen=True)
class Preset:
    """One template: for which circumstances, and what it says."""

    key: Mapping[str, str]
    name: str
    subject: str
    body: str


@functools.cache
def presets() -> tuple[Preset, ...]:
    """All of them."""
    given = yaml.safe_load((CATALOGUE / "templates.yaml").read_text(encoding="utf-8"))
    return tuple(
        Preset(
            key={column: each.get(column, ANY) for column in Template.KEY},
            name=each["name"],
            subject=each.get("subject", ""),
            body=each["body"].strip(),
        )
        for each in given
    )
