"""The policy said in words, in Chinese or English: a value with its unit, a condition, a row, for whom it is set.

Everything here takes values as they are written in a version's content (``liangqing.policy.content``), so that drafts
can be shown too. The language is the reader's (Django's active one) unless one is named: ``zh`` or ``en``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from liangqing.kit.money import digits
from liangqing.policy.scope import DIMENSIONS, Scope
from liangqing.policy.tables import Input, Output, Table
from liangqing.policy.terms import EVERY_OTHER, LEVELS, Definition, Entry, Term, Words, definitions, entries_of

Given = Mapping[str, Any]
"""``terms`` of a content: what "$key" stands for."""


def language_of(language: str | None = None) -> str:
    """zh or en: the one named, else the reader's."""
    return "zh" if (language or get_language() or "zh").startswith("zh") else "en"


def spoken(words: Words, language: str | None = None) -> str:
    """One of the policy's own sentences in a language; empty where there are no words."""
    return words.get(language_of(language), "") if words else ""


_LEVELS: Mapping[str, Words] = {
    "mild": {"zh": "轻度", "en": "mild"},
    "moderate": {"zh": "中度", "en": "moderate"},
    "severe": {"zh": "重度", "en": "severe"},
}
_SCOPES: Mapping[str, Words] = {
    "line": {"zh": "业务线", "en": "business line"},
    "place": {"zh": "债务人所在地", "en": "place of the debtor"},
    "debtor": {"zh": "债务人", "en": "debtor"},
}
_DEBTORS: Mapping[str, Words] = {"company": {"zh": "企业", "en": "company"}, "person": {"zh": "个人", "en": "person"}}
DUTIES: Mapping[str, Words] = {
    "collect": {"zh": "催收岗", "en": "a collector"},
    "sell": {"zh": "销售岗", "en": "sales"},
    "head": {"zh": "部门负责人岗", "en": "a head of department"},
    "risk": {"zh": "风险管理岗", "en": "risk management"},
    "finance": {"zh": "财务岗", "en": "finance"},
    "legal": {"zh": "法务岗", "en": "counsel"},
    "audit": {"zh": "审计岗", "en": "audit"},
    "manage": {"zh": "管理层", "en": "management"},
    "admin": {"zh": "系统管理岗", "en": "administration"},
}
"""The duties a step of approval may name."""
_CURRENCIES: Mapping[str, Words] = {
    "CNY": {"zh": "人民币", "en": "CNY"},
    "USD": {"zh": "美元", "en": "USD"},
    "EUR": {"zh": "欧元", "en": "EUR"},
    "CAD": {"zh": "加元", "en": "CAD"},
    "HKD": {"zh": "港元", "en": "HKD"},
    "JPY": {"zh": "日元", "en": "JPY"},
}
_FLAGS: Mapping[bool, Words] = {True: {"zh": "是", "en": "yes"}, False: {"zh": "否", "en": "no"}}
_ROUTE_STEP = re.compile(r"(?:(?P<needed>\d+) of )?(?P<kind>head|duty|position|user)(?::(?P<name>[^>]+))?")


def _say(language: str | None, zh: str, en: str) -> str:
    return zh if language_of(language) == "zh" else en


# terms -------------------------------------------------------------------------------------------------------------


def value(definition: Definition, given: Any, language: str | None = None) -> str:
    """A term as written, with its unit, and for whom where it is set for more than the whole institution:
    ``31 天（债务人：个人 21 天）``."""
    entries = entries_of(given)
    plain = [one(definition, entry.value, language) for entry in entries if not entry.scope]
    scoped = [_scoped(definition, entry, language) for entry in entries if entry.scope]
    if not scoped:
        return plain[0] if plain else ""
    others = _say(language, "；", "; ").join(scoped)
    return _say(language, f"{plain[0]}（{others}）", f"{plain[0]} ({others})") if plain else others


def in_force(term: Term, language: str | None = None) -> str:
    """A term as a policy holds it, with everyone it is set for."""
    entries = [{"for": dict(entry.scope), "value": entry.value} for entry in term.entries]
    return value(term.definition, entries, language)


def _scoped(definition: Definition, entry: Entry, language: str | None) -> str:
    return f"{scope(entry.scope, language)} {one(definition, entry.value, language)}"


def one(definition: Definition, given: Any, language: str | None = None) -> str:
    """One value of a term with its unit: ``31 天``, ``60%``, ``人民币 50,000.00，其他币种 1.00``."""
    if definition.kind == "amounts":
        return amounts(given, language)
    if definition.kind == "levels":
        said = [
            f"{spoken(_LEVELS[level], language)} {_counted(definition, given[level], language)}" for level in LEVELS
        ]
        return _say(language, "，", ", ").join(said)
    return _counted(definition, given, language)


def _counted(definition: Definition, given: Any, language: str | None) -> str:
    if definition.key.endswith("_bp"):
        return percent(given)
    unit = unit_of(definition, language)
    if given == 1 and language_of(language) == "en" and unit.isalpha():
        unit = unit.removesuffix("s")
    return f"{given}{unit}" if unit.startswith("%") else f"{given} {unit}".strip()


def unit_of(definition: Definition, language: str | None = None) -> str:
    """The unit as it stands after a number: ``天``, ``%``; nothing for amounts, which name their currency."""
    if definition.kind == "amounts":
        return ""
    if definition.key.endswith("_bp"):
        return "%"
    unit = spoken(definition.unit, language)
    if unit.startswith(("%", "percent")):
        return "%"
    return unit


def percent(basis_points: int) -> str:
    """Hundredths of a percent as a percentage with no more digits than needed: 6000 is 60%, 1250 is 12.5%."""
    whole = Decimal(basis_points) / 100
    return f"{whole.normalize():f}%" if whole else "0%"


def amounts(given: Mapping[str, str], language: str | None = None) -> str:
    """Amounts by currency, the one for every other currency last."""
    named = [
        f"{currency(code, language)} {_grouped(text, code)}" for code, text in given.items() if code != EVERY_OTHER
    ]
    if EVERY_OTHER in given:
        text = _grouped(given[EVERY_OTHER], "CHF")
        other = _say(language, "其他币种", "any other currency") if named else _say(language, "各币种", "any currency")
        named.append(f"{other} {text}")
    return _say(language, "，", ", ").join(named)


def _grouped(text: str, code: str) -> str:
    return f"{Decimal(text):,.{digits(code)}f}"


def currency(code: str, language: str | None = None) -> str:
    """A currency by its name, or its code where it has none here."""
    return spoken(_CURRENCIES.get(code, {}), language) or code


def scope(given: Scope, language: str | None = None) -> str:
    """For whom a value is set: ``债务人：个人，业务线：HX``; the whole institution where it names nobody."""
    if not given:
        return _say(language, "全机构", "the whole institution")
    said = []
    for dimension in DIMENSIONS:
        if dimension in given:
            who = spoken(_DEBTORS.get(given[dimension], {}), language) if dimension == "debtor" else given[dimension]
            said.append(f"{spoken(_SCOPES[dimension], language)}{_say(language, '：', ': ')}{who or given[dimension]}")
    return _say(language, "，", ", ").join(said)


# rows --------------------------------------------------------------------------------------------------------------


def condition(
    column: Input, given: Any, terms: Given | None = None, language: str | None = None, *, named: bool = True
) -> str:
    """A condition as written: ``1 至 30``, ``轻度、中度``, ``是``. A number another term sets is named with its value
    where ``terms`` are given: ``1 至 30（轻度逾期天数上限（不含）：31 天）``; without ``named`` only where it differs by
    scope, so that its one number does not say it all."""
    if isinstance(given, Mapping):
        return _range(column, given, terms, language, named)
    each = given if isinstance(given, list | tuple) else [given]
    return _say(language, "、", " or ").join(word(column, one, language) for one in each)


def label(column: Input | Output, language: str | None = None) -> str:
    """A column by its name; a share without its unit, as it is said in percent."""
    said = spoken(column.label, language) or column.name
    return re.sub(r"\s*[（(][^（()）]*[）)]$", "", said) if column.name.endswith("_bp") else said


def word(column: Input | Output, given: Any, language: str | None = None) -> str:
    """One value of a column by its name."""
    if isinstance(given, bool):
        return spoken(_FLAGS[given], language)
    if isinstance(column, Output) and column.form == "route":
        return route(str(given), language)
    if isinstance(given, int):
        return percent(given) if column.name.endswith("_bp") else str(given)
    return spoken(column.words.get(given, {}), language) or str(given)


def _range(
    column: Input, given: Mapping[str, Any], terms: Given | None, language: str | None, named: bool = True
) -> str:
    """Half-open as written, closed as said: from 1 until 31 is 1 to 30. A share is said by its edges."""
    low, high = _edge(given.get("from"), terms), _edge(given.get("until"), terms)
    share = column.name.endswith("_bp")
    edges = [given.get("from"), given.get("until")]
    shown = [edge for edge in edges if named or _scoped_term(edge, terms)]
    notes = [note for edge in shown if (note := reference(edge, terms, language)) is not None]
    text = _say_share(low, high, language) if share else _say_numbers(low, high, language)
    if not notes:
        return text
    noted = _say(language, "；", "; ").join(notes)
    return _say(language, f"{text}（{noted}）", f"{text} ({noted})") if text else noted


def _scoped_term(edge: Any, terms: Given | None) -> bool:
    if not isinstance(edge, str) or not edge.startswith("$"):
        return False
    return terms is None or any(entry.scope for entry in entries_of(terms.get(edge[1:], 0)))


def _edge(given: Any, terms: Given | None) -> int | None:
    if isinstance(given, str):
        return _referred(given, terms)
    return given if isinstance(given, int) else None


def _referred(given: str, terms: Given | None) -> int | None:
    definition = definitions().get(given.removeprefix("$"))
    if definition is None or terms is None:
        return None
    plain = [entry.value for entry in entries_of(terms.get(definition.key, definition.default)) if not entry.scope]
    return int(plain[0]) if plain and isinstance(plain[0], int) else None


def reference(given: Any, terms: Given | None = None, language: str | None = None) -> str | None:
    """ "$key" by the term's name, with its value where ``terms`` are given; None for anything else."""
    if not isinstance(given, str) or not given.startswith("$"):
        return None
    definition = definitions().get(given[1:])
    if definition is None:
        return given
    name = spoken(definition.name, language)
    if terms is None:
        return name
    said = value(definition, terms.get(definition.key, definition.default), language)
    return f"{name}{_say(language, '：', ': ')}{said}"


def _say_numbers(low: int | None, high: int | None, language: str | None) -> str:
    if low is not None and high is not None:
        return str(low) if high == low + 1 else _say(language, f"{low} 至 {high - 1}", f"{low} to {high - 1}")
    if low is not None:
        return _say(language, f"{low} 及以上", f"{low} or more")
    if high is not None:
        return _say(language, f"{high - 1} 及以下", f"{high - 1} or less")
    return ""


def _say_share(low: int | None, high: int | None, language: str | None) -> str:
    said = []
    if low is not None:
        said.append(_say(language, f"{percent(low)} 及以上", f"{percent(low)} or more"))
    if high is not None:
        said.append(_say(language, f"不足 {percent(high)}", f"less than {percent(high)}"))
    return _say(language, "且", " and ").join(said)


def route(given: str, language: str | None = None) -> str:
    """Steps of approval: ``head > 2 of duty:manage`` is 部门负责人 → 管理层（2 人）."""
    said = []
    for part in given.split(">"):
        found = _ROUTE_STEP.fullmatch(part.strip())
        if found is None:
            said.append(part.strip())
            continue
        name = (found["name"] or "").strip()
        who = {
            "head": _say(language, "部门负责人", "head of department"),
            "duty": spoken(DUTIES.get(name, {}), language) or name,
            "position": name,
            "user": name,
        }[found["kind"]]
        if found["needed"]:
            who = _say(language, f"{who}（{found['needed']} 人）", f"{found['needed']} of {who}")
        said.append(who)
    return " → ".join(said)


def conditions(
    table: Table,
    given: Mapping[str, Any],
    terms: Given | None = None,
    language: str | None = None,
    *,
    named: bool = True,
) -> list[tuple[str, str]]:
    """Each condition of a row as (label, what it says), in the order of the table's columns."""
    when = given.get("when") or {}
    return [
        (
            label(column, language),
            condition(column, when[column.name], terms, language, named=named),
        )
        for column in table.inputs
        if column.name in when
    ]


def answers(table: Table, given: Mapping[str, Any], language: str | None = None) -> list[tuple[str, str]]:
    """Each output of a row as (label, what it says)."""
    then = given.get("then") or {}
    return [
        (label(column, language), word(column, then[column.name], language))
        for column in table.outputs
        if column.name in then
    ]


def row(
    table: Table,
    given: Mapping[str, Any],
    terms: Given | None = None,
    language: str | None = None,
    *,
    named: bool = True,
) -> tuple[str, str, str]:
    """A row as written: its conditions, its outputs, its reason."""
    colon, stop = _say(language, "：", ": "), _say(language, "；", "; ")
    when = stop.join(f"{head}{colon}{said}" for head, said in conditions(table, given, terms, language, named=named))
    then = stop.join(f"{head}{colon}{said}" for head, said in answers(table, given, language))
    everything = _say(language, "其他所有情形", "every other case")
    return when or everything, then, spoken(given.get("reason") or {}, language)
