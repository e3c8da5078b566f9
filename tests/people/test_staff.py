"""People join: duties, heads, refusals."""

from __future__ import annotations

import pytest

from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import Department, User
from liangqing.trail.models import Entry


def test_whoever_has_the_duty_of_head_heads_the_department(books):
    sales = staff.found_department("sales", kind="business")
    chen = staff.join("chen", name="陈", department=sales, duties=("head",))
    assert Department.objects.get(code="sales").head == chen
    assert list(Entry.objects.values_list("event", "thing_id")) == [("person joined", chen.pk)]


def test_an_existing_department_is_left_as_it_is(books):
    staff.found_department("sales", name="销售部", kind="business")
    assert staff.found_department("sales", name="别的", kind="risk").name == "销售部"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"duties": ("fly",)}, "unknown_duty"),
        ({"capacity": -1}, "capacity_out_of_range"),
        ({"capacity": 1001}, "capacity_out_of_range"),
    ],
)
def test_nobody_joins_with_an_unknown_duty_or_a_negative_capacity(books, columns, code):
    with pytest.raises(Refusal) as refused:
        staff.join("lin", name="林", department=None, **columns)
    assert refused.value.code == code
    assert not User.objects.exists() and not Entry.objects.exists()


def test_a_login_name_is_taken_once(books):
    staff.join("lin", name="林", department=None)
    with pytest.raises(Refusal) as refused:
        staff.join("lin", name="另一个林", department=None)
    assert refused.value.code == "username_taken"


def test_an_unknown_kind_of_department_is_refused(books):
    with pytest.raises(Refusal) as refused:
        staff.found_department("x", kind="kitchen")
    assert refused.value.code == "unknown_department_kind"
