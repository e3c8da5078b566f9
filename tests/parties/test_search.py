"""Customers are found by part of what they are called, and by nothing else."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from liangqing.imports.actions.bring import undo
from liangqing.parties.models import Party
from liangqing.parties.queries.search import search
from liangqing.parties.rules import searching
from liangqing.receivables.importables import IMPORTABLES
from tests.files import BILLS

HEAD = "客户编号,客户名称,客户类型,身份证号,手机,电子邮箱\n"
CUSTOMERS = (
    HEAD
    + "G1,单雄信,个人,11010519491231002X,138 0013-8000,shan@example.com\n"
    + "K20417,重庆长安机械有限公司,企业,91350100M000100Y43,+86 023-87654321,\n"
    + "K20418,华信 (福建) 贸易有限公司,企业,,,\n"
    + "X-9,Ben Iversen,个人,,,\n"
    + "N7,吕布,个人,,,\n"
)


def numbers(text: str) -> list[str]:
    return [party.number for party in search(Party.objects.all(), text)]


@pytest.fixture
def stored(desk):
    desk.bring(CUSTOMERS)
    return desk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("雄", ["G1"]),
        ("雄信", ["G1"]),
        ("shanxiong", ["G1"]),
        ("danxiongxin", ["G1"]),
        ("dxx", ["G1"]),
        ("chongqing", ["K20417"]),
        ("zhongqing", ["K20417"]),
        ("changan", ["K20417"]),
        ("qingcha", ["K20417"]),
        ("qca", ["K20417"]),
        ("安机", ["K20417"]),
        ("华信福建", ["K20418"]),
        ("贸易 华信", ["K20418"]),
        ("ＩＶＥＲ", ["X-9"]),
        ("n I", ["X-9"]),
        ("lvbu", ["N7"]),
        ("lubu", ["N7"]),
        ("0417", ["K20417"]),
        ("k204", ["K20417", "K20418"]),
        ("x9", ["X-9"]),
        ("x-9", ["X-9"]),
        ("n7", ["N7"]),
        ("13800138000", ["G1"]),
        ("+86 138-0013-8000", ["G1"]),
        ("02387654321", ["K20417"]),
        ("SHAN@example.com", ["G1"]),
        ("11010519491231002x", ["G1"]),
        ("91350100M000100Y43", ["K20417"]),
    ],
)
def test_a_customer_is_found_by_part_of_its_name_spelling_or_number(stored, text, expected):
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text", ["", "  ", "。", "b", "信雄", "1380013", "han@example.com", "hongqing", "1101051949", "单华"]
)
def test_what_is_not_there_is_not_found(stored, text):
    assert numbers(text) == []


def test_no_word_of_a_persons_name_is_stored_to_be_found(stored):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM parties_party WHERE number = 'G1'")
        row = str(cursor.fetchone())
    assert "雄" not in row and "xiong" not in row


def test_who_begins_so_comes_before_who_contains_it_and_the_number_before_both(desk):
    desk.bring("客户编号,客户名称\n华信,中华信达有限公司\nK2,福建华信有限公司\nK3,华信机械有限公司\n")
    assert numbers("华信") == ["华信", "K3", "K2"]


def test_only_customers_of_the_given_rows_are_found(stored):
    assert search(Party.objects.exclude(number="G1"), "雄信") == []
    assert search(Party.objects.exclude(number="G1"), "13800138000") == []


def test_a_customer_first_met_in_a_bill_is_found(desk):
    desk.bring("账单号,客户编号,客户名称,开票日期,到期日,金额\nB1,K7,远大贸易有限公司,2026-01-01,2026-01-31,100\n")
    assert numbers("大贸") == ["K7"] and numbers("yuanda") == ["K7"]


def test_a_spelling_learnt_from_a_bill_is_found(stored):
    stored.bring("账单号,客户编号,客户名称,开票日期,到期日,金额\nB1,K20417,长安重机,2026-01-01,2026-01-31,100\n")
    assert numbers("重机") == ["K20417"]


def test_after_a_change_of_name_both_names_are_found_and_after_its_undoing_the_first(stored):
    changed = stored.bring(HEAD + "K20417,西部精工有限公司,企业,,,\n")
    assert numbers("精工") == ["K20417"] == numbers("长安")
    undo(changed.import_id, IMPORTABLES)
    assert numbers("精工") == [] and numbers("长安") == ["K20417"]
    assert len(Party.objects.get(number="K20417").search) == len(set(Party.objects.get(number="K20417").search))


def test_bills_without_names_leave_customers_findable(stored):
    stored.bring(BILLS + "B1,K20417,2026-01-01,2026-01-31,1\n")
    assert numbers("长安") == ["K20417"]


NAMES = st.text(alphabet="单重长行乐曾解华信机械有限公司王小明吕ABCxyz0129 ()（）·-", min_size=1, max_size=14)


@given(name=NAMES, number=st.text(alphabet="KCX0123456789-", min_size=1, max_size=10), data=st.data())
def test_any_part_of_a_name_proposes_and_finds_its_customer(name, number, data):
    start = data.draw(st.integers(0, len(name)))
    part = name[start : data.draw(st.integers(start, len(name)))]
    keys = searching.Keys()
    stored = keys.of(number, (name,))
    for word in searching.words(part):
        if len(word) > 1 or not word.isascii():
            ways = [{keys.token(token) for token in tokens} for tokens in searching.wanted(word)]
            assert any(tokens <= stored for tokens in ways)
        assert searching.found(word, (number,), (name,))


@given(name=st.text(alphabet="单重长行乐曾解华信吕王小明", min_size=2, max_size=6), data=st.data())
def test_any_reading_of_neighbouring_characters_proposes_and_finds_its_customer(name, data):
    start = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(start + 2, len(name)))
    read = [data.draw(st.sampled_from(searching.readings(character))) for character in name[start:end]]
    keys = searching.Keys()
    stored = keys.of("K1", (name,))
    for word in ("".join(way[0] for way in read), "".join(read)):
        assert searching.found(word, ("K1",), (name,))
        if len(searching._segmentations(word)) < searching._MOST_SEGMENTATIONS:
            ways = [{keys.token(token) for token in tokens} for tokens in searching.wanted(word)]
            assert any(tokens <= stored for tokens in ways)


def test_a_name_is_found_in_the_database_by_every_part_of_it(stored):
    for party in Party.objects.all():
        name = party.name
        for start in range(len(name)):
            for end in range(start + 1, len(name) + 1):
                part = name[start:end]
                if len(searching.form(part)) > 1 or (searching.form(part) and not part.isascii()):
                    assert party.number in numbers(part), part
