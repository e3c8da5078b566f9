"""The document: text, annexes, approvals, composed from one version's content. Pure: it asks neither database nor clock.

The text stands in ``policy.zh.yaml`` and ``policy.en.yaml``. A placeholder that means nothing is an error here, so
nothing is ever printed with a blank left.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from liangqing.oversight.printing.changes import Change
from liangqing.oversight.printing.numbering import numbered
from liangqing.policy import words
from liangqing.policy.book import preset_content
from liangqing.policy.content import Content, complete
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions, entries_of

FOLDER = Path(__file__).parent
KINDS = ("business", "collection", "risk", "finance", "legal", "audit", "management")
"""The kinds of departments the text names."""
PARAMETERS = "parameters"
CHANGES = "changes"
_PLACEHOLDER = re.compile(r"\{(?P<mark>[@#]?)(?P<name>[a-z_0-9.]+)(?::(?P<less>-1))?\}")


class TextError(ValueError):
    """The text holds a placeholder that means nothing."""


@dataclass(frozen=True)
class Approval:
    """One voice for the version: the step it answered, who, on which day."""

    step: str
    name: str
    on: dt.date | None


@dataclass(frozen=True)
class Facts:
    """What a document is made from. ``phase`` is one of ``policy.queries.versions.PHASES``, or ``preset`` for what this
    product ships; ``departments`` are names by kind; ``changes`` against the version called ``compared``."""

    version: str
    title: str
    content: Content
    digest: str
    from_on: dt.date
    until_on: dt.date | None
    phase: str
    approvals: Sequence[Approval]
    counsel: str
    institution: str
    place: str
    departments: Mapping[str, Sequence[str]]
    printed_on: dt.date
    share: int = 100
    compared: str = ""
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Article:
    """``number`` is 第一条, ``items`` are (（一）, text) each."""

    number: str
    text: str
    items: tuple[tuple[str, str], ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    number: str
    title: str
    articles: tuple[Article, ...]


@dataclass(frozen=True)
class Part:
    number: str
    title: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Annex:
    """A table after the text. ``widths`` are shares of the page's width; ``key`` is the policy table's, or a word."""

    key: str
    number: str
    title: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Document:
    """The policy in one language, ready to be shown. ``facts`` are (label, value) for the first page; ``mark`` is a word
    across it where it is not in force (a draft); ``sealed_on`` is the day of the last approval, empty for what is not
    to be sealed."""

    language: str
    title: str
    about: str
    institution: str
    place: str
    mark: str
    version: str
    sealed_on: str
    facts: tuple[tuple[str, str], ...]
    approval_heads: tuple[str, ...]
    approvals: tuple[tuple[str, ...], ...]
    approval_note: str
    parts: tuple[Part, ...]
    annexes: tuple[Annex, ...]
    words: Mapping[str, str]

    @property
    def articles(self) -> list[Article]:
        return [article for part in self.parts for chapter in part.chapters for article in chapter.articles]


_SAID: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "us": "本单位",
        "no_department": "尚未单设，其职责由管理层指定的部门承担",
        "version": "版本",
        "version_title": "版本名称",
        "from_on": "施行日期",
        "until_on": "施行至",
        "phase": "状态",
        "digest": "内容摘要",
        "printed_on": "打印日期",
        "share": "试行范围",
        "of_share": "随机抽取 {share}% 的客户；其余客户适用版本 {compared}",
        "draft": "草案，尚未批准",
        "submitted": "送审稿，尚未批准",
        "approved": "已批准，尚未施行",
        "in_force": "施行中",
        "superseded": "已被后续版本取代",
        "withdrawn": "已撤回",
        "mark_draft": "草案",
        "mark_submitted": "送审稿",
        "mark_withdrawn": "已撤回",
        "step": "审批环节",
        "name": "审批人",
        "on": "日期",
        "counsel": "法务确认（突破须法务同意的界限）",
        "preset_note": "本版本为系统预置的起始版本，未经本机构审批程序。",
        "draft_note": "本版本尚未批准，不具有效力。",
        "withdrawn_note": "本版本已撤回，不具有效力。",
        "approvals": "审批记录",
        "contents": "目录",
        "annexes": "附表",
        "seal": "（公章）",
        "page": "第 {here} 页 共 {all} 页",
        "order": "按次序判定，首先符合的一行为准。",
        "adds_up": "所有符合的行累计。",
        "row": "编号",
        "when": "条件",
        "reason": "说明",
        "parameters": "参数一览",
        "term": "参数",
        "value": "取值",
        "clause": "条款",
        "basis": "依据",
        "law": "法律或监管依据",
        "not_law": "须经法务确认",
        "changes": "与版本 {compared} 的差异",
        "nothing_changed": "两个版本的内容相同。",
        "what": "事项",
        "before": "版本 {compared}",
        "after": "版本 {version}",
        "parameters_note": "本表载明全部参数在本版本中的取值。",
    },
    "en": {
        "us": "this institution",
        "no_department": "none of its own; management names who takes its duties",
        "version": "Version",
        "version_title": "Title of the version",
        "from_on": "In force from",
        "until_on": "until before",
        "phase": "State",
        "digest": "Digest of the content",
        "printed_on": "Printed on",
        "share": "Trial",
        "of_share": "{share} % of the customers, drawn at random; version {compared} applies to the others",
        "draft": "draft, not approved",
        "submitted": "submitted, not approved",
        "approved": "approved, not yet in force",
        "in_force": "in force",
        "superseded": "superseded by a later version",
        "withdrawn": "withdrawn",
        "mark_draft": "DRAFT",
        "mark_submitted": "SUBMITTED",
        "mark_withdrawn": "WITHDRAWN",
        "step": "Step",
        "name": "Approved by",
        "on": "Date",
        "counsel": "Counsel (a bound only counsel may lift is passed)",
        "preset_note": "This is the version the system starts with. It has not gone through the Institution's approval.",
        "draft_note": "This version has not been approved and has no force.",
        "withdrawn_note": "This version has been withdrawn and has no force.",
        "approvals": "Approvals",
        "contents": "Contents",
        "annexes": "Annexes",
        "seal": " (seal)",
        "page": "Page {here} of {all}",
        "order": "Rows are read in order; the first that matches decides.",
        "adds_up": "All matching rows add up.",
        "row": "Row",
        "when": "Conditions",
        "reason": "Reason",
        "parameters": "All parameters",
        "term": "Parameter",
        "value": "Value",
        "clause": "Clause",
        "basis": "Basis",
        "law": "law or regulation",
        "not_law": "to be confirmed by counsel",
        "changes": "Differences from version {compared}",
        "nothing_changed": "Both versions have the same content.",
        "what": "Subject",
        "before": "Version {compared}",
        "after": "Version {version}",
        "parameters_note": "Every parameter with its value in this version.",
    },
}


@functools.cache
def text_of(language: str) -> dict[str, Any]:
    """The text as written, with its placeholders. Which clauses an article takes up is written once, in Chinese."""
    given: dict[str, Any] = yaml.safe_load((FOLDER / f"policy.{language}.yaml").read_text("utf-8"))
    if language != "zh":
        for article, original in zip(_articles(given), _articles(text_of("zh")), strict=True):
            article["clauses"] = original["clauses"]
    return given


def _articles(text: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [article for part in text["parts"] for chapter in part["chapters"] for article in chapter["articles"]]


def placeholders(text: str) -> list[str]:
    """The placeholders of a sentence, as written."""
    return [found.group(0) for found in _PLACEHOLDER.finditer(text)]


def compose(facts: Facts, language: str) -> Document:
    """The document. Raises ``TextError`` for a placeholder that means nothing."""
    said, text, content = _SAID[language], text_of(language), complete(facts.content)
    annexes = _annexes(facts, content, language)
    fill = filler(facts, content, annexes, language)
    return Document(
        language=language,
        title=text["title"],
        about=text["about"],
        institution=facts.institution or said["us"],
        place=facts.place,
        mark=said.get(f"mark_{facts.phase}", ""),
        version=facts.version,
        sealed_on=_sealed_on(facts, language),
        facts=tuple(_first_page(facts, said)),
        approval_heads=(said["step"], said["name"], said["on"]),
        approvals=tuple(_approvals(facts, said, language)),
        approval_note=_approval_note(facts, said),
        parts=_parts(text, content, fill, language),
        annexes=annexes,
        words=said,
    )


# the first page ----------------------------------------------------------------------------------------------------


def _first_page(facts: Facts, said: Mapping[str, str]) -> list[tuple[str, str]]:
    phase = "in_force" if facts.phase == "preset" else facts.phase
    found = [(said["version"], facts.version), (said["phase"], said[phase]), (said["from_on"], str(facts.from_on))]
    if facts.title:
        found.insert(1, (said["version_title"], facts.title))
    if facts.until_on is not None:
        found.append((said["until_on"], str(facts.until_on)))
    if facts.share < 100:
        found.append((said["share"], said["of_share"].format(share=facts.share, compared=facts.compared)))
    return [*found, (said["digest"], facts.digest), (said["printed_on"], str(facts.printed_on))]


def _approvals(facts: Facts, said: Mapping[str, str], language: str) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = [
        (words.route(voice.step, language) if voice.step else "—", voice.name, str(voice.on) if voice.on else "—")
        for voice in facts.approvals
    ]
    if facts.counsel:
        lines.append((said["counsel"], facts.counsel, "—"))
    return lines


def _sealed_on(facts: Facts, language: str) -> str:
    days = [voice.on for voice in facts.approvals if voice.on is not None]
    approved = facts.approvals and facts.phase in ("approved", "in_force", "superseded")
    return _long_day(max(days, default=facts.from_on), language) if approved else ""


def _approval_note(facts: Facts, said: Mapping[str, str]) -> str:
    if facts.phase == "withdrawn":
        return said["withdrawn_note"]
    if facts.phase in ("draft", "submitted"):
        return said["draft_note"]
    return "" if facts.approvals else said["preset_note"]


# the text ----------------------------------------------------------------------------------------------------------

Fill = Callable[[str], str]


def filler(facts: Facts, content: Content, annexes: Sequence[Annex], language: str) -> Fill:
    """What puts the words of this institution and the values of this version in place of the placeholders of a sentence.

    It raises ``TextError`` for a placeholder that means nothing, and for a blank that is left.
    """
    said = _SAID[language]
    numbers = {annex.key: annex.number for annex in annexes}
    listed = [
        f"{annex.number}（{annex.title}）" if language == "zh" else f"{annex.number} ({annex.title})"
        for annex in annexes
        if annex.key != CHANGES
    ]
    plain = {
        "institution": facts.institution or said["us"],
        "version": facts.version,
        "from_on": _long_day(facts.from_on, language),
        "annexes": _joined(listed, language),
    }

    def one(found: re.Match[str]) -> str:
        name, mark = found["name"], found["mark"]
        if mark == "@" and name in KINDS:
            return _joined(facts.departments.get(name, ()), language) or said["no_department"]
        if mark == "#" and name in numbers:
            return numbers[name]
        if not mark and name in plain:
            return plain[name]
        if not mark and name in definitions():
            return _value(name, content["terms"][name], bool(found["less"]), language)
        raise TextError(f"{found.group(0)} means nothing")

    def fill(text: str) -> str:
        filled = _PLACEHOLDER.sub(one, text)
        if "{" in filled or "[X]" in filled:
            raise TextError(f"a blank is left: {filled}")
        return filled

    return fill


def _value(key: str, given: Any, less: bool, language: str) -> str:
    definition = definitions()[key]
    if less:
        given = [{"for": dict(entry.scope), "value": entry.value - 1} for entry in entries_of(given)]
    return words.value(definition, given, language)


def _joined(names: Sequence[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _long_day(day: dt.date, language: str) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日" if language == "zh" else f"{day.day} {day:%B %Y}"


def _parts(text: Mapping[str, Any], content: Content, fill: Fill, language: str) -> tuple[Part, ...]:
    """Chapters count anew in each part, articles through the whole document."""
    count = 0
    parts = []
    for part_number, part in enumerate(text["parts"], 1):
        chapters = []
        for chapter_number, chapter in enumerate(part["chapters"], 1):
            articles = []
            for article in chapter["articles"]:
                count += 1
                articles.append(_article(article, numbered("article", count, language), content, fill, language))
            heading = numbered("chapter", chapter_number, language)
            chapters.append(Chapter(heading, chapter["title"], tuple(articles)))
        parts.append(Part(numbered("part", part_number, language), part["title"], tuple(chapters)))
    return tuple(parts)


def _article(given: Mapping[str, Any], number: str, content: Content, fill: Fill, language: str) -> Article:
    table = given.get("as_shipped")
    items = [fill(item) for item in given.get("items", ())]
    if table and content["tables"].get(table) != preset_content()["tables"][table]:
        items = _rows_as_items(table, content, language)
    return Article(
        number,
        fill(given["text"]),
        tuple((numbered("item", place, language), item) for place, item in enumerate(items, 1)),
        tuple(given.get("clauses", ())),
    )


def _rows_as_items(table: str, content: Content, language: str) -> list[str]:
    """The rows of a table the institution wrote itself, a sentence each, in their order."""
    blank = blank_tables()[table]
    sentences = []
    rows = content["tables"][table]
    for place, row in enumerate(rows, 1):
        when, then, _reason = words.row(blank, row, content["terms"], language, named=False)
        last = place == len(rows)
        end = ("。" if last else "；") if language == "zh" else ("." if last else ";")
        sentences.append(f"{when}——{then}{end}" if language == "zh" else f"{when} — {then}{end}")
    return sentences


# the annexes -------------------------------------------------------------------------------------------------------


def _annexes(facts: Facts, content: Content, language: str) -> tuple[Annex, ...]:
    said = _SAID[language]
    keys = list(blank_tables())
    numbers = [numbered("annex", place, language) for place in range(1, len(keys) + 3)]
    made = [_table(key, number, content, language) for key, number in zip(keys, numbers, strict=False)]
    made.append(_parameters(numbers[len(keys)], content, language))
    if facts.compared:
        names = {"compared": facts.compared, "version": facts.version}
        made.append(
            Annex(
                CHANGES,
                numbers[-1],
                said["changes"].format(**names),
                "" if facts.changes else said["nothing_changed"],
                (said["what"], said["before"].format(**names), said["after"].format(**names)),
                tuple((change.what, change.before, change.after) for change in facts.changes),
                (2.0, 3.0, 3.0),
            )
        )
    return tuple(made)


def _table(key: str, number: str, content: Content, language: str) -> Annex:
    said, blank = _SAID[language], blank_tables()[key]
    rows = []
    for row in content["tables"].get(key, ()):
        when, _then, reason = words.row(blank, row, content["terms"], language, named=False)
        outputs = [words.word(column, row["then"][column.name], language) for column in blank.outputs]
        rows.append((row["row"], when, *outputs, reason))
    about = words.spoken(blank.about, language)
    rule = said["adds_up"] if blank.adds_up else said["order"]
    narrow, name = (1.6, 1.0) if len(blank.outputs) < 4 else (1.25, 1.3)
    widths = (name, 4.6, *(3.0 if column.form else narrow for column in blank.outputs), 3.6)
    heads = tuple(words.spoken(column.label, language) for column in blank.outputs)
    return Annex(
        key,
        number,
        words.spoken(blank.name, language),
        f"{about}{'' if language == 'zh' else ' '}{rule}" if not _says(about, blank.adds_up) else about,
        (said["row"], said["when"], *heads, said["reason"]),
        tuple(rows),
        widths,
    )


def _says(about: str, adds_up: bool) -> bool:
    """Whether the table's own words tell already that rows add up."""
    return adds_up and ("累计" in about or "add up" in about)


def _parameters(number: str, content: Content, language: str) -> Annex:
    said = _SAID[language]
    rows = []
    for key, definition in definitions().items():
        basis = words.spoken(definition.basis, language)
        if definition.law is not None:
            basis = f"{basis}{'；' if language == 'zh' else '; '}{words.spoken(definition.law.text, language)}"
        standing = said["law"] if definition.is_law else said["not_law"]
        name = f"{words.spoken(definition.name, language)}\n{key}"
        value = words.value(definition, content["terms"][key], language)
        rows.append((name, value, definition.clause, f"{basis}\n{standing}"))
    heads = (said["term"], said["value"], said["clause"], said["basis"])
    return Annex(
        PARAMETERS, number, said["parameters"], said["parameters_note"], heads, tuple(rows), (3.8, 3.4, 1.2, 3.2)
    )
