"""A text as a check reads it: one spelling for what looks alike, without what stands between the characters.

Full width becomes half width, traditional characters simplified ones, capitals small letters; blanks, signs and
invisible characters go. Each character left knows its place in the original, so that a find can be marked there.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CATALOGUE = Path(__file__).parent.parent / "catalogue"

_BREAKS = frozenset("。！？；：，、…!?;:,\n\r\u2028\u2029")
"""Signs that end a clause: words on both sides of one are not read as one word."""
_JOINERS = frozenset("'’＇")
_MOST_VARIANTS = 48
_LONGEST_IN_PINYIN = 4
_SHORTEST_PINYIN = 5
"""Letters; shorter ones are English words too, such as "made"."""


@functools.cache
def _simplified() -> dict[str, str]:
    lines = (CATALOGUE / "traditional.txt").read_text(encoding="utf-8").splitlines()
    pairs = (pair for line in lines if not line.startswith("#") for pair in line.split())
    return {pair[0]: pair[1] for pair in pairs}


class _Reading(dict[str, str]):
    """What each character is read as; worked out once a character."""

    def __missing__(self, sign: str) -> str:
        self[sign] = found = _read(sign)
        return found


def _read(sign: str) -> str:
    simplified = _simplified()
    form = unicodedata.normalize("NFKD" if ord(sign) < 0x370 else "NFKC", sign).casefold()
    return "".join(simplified.get(each, each) for each in form if unicodedata.category(each)[0] in "LN")


_reading = _Reading()


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as read: ``places[n]`` is where its character n stands in the original, ``breaks[n]`` how many signs that
    end a clause stand before it there."""

    original: str
    text: str
    places: list[int]
    breaks: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters ``start`` up to ``end`` of the reading stand in the original."""
        return self.places[start], self.places[end - 1] + 1

    def in_one_clause(self, start: int, end: int) -> bool:
        """Whether these characters stand in one clause, or somebody put such signs between all of them."""
        steps = [self.breaks[n + 1] - self.breaks[n] for n in range(start, end - 1)]
        return not any(steps) or (len(steps) > 1 and all(steps))


def read(original: str) -> Plain:
    """The text as a check reads it."""
    kept: list[str] = []
    places: list[int] = []
    breaks: list[int] = []
    count = 0
    for place, sign in enumerate(original):
        read_as = _reading[sign]
        if read_as:
            for each in read_as:
                kept.append(each)
                places.append(place)
                breaks.append(count)
        elif sign in _BREAKS:
            count += 1
    return Plain(original, "".join(kept), places, breaks)


def is_latin(sign: str) -> bool:
    """A letter or figure of the Latin script, as read."""
    return sign.isascii() and sign.isalnum()


def latin_words(text: str) -> list[str]:
    """The Latin words of a text, as read: ``["dont", "pay"]`` of ``Don't pay``. Invisible characters do not part words."""
    words: list[str] = []
    word: list[str] = []
    for sign in text:
        read_as = _reading[sign]
        if read_as:
            word.append(read_as)
        elif word and sign not in _JOINERS and unicodedata.category(sign) != "Cf":
            words.append("".join(word))
            word = []
    return [*words, "".join(word)] if word else words


@functools.cache
def _lookalikes() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((CATALOGUE / "lookalikes.yaml").read_text(encoding="utf-8"))
    return found


def variants(phrase: str) -> Iterator[str]:
    """The ways a phrase is written to slip through a check, the phrase itself first, all as read: with look-alikes, with
    one character in Pinyin, and, where it is short, wholly in Pinyin."""
    plain = read(phrase).text
    yield plain
    if any(is_latin(sign) for sign in plain):
        return
    made = [""]
    for sign in plain:
        ways = [sign, *(_reading[each] for each in _lookalikes().get(sign, ""))]
        made = [start + way for start in made for way in ways][:_MOST_VARIANTS]
    yield from made[1:]
    if 1 < len(plain) <= _LONGEST_IN_PINYIN:
        from pypinyin import Style, lazy_pinyin  # a dictionary, read when it is first needed

        syllables = lazy_pinyin(plain, style=Style.NORMAL)
        if len(syllables) == len(plain):
            if len("".join(syllables)) >= _SHORTEST_PINYIN:
                yield "".join(syllables)
            for place, syllable in enumerate(syllables):
                yield plain[:place] + syllable + plain[place + 1 :]
