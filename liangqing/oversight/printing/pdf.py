"""The document as PDF."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from liangqing.kit import typeset
from liangqing.oversight.printing.document import Document

TEMPLATE = Path(__file__).parent / "policy.typ"


def pdf(document: Document) -> bytes:
    """Raises ``typeset.TypesetError`` when it can't be set."""
    return typeset.pdf(TEMPLATE, data(document))


def data(document: Document) -> dict[str, Any]:
    """What the template reads."""
    return dataclasses.asdict(document)
