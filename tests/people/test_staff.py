"""People join: duties, heads, refusals."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from liangqing.house.commands import main
from liangqing.kit import bus
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.events import PersonLeft
from liangqing.people.models import Department, User
from liangqing.people.queries import matrix
from liangqing.trail.models import Entry


def test_whoever_has_the_duty_of_head_heads_the_department(books):
    sales = staff.found_department("sales", kind="business")
    chen = staff.join("chen", name="陈", department=sales, duties=("head",))
    assert Department.objects.get(code="sales").head == chen
    assert list(Entry.objects.order_by("id").values_list("event", "thing_id")) == [
        ("department founded", sales.pk),
        ("person joined", chen.pk),
        ("head named", sales.pk),
    ]


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


@pytest.fixture
def admin(books):
    return staff.join("admin", name="管", department=None, duties=("admin",))


def refused(call, *args, **kwargs) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    assert "{" not in refusal.value.sentence
    return refusal.value.code


class TestChange:
    def test_a_change_is_told_with_what_was_before(self, admin):
        sales = staff.found_department("sales", name="销售部")
        lin = staff.join("lin", name="林", department=None)
        lin = staff.change(lin, admin, department=sales, duties=("sell", "collect"), capacity=50)
        assert (lin.department, lin.duties, lin.capacity) == (sales, ["collect", "sell"], 50)
        facts = Entry.objects.get(event="person changed").facts
        assert facts["before"] == {"department": "", "duties": ["collect"], "capacity": 100}
        assert facts["after"] == {"department": "sales", "duties": ["collect", "sell"], "capacity": 50}

    def test_nothing_changed_is_nothing_told(self, admin):
        lin = staff.join("lin", name="林", department=None)
        staff.change(lin, admin, name=" 林 ", duties=["collect"])
        assert not Entry.objects.filter(event="person changed").exists()

    def test_whoever_leaves_heads_nothing_and_the_rooms_above_hear_it(self, admin, monkeypatch):
        sales = staff.found_department("sales")
        chen = staff.join("chen", name="陈", department=sales, duties=("head",))
        heard = []
        monkeypatch.setattr(bus, "_listeners", {PersonLeft: [heard.append]})
        staff.change(chen, admin, active=False)
        assert Department.objects.get().head is None and not User.objects.get(username="chen").is_active
        assert [event.username for event in heard] == ["chen"]

    def test_whoever_gets_the_duty_of_head_heads_and_without_it_no_more(self, admin):
        sales = staff.found_department("sales")
        chen = staff.join("chen", name="陈", department=sales)
        staff.change(chen, admin, duties=("head",))
        assert Department.objects.get().head == chen
        staff.change(chen, admin, duties=("sell",))
        assert Department.objects.get().head is None

    @pytest.mark.parametrize("fields", [{"active": False}, {"duties": ("risk",)}])
    def test_the_last_administrator_stays(self, admin, fields):
        assert refused(staff.change, admin, admin, **fields) == "last_administrator"
        second = staff.join("second", name="二", department=None, duties=("admin",))
        staff.change(admin, second, **fields)
        assert refused(staff.change, second, second, **fields) == "last_administrator"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"duties": ("fly",)}, "unknown_duty"),
            ({"capacity": 1001}, "capacity_out_of_range"),
            ({"name": " "}, "name_missing"),
            ({"duties": ("audit", "finance")}, "audit_stands_apart"),
        ],
    )
    def test_what_can_not_be_is_refused(self, admin, fields, code):
        lin = staff.join("lin", name="林", department=None)
        assert refused(staff.change, lin, admin, **fields) == code
        assert User.objects.get(username="lin").duties == ["collect"]

    def test_the_head_of_audit_is_no_contradiction(self, admin):
        lin = staff.join("lin", name="林", department=None)
        assert staff.change(lin, admin, duties=("audit", "head")).duties == ["audit", "head"]

    def test_only_those_who_may_change_people_do(self, admin):
        lin = staff.join("lin", name="林", department=None)
        assert refused(staff.change, lin, lin, duties=("admin",)) == "not_allowed"


class TestDepartments:
    def test_a_head_is_named_and_taken_away(self, admin):
        sales = staff.found_department("sales")
        chen = staff.join("chen", name="陈", department=None, duties=("head",))
        lin = staff.join("lin", name="林", department=sales)
        assert staff.head(sales, chen, admin).head == chen
        assert refused(staff.head, sales, lin, admin) == "not_a_head"
        assert staff.head(sales, None, admin).head is None
        assert [entry.facts["username"] for entry in Entry.objects.filter(event="head named").order_by("id")] == [
            "chen",
            "",
        ]

    def test_a_department_gets_another_name(self, admin):
        sales = staff.found_department("sales", name="销售部")
        assert staff.rename(sales, " 营销部 ", admin).name == "营销部"
        assert refused(staff.rename, sales, " ", admin) == "name_missing"
        assert Entry.objects.get(event="department renamed").facts["before"] == "销售部"

    def test_a_department_is_founded_once_and_told_once(self, admin):
        for _turn in range(2):
            staff.found_department("sales", name="销售部", kind="business", by=admin)
        entry = Entry.objects.get(event="department founded")
        assert (entry.facts["code"], entry.facts["kind"], entry.actor_id) == ("sales", "business", admin.pk)
        lin = staff.join("lin", name="林", department=None)
        assert refused(staff.found_department, "other", by=lin) == "not_allowed"
        assert not Department.objects.filter(code="other").exists()

    def test_a_head_who_joins_leaves_or_loses_the_duty_is_told_as_well(self, admin):
        sales = staff.found_department("sales")
        chen = staff.join("chen", name="陈", department=sales, duties=("head",), by=admin)
        staff.change(chen, admin, duties=["collect"])
        staff.change(chen, admin, duties=["head"])
        staff.change(chen, admin, active=False)
        named = Entry.objects.filter(event="head named").order_by("id")
        assert [entry.facts["username"] for entry in named] == ["chen", "", "chen", ""]
        assert {entry.actor_id for entry in named} == {admin.pk}

    def test_a_department_is_closed_when_nobody_works_there_and_takes_nobody_in(self, admin):
        sales = staff.found_department("sales", name="销售部")
        lin = staff.join("lin", name="林", department=sales, duties=("head",))
        assert refused(staff.close_department, sales, admin) == "department_peopled"
        staff.change(lin, admin, department=None)
        assert refused(staff.close_department, sales, lin) == "not_allowed"
        closed = staff.close_department(sales, admin)
        assert closed.closed_on is not None and closed.head is None
        assert refused(staff.close_department, sales, admin) == "department_closed"
        assert refused(staff.change, lin, admin, department=closed) == "department_closed_to_joining"
        assert refused(staff.head, closed, lin, admin) == "department_closed_to_joining"
        with pytest.raises(Refusal, match="department_closed_to_joining"):
            staff.join("new", name="新", department=closed)
        assert staff.reopen_department(closed, admin).closed_on is None
        assert refused(staff.reopen_department, closed, admin) == "department_open"
        told = list(Entry.objects.filter(thing="department").order_by("id").values_list("event", "actor_id"))
        assert told[-3:] == [
            ("head named", admin.pk),
            ("department closed", admin.pk),
            ("department opened again", admin.pk),
        ]


class TestPassword:
    def test_a_password_given_by_somebody_else_is_to_be_changed_unless_it_may_be_kept(self, admin):
        lin = staff.join("lin", name="林", department=None)
        for by, keep, to_change in (
            (admin, False, True),
            (None, True, False),
            (None, False, True),
            (lin, False, False),
        ):
            staff.set_password(lin, "correct horse battery", by, keep=keep)
            assert User.objects.get(pk=lin.pk).password_given is to_change
            assert Entry.objects.latest("id").facts["to_change"] is to_change

    def test_the_command_lets_it_be_changed_unless_told_to_keep_it(self, admin):
        given = "correct horse battery\n"
        assert CliRunner().invoke(main, ["user", "password", "admin"], input=given).exit_code == 0
        assert User.objects.get().password_given
        assert CliRunner().invoke(main, ["user", "password", "admin", "--keep"], input=given).exit_code == 0
        assert not User.objects.get().password_given

    def test_people_set_their_own_password_and_administrators_anybodys(self, admin):
        lin = staff.join("lin", name="林", department=None)
        assert list(matrix.without_password()) == [admin, lin]
        staff.set_password(lin, "correct horse battery", lin)
        staff.set_password(admin, "another horse battery", None)
        assert User.objects.get(username="lin").check_password("correct horse battery")
        assert refused(staff.set_password, admin, "a third horse battery", lin) == "not_allowed"
        assert "horse" not in str(list(Entry.objects.values_list("facts", flat=True)))
        assert not matrix.without_password().exists()

    def test_a_weak_password_is_refused(self, admin):
        assert refused(staff.set_password, admin, "1234", None) == "password_weak"
        assert not User.objects.get().has_usable_password()

    def test_the_command_takes_the_password_from_standard_input(self, admin):
        done = CliRunner().invoke(main, ["user", "password", "admin", "--json"], input="correct horse battery\n")
        assert done.exit_code == 0, done.output
        assert User.objects.get().check_password("correct horse battery")
        unknown = CliRunner().invoke(main, ["user", "password", "nobody", "--json"], input="correct horse battery\n")
        assert unknown.exit_code == 2 and "unknown_person" in unknown.output


class TestMatrix:
    def test_the_table_says_what_the_rights_say(self, admin):
        auditor = staff.join("luo", name="罗", department=None, duties=("audit", "head"))
        for row in matrix.by_duty():
            assert {duty for duty, allowed in row.allowed if allowed} == row.act.duties
        table = {row.act.code: dict(row.allowed) for row in matrix.by_person([admin, auditor])}
        assert table["people.edit"] == {admin: True, auditor: False}
        assert table["case.assign"] == {admin: False, auditor: False}
        assert table["trail.see"] == {admin: False, auditor: True}
