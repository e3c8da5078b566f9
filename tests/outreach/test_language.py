"""What may not be said is found however it is written, and what collectors say every day is let pass."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangqing.kit.money import Money
from liangqing.outreach.rules import language
from liangqing.outreach.rules.language import Hit, LanguageFacts
from tests.outreach.corpus import FORBIDDEN, NEUTRAL_MESSAGES, NEUTRAL_NOTES

SENTENCES = [(code, sentence) for code, sentences in FORBIDDEN.items() for sentence in sentences]
CHINESE = ["坐牢", "老赖", "打断你的腿", "群发通讯录", "保证减免", "发到朋友圈", "父债子还", "全国黑名单", "通知你单位"]
ENGLISH = ["go to jail", "deadbeat", "tell your boss", "take out another loan"]


def check(text: str, content: str = "reminder", **facts: object) -> list[Hit]:
    return language.check(text, content=content, regime="cn_consumer", facts=LanguageFacts(**facts))  # type: ignore[arg-type]


def codes(text: str, content: str = "reminder", **facts: object) -> set[str]:
    return {hit.category for hit in check(text, content, **facts)}


@pytest.mark.parametrize(("code", "sentence"), SENTENCES)
def test_what_may_not_be_said_is_found_with_its_category(code: str, sentence: str):
    assert code in codes(sentence)


@pytest.mark.parametrize("note", NEUTRAL_NOTES)
def test_an_ordinary_note_is_let_pass(note: str):
    assert check(note, "note") == []


@pytest.mark.parametrize("message", NEUTRAL_MESSAGES)
def test_an_ordinary_message_is_let_pass(message: str):
    assert check(message) == []


def test_the_corpora_are_large_enough_to_mean_something():
    assert len(NEUTRAL_NOTES) + len(NEUTRAL_MESSAGES) >= 40
    assert len(SENTENCES) >= 60
    assert set(FORBIDDEN) == set(language.categories()) == {f"W{number}" for number in range(1, 21)}


@given(st.lists(st.sampled_from([*NEUTRAL_MESSAGES]), max_size=12), st.sampled_from(["", "\n", " ", "\n\n"]))
@settings(deadline=None, max_examples=60)
def test_a_text_of_neutral_sentences_is_never_held(sentences: list[str], between: str):
    assert check(between.join(sentences)) == []


@given(
    st.sampled_from(CHINESE),
    st.lists(st.text(" \u3000\t\u200b\u200c\u200d\u2060\ufeff*-_.·/|~#", max_size=3), min_size=12, max_size=12),
    st.sampled_from(NEUTRAL_MESSAGES),
    st.sampled_from(NEUTRAL_MESSAGES),
)
@settings(deadline=None, max_examples=200)
def test_blanks_and_signs_between_characters_hide_nothing(phrase: str, between: list[str], before: str, after: str):
    hidden = "".join(sign + gap for sign, gap in zip(phrase[:-1], between, strict=False)) + phrase[-1]
    text = f"{before}{hidden}{after}"
    hit = next(hit for hit in check(text) if hit.start >= len(before))
    assert text[hit.start : hit.end] == hit.found
    assert len(before) <= hit.start < hit.end <= len(before) + len(hidden)


@given(st.sampled_from(ENGLISH), st.sampled_from([" ", "\u200b", " \u200d"]), st.booleans())
@settings(deadline=None, max_examples=40)
def test_english_spelled_apart_or_with_invisible_signs_is_found(phrase: str, gap: str, capital: bool):
    letters = gap.join(phrase.replace(" ", "")) if gap != "\u200b" else "\u200b".join(phrase)
    text = f"We say: {letters.upper() if capital else letters}."
    (hit,) = check(text)
    assert text[hit.start : hit.end] == hit.found == (letters.upper() if capital else letters)


@pytest.mark.parametrize(
    "written",
    ["坐劳", "做牢", "坐 牢", "坐\u200b牢", "ZUO LAO", "zuolao", "坐lao", "ｚｕｏｌａｏ", "坐*牢", "坐/牢"],
)
def test_prison_is_found_however_it_is_written(written: str):
    assert "W4" in codes(f"不还就{written}吧")


@pytest.mark.parametrize("written", ["老賴", "老癞", "老癩", "laolai", "老.赖", "老  赖"])
def test_an_insult_is_found_in_traditional_characters_and_look_alikes(written: str):
    assert "W2" in codes(f"你这个 {written} 呀")


def test_words_of_two_clauses_are_not_read_as_one():
    assert check("请坐。牢记日期") == []
    assert check("请坐，牢记日期") == []


def test_a_latin_word_inside_another_is_no_find():
    assert check("The issue was arrestingly simple; prisoners' dilemma is a game.") == []


def test_the_place_is_that_in_the_text_as_given():
    text = "您好，\u200b你 会 坐 牢 的。"
    (hit,) = check(text)
    assert (hit.found, text[hit.start : hit.end]) == ("坐 牢", "坐 牢")
    assert hit.severity == "block" and hit.why["zh"] and hit.suggestion["en"]


def test_a_debtor_quoted_in_a_note_is_not_held_against_the_writer():
    assert check("客户说：“你们这些骗子，滚蛋”。", "note") == []
    assert codes("我说：“你这个骗子”。", "note") == {"W2"}
    assert codes("客户说：“你们这些骗子”。") == {"W2"}


def test_a_vulnerable_debtor_is_noticed_in_their_own_words_too():
    (hit,) = check("客户称“我不想活了，你们这些骗子”", "note")
    assert (hit.category, hit.severity) == ("W18", "person")


def test_words_of_a_court_pass_with_the_number_of_a_case_whose_document_is_at_hand():
    text = "本案已由杭州市上城区人民法院立案，案号（2026）浙0102民初1234号。"
    assert codes(text) == {"W4"}
    assert check(text, documents=frozenset({"(2026)浙0102民初1234号"})) == []
    assert codes(text, documents=frozenset({"（2025）浙0102民初99号"})) == {"W4"}
    assert "W1" in codes(text + "弄死你", documents=frozenset({"(2026)浙0102民初1234号"}))


def test_what_the_law_provides_may_be_named_where_counsel_approved_the_text():
    text = "逾期未付的，我公司可依法向有管辖权的人民法院提起诉讼。"
    assert {hit.severity for hit in check(text)} == {"approval"}
    assert check(text, approved_by_legal=True) == []
    assert codes("你会坐牢", approved_by_legal=True) == {"W4"}


def test_an_approved_reduction_may_be_promised():
    assert {hit.severity for hit in check("一定减免")} == {"approval"}
    assert check("一定减免", approved_offer=True) == []


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("1,234.50元", True),
        ("¥1234.50", True),
        ("人民币1，234.5元", True),
        ("CNY 1,234.50", True),
        ("壹仟贰佰叁拾肆元伍角整", True),
        ("1,234.51元", False),
        ("1.2万元", False),
        ("USD 1,234.50", False),
        ("壹万贰仟元整", False),
    ],
)
def test_an_amount_that_does_not_agree_with_the_bills_is_a_find(written: str, right: bool):
    text = f"您尚欠{written}，请安排付款。"
    hits = check(text, amounts=frozenset({Money.of("1234.50", "CNY")}))
    assert [hit.category for hit in hits] == ([] if right else ["W16"])
    assert all(text[hit.start : hit.end] == hit.found for hit in hits)


def test_days_percents_and_numbers_without_a_currency_are_no_amounts():
    assert check("请在3日内回复，账单号20260101，费率0.05%，共2张。", amounts=frozenset()) == []


def test_a_deadline_with_a_threat_behind_it_is_found_as_one_and_alone_is_none():
    text = "今天不还，就让你坐牢！"
    hit = next(hit for hit in check(text) if hit.category == "W19")
    assert hit.found == "今天不还，就让你坐牢"
    assert check("请在今天之内回复，三天内不还的将另行提醒。") == []
    assert "W19" not in codes("今天不还的，我们明天再提醒。坐牢一说不实。")


def test_what_is_denied_is_not_said():
    assert check("我们不会收取任何手续费，也不会让您转到我个人账户。") == []
    assert codes("你不要逼我，转到我个人账户") == {"W11"}
    assert codes("你不要逼我收拾你") == {"W1"}


def test_a_note_of_500_characters_is_checked_in_under_a_millisecond():
    language.warm_up()
    note = ("".join(NEUTRAL_NOTES) * 2)[:500]
    check(note, "note")
    best = min(_seconds(note) for _ in range(50))
    assert best < 0.001


def _seconds(note: str) -> float:
    start = time.perf_counter()
    check(note, "note")
    return time.perf_counter() - start
