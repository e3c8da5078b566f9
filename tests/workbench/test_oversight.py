"""The clause register, the printed policy and the comparison, as people read them."""

from __future__ import annotations

import html
import io
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from liangqing.kit import clock
from liangqing.oversight.queries.register import register
from liangqing.oversight.rules.clauses import clauses
from liangqing.people.models import Institution
from liangqing.policy.actions import versions
from liangqing.policy.models import Version


def read(response) -> str:
    """What a page says, without tags and in one line."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def rows(response) -> list[str]:
    return re.findall(r"<tr data-row.*?</tr>", response.content.decode(), re.DOTALL)


@pytest.fixture
def gao(client_of):
    return client_of("gao", "en")


@pytest.fixture
def approved(house_of_people) -> Version:
    """A version that shortens grace, approved by two people and not begun."""
    by = house_of_people.user("gao")
    row = versions.draft(title="短宽限", from_on=clock.today().replace(year=2027), by=by)
    row = versions.set_term(row, "grace.most_days", 9, revision=row.revision, by=by)
    row = versions.submit(row, by=by)
    voices = [
        {"name": "gao", "step": "duty:risk", "at": clock.now().isoformat()},
        {"name": "shen", "step": "duty:manage", "at": clock.now().isoformat()},
    ]
    return versions.approve(row, voices=voices, by=house_of_people.user("shen"))


# The register ------------------------------------------------------------------------------------------------------


def test_the_register_lists_every_clause_with_what_the_night_showed(standing_house, gao):
    page = gao.get("/oversight/")
    assert len(rows(page)) == len(clauses())
    (levels,) = [row for row in rows(page) if ">P3 3.2.2<" in row]
    assert "mild until days late 31 days" in levels
    assert "2026-06-30" in levels
    assert "warnings raised" in levels
    assert any("no control yet" in row for row in rows(page))


def test_the_register_is_filtered_by_source_state_and_kind(standing_house, gao):
    sources = {row[row.index("<a") :] for row in rows(gao.get("/oversight/?source=P1"))}
    assert len(sources) == sum(1 for each in clauses().values() if each.source == "P1")
    none = rows(gao.get("/oversight/?state=none"))
    assert none and all("no control yet" in row for row in none)
    assert all("a number" in row for row in rows(gao.get("/oversight/?kind=parameter")))


def test_the_register_is_taken_away_as_a_sheet(standing_house, gao):
    response = gao.get("/oversight/?export=xlsx&source=P3")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
    lines = book.get_sheet_by_index(0).to_python()
    assert len(lines) == 2 + sum(1 for each in clauses().values() if each.source == "P3")
    assert any("liangqing.warning.rules.levels.levels" in str(line[-1]) for line in lines)


def test_a_clause_shows_values_marks_and_evidence_with_links(standing_house, gao):
    page = gao.get("/oversight/clauses/P3 3.3.2/")
    text = read(page)
    assert "mild 10 days, moderate 5 days, severe 2 days" in text
    assert "warning.rules.escalation.escalations" in text
    assert 'href="/nights/2026-06-30/"' in page.content.decode()
    assert 'href="/warnings/"' in page.content.decode()


def test_a_clause_nothing_runs_says_so(standing_house, gao):
    unmanned = next(each.clause.code for each in register(clock.today()) if each.state == "none")
    assert "No control runs this clause yet." in read(gao.get(f"/oversight/clauses/{unmanned}/"))
    assert "No control runs this clause yet." not in read(gao.get("/oversight/clauses/P3 3.2.2/"))


def test_a_clause_there_is_not_is_not_there(standing_house, gao):
    assert gao.get("/oversight/clauses/P9 1/").status_code == 404


def test_evidence_in_the_trail_is_linked_only_for_those_who_may_search_it(standing_house, client_of):
    address = "/oversight/clauses/P2 3.4.2/"
    assert "/trail/?what=contact+recorded" in client_of("luo", "en").get(address).content.decode()
    assert "/trail/?what" not in client_of("lin", "en").get(address).content.decode()


# The printed policy ------------------------------------------------------------------------------------------------


def test_the_policy_is_read_in_the_readers_language(standing_house, client_of):
    assert "宽限期最长不得超过 15 天" in read(client_of("gao", "zh-hans").get("/oversight/policy/"))
    assert "for at most 15 days" in read(client_of("gao", "en").get("/oversight/policy/"))


def test_another_version_is_read_with_its_numbers_and_who_approved_it(house_of_people, client_of, approved):
    text = read(client_of("gao", "zh-hans").get(f"/oversight/policy/?version={approved.name}"))
    assert "宽限期最长不得超过 9 天" in text
    assert "已批准，尚未施行" in text
    assert house_of_people.user("shen").name in text
    assert "与版本 preset-1 的差异" in text


def test_a_version_there_is_not_cannot_be_printed(standing_house, gao):
    for address in (
        "/oversight/policy/?version=v99",
        "/oversight/policy/v99/pdf/",
        "/oversight/comparison/?before=v99",
    ):
        assert gao.get(address).status_code == 404


def test_the_policy_is_taken_away_as_pdf_and_docx(standing_house, gao):
    made = gao.get("/oversight/policy/preset-1/pdf/")
    assert made["Content-Type"] == "application/pdf"
    assert b"".join(made.streaming_content).startswith(b"%PDF-")
    made = gao.get("/oversight/policy/preset-1/docx/")
    with zipfile.ZipFile(io.BytesIO(b"".join(made.streaming_content))) as parts:
        assert "at most 15 days" in parts.read("word/document.xml").decode()


def test_two_versions_are_compared_in_words(house_of_people, gao, approved):
    text = read(gao.get(f"/oversight/comparison/?before=preset-1&after={approved.name}"))
    assert "1 differences" in text
    assert "days of grace at most grace.most_days 15 days 9 days" in text
    assert "Both versions have the same content." in read(
        gao.get("/oversight/comparison/?before=preset-1&after=preset-1")
    )


# The institution ---------------------------------------------------------------------------------------------------


def test_an_administrator_names_the_institution_and_the_policy_is_its_own(house_of_people, client_of):
    admin = client_of("admin", "zh-hans")
    entered = {"name": "杭州两清供应链管理有限公司", "name_en": "Hangzhou Liangqing", "place": "杭州"}
    assert admin.post("/oversight/institution/", entered).status_code == 302
    assert "杭州两清供应链管理有限公司（以下称“本机构”）制定本办法" in read(admin.get("/oversight/policy/"))


def test_a_name_is_asked_for_and_only_administrators_say_it(house_of_people, client_of):
    assert client_of("admin").post("/oversight/institution/", {"name": ""}).status_code == 422
    assert client_of("gao").post("/oversight/institution/", {"name": "甲"}).status_code == 403
    assert not Institution.objects.exists()
