"""What a message must hold and must not, by what it is, by which channel, to whom, and under whose rules.

The lists stand in ``catalogue/required.yaml``, each with its source and how sure that is.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from liangqing.kit.actions import clause
from liangqing.outreach.rules import amounts, wording
from liangqing.outreach.rules.plain import CATALOGUE, is_latin, latin_words, read

Words = Mapping[str, str]
_CHINA = ("cn_consumer", "cn_business")


@dataclass(frozen=True)
class Rule:
    """One demand: which elements must be there, or which words must not, where its conditions hold."""

    id: str
    when: Mapping[str, tuple[str, ...]]
    must: tuple[str, ...]
    no_debt: bool
    phrases: tuple[str, ...]
    source: str
    confidence: str
    why: Words

    @property
    def is_law(self) -> bool:
        """Whether the source may be called law: known well enough, and of that force."""
        known, force = self.confidence.split("/")
        return known in ("S", "K") and any(letter in force for letter in "LR")


@dataclass(frozen=True)
class Missing:
    """An element that is not there."""

    element: str
    name: Words
    rule: Rule


@dataclass(frozen=True)
class Forbidden:
    """A word, an amount or a variable that must not be there."""

    found: str
    rule: Rule


@functools.cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CATALOGUE / "required.yaml").read_text(encoding="utf-8"))
    return found


@functools.cache
def rules() -> tuple[Rule, ...]:
    """All demands."""
    return tuple(
        Rule(
            id=each["id"],
            when={key: tuple(values) for key, values in each["when"].items()},
            must=tuple(each.get("must", ())),
            no_debt=each.get("no_debt", False),
            phrases=tuple(each.get("phrases", ())),
            source=each["source"],
            confidence=each["confidence"],
            why=each["why"],
        )
        for each in _catalogue()["rules"]
    )


def holding(content: str, channel: str, recipient: str, regime: str) -> list[Rule]:
    """The demands on a message; on one for no regime in particular those of both Chinese ones."""
    asked = {"content": content, "channel": channel, "recipient": recipient}
    regimes = {regime} if regime else set(_CHINA)
    return [
        rule
        for rule in rules()
        if all(
            regimes.intersection(values) if key == "regime" else asked[key] in values
            for key, values in rule.when.items()
        )
    ]


@clause("P3 4.2.4")
def missing(
    template_text: str, *, content: str, channel: str, recipient: str, regime: str, layout: bool = True
) -> list[Missing]:
    """The elements a template lacks. An empty ``regime`` is a template for all of China's rules. Without ``layout`` it is
    handed out as it is, a Word document of the institution's own, and must hold everything itself (信用卡办法 69)."""
    named = wording.names(template_text)
    said = "".join(wording.constants(template_text))
    given = set(_catalogue()["layout"].get(channel, ())) if layout else set()
    found: dict[str, Missing] = {}
    for rule in holding(content, channel, recipient, regime):
        for element in rule.must:
            about = _catalogue()["elements"][element]
            if element not in given and not _is_there(about, named, said):
                found.setdefault(element, Missing(element, about["name"], rule))
    return list(found.values())


@clause("P3 4.2.4")
def forbidden(template_text: str, *, content: str, channel: str, recipient: str, regime: str) -> list[Forbidden]:
    """What a template holds though it must not: words of a debt, amounts, variables that tell of it."""
    known, named = wording.variables(), wording.names(template_text)
    said = "\n".join(wording.constants(template_text))
    found = [
        Forbidden(name, rule)
        for rule in holding(content, channel, recipient, regime)
        for name in sorted(named)
        if rule.no_debt and known[name].loan
    ]
    return found + forbidden_words(said, content=content, channel=channel, recipient=recipient, regime=regime)


@clause("P3 4.2.4")
def forbidden_words(said: str, *, content: str, channel: str, recipient: str, regime: str) -> list[Forbidden]:
    """What a text that is filled in holds though it must not: words of a debt, and amounts."""
    telling = [rule for rule in holding(content, channel, recipient, regime) if rule.no_debt]
    if not telling:
        return []
    plain, words = read(said).text, latin_words(said)
    found: list[Forbidden] = []
    for rule in telling:
        found += [Forbidden(phrase, rule) for phrase in rule.phrases if _holds(phrase, plain, words)]
        found += [Forbidden(said[start:end], rule) for start, end, _meant in amounts.amounts(said)]
    return list({each.found: each for each in found}.values())


def _is_there(about: Mapping[str, Any], named: Collection[str], said: str) -> bool:
    plain = read(said).text
    return bool(set(about["variables"]) & set(named)) or any(
        phrase in said or ((read_as := read(phrase).text) and read_as in plain) for phrase in about["phrases"]
    )


def _holds(phrase: str, plain: str, words: Sequence[str]) -> bool:
    if not is_latin(phrase[0]):
        return phrase in plain
    wanted = latin_words(phrase)
    return any(list(words[place : place + len(wanted)]) == wanted for place in range(len(words)))
