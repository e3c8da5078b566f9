"""How headers are compared: without regard to case, width, spaces, marks, units and pandas' ``.1``.

Needs nothing but the standard library, because the process that reads spreadsheets uses it too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_PARENTHESES = re.compile(r"[(\[【{][^()\[\]【】{}]*[)\]】}]")
_REPEATED = re.compile(r"\.[0-9]{1,3}$")
_MARKS = re.compile(r"[\W_]+")
_UNIT_AT_END = re.compile(r"(?:单位)?\s*[:/]?\s*(?:人民币)?(?:百万|千万|亿|万|千)?元$")
_FACTOR = re.compile(r"(百万|千万|亿|万|千)(?:人民币|美|港|欧|日)?元")
_UNIT_TITLE = re.compile(r"单位\s*:?\s*(?:人民币)?\s*(百万|千万|亿|万|千)?元")
_LATIN_AND_CHINESE = re.compile(r"[\u3400-\u9fff]+|[A-Za-z][A-Za-z0-9 _.\-]*")
_FACTORS = {"千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}


def normal(header: str) -> str:
    """The letters and digits of a header, in one case and one width."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", header).casefold())


def forms(header: str) -> tuple[str, ...]:
    """The spellings under which a header may be known, the most literal first.

    >>> forms("金额（万元）")
    ('金额万元', '金额')
    """
    text = unicodedata.normalize("NFKC", header).strip()
    found = [text, _REPEATED.sub("", text)]
    bare = _PARENTHESES.sub("", found[-1]).strip()
    found.append(bare)
    found.append(_UNIT_AT_END.sub("", bare))
    parts = re.split(r"[/\n|]", bare)
    if len(parts) > 1:
        found.extend(parts)
    words = _LATIN_AND_CHINESE.findall(bare)
    if len(words) == 2 and not all(word.isascii() for word in words):
        found.extend(words)
    return tuple(dict.fromkeys(form for form in map(normal, found) if form))


def known_in(row: Sequence[str], known: frozenset[str]) -> int:
    """How many different headers of a row are known spellings. Only a short cell can be a header."""
    hits = set()
    for cell in row:
        if 0 < len(cell) <= 60:
            hit = next((form for form in forms(cell) if form in known), None)
            if hit is not None:
                hits.add(hit)
    return len(hits)


def factor_in(header: str) -> int | None:
    """By how much a header such as 金额(万元) multiplies; None when it names no unit."""
    text = unicodedata.normalize("NFKC", header)
    match = _FACTOR.search(text)
    if match:
        return _FACTORS[match[1]]
    return 1 if re.search(r"[(\[]\s*(?:人民币)?元\s*[)\]]", text) else None


def factor_in_title(cells: Sequence[str]) -> int | None:
    """The unit a line above the headers declares, such as 单位：万元; None when it declares none."""
    for cell in cells:
        match = _UNIT_TITLE.search(unicodedata.normalize("NFKC", cell))
        if match:
            return _FACTORS[match[1]] if match[1] else 1
    return None
