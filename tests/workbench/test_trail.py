"""The trail as it is searched and proved from its pages."""

from __future__ import annotations

import ast
import datetime as dt
import re
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from python_calamine import CalamineWorkbook

import liangqing
from liangqing.cases import events as case_events
from liangqing.kit import clock
from liangqing.kit.snapshot import database_uri
from liangqing.trail.actions import check as checking
from liangqing.trail.actions.seal import seal
from liangqing.trail.actions.tell import write
from liangqing.trail.models import Block, Entry
from liangqing.trail.queries import seals, search
from liangqing.trail.queries.search import Wanted
from liangqing.workbench.telling import entries as telling
from liangqing.workbench.telling.words import EVENTS, THINGS


def ids(response) -> list[int]:
    """The entries a page of the trail shows, in order."""
    return [int(number) for number in re.findall(r'data-open href="/trail/(\d+)/"', response.content.decode())]


def expected(**wanted) -> list[int]:
    return list(Entry.objects.filter(**wanted).order_by("-id").values_list("id", flat=True)[:50])


def intrude(statement: str) -> None:
    """Change something as one who may switch the triggers off."""
    with psycopg.connect(database_uri()) as intruder:
        intruder.execute("SET session_replication_role = replica")
        assert intruder.execute(statement).rowcount > 0


@pytest.fixture
def luo(client_of):
    return client_of("luo", "en")


# Who may -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/trail/", "/trail/1/", "/trail/seals/", "/trail/?export=xlsx"])
def test_a_collector_may_not_see_the_trail(client_of, path):
    assert client_of("lin").get(path).status_code == 403


def test_checking_the_seals_is_audits_own_right(luo, house_of_people):
    assert luo.post("/trail/seals/").status_code == 302
    assert Entry.objects.get(event="trail checked").actor_id == house_of_people.user("luo").pk


def test_a_collector_may_not_check_the_seals(client_of):
    assert client_of("lin").post("/trail/seals/").status_code == 403
    assert not Entry.objects.filter(event="trail checked").exists()


# Searching ---------------------------------------------------------------------------------------------------------------


def test_without_a_search_the_newest_stand_first(luo):
    assert ids(luo.get("/trail/")) == expected()


def test_search_by_who_acted(luo, house_of_people):
    qian = house_of_people.user("qian")
    found = ids(luo.get("/trail/", {"who": qian.pk}))
    assert found == expected(actor_id=qian.pk) and len(found) == 3
    assert ids(luo.get("/trail/", {"who": "0"})) == expected(actor_id=None)


def test_search_by_kind_of_event(luo):
    found = ids(luo.get("/trail/", {"what": "case opened"}))
    assert found == expected(event="case opened") and found
    assert ids(luo.get("/trail/", {"what": "promise recorded"})) == expected(event="promise recorded")


@pytest.mark.parametrize("asked", ["C1", "中柘电子", "zhongzhe"])
def test_search_by_customer_number_or_name(luo, house_of_people, asked):
    party = house_of_people.customer("C1").party
    found = ids(luo.get("/trail/", {"customer": asked}))
    assert found == expected(party_id=party.pk) and found


def test_several_customers_are_offered_to_choose_from(luo):
    page = luo.get("/trail/", {"customer": "中"}).content.decode()
    assert "Others that match" in page and page.count("customer=C") >= 2


def test_a_customer_nobody_knows_is_said_to_be_unknown(luo):
    response = luo.get("/trail/", {"customer": "nobody at all"})
    assert ids(response) == [] and "No customer is found" in response.content.decode()


def test_search_by_a_case_number_finds_what_belongs_to_the_case_too(luo, house_of_people):
    customer = house_of_people.customer("C1")
    found = Entry.objects.filter(pk__in=ids(luo.get("/trail/", {"number": customer.case.number})))
    assert set(found.values_list("thing", "thing_id")) >= {("case", customer.case.pk), ("promise", customer.promise.pk)}
    assert {entry.party_id for entry in found} == {customer.party.pk}


def test_search_by_an_import_number(luo, house_of_people):
    number = house_of_people.customers[0].imported.pk
    assert ids(luo.get("/trail/", {"kind": "import", "number": f"#{number}"})) == expected(
        thing="import", thing_id=number
    )


def test_a_thing_nobody_knows_is_said_to_be_unknown(luo):
    assert "Nothing has the number" in luo.get("/trail/", {"number": "NOPE-1"}).content.decode()


def test_search_by_business_day(luo):
    day = dt.date(2026, 6, 30)
    assert ids(luo.get("/trail/", {"since": "2026-06-30", "until": "2026-06-30"})) == expected(day=day)
    assert ids(luo.get("/trail/", {"until": "2026-06-29"})) == expected(day__lt=day)
    assert ids(luo.get("/trail/", {"since": "2026-07-01"})) == []


def test_searches_narrow_each_other(luo, house_of_people):
    party = house_of_people.customer("C1").party
    found = ids(luo.get("/trail/", {"customer": "C1", "what": "case opened", "who": "0", "since": "2026-06-30"}))
    assert found == expected(party_id=party.pk, event="case opened", actor_id=None, day="2026-06-30")
    assert len(found) == 1


@pytest.mark.parametrize(
    "query",
    [{"since": "yesterday"}, {"what": "nothing"}, {"who": "x"}, {"since": "2026-06-30", "until": "2026-06-01"}],
)
def test_what_can_not_be_searched_for_is_answered_with_the_form(luo, query):
    response = luo.get("/trail/", query)
    assert response.status_code == 422 and 'role="alert"' in response.content.decode()


@pytest.fixture
def many(books):
    """One hundred and twenty entries."""
    with clock.at("2026-03-10"), transaction.atomic():
        write((("tested", None, "thing", number, None, {}) for number in range(120)), day=clock.today())


def test_pages_lead_from_the_newest_to_the_oldest_and_back_without_a_gap(many):
    everything = list(Entry.objects.order_by("-id").values_list("id", flat=True))
    page, seen = search.page(Wanted()), []
    seen += [entry.pk for entry in page.entries]
    while page.older:
        page = search.page(Wanted(), before=page.older)
        seen += [entry.pk for entry in page.entries]
    assert seen == everything
    back = search.page(Wanted(), after=page.newer)
    assert [entry.pk for entry in back.entries] == everything[50:100]
    front = search.page(Wanted(), after=back.newer)
    assert [entry.pk for entry in front.entries] == everything[:50] and front.newer is None


def test_no_search_reads_the_whole_trail_to_find_a_page(many):
    """With sequential scans made dear, every search has an index to go by."""
    searches = (
        Wanted(),
        Wanted(actor=1),
        Wanted(event="bill entered"),
        Wanted(parties=[1, 2]),
        Wanted(things={"case": [1], "promise": [2]}),
        Wanted(since=dt.date(2026, 3, 1)),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    for wanted in searches:
        plan = search.rows(wanted).order_by("-id")[:51].explain()
        assert "Index" in plan and "Seq Scan" not in plan, (wanted, plan)


def test_days_are_found_where_a_night_was_caught_up_late(books):
    for day in ("2026-03-12", "2026-03-10", "2026-03-13"):
        with transaction.atomic():
            write([("tested", None, "thing", 1, None, {})], day=dt.date.fromisoformat(day))
    found = search.page(Wanted(since=dt.date(2026, 3, 12), until=dt.date(2026, 3, 13))).entries
    assert [entry.day.day for entry in found] == [13, 12]


def test_the_export_holds_what_was_searched_for_and_is_told(luo, house_of_people):
    response = luo.get("/trail/", {"what": "case opened", "export": "xlsx"})
    rows = (
        CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content))).get_sheet_by_index(0).to_python()
    )
    assert [int(row[0]) for row in rows[2:]] == expected(event="case opened")
    told = Entry.objects.get(event="list exported")
    assert told.facts["list"] == "trail" and told.facts["filters"] == {"what": "case opened"}


# Words -------------------------------------------------------------------------------------------------------------------


def classes_constants(attribute: str) -> set[str]:
    """What ``attribute: ClassVar[str] = "…"`` says in any class of the code."""
    found = set()
    for path in Path(liangqing.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))) if name == attribute:
                    if "ClassVar" in ast.unparse(node.annotation):
                        found.add(text)
    return found


def told_in_bulk() -> set[str]:
    """The names in capitals that rooms keep in ``events.py`` for what is told without a class."""
    found = set(case_events.PROMISE_JUDGED.values())
    for path in Path(liangqing.__file__).parent.rglob("events.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))) if name.isupper():
                    found.add(text)
    return found


def test_every_event_name_that_exists_has_a_word():
    named = classes_constants("name") | told_in_bulk()
    assert {"case opened", "alert raised", "promise broken", "night run", "list exported", "trail checked"} <= named
    assert sorted(named - set(EVENTS)) == []


def test_every_kind_of_thing_an_event_is_about_has_a_word():
    things = classes_constants("thing") | {"case", "alert"}  # of these the night tells in bulk
    assert {"user", "night", "promise"} <= things
    assert sorted(things - set(THINGS)) == []


def test_amounts_stand_in_major_units_with_their_currency(house_of_people, english):
    entry = Entry.objects.filter(event="promise recorded").first()
    (told,) = telling.tell([entry], house_of_people.user("luo"))
    assert "CNY 100.00" in told.brief and "2026-07-07" in told.brief


def test_people_and_levels_stand_in_words(house_of_people, english):
    case = house_of_people.customer("C1").case
    entry = Entry.objects.get(event="case opened", thing_id=case.pk)
    (told,) = telling.tell([entry], house_of_people.user("luo"))
    assert case.owner.name in told.brief and case.get_level_display() in told.brief
    assert told.actor is None and case.number in told.thing.text


def test_a_natural_persons_name_is_masked_for_those_who_do_not_work_with_customers(house_of_people, client_of):
    found = client_of("luo").get("/trail/", {"customer": "G1"}).content.decode()
    assert ids(client_of("luo").get("/trail/", {"customer": "G1"})) and "张若涵" not in found


# Proof -------------------------------------------------------------------------------------------------------------------


def test_an_entry_that_was_not_touched_is_proved(luo):
    number = Entry.objects.earliest("id").pk
    page = luo.get(f"/trail/{number}/", {"proof": "1"}).content.decode()
    assert "code was computed anew and fits" in page and "is whole" in page and "lq-note good" in page


def test_a_tampered_entry_is_found_on_its_page(luo):
    number = Entry.objects.filter(event="case opened").earliest("id").pk
    intrude(f"UPDATE trail_entry SET actor_id = 1 WHERE id = {number}")
    page = luo.get(f"/trail/{number}/", {"proof": "1"}).content.decode()
    assert "code does not fit" in page and "lq-note bad" in page


def test_an_entry_taken_out_beside_it_is_found_on_its_page(luo):
    block = Block.objects.filter(count__gt=2).earliest("number")
    intrude(f"DELETE FROM trail_entry WHERE id = {block.last_id}")
    proof = seals.prove(Entry.objects.get(pk=block.first_id))
    assert proof.entry and not proof.sealed and not proof.whole
    assert "does not fit its seal" in luo.get(f"/trail/{block.first_id}/", {"proof": "1"}).content.decode()


def test_a_block_replaced_behind_its_successor_breaks_the_link(house_of_people):
    block = Block.objects.get(number=2)
    intrude("UPDATE trail_block SET hash = sha256('x') WHERE number = 1")
    proof = seals.prove(Entry.objects.get(pk=block.first_id))
    assert proof.sealed and not proof.chained and not proof.whole


def test_an_entry_not_sealed_yet_is_proved_by_its_own_code_only(luo):
    with transaction.atomic():
        write([("tested", None, "thing", 1, None, {})], day=clock.today())
    last = Entry.objects.latest("id")
    proof = seals.prove(last)
    assert proof.block is None and proof.whole
    assert "not sealed yet" in luo.get("/trail/").content.decode()
    seal()
    assert seals.prove(last).sealed


def test_an_entry_nobody_told_is_not_there(luo):
    assert luo.get("/trail/999999999/").status_code == 404


def test_checking_everything_finds_what_was_altered_and_says_so(luo):
    page = luo.post("/trail/seals/", follow=True).content.decode()
    assert "Every entry and every seal is as it was written." in page
    number = Entry.objects.filter(event="case opened").earliest("id").pk
    intrude(f"UPDATE trail_entry SET facts = '{{}}' WHERE id = {number}")
    page = luo.post("/trail/seals/", follow=True).content.decode()
    assert "1 flaw was found" in page and f"entry {number} " in page
    assert Entry.objects.filter(event="trail checked").count() == 2


def test_a_long_trail_is_checked_by_a_worker_once(luo, house_of_people, monkeypatch):
    monkeypatch.setattr(checking, "AT_ONCE", 0)
    for _twice in range(2):
        assert "waits for a worker" in luo.post("/trail/seals/", follow=True).content.decode()
    job = ProcrastinateJob.objects.get(task_name="check_trail")
    assert job.args == {"by": house_of_people.user("luo").pk}
    assert not Entry.objects.filter(event="trail checked").exists()


def test_the_workers_check_is_told_under_the_name_of_who_asked(house_of_people):
    from liangqing.house.jobs import check_trail

    luo = house_of_people.user("luo")
    assert check_trail(by=luo.pk)["flaws"] == 0
    assert Entry.objects.get(event="trail checked").actor_id == luo.pk


def test_the_seals_page_lists_blocks_with_the_hash_before(luo):
    page = luo.get("/trail/seals/").content.decode()
    for block in Block.objects.all():
        assert bytes(block.hash).hex()[:16] in page
