"""试算 on the pages: a risk manager changes a number, sees what would happen, submits; others approve; it decides."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from liangqing import policy
from liangqing.approvals.models import Request
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.nightly.actions import trial as trials
from liangqing.policy.models import Trial, Version

DRAFT = "/policy/versions/v1/"


@pytest.fixture
def gao(client_of) -> Client:
    return client_of("gao")


def set_moderate_from(client: Client, days: int) -> None:
    from liangqing.people.models import User
    from liangqing.policy.actions import versions

    row = Version.objects.get()
    by = User.objects.get(username="gao")
    versions.set_term(row, "warning.mild_until_days", days, revision=row.revision, by=by)


def try_it(client: Client, nights: int = 0) -> str:
    answer = client.post(f"{DRAFT}trials/", {"nights": nights})
    made = Trial.objects.latest("id")
    assert answer.status_code == 302 and answer.url == f"/policy/trials/{made.pk}/"
    trials.carry_out(Trial.objects.select_related("version__base").get(pk=made.pk), PLAN)
    return answer.url


def test_a_trial_waits_for_its_worker_and_says_that_nothing_lands(gao):
    there = gao.post(f"{DRAFT}trials/", {"nights": 0}).url
    page = gao.get(there).content.decode()
    assert "不会改变" in page or "nothing" in page.lower() or "试算" in page
    assert 'hx-trigger="every 1s"' in page


def test_the_page_shows_who_moves_and_the_list_of_those_affected_with_the_row_that_decides(gao):
    set_moderate_from(gao, 3)
    there = try_it(gao)
    page = gao.get(there).content.decode()
    done = Trial.objects.latest("id")
    moved = sum(row["accounts"] for row in done.result["moves"] if row["before"] != row["after"])
    assert moved > 0
    assert f"<b>{moved}</b>" in page
    assert "中度 (D2" in page, "the list says by which row"
    narrowed = gao.get(there, {"becomes": "severe"}).content.decode()
    assert "中度 (D2" not in narrowed.split('id="list"')[1]


def test_the_list_goes_out_as_a_file(gao):
    set_moderate_from(gao, 3)
    there = try_it(gao)
    answer = gao.get(there, {"export": "xlsx"})
    rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    )
    assert any("D2" in str(cell) for row in rows for cell in row)


def test_who_sees_only_a_department_sees_counts_and_no_names(gao, client_of):
    set_moderate_from(gao, 3)
    there = try_it(gao)
    page = client_of("zhou").get(there)
    assert page.status_code == 200
    assert 'id="list"' not in page.content.decode()


@pytest.mark.parametrize("nights", ["-1", "400", "x", ""])
def test_a_number_of_nights_that_cannot_be_is_refused_with_a_sentence(gao, nights):
    count = Trial.objects.count()
    page = gao.post(f"{DRAFT}trials/", {"nights": nights}, follow=True).content.decode()
    assert Trial.objects.count() == count
    assert "lq-note bad" in page or 'role="alert"' in page


def test_collectors_neither_try_nor_submit(client_of):
    for address in (f"{DRAFT}trials/", f"{DRAFT}submission/"):
        assert client_of("lin").post(address, {"nights": 0, "reason": "x"}).status_code == 403


def test_from_the_changed_number_to_the_night_that_decides_by_it(gao, client_of, house_of_people):
    from liangqing.approvals.actions import votes
    from liangqing.people.models import User

    risk = User.objects.create(username="risk2", name="何", duties=["risk"])
    set_moderate_from(gao, 21)
    try_it(gao)
    answer = gao.post(f"{DRAFT}submission/", {"reason": "早介入"})
    request = Request.objects.latest("id")
    assert answer.url == f"/approvals/{request.number}/"
    assert request.facts["trial"] == Trial.objects.latest("id").pk
    assert gao.post(f"/approvals/{request.number}/approval/", {}).status_code in (403, 409)
    assert Version.objects.get().state == "submitted", "nobody approves his own"
    votes.approve(request, risk)
    votes.approve(request, User.objects.get(username="shen"))
    voices = gao.get(DRAFT, {"part": "approval"}).content.decode()
    assert "<td>风险管理岗</td>" in voices and "<td>管理层</td>" in voices, "who approved as what, in words"
    made = Version.objects.get()
    with clock.at(made.from_on):
        assert policy.in_force(made.from_on).terms["warning.mild_until_days"] == 21
        assert policy.in_force(made.from_on - dt.timedelta(days=1)).terms["warning.mild_until_days"] == 31
        page = gao.get("/policy/").content.decode()
        assert "v1" in page


def test_a_draft_with_problems_can_neither_be_tried_nor_submitted_and_says_so(gao):
    from liangqing.people.models import User
    from liangqing.policy.actions import versions

    row = Version.objects.get()
    rows = [dict(each) for each in row.content["tables"]["warning.level"]][:-1]
    versions.set_rows(row, "warning.level", rows, revision=row.revision, by=User.objects.get(username="gao"))
    for part in ("trials", "approval"):
        page = gao.get(DRAFT, {"part": part}).content.decode()
        assert '<form class="lq-in' not in page
    assert gao.post(f"{DRAFT}submission/", {"reason": "x"}).status_code == 302
    assert Version.objects.get().state == "draft"
