"""A text with the places marked where something was found."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

Place = tuple[int, int, str]
"""from and up to which character, and what to say of it"""


def marked(text: str, places: Iterable[Place]) -> SafeString:
    """The text for a page, lines as they are; each marked part says what it is about to those who point at it.

    >>> marked("不还就 <堵门>", [(5, 7, "W1")])
    '不还就 &lt;<mark title="W1">堵门</mark>&gt;'
    """
    kept = [(start, end, said) for start, end, said in places if 0 <= start < end <= len(text)]
    edges = sorted({0, len(text), *(start for start, _end, _said in kept), *(end for _start, end, _said in kept)})
    parts = []
    for since, until in itertools.pairwise(edges):
        said = list(dict.fromkeys(words for start, end, words in kept if start <= since and until <= end))
        part = _lines(text[since:until])
        parts.append(format_html('<mark title="{}">{}</mark>', "; ".join(said), part) if said else part)
    return mark_safe("".join(parts))  # every part is escaped


def _lines(text: str) -> SafeString:
    return mark_safe(conditional_escape(text.replace("\r\n", "\n")).replace("\n", "<br>"))  # escaped before
