"""The printed policy: its numbers are those in force, its two languages say the same, and no blank is left."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
import zipfile

import pytest

from liangqing.kit import typeset
from liangqing.oversight.printing import docx, pdf
from liangqing.oversight.printing.changes import changes
from liangqing.oversight.printing.document import TextError, compose, filler, placeholders, text_of
from liangqing.oversight.printing.numbering import chinese, numbered
from liangqing.oversight.rules.clauses import clauses
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions
from tests.oversight.papers import characters, content, facts

BOTH = pytest.mark.parametrize("language", ["zh", "en"])


def written(language: str) -> list[dict[str, object]]:
    parts = text_of(language)["parts"]
    return [article for part in parts for chapter in part["chapters"] for article in chapter["articles"]]


def said(article: dict[str, object]) -> str:
    return "".join((str(article["text"]), *(str(item) for item in article.get("items", ()))))  # type: ignore[attr-defined]


def everything(language: str, **more: object) -> str:
    return json.dumps(dataclasses.asdict(compose(facts(**more), language)), ensure_ascii=False)  # type: ignore[arg-type]


@BOTH
def test_every_term_that_fills_a_blank_of_the_sources_stands_in_the_text(language: str):
    found = {name for article in written(language) for name in placeholders(said(article))}
    blanks = [key for key, definition in definitions().items() if definition.blanks]
    assert blanks
    missing = [key for key in blanks if not {f"{{{key}}}", f"{{{key}:-1}}"} & found]
    assert not missing


@BOTH
def test_every_decision_table_is_an_annex_the_text_names(language: str):
    document = compose(facts(), language)
    assert [annex.key for annex in document.annexes] == [*blank_tables(), "parameters"]
    (listing,) = [article.text for article in document.articles if "P2 15.3" in article.clauses][-1:]
    for annex in document.annexes:
        assert re.search(rf"{annex.number}.{{0,2}}{re.escape(annex.title)}", listing), annex.key


@BOTH
def test_every_article_takes_up_clauses_that_are_in_the_register(language: str):
    for article in compose(facts(), language).articles:
        assert article.clauses and set(article.clauses) <= set(clauses()), article.number


def test_both_languages_say_the_same_article_for_article():
    chinese_text, english_text = written("zh"), written("en")
    assert len(chinese_text) == len(english_text)
    for one, other in zip(chinese_text, english_text, strict=True):
        assert len(one.get("items", ())) == len(other.get("items", ()))  # type: ignore[arg-type]
        assert set(placeholders(said(one))) == set(placeholders(said(other)))


@BOTH
def test_no_blank_and_no_placeholder_is_left(language: str):
    text = everything(language)
    for article in compose(facts(), language).articles:
        whole = article.text + "".join(item for _number, item in article.items)
        assert "{" not in whole and "[X]" not in whole and "$" not in whole and "None" not in whole
    assert "[X]" not in text


@BOTH
def test_a_placeholder_that_means_nothing_is_an_error(language: str):
    fill = filler(facts(), content(), (), language)
    for wrong in ("{grace.least_days}", "{@sales}", "{#case.desk}", "within [X] days", "{Grace}"):
        with pytest.raises(TextError):
            fill(wrong)


def test_the_text_says_half_open_bounds_closed():
    mild, moderate, severe = compose(facts(content(warning__mild_until_days=22)), "zh").articles[10].items
    assert "逾期天数在 21 天以内（含）" in mild[1]
    assert "逾期天数自 22 天至 90 天（含）" in moderate[1]
    assert "逾期天数超过 90 天" in severe[1]


def test_a_changed_term_changes_the_text():
    assert "宽限期最长不得超过 10 天" in everything("zh", made=content(grace__most_days=10))
    assert "at most 1 day" in everything("en", made=content(grace__most_days=1))


def test_a_value_for_some_only_says_for_whom():
    scoped = [{"value": 31}, {"for": {"debtor": "person"}, "value": 21}]
    items = compose(facts(content(warning__mild_until_days=scoped)), "zh").articles[10].items
    assert "逾期天数在 30 天（债务人：个人 20 天）以内（含）" in items[0][1]


def test_levels_the_institution_wrote_itself_speak_for_themselves():
    made = content()
    made["tables"]["warning.level"] = [
        {"row": "E1", "when": {"days_late": {"until": 11}}, "then": {"level": "mild"}},
        {"row": "E2", "then": {"level": "severe"}},
    ]
    items = compose(facts(made), "zh").articles[10].items
    assert items == (("（一）", "逾期天数：10 及以下——等级：轻度；"), ("（二）", "其他所有情形——等级：重度。"))


def test_departments_are_named_and_one_that_is_missing_is_said_to_be():
    items = [item for _number, item in compose(facts(), "zh").articles[3].items]
    assert items[0] == "业务部门：华东销售部、华南销售部；"
    assert items[4] == "法务部门：尚未单设，其职责由管理层指定的部门承担；"


def test_articles_are_numbered_through_the_document_and_annexes_as_the_text_names_them():
    document = compose(facts(), "zh")
    assert [article.number for article in document.articles] == [
        f"第{chinese(place)}条" for place in range(1, len(document.articles) + 1)
    ]
    grace = next(article for article in document.articles if "P3 4.1.2" in article.clauses)
    route = next(annex for annex in document.annexes if annex.key == "approval.route")
    assert f"按{route.number}经过批准" in grace.text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (69, "六十九"),
        (105, "一百零五"),
        (110, "一百一十"),
        (999, "九百九十九"),
    ],
)
def test_numbers_are_written_the_chinese_way(number: int, text: str):
    assert chinese(number) == text
    assert numbered("article", number, "en") == f"Article {number}"


@BOTH
def test_all_parameters_are_listed_and_what_is_no_law_is_marked(language: str):
    document = compose(facts(), language)
    annex = next(annex for annex in document.annexes if annex.key == "parameters")
    marker = {"zh": "须经法务确认", "en": "to be confirmed by counsel"}[language]
    assert [row[0].split("\n")[1] for row in annex.rows] == list(definitions())
    for row, definition in zip(annex.rows, definitions().values(), strict=True):
        assert (marker == row[3].split("\n")[-1]) == (not definition.is_law)
        assert row[1] and row[2] == definition.clause


def test_a_draft_is_marked_on_every_page_and_is_not_sealed():
    draft = compose(facts(phase="draft", approvals=()), "zh")
    assert (draft.mark, draft.sealed_on, draft.approval_note) == ("草案", "", "本版本尚未批准，不具有效力。")
    approved = compose(facts(), "zh")
    assert (approved.mark, approved.sealed_on, approved.approval_note) == ("", "2026 年 11 月 21 日", "")


def test_what_the_product_ships_says_that_nobody_approved_it():
    shipped = compose(facts(version="preset-1", title="", approvals=()), "zh")
    assert shipped.approval_note == "本版本为系统预置的起始版本，未经本机构审批程序。"
    assert shipped.sealed_on == ""


def test_differences_are_said_in_words_and_stand_in_an_annex():
    before, after = content(), content(grace__most_days=10)
    rows = [dict(row) for row in after["tables"]["case.desk"]]
    after["tables"]["case.desk"] = [
        {**rows[0], "then": {"desk": "collection", "seller_first": False}},
        *rows[1:-1],
        {**rows[-1], "row": "K9"},
    ]
    found = changes(before, after, "zh")
    assert [(change.what, change.before, change.after) for change in found] == [
        ("宽限期最长天数", "15 天", "10 天"),
        (
            "分案 · 行 K1",
            "预警等级：未逾期、轻度 → 岗位：业务岗；谁销售谁回款：是（谁销售谁回款）",
            "预警等级：未逾期、轻度 → 岗位：催收岗；谁销售谁回款：否（谁销售谁回款）",
        ),
        (
            "分案 · 行 K9",
            "（无）",
            "预警等级：重度 → 岗位：专项催收岗；谁销售谁回款：否（重度逾期由专项催收岗处理）",
        ),
        (
            "分案 · 行 K3",
            "预警等级：重度 → 岗位：专项催收岗；谁销售谁回款：否（重度逾期由专项催收岗处理）",
            "（无）",
        ),
    ]
    annex = compose(facts(after, compared="v2", changes=found), "zh").annexes[-1]
    assert annex.title == "与版本 v2 的差异"
    assert annex.rows[0] == ("宽限期最长天数", "15 天", "10 天")


# PDF and DOCX ------------------------------------------------------------------------------------------------------


@BOTH
def test_the_pdf_is_set_without_a_warning_in_our_own_font(language: str):
    made = pdf.pdf(compose(facts(), language))
    assert made.startswith(b"%PDF-")
    assert b"NotoSerifSC" in made


def test_a_page_can_be_looked_at():
    pages = typeset.pictures(pdf.TEMPLATE, pdf.data(compose(facts(), "zh")), ppi=20)
    assert len(pages) > 8
    assert all(page.startswith(b"\x89PNG") for page in pages)


@BOTH
def test_the_font_has_every_character_of_the_document(language: str):
    text = everything(language)
    for name in ("NotoSerifSC_400Regular.ttf", "NotoSerifSC_700Bold.ttf"):
        has = characters(typeset.FONTS / name)
        assert {character for character in text if character >= " " and ord(character) not in has} == set()


def test_a_font_that_is_not_there_is_an_error(tmp_path):
    template = tmp_path / "wrong.typ"
    template.write_text('#set text(font: "Nobody Has This")\n账单', "utf-8")
    with pytest.raises(typeset.TypesetError, match="font"):
        typeset.pdf(template, {})


def test_a_template_that_is_wrong_is_an_error(tmp_path):
    template = tmp_path / "wrong.typ"
    template.write_text("#nothing", "utf-8")
    with pytest.raises(typeset.TypesetError):
        typeset.pdf(template, {})


@BOTH
def test_the_docx_holds_the_whole_document_and_numbers_its_pages(language: str):
    from docx import Document as Opened

    document = compose(facts(compared="v2"), language)
    made = docx.write(document)
    opened = Opened(io.BytesIO(made))
    text = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    for article in document.articles:
        assert article.text in text
        assert all(item in text for _number, item in article.items)
    cells = {cell.text for table in opened.tables for row in table.rows for cell in row.cells}
    for annex in document.annexes:
        assert annex.title in text
        assert all(cell in cells for row in annex.rows for cell in row)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        feet = "".join(parts.read(name).decode() for name in parts.namelist() if "footer" in name)
    assert " PAGE " in feet and " NUMPAGES " in feet


def test_the_day_in_force_is_written_out():
    assert "自 2027 年 1 月 1 日起施行" in everything("zh")
    assert "in force from 1 January 2027" in everything("en")
    assert dt.date(2027, 1, 1) == facts().from_on
