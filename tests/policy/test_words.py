"""The policy in words: what people read on pages and in print is what was written, said in their language."""

from __future__ import annotations

import pytest
from django.utils import translation

from liangqing.people.duties import Duty
from liangqing.policy import words
from liangqing.policy.book import preset_content
from liangqing.policy.tables import blank_tables
from liangqing.policy.terms import definitions


def said(key: str, given: object, language: str = "zh") -> str:
    return words.value(definitions()[key], given, language)


@pytest.mark.parametrize(
    ("key", "given", "zh", "en"),
    [
        ("warning.mild_until_days", 31, "31 天", "31 days"),
        ("case.opens_from_days", 1, "1 天", "1 day"),
        ("warning.mild_until_share_bp", 6000, "60%", "60%"),
        ("warning.mild_until_share_bp", 1250, "12.5%", "12.5%"),
        ("overview.drowns_over_percent", 200, "200%", "200%"),
        (
            "warning.acknowledge_within_days",
            {"mild": 10, "moderate": 5, "severe": 2},
            "轻度 10 天，中度 5 天，重度 2 天",
            "mild 10 days, moderate 5 days, severe 2 days",
        ),
        (
            "case.minimum",
            {"CNY": "50.00", "JPY": "1000", "*": "1.00"},
            "人民币 50.00，日元 1,000，其他币种 1.00",
            "CNY 50.00, JPY 1,000, any other currency 1.00",
        ),
        ("promise.tolerance_amount", {"*": "1.00"}, "各币种 1.00", "any currency 1.00"),
        (
            "warning.moderate_until_days",
            [{"value": 91}, {"for": {"debtor": "person"}, "value": 61}],
            "91 天（债务人：个人 61 天）",
            "91 days (debtor: person 61 days)",
        ),
    ],
)
def test_a_value_is_said_with_its_unit_and_for_whom(key: str, given: object, zh: str, en: str):
    assert (said(key, given), said(key, given, "en")) == (zh, en)


def test_every_default_can_be_said_in_both_languages():
    for definition in definitions().values():
        for language in ("zh", "en"):
            text = words.value(definition, definition.default, language)
            assert any(sign.isdigit() for sign in text), definition.key
            assert "{" not in text, definition.key


def test_a_range_is_said_closed_and_names_the_terms_at_its_edges():
    table = blank_tables()["warning.level"]
    content = preset_content()
    when, then, reason = words.row(table, content["tables"]["warning.level"][0], content["terms"], "zh")
    assert when.startswith("逾期天数：1 至 30（轻度逾期天数上限（不含）：31 天）；逾期占比：不足 60%")
    assert then == "等级：轻度"
    assert reason == "逾期天数为轻度，占比不高"


def test_in_print_an_edge_is_named_only_where_its_number_depends_on_whom_it_is_for():
    days = blank_tables()["warning.level"].inputs[0]
    given = {"from": 1, "until": "$warning.mild_until_days"}
    assert words.condition(days, given, {"warning.mild_until_days": 21}, "zh", named=False) == "1 至 20"
    scoped = {"warning.mild_until_days": [{"value": 31}, {"for": {"debtor": "person"}, "value": 21}]}
    assert words.condition(days, given, scoped, "zh", named=False) == (
        "1 至 30（轻度逾期天数上限（不含）：31 天（债务人：个人 21 天））"
    )


def test_without_terms_an_edge_is_named_and_not_guessed():
    days = blank_tables()["warning.level"].inputs[0]
    assert words.condition(days, {"from": 1, "until": "$warning.mild_until_days"}, None, "en") == (
        "1 or more (mild until days late)"
    )


def test_a_row_without_conditions_is_every_other_case():
    table = blank_tables()["case.action"]
    when, then, reason = words.row(table, {"row": "X", "then": {"action": "none", "due_in_days": 0}}, None, "en")
    assert (when, then, reason) == ("every other case", "action: none; due in days: 0", "")


def test_steps_of_approval_are_people_and_not_codes():
    assert words.route("head > duty:risk > 2 of duty:manage", "zh") == "部门负责人 → 风险管理岗 → 管理层（2 人）"


def test_every_duty_an_approval_may_ask_has_a_name():
    assert set(words.DUTIES) == set(Duty.values)


def test_the_language_is_the_readers_unless_named():
    with translation.override("en"):
        assert words.spoken({"zh": "天", "en": "days"}) == "days"
        assert words.spoken({"zh": "天", "en": "days"}, "zh") == "天"
    with translation.override("zh-hans"):
        assert words.spoken({"zh": "天", "en": "days"}) == "天"


def test_every_row_of_the_preset_can_be_said_without_codes():
    content = preset_content()
    for key, rows in content["tables"].items():
        table = blank_tables()[key]
        for row in rows:
            for text in words.row(table, row, content["terms"], "zh")[:2]:
                assert "$" not in text and "{" not in text and "_" not in text, (key, row["row"], text)
