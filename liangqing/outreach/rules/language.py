"""What may not be said: a text is held against the categories W1-W20, each find with its place, why, and what to say instead.

A find opens a review and never punishes by itself. What a category forbids and what it excuses stands in
``catalogue/language.yaml``. One pass over the text, whatever the number of phrases.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import ahocorasick
import yaml

from liangqing.kit.actions import clause
from liangqing.kit.money import Money
from liangqing.outreach.rules import amounts
from liangqing.outreach.rules.plain import CATALOGUE, Plain, is_latin, latin_words, read, variants

Severity = Literal["block", "approval", "counsel", "person"]
Words = Mapping[str, str]
"""The same said in Chinese (zh) and English (en); ``policy.words.spoken`` says it to a reader."""

NOTES = frozenset(("note", "record", "import"))
"""What is written about a contact, as opposed to what goes out to somebody."""

_SENTENCE_ENDS = frozenset("。！？!?\n\r")
_QUOTED_PEOPLE = re.compile(
    r"(?:客户|对方|债务人|借款人|持卡人|联系人|其本人|本人|其|他|她|家属|debtor|customer|client|he|she|caller)"
    r"\s*(?:情绪激动|在电话中|电话中|当场|反复|还)?\s*(?:说|称|表示|回复|回答|骂|辱骂|反问|问|讲|喊|声称|says?|said|wrote|replied|shouted|asked)"
    r"\s*(?:道|我们|我|us|me|that)?\s*[:：,，]?\s*$",
    re.IGNORECASE,
)
_QUOTES = {"“": "”", "「": "」", "『": "』", "‘": "’", '"': '"', "«": "»"}
_SAYS_BEFORE = 24
_DENIALS = (
    *(
        "请勿",
        "切勿",
        "不要",
        "不会",
        "不得",
        "不收",
        "不向",
        "不索",
        "严禁",
        "禁止",
        "无需",
        "不需",
        "并非",
        "没有",
        "不能",
    ),
    *("不代", "不承", "从不", "绝不", "never", "donot", "dont", "doesnot", "wont", "willnot", "cannot", "mustnot"),
)
"""As read: without blanks and signs."""
_DENIED_WITHIN = 14


@dataclass(frozen=True)
class LanguageFacts:
    """What excuses words, and what amounts in the text must agree with.

    ``documents`` are the numbers of cases whose document is at hand; ``amounts`` what may be named (None: amounts are
    not checked); ``approved_by_legal`` that counsel approved this very text; ``approved_offer`` that the reduction it
    promises was approved.
    """

    documents: frozenset[str] = frozenset()
    amounts: frozenset[Money] | None = None
    approved_by_legal: bool = False
    approved_offer: bool = False


@dataclass(frozen=True)
class Hit:
    """A find: characters ``start`` up to ``end`` of the text as given, which are ``found``."""

    category: str
    start: int
    end: int
    found: str
    severity: Severity
    why: Words
    suggestion: Words


@dataclass(frozen=True)
class _Phrase:
    category: str
    text: str
    words: tuple[str, ...]
    severity: Severity
    only: str = ""
    court: bool = False
    legal: bool = False
    offer: bool = False
    deniable: bool = False
    safe: bool = False
    regimes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Category:
    """One of W1-W20."""

    code: str
    name: Words
    severity: Severity
    why: Words
    suggestion: Words
    followed_by: tuple[str, ...]
    amount: Words


@functools.cache
def categories() -> dict[str, Category]:
    """The categories by code."""
    return {
        code: Category(
            code=code,
            name=given["name"],
            severity=given["severity"],
            why=given["why"],
            suggestion=given["suggest"],
            followed_by=tuple(given.get("followed_by", ())),
            amount=given.get("amount", {}),
        )
        for code, given in _catalogue().items()
    }


@functools.cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CATALOGUE / "language.yaml").read_text(encoding="utf-8"))
    return found


@functools.cache
def _automaton() -> ahocorasick.Automaton:
    """Every way of writing every phrase; each leads to the phrases it may be."""
    keys: dict[str, list[_Phrase]] = {}
    for phrase in _phrases():
        for key in variants(phrase.text):
            known = keys.setdefault(key, [])
            if phrase not in known:
                known.append(phrase)
    machine = ahocorasick.Automaton()
    for key, phrases in keys.items():
        machine.add_word(key, (len(key), tuple(phrases)))
    machine.make_automaton()
    return machine


def _phrases() -> Iterator[_Phrase]:
    for code, given in _catalogue().items():
        for group in given["groups"]:
            flags = {name: group[name] for name in ("only", "court", "legal", "offer", "deniable") if name in group}
            for text in group["words"]:
                yield _Phrase(
                    category=code,
                    text=text,
                    words=tuple(latin_words(text)),
                    severity=group.get("severity", given["severity"]),
                    regimes=tuple(group.get("regimes", ())),
                    **flags,
                )
        for text in given.get("safe", ()):
            yield _Phrase(code, text, tuple(latin_words(text)), given["severity"], safe=True)


def warm_up() -> None:
    """Read the catalogue now rather than at the first text (half a second)."""
    _automaton()


@clause("P3 4.2.4")
def check(text: str, *, content: str, regime: str, facts: LanguageFacts | None = None) -> list[Hit]:
    """What is not allowed in a text, in the order it stands there.

    ``content`` is what the text is: a kind of content (``kinds.Content``), ``template``, or one of ``NOTES``. ``regime``
    is whose rules count (``kinds.Regime``). Where the debtor is quoted in a note, their words are not held against
    the writer, but a vulnerable person is still noticed (W18).
    """
    known = facts or LanguageFacts()
    plain = read(text)
    finds = _finds(plain, content, regime, known)
    finds += _pressing(plain, finds)
    hits = [_hit(text, *find) for find in _longest(finds)]
    if known.amounts is not None and content not in NOTES:
        hits += _wrong_amounts(text, known.amounts)
    return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.category))


_Find = tuple[int, int, str, Severity]
"""start, end in the original; category; severity"""


def _hit(text: str, start: int, end: int, category: str, severity: Severity) -> Hit:
    about = categories()[category]
    return Hit(category, start, end, text[start:end], severity, about.why, about.suggestion)


def _finds(plain: Plain, content: str, regime: str, facts: LanguageFacts) -> list[_Find]:
    """What the phrases find that nothing excuses; time pressure is left to ``_pressing``."""
    note = content in NOTES
    quoted = _quotations(plain.original) if note else []
    cited = any(read(number).text in plain.text for number in facts.documents if number.strip())
    found: list[_Find] = []
    safe: list[tuple[int, int, str]] = []
    for last, (length, phrases) in _automaton().iter(plain.text):
        first = last + 1 - length
        for phrase in phrases:
            if categories()[phrase.category].followed_by or not _is_there(plain, first, last + 1, phrase):
                continue
            start, end = plain.span(first, last + 1)
            if phrase.safe:
                safe.append((start, end, phrase.category))
            elif not (
                (phrase.only == "outgoing" and note)
                or (phrase.regimes and regime not in phrase.regimes)
                or (phrase.court and cited)
                or (phrase.legal and facts.approved_by_legal)
                or (phrase.offer and facts.approved_offer)
                or (phrase.deniable and _denied(plain, first))
                or (phrase.category != "W18" and any(since <= start and end <= until for since, until in quoted))
            ):
                found.append((start, end, phrase.category, phrase.severity))
    return [
        find
        for find in found
        if not any(since <= find[0] and find[1] <= until and code == find[2] for since, until, code in safe)
    ]


def _is_there(plain: Plain, first: int, end: int, phrase: _Phrase) -> bool:
    """Whether what was read is written there: in one clause, and where it is in Latin letters, as words of their own."""
    if not plain.in_one_clause(first, end):
        return False
    read_as = plain.text[first:end]
    if is_latin(read_as[0]) and first and _touches(plain, first - 1, first):
        return False
    if is_latin(read_as[-1]) and end < len(plain.text) and _touches(plain, end - 1, end):
        return False
    if not read_as.isascii():
        return True
    start, until = plain.span(first, end)
    words = latin_words(plain.original[start:until])
    if len(words) == 1 or all(len(word) == 1 for word in words):
        return True
    if not phrase.text.isascii():  # a Chinese phrase in Pinyin: parted by syllables
        return len(words) == len(phrase.text)
    return tuple(words) == phrase.words


def _touches(plain: Plain, one: int, next_one: int) -> bool:
    """Whether two neighbouring characters of the reading are letters of one Latin word in the original."""
    if not (is_latin(plain.text[one]) and is_latin(plain.text[next_one])):
        return False
    between = plain.original[plain.places[one] + 1 : plain.places[next_one]]
    return len(latin_words(f"a{between}b")) == 1


def _denied(plain: Plain, first: int) -> bool:
    """Whether "do not" or "will not" stands before this in its clause."""
    since = first
    while since and first - since < _DENIED_WITHIN and plain.breaks[since - 1] == plain.breaks[first]:
        since -= 1
    before = plain.text[since:first]
    return any(denial in before for denial in _DENIALS)


def _quotations(text: str) -> list[tuple[int, int]]:
    """Where somebody else is quoted: what stands in quotes after "the customer says" and the like."""
    found = []
    place = 0
    while place < len(text):
        close = _QUOTES.get(text[place])
        if close:
            end = text.find(close, place + 1)
            if end > 0:
                if _QUOTED_PEOPLE.search(text, max(0, place - _SAYS_BEFORE), place):
                    found.append((place + 1, end))
                place = end
        place += 1
    return found


def _pressing(plain: Plain, finds: Iterable[_Find]) -> list[_Find]:
    """W19: words of time pressure with a threat after them in the same sentence."""
    followed = {code for category in categories().values() for code in category.followed_by}
    threats = sorted(find for find in finds if find[2] in followed)
    if not threats:
        return []
    found: list[_Find] = []
    for last, (length, phrases) in _automaton().iter(plain.text):
        first = last + 1 - length
        for phrase in phrases:
            about = categories()[phrase.category]
            if about.followed_by and _is_there(plain, first, last + 1, phrase):
                start, end = plain.span(first, last + 1)
                until = _threat_after(plain.original, end, [each for each in threats if each[2] in about.followed_by])
                if until is not None:
                    found.append((start, until, phrase.category, phrase.severity))
    return found


def _threat_after(text: str, end: int, threats: list[_Find]) -> int | None:
    """Where the first threat ends that stands behind this place, or over it, in the same sentence."""
    for since, until, _category, _severity in threats:
        if until >= end:
            return None if _SENTENCE_ENDS.intersection(text[end : max(end, since)]) else until
    return None


def _longest(finds: list[_Find]) -> list[_Find]:
    """Of finds of one category where one lies within another, the outer one; where both are as long, the gravest."""
    gravity = {"block": 0, "counsel": 1, "approval": 2, "person": 3}
    kept: list[_Find] = []
    reached: dict[tuple[str, int], int] = {}
    for start, end, category, severity in sorted(set(finds), key=lambda each: (each[0], -each[1], gravity[each[3]])):
        own = gravity[severity]
        if all(reached.get((category, graver), -1) < end for graver in range(own + 1)):
            kept.append((start, end, category, severity))
            reached[category, own] = end
    return kept


def _wrong_amounts(text: str, allowed: frozenset[Money]) -> Iterator[Hit]:
    """W16: amounts in the text that are none of those it may name."""
    about = categories()["W16"]
    for start, end, meant in amounts.amounts(text):
        if not any(money in allowed for money in meant):
            yield Hit("W16", start, end, text[start:end], about.severity, about.amount, about.suggestion)
