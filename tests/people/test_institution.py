"""The institution says what it is called on what it prints."""

from __future__ import annotations

import pytest

from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.actions.institution import describe
from liangqing.people.duties import Duty
from liangqing.people.models import Institution, User
from liangqing.people.queries.institution import institution
from liangqing.trail.models import Entry


def person(username: str, duty: Duty) -> User:
    return staff.join(username, name=username, department=None, duties=[duty])


def told() -> int:
    return Entry.objects.filter(event="institution named").count()


def test_before_anybody_said_it_there_is_no_name(books: str):
    assert institution() is None


def test_an_administrator_says_what_the_institution_is_called_and_the_trail_tells(books: str):
    admin = person("root", Duty.ADMIN)
    describe(admin, name=" 杭州两清科技有限公司 ", name_en="Hangzhou Liangqing Ltd.", place="杭州")
    found = institution()
    assert found is not None
    assert (found.name, found.name_en, found.place) == ("杭州两清科技有限公司", "Hangzhou Liangqing Ltd.", "杭州")
    assert told() == 1


def test_there_is_one_institution_and_saying_the_same_again_tells_nothing(books: str):
    admin = person("root", Duty.ADMIN)
    for name in ("甲公司", "乙公司", "乙公司"):
        describe(admin, name=name)
    assert [each.name for each in Institution.objects.all()] == ["乙公司"]
    assert told() == 2


def test_who_may_not_change_people_may_not_rename_the_institution(books: str):
    with pytest.raises(Refusal) as refused:
        describe(person("lin", Duty.COLLECT), name="甲公司")
    assert refused.value.status == 403
    assert institution() is None


def test_an_institution_has_a_name(books: str):
    with pytest.raises(Refusal, match="name"):
        describe(person("root", Duty.ADMIN), name="  ")


def test_the_trail_tells_where_debtors_pay_and_saying_the_name_again_leaves_it(books: str):
    admin = person("root", Duty.ADMIN)
    describe(admin, name="甲公司", bank="中国银行杭州分行", account=" 3301 0001 ", callback_phone="0571-88886666")
    describe(admin, name="乙公司")
    found = institution()
    assert found is not None
    assert (found.name, found.account, found.callback_phone) == ("乙公司", "3301 0001", "0571-88886666")
    entry = Entry.objects.filter(event="institution named").latest("id")
    assert entry.facts["reach"] == {
        "bank": "中国银行杭州分行",
        "account": "3301 0001",
        "callback_phone": "0571-88886666",
    }
