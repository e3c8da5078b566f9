"""What of a name and a number can be searched for, and whether something searched for is really there.

A name is searched in its form (letters and digits, width and case ignored). From it follow *keys*: keyed hashes of
short parts, which an index can look up without knowing the name.

====  ==========================================================================================
n     two neighbouring characters, and single ones that are not ASCII (信, 华信, er)
^     the first character, or first two of ASCII, so that names which begin so are found first
p     a syllable of the Pinyin spelling from its start, at least two letters (sha, shan)
j     a syllable joined with the first letter of the next (hua·x)
i     initials of two neighbouring characters (hx)
#     three neighbouring characters of the customer number
====  ==========================================================================================

A character read in several ways has the keys of all: 单雄信 is found as shan and as dan. Keys only propose; ``found``
decides on the name itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from operator import add

from liangqing.kit import sealing

_BESIDES = re.compile(r"[^0-9a-z]+")
_SPELLING = re.compile(r"[a-z]{2,40}")
_LEGAL_FORM = re.compile("(股份)?有限(责任)?公司$")
"""Not looked up by Pinyin: nearly every company ends so."""
_LONGEST = 200
"""Characters of a name that are searched; longer ones are found by their beginning."""
_MOST_WORDS = 6
_MOST_SEGMENTATIONS = 8
_MOST_CACHED = 200_000


def form(text: str) -> str:
    """Letters and digits in the normal form."""
    if text.isascii():
        text = text.lower()
        return (text if text.isalnum() else _BESIDES.sub("", text))[:_LONGEST]
    return "".join(filter(str.isalnum, sealing.normal(text)))[:_LONGEST]


def words(text: str) -> list[str]:
    """What is searched for, as forms; each must be found. Single letters stand together, since alone they find all."""
    parts = [part for part in map(form, text.split()[:_MOST_WORDS]) if part]
    if any(len(part) > 1 or not part.isascii() for part in parts):
        return parts
    whole = "".join(parts)
    return [whole] if whole else []


@cache
def readings(character: str) -> tuple[str, ...]:
    """How a Chinese character may be read, without tones (ü is v, also u); empty for any other character."""
    if character.isascii():
        return ()
    from pypinyin.constants import PINYIN_DICT  # a quarter of a second, only where Chinese is searched

    said = PINYIN_DICT.get(ord(character), "")
    found = {_toneless(reading) for reading in said.split(",") if reading}
    found |= {reading.replace("v", "u") for reading in found}
    return tuple(sorted(found))


def _toneless(reading: str) -> str:
    spelled = unicodedata.normalize("NFD", reading).replace("u\N{COMBINING DIAERESIS}", "v")
    return "".join(letter for letter in spelled if "a" <= letter <= "z")


@cache
def syllables() -> frozenset[str]:
    """Every syllable some character is read as."""
    from pypinyin.constants import PINYIN_DICT

    return frozenset(reading for code in PINYIN_DICT for reading in readings(chr(code)) if reading)


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(syllable[:end] for syllable in syllables() for end in range(1, len(syllable) + 1))


class _Tokens(dict[str, str]):
    """Key by what follows the mark of its kind; made when first asked for."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._key = sealing.key_for("search")

    def __missing__(self, part: str) -> str:
        if len(self) > _MOST_CACHED:
            self.clear()
        digest = blake2b((self._mark + part).encode(), key=self._key, digest_size=4).digest()
        key = self[part] = str(int.from_bytes(digest, "big", signed=True))
        return key


class Keys:
    """Makes keys, remembering those of characters and pairs it has met: names of one ledger share most of them.

    Keys are whole numbers of 32 bits, written as text.
    """

    def __init__(self) -> None:
        self._of_token = {mark: _Tokens(mark) for mark in "n^pji#"}
        self._spelled: dict[str, tuple[str, ...]] = {}

    def of(self, number: str, names: Iterable[str]) -> set[str]:
        """All keys of a customer."""
        return self.of_names(names) | self.of_number(number)

    def of_number(self, number: str) -> set[str]:
        number = form(number)
        if len(number) < 3:
            return {self.token("#" + number)} if number else set()
        return set(map(self._of_token["#"].__getitem__, map(add, map(add, number, number[1:]), number[2:])))

    def of_names(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        parts = self._of_token["n"]
        for name in map(form, names):
            if not name:
                continue
            found.update(map(parts.__getitem__, map(add, name, name[1:])))
            if not name.isascii():
                found.update(map(parts.__getitem__, filter(_not_ascii, name)))
                self._spell(_LEGAL_FORM.sub("", name), found)
            found.add(self._of_token["^"][_beginning(name)])
        return found

    def token(self, token: str) -> str:
        """The key of one token."""
        return self._of_token[token[0]][token[1:]]

    def _spell(self, name: str, found: set[str]) -> None:
        spelled = self._spelled
        if len(spelled) > _MOST_CACHED:
            spelled.clear()
        for character in name:
            found.update(spelled.get(character) or self._meet(character))
        for pair in map(add, name, name[1:]):
            found.update(spelled.get(pair) or self._meet_pair(pair))

    def _meet(self, character: str) -> tuple[str, ...]:
        tokens = set()
        for reading in readings(character):
            tokens |= {"p" + reading[:end] for end in range(min(2, len(reading)), len(reading) + 1)}
        self._spelled[character] = keys = tuple(map(self.token, tokens))
        return keys

    def _meet_pair(self, pair: str) -> tuple[str, ...]:
        tokens = set()
        for first in readings(pair[0]):
            for following in readings(pair[1]):
                tokens |= {"j" + first + following[0], "i" + first[0] + following[0]}
        self._spelled[pair] = keys = tuple(map(self.token, tokens))
        return keys


def _not_ascii(character: str) -> bool:
    return not character.isascii()


def wanted(word: str) -> list[frozenset[str]]:
    """Which tokens a customer must have to be a candidate for this word: all of one of the sets.

    Empty for a single letter, which says too little to look up.
    """
    ways = set()
    if len(word) > 1:
        ways.add(frozenset("n" + pair for pair in map(add, word, word[1:])))
    elif not word.isascii():
        ways.add(frozenset({"n" + word}))
    if len(word) > 1:
        ways.add(frozenset("#" + word[place : place + 3] for place in range(max(len(word) - 2, 1))))
    if _SPELLING.fullmatch(word):
        ways.add(frozenset("i" + word[place : place + 2] for place in range(len(word) - 1)))
        for spelled in _segmentations(word):
            tokens = {"j" + first + following[0] for first, following in pairwise(spelled)}
            tokens |= {"p" + part for part in spelled if len(part) > 1}
            ways.add(frozenset(tokens))
    return sorted((way for way in ways if way), key=sorted)


def beginning(word: str) -> str | None:
    """The token of names that begin as this word does."""
    return "^" + _beginning(word) if len(word) > 1 or not word.isascii() else None


def _beginning(name: str) -> str:
    return name[:2] if name[:2].isascii() else name[:1]


def _segmentations(word: str) -> list[tuple[str, ...]]:
    """The word as syllables, the last of which may be only begun: xian is xi·an and xian."""
    known, begun = syllables(), _beginnings()

    def cut(start: int) -> Iterator[tuple[str, ...]]:
        if word[start:] in begun:
            yield (word[start:],)
        for end in range(min(start + 6, len(word) - 1), start, -1):
            if word[start:end] in known:
                for rest in cut(end):
                    yield (word[start:end], *rest)

    found: list[tuple[str, ...]] = []
    for spelled in cut(0):
        found.append(spelled)
        if len(found) == _MOST_SEGMENTATIONS:
            break
    return found


def found(word: str, numbers: Iterable[str], names: Iterable[str]) -> bool:
    """Whether the word is part of the customer number, of a name, of its Pinyin spelling or of its initials."""
    if any(word in form(number) for number in numbers):
        return True
    spelled = _SPELLING.fullmatch(word) is not None
    for name in map(form, names):
        if word in name:
            return True
        if spelled and not name.isascii():
            read = [readings(character) for character in name]
            if any(_spells(word, read[start:]) or _initials(word, read[start:]) for start in range(len(read))):
                return True
    return False


def _spells(word: str, read: list[tuple[str, ...]]) -> bool:
    """Whether the word is how these characters are read one after the other; the last may be only begun."""
    rests = {word}
    for ways in read:
        if not ways:
            return False
        following = set()
        for rest in rests:
            for way in ways:
                if way.startswith(rest):
                    return True
                if rest.startswith(way):
                    following.add(rest[len(way) :])
        if not following:
            return False
        rests = following
    return False


def _initials(word: str, read: list[tuple[str, ...]]) -> bool:
    return len(word) <= len(read) and all(
        any(way.startswith(letter) for way in ways) for letter, ways in zip(word, read, strict=False)
    )
