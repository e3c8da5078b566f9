"""Campaigns from the choice of cases to their undoing, as a browser without scripts does it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from liangqing.cases.actions import assign, campaigns
from liangqing.cases.models import Campaign, Case, Share, Task
from liangqing.cases.queries import selection, visible
from liangqing.cases.queries.selection import Wanted
from liangqing.people.models import User
from liangqing.receivables.queries.account import late_of
from liangqing.workbench.templatetags.lq import grouped
from tests.workbench.institution import COLLEAGUES, TODAY, Institution

SELECTION, PREVIEW, ALL = reverse("campaigns-selection"), reverse("campaigns-preview"), reverse("campaigns")


def hidden(response: Any, name: str) -> str:
    """What a hidden field of the page carries on."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', response.content.decode())
    assert found, f"no hidden field {name}"
    return html.unescape(found[1])


def text(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def user(username: str) -> User:
    return User.objects.get(username=username)


def chosen(client: Client, **wanted: Any) -> Any:
    return client.get(SELECTION, {"number": 300, "order": "points", **wanted})


def looked_at(client: Client, people: list[str], **wanted: Any) -> Any:
    page = chosen(client, **wanted)
    assert page.status_code == 200
    return client.post(PREVIEW, {"cases": hidden(page, "cases"), "people": [user(name).pk for name in people]})


def confirmed(client: Client, people: list[str], name: str = "六月", **wanted: Any) -> Any:
    page = looked_at(client, people, **wanted)
    assert page.status_code == 200
    return client.post(ALL, {"portions": hidden(page, "portions"), "name": name}, follow=True)


def owners() -> dict[int, int | None]:
    return dict(Case.objects.values_list("pk", "owner_id"))


@pytest.mark.parametrize("username", ["lin", "wang", "luo", "admin"])
@pytest.mark.parametrize("address", [ALL, SELECTION, PREVIEW])
def test_who_may_not_deal_cases_out_does_not_get_in(standing_house: Institution, username: str, address: str) -> None:
    client = standing_house.client_of(username)
    assert client.get(address).status_code == client.post(address).status_code == 403


def test_a_campaign_shares_out_what_was_looked_at_and_can_be_undone(house_of_people: Institution) -> None:
    client = house_of_people.client_of("xu", "en")
    before = owners()
    look = looked_at(client, ["lin", "chen", "wu"])
    assert owners() == before, "looking changes nothing"
    expected = campaigns.preview(
        visible.cases(user("xu")).values_list("pk", flat=True),
        [user(name) for name in ("chen", "lin", "wu")],
        by=user("xu"),
    )
    page = text(look)
    for portion in expected:
        amounts = " ".join(f"{grouped(each.amount, each.currency)}" for each in portion.amounts)
        assert f"{portion.person.name} {portion.person.department.name} {portion.count} {amounts}" in page  # type: ignore[union-attr]
    done = client.post(ALL, {"portions": hidden(look, "portions"), "name": "六月均分"}, follow=True)
    made = Campaign.objects.latest("id")
    assert made.name == "六月均分"
    assert done.redirect_chain[-1][0] == reverse("campaigns-one", args=[made.pk])
    for portion in expected:
        assert set(Case.objects.filter(pk__in=portion.cases).values_list("owner", flat=True)) <= {portion.person.pk}
        assert not Task.objects.filter(case__in=portion.cases, state="open").exclude(owner=portion.person).exists()
    changed = {pk for pk, owner in owners().items() if owner != before[pk]}
    assert changed
    assert changed == set(Share.objects.filter(campaign=made).values_list("case", flat=True))
    assert "六月均分" in text(client.get(ALL))
    undone = client.post(reverse("campaigns-undo", args=[made.pk]), follow=True)
    assert f"{len(changed)} cases went back." in text(undone)
    assert "stayed" not in text(undone)
    assert owners() == before
    assert "Undone by" in text(undone)
    assert client.post(reverse("campaigns-undo", args=[made.pk])).status_code == 409


def test_a_case_somebody_moved_on_stays_and_the_sentence_says_so(house_of_people: Institution) -> None:
    client = house_of_people.client_of("xu", "en")
    confirmed(client, ["wu"])
    made = Campaign.objects.latest("id")
    moved = Share.objects.filter(campaign=made).select_related("case", "before").earliest("id").case
    rest = Share.objects.filter(campaign=made).count() - 1
    assert rest > 0
    assign.assign([moved], user("xu"), by=user("xu"), reason="知道情况")
    assert "1 would stay" in text(client.get(reverse("campaigns-one", args=[made.pk])))
    page = text(client.post(reverse("campaigns-undo", args=[made.pk]), follow=True))
    assert f"{rest} case{'s' if rest > 1 else ''} went back. 1 case stayed" in page
    moved.refresh_from_db()
    assert moved.owner == user("xu")


@pytest.mark.parametrize("username", COLLEAGUES)
def test_a_head_chooses_among_the_departments_cases_and_people(standing_house: Institution, username: str) -> None:
    page = text(chosen(standing_house.client_of(username, "en")))
    own = visible.cases(user(username)).filter(stage="open")
    assert own
    for case in own:
        assert case.number in page
    for case in Case.objects.exclude(pk__in=own):
        assert case.number not in page
    for person in User.objects.filter(duties__overlap=["collect", "sell"]):
        assert (person.name in page) == (person.username in COLLEAGUES[username])


def test_somebody_of_another_department_cannot_be_slipped_in(house_of_people: Institution) -> None:
    before = owners()
    assert looked_at(house_of_people.client_of("xu"), ["lin", "wang"]).status_code == 422
    assert owners() == before


def test_a_choice_made_by_somebody_else_or_by_hand_is_refused(house_of_people: Institution) -> None:
    before = owners()
    foreign = hidden(looked_at(house_of_people.client_of("gao"), ["lin"]), "portions")
    for sealed in (foreign, '{"1": [1]}', ""):
        answer = house_of_people.client_of("xu", "en").post(ALL, {"portions": sealed, "name": "六月"})
        assert answer.status_code == 422
        assert "Choose the cases again" in text(answer)
    assert owners() == before


def test_without_people_the_choice_of_cases_is_kept(standing_house: Institution) -> None:
    client = standing_house.client_of("xu", "en")
    first = chosen(client)
    again = client.post(PREVIEW, {"cases": hidden(first, "cases")})
    assert again.status_code == 422
    assert "Choose at least one person" in text(again)
    assert hidden(again, "cases") == hidden(first, "cases")


def test_without_a_name_the_portions_are_kept(house_of_people: Institution) -> None:
    client = house_of_people.client_of("xu", "en")
    before = Campaign.objects.count()
    look = looked_at(client, ["lin", "wu"])
    again = client.post(ALL, {"portions": hidden(look, "portions"), "name": " "})
    assert again.status_code == 422
    assert hidden(again, "portions") == hidden(look, "portions")
    assert "Who would get what" in text(again)
    assert Campaign.objects.count() == before


def test_an_impossible_choice_is_said_at_its_field(standing_house: Institution) -> None:
    client = standing_house.client_of("xu", "en")
    assert chosen(client, number=2001).status_code == 422
    crossed = chosen(client, days_from=60, days_until=30)
    assert crossed.status_code == 422
    assert "This is less than the first." in text(crossed)
    assert "No open case answers this description." in text(chosen(client, area="月球"))


def test_another_departments_campaign_is_not_there(house_of_people: Institution) -> None:
    confirmed(house_of_people.client_of("gao"), ["lin"], name="风险的")
    made = Campaign.objects.latest("id")
    for username, status in (("xu", 404), ("shen", 200)):
        client = house_of_people.client_of(username)
        assert client.get(reverse("campaigns-one", args=[made.pk])).status_code == status
        assert ("风险的" in text(client.get(ALL))) == (status == 200)
    assert house_of_people.client_of("xu").post(reverse("campaigns-undo", args=[made.pk])).status_code == 404


def choice(asked: CaptureQueriesContext) -> str:
    """The query that chose, among those asked."""
    return next(query["sql"] for query in asked.captured_queries if "LIMIT 300" in query["sql"])


def planned(query: str, settings: str) -> str:
    """How the database would go about a query."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(settings)
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    return plan


# The selection ----------------------------------------------------------------------------------------------------------


def found(**wanted: Any) -> list[Case]:
    cases = selection.select(user("gao"), Wanted(**{"number": 300, **wanted}), TODAY)
    rows = Case.objects.select_related("party").in_bulk(cases)
    return [rows[pk] for pk in cases]


def test_the_cases_with_most_points_come_first_and_no_more_than_asked(standing_house: Institution) -> None:
    points = dict(Task.objects.filter(state="open").values_list("case_id", "points"))
    order = [points[case.pk] for case in found()]
    assert order == sorted(order, reverse=True)
    assert len(order) == len([case for case in points if case]) > 3
    assert found(number=3) == found()[:3]


def test_the_longest_open_come_first_with_or_without_a_task(house_of_people: Institution) -> None:
    young = Case.objects.earliest("id")
    Task.objects.filter(case=young, state="open").update(state="done", ended_on=TODAY)
    Case.objects.filter(pk=young.pk).update(opened_on=TODAY)
    Case.objects.exclude(pk=young.pk).update(opened_on="2026-06-01")
    assert young not in found()
    assert found(order=selection.AGE)[-1] == young
    assert len(found(order=selection.AGE)) == Case.objects.filter(stage="open").count()


def test_each_question_narrows_the_choice(house_of_people: Institution) -> None:
    cases = found(order=selection.AGE)
    some = cases[0]
    type(some.party).objects.filter(pk=some.party.pk).update(area="浙江杭州")
    Case.objects.update(customer_class="unclassified")
    Case.objects.filter(pk=some.pk).update(customer_class="D")
    Case.objects.filter(pk=cases[1].pk).update(owner=None)
    lin = user("lin")
    late = late_of({(case.party_id, case.creditor_id) for case in cases}, TODAY)
    days = {case.pk: late[case.party_id, case.creditor_id].days or 0 for case in cases}
    oldest = max(days.values())
    claims = (
        ({"level": some.level}, {case.pk for case in cases if case.level == some.level}),
        ({"desk": some.desk}, {case.pk for case in cases if case.desk == some.desk}),
        ({"area": "浙江"}, {some.pk}),
        ({"customer_class": "D"}, {some.pk}),
        ({"customer_class": "unclassified"}, {case.pk for case in cases} - {some.pk}),
        ({"owner": lin.pk}, set(Case.objects.filter(owner=lin).values_list("pk", flat=True))),
        ({"owner": 0}, {cases[1].pk}),
        ({"days_from": oldest}, {pk for pk, count in days.items() if count == oldest}),
        ({"days_until": oldest - 1}, {pk for pk, count in days.items() if count < oldest}),
    )
    for wanted, expected in claims:
        assert expected
        assert {case.pk for case in found(order=selection.AGE, **wanted)} == expected, wanted


def test_a_case_that_comes_last_in_the_order_is_found_by_its_days(house_of_people: Institution) -> None:
    last = found(order=selection.AGE)[-1]
    Case.objects.filter(pk=last.pk).update(late_since_on="2001-01-01")
    assert found(order=selection.AGE, number=1, days_from=9_000) == [last]


def test_how_many_days_a_case_is_late_comes_from_an_index(standing_house: Institution) -> None:
    with CaptureQueriesContext(connection) as asked:
        found(order=selection.AGE, days_from=9_000)
    # So few rows are as well found by walking; with no order to walk in, the index is what is left.
    plan = planned(choice(asked), "SET LOCAL enable_seqscan = off; DROP INDEX cases_case_age")
    assert "cases_case_late" in plan


def test_choosing_and_looking_ask_few_questions(standing_house: Institution) -> None:
    client = standing_house.client_of("xu", "en")
    chosen(client)
    with CaptureQueriesContext(connection) as asked:
        page = chosen(client, days_from=1)
    assert len(asked) <= 25, "\n".join(query["sql"][:160] for query in asked.captured_queries)
    with CaptureQueriesContext(connection) as asked:
        client.post(PREVIEW, {"cases": hidden(page, "cases"), "people": [user("lin").pk]})
    assert len(asked) <= 25, "\n".join(query["sql"][:160] for query in asked.captured_queries)


@pytest.mark.parametrize(("order", "index"), [("points", "cases_task_points"), ("age", "cases_case_age")])
def test_the_first_cases_come_from_an_index_in_their_order(standing_house: Institution, order: str, index: str) -> None:
    """So that choosing reads no more of a large portfolio than it looks at."""
    with CaptureQueriesContext(connection) as asked:
        found(order=order)
    plan = planned(
        choice(asked),
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off",
    )
    assert index in plan
    assert "Sort" not in plan
