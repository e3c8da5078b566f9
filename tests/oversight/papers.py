"""What tests make documents from."""

from __future__ import annotations

import copy
import datetime as dt
import struct
from pathlib import Path
from typing import Any

from liangqing.oversight.printing.document import Approval, Facts
from liangqing.policy.book import preset_content
from liangqing.policy.content import digest

VOICES = (
    Approval("duty:risk", "陈静", dt.date(2026, 11, 20)),
    Approval("duty:manage", "周立", dt.date(2026, 11, 21)),
)


def content(**terms: Any) -> dict[str, dict[str, Any]]:
    """The preset with some terms set otherwise; a dot in a key is spelled ``__``."""
    made = copy.deepcopy(preset_content())
    made["terms"].update({key.replace("__", "."): value for key, value in terms.items()})
    return made


def facts(made: dict[str, dict[str, Any]] | None = None, **more: Any) -> Facts:
    """An approved version of an institution that has a name and some departments."""
    made = made or content()
    known = {
        "version": "v3",
        "title": "轻度逾期提前",
        "content": made,
        "digest": digest(made),
        "from_on": dt.date(2027, 1, 1),
        "until_on": None,
        "phase": "in_force",
        "approvals": VOICES,
        "counsel": "",
        "institution": "杭州两清供应链管理有限公司",
        "place": "杭州",
        "departments": {"business": ["华东销售部", "华南销售部"], "risk": ["风险管理部"]},
        "printed_on": dt.date(2026, 11, 22),
    }
    return Facts(**{**known, **more})


def characters(font: Path) -> set[int]:
    """The characters a TrueType font can show (its table cmap, format 12)."""
    data = font.read_bytes()
    tables = {
        data[at : at + 4]: struct.unpack(">I", data[at + 8 : at + 12])[0]
        for at in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    start = tables[b"cmap"]
    found: set[int] = set()
    for place in range(struct.unpack(">H", data[start + 2 : start + 4])[0]):
        record = start + 4 + 8 * place
        table = start + struct.unpack(">I", data[record + 4 : record + 8])[0]
        if struct.unpack(">H", data[table : table + 2])[0] == 12:
            for group in range(struct.unpack(">I", data[table + 12 : table + 16])[0]):
                at = table + 16 + 12 * group
                first, last, _glyph = struct.unpack(">III", data[at : at + 12])
                found.update(range(first, last + 1))
    return found
