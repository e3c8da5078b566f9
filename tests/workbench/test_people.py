"""People, departments and rights as their pages show and change them."""

from __future__ import annotations

import html
import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from liangqing.people.duties import Duty
from liangqing.people.models import Department, User
from liangqing.people.rights import ACTS, can
from liangqing.trail.models import Entry
from liangqing.workbench.pages.people import extent


def entered(person: User, **changes) -> dict:
    """What the form of a person's page posts."""
    return {
        "name": person.name,
        "department": person.department_id or "",
        "position": person.position,
        "capacity": person.capacity,
        "duties": person.duties,
        "skills": person.skills,
        **changes,
    }


def told(event: str) -> Entry:
    return Entry.objects.filter(event=event).latest("id")


@pytest.fixture
def admin(client_of):
    return client_of("admin", "en")


@pytest.fixture
def wu(house_of_people):
    return house_of_people.user("wu")


# Who may -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["lin", "xu", "luo", "shen"])
def test_everybody_may_look_at_a_person_and_only_administrators_change_one(client_of, wu, username):
    client = client_of(username)
    assert client.get(f"/people/{wu.pk}/").status_code == 200
    for path in ("", "employment/", "password/", "two-step/"):
        assert client.post(f"/people/{wu.pk}/{path}", entered(wu, position="x", stays="no")).status_code == 403
    assert client.post("/people/departments/", {"code": "x", "name": "x", "kind": "risk"}).status_code == 403
    assert client.get("/people/entry/").status_code == 403
    kept = User.objects.get(pk=wu.pk)
    assert (kept.position, kept.is_active, kept.password) == (wu.position, True, wu.password)


def test_those_who_may_not_change_see_no_form(client_of, wu):
    assert '<form method="post" action="/people/' not in client_of("luo").get(f"/people/{wu.pk}/").content.decode()


# The list ----------------------------------------------------------------------------------------------------------------


def test_the_list_shows_department_duties_and_the_load_of_the_last_night(client_of, house_of_people):
    page = client_of("lin", "en").get("/people/?q=wu").content.decode()
    assert "wu" in page and "催收中心" in page and ">lin<" not in page


def test_the_list_is_filtered_by_duty_and_department(client_of):
    page = client_of("lin").get("/people/?duty=audit").content.decode()
    assert "luo" in page and "qian" not in page
    page = client_of("lin").get("/people/?department=finance").content.decode()
    assert "qian" in page and "luo" not in page


def test_who_has_left_is_listed_only_when_asked_for(client_of, wu):
    User.objects.filter(pk=wu.pk).update(is_active=False)
    assert f"/people/{wu.pk}/" not in client_of("lin").get("/people/").content.decode()
    assert f"/people/{wu.pk}/" in client_of("lin").get("/people/?here=no").content.decode()


# Changing a person -------------------------------------------------------------------------------------------------------


def test_a_change_lands_and_is_told(admin, wu, house_of_people):
    special = Department.objects.get(code="special")
    answer = admin.post(
        f"/people/{wu.pk}/",
        entered(
            wu, department=special.pk, position="专员", capacity=70, duties=["collect", "sell"], skills=["special"]
        ),
    )
    assert answer.status_code == 302
    changed = User.objects.get(pk=wu.pk)
    assert (changed.department, changed.position, changed.capacity) == (special, "专员", 70)
    assert (changed.duties, changed.skills) == (["collect", "sell"], ["special"])
    entry = told("person changed")
    assert (entry.thing_id, entry.actor_id) == (wu.pk, house_of_people.user("admin").pk)
    assert entry.facts["after"]["capacity"] == 70 and entry.facts["before"]["department"] == "collection"


@pytest.mark.parametrize(
    "wrong", [{"capacity": "-1"}, {"capacity": "many"}, {"name": ""}, {"duties": ["fly"]}, {"department": "999999"}]
)
def test_what_can_not_be_is_answered_with_the_form(admin, wu, wrong):
    answer = admin.post(f"/people/{wu.pk}/", entered(wu, **wrong))
    assert answer.status_code == 422 and "lq-error" in answer.content.decode()
    assert (
        User.objects.get(pk=wu.pk).capacity == wu.capacity and not Entry.objects.filter(event="person changed").exists()
    )


def test_audit_stands_apart_from_what_it_audits(admin, wu):
    answer = admin.post(f"/people/{wu.pk}/", entered(wu, duties=["audit", "collect"]))
    assert answer.status_code == 422 and "audits" in answer.content.decode()
    assert "audit" not in User.objects.get(pk=wu.pk).duties


def test_the_last_administrator_stays(admin, house_of_people):
    boss = house_of_people.user("admin")
    answer = admin.post(f"/people/{boss.pk}/", entered(boss, duties=["collect"]))
    assert answer.status_code == 422 and "last who runs the system" in answer.content.decode()
    assert admin.post(f"/people/{boss.pk}/employment/", {"stays": "no"}).status_code == 409
    kept = User.objects.get(pk=boss.pk)
    assert kept.is_active and kept.duties == ["admin"]


def test_who_leaves_can_not_sign_in_and_may_come_back(admin, wu, house_of_people):
    theirs = house_of_people.client_of("wu")
    assert theirs.get("/people/").status_code == 200
    assert admin.post(f"/people/{wu.pk}/employment/", {"stays": "no"}).status_code == 302
    assert told("person left").thing_id == wu.pk
    assert theirs.get("/people/").status_code == 302
    assert admin.post(f"/people/{wu.pk}/employment/", {"stays": "yes"}).status_code == 302
    assert told("person returned").thing_id == wu.pk and User.objects.get(pk=wu.pk).is_active


def test_nobody_leaves_by_an_empty_post(admin, wu):
    assert admin.post(f"/people/{wu.pk}/employment/").status_code == 422
    assert User.objects.get(pk=wu.pk).is_active


# Accounts ----------------------------------------------------------------------------------------------------------------


def test_a_new_password_is_shown_once_and_opens_the_door(admin, wu):
    answer = admin.post(f"/people/{wu.pk}/password/")
    given = re.search(r"<code[^>]*>([a-z0-9-]{19})</code>", answer.content.decode()).group(1)
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert given not in admin.get(f"/people/{wu.pk}/").content.decode()
    assert Client().login(username="wu", password=given)
    assert given not in str(told("password set").facts)


def test_a_department_is_closed_once_empty_and_opened_again(admin, wu):
    admin.post("/people/departments/", {"code": "north", "name": "华北", "kind": "business"})
    north = Department.objects.get(code="north")
    address = f"/people/departments/{north.pk}/"
    assert admin.post(f"/people/departments/{wu.department_id}/closure/", {"open": "no"}).status_code == 409
    assert admin.post(f"{address}closure/", {"open": "no"}).status_code == 302
    assert "closed on" in admin.get(address).content.decode()
    assert told("department closed").thing_id == north.pk
    assert f'value="{north.pk}"' not in admin.get(f"/people/{wu.pk}/").content.decode(), "nobody is moved there"
    assert admin.post(f"{address}closure/", {"open": "yes"}).status_code == 302
    assert f'value="{north.pk}"' in admin.get(f"/people/{wu.pk}/").content.decode()


def test_resetting_the_second_step_takes_it_away_and_is_told(admin, wu):
    Authenticator.objects.create(user=wu, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert "Reset two-step sign-in" in admin.get(f"/people/{wu.pk}/").content.decode()
    assert admin.post(f"/people/{wu.pk}/two-step/").status_code == 302
    assert not Authenticator.objects.filter(user=wu).exists()
    assert told("two-step sign-in reset").thing_id == wu.pk


def test_where_there_is_no_second_step_there_is_nothing_to_reset(admin, wu):
    assert admin.post(f"/people/{wu.pk}/two-step/").status_code == 409
    assert not Entry.objects.filter(event="two-step sign-in reset").exists()


def test_somebody_new_is_added_and_told(admin, house_of_people):
    finance = Department.objects.get(code="finance")
    answer = admin.post(
        "/people/entry/",
        {"username": "new", "name": "新人", "department": finance.pk, "capacity": 100, "duties": ["finance"]},
    )
    new = User.objects.get(username="new")
    assert answer.headers["Location"] == f"/people/{new.pk}/"
    assert (new.department, new.duties, new.has_usable_password()) == (finance, ["finance"], False)
    entry = told("person joined")
    assert (entry.thing_id, entry.actor_id) == (new.pk, house_of_people.user("admin").pk)


@pytest.mark.parametrize("username", ["wu", "two words", ""])
def test_a_login_name_that_is_taken_or_impossible_is_refused_with_the_form(admin, username):
    before = User.objects.count()
    answer = admin.post("/people/entry/", {"username": username, "name": "x", "capacity": 100})
    assert answer.status_code == 422 and User.objects.count() == before
    assert "lq-error" in answer.content.decode() or 'role="alert"' in answer.content.decode()


# Departments -------------------------------------------------------------------------------------------------------------


def test_a_department_is_founded_renamed_and_given_a_head(admin, house_of_people):
    assert admin.post("/people/departments/", {"code": "north", "name": "华北", "kind": "business"}).status_code == 302
    north, zhou = Department.objects.get(code="north"), house_of_people.user("zhou")
    answer = admin.post(f"/people/departments/{north.pk}/", {"name": "华北业务部", "head": zhou.pk})
    assert answer.status_code == 302
    north.refresh_from_db()
    assert (north.name, north.head) == ("华北业务部", zhou)
    assert told("head named").facts["username"] == "zhou" and told("department renamed").facts["after"] == "华北业务部"


def test_a_department_with_a_taken_code_is_refused_with_the_form(admin):
    answer = admin.post("/people/departments/", {"code": "risk", "name": "x", "kind": "risk"})
    assert answer.status_code == 422 and "already a department" in answer.content.decode()
    assert Department.objects.get(code="risk").name != "x"


def test_who_has_not_the_duty_heads_no_department(admin, wu):
    finance = Department.objects.get(code="finance")
    before = finance.head_id
    answer = admin.post(f"/people/departments/{finance.pk}/", {"name": finance.name, "head": wu.pk})
    assert answer.status_code == 422 and Department.objects.get(pk=finance.pk).head_id == before


# The matrix --------------------------------------------------------------------------------------------------------------


def cells(page: str) -> dict[str, list[str]]:
    """The matrix as it is read: act, and what stands in each column."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    return {
        html.unescape(re.sub(r"<.*", "", act, flags=re.DOTALL).strip()): [
            re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for act, row in rows
    }


def test_the_matrix_by_duty_says_what_the_rights_say(client_of, english):
    table = cells(client_of("lin", "en").get("/people/rights/").content.decode())
    assert len(table) == len(ACTS)
    for act in ACTS.values():
        assert [bool(cell) for cell in table[str(act.label)]] == [duty in act.duties for duty in Duty]


def test_the_matrix_tells_how_far_a_duty_reaches(client_of, english):
    row = dict(
        zip(
            Duty,
            cells(client_of("lin", "en").get("/people/rights/").content.decode())[str(ACTS["case.see"].label)],
            strict=True,
        )
    )
    assert row[Duty.COLLECT] == row[Duty.SELL] == "own"
    assert row[Duty.HEAD] == "department"
    assert row[Duty.AUDIT] == row[Duty.RISK] == "everything"
    assert row[Duty.ADMIN] == ""


def test_the_matrix_by_person_says_what_each_may(client_of, house_of_people, english):
    table = cells(client_of("lin", "en").get("/people/rights/?by=person&department=audit").content.decode())
    luo = house_of_people.user("luo")
    for act in ACTS.values():
        assert [bool(cell) for cell in table[str(act.label)]] == [can(luo, act.code)]
    assert not any(table[str(act.label)][0] for act in ACTS.values() if act.changes)


@pytest.mark.parametrize(
    ("duties", "reached"),
    [
        (["collect"], "own"),
        (["head", "collect"], "department"),
        (["head", "risk"], "all"),
        (["admin"], "own"),
        ([], "own"),
    ],
)
def test_the_widest_duty_tells_how_far_somebody_sees(books, duties, reached):
    assert extent(duties) == reached
