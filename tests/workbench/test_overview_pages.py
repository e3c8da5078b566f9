"""The overview: what it shows is what the queries find, for exactly those people whose work one reaches."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from liangqing.cases.actions import records
from liangqing.cases.models import Case, Collected, Load, Roll, Tally
from liangqing.cases.queries import overview
from liangqing.people.models import User
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.trail.models import Entry
from liangqing.workbench.templatetags.lq import grouped, percent
from tests.workbench.institution import COLLEAGUES, TODAY, Institution

PAGES = ("overview", "overview-rolls", "overview-load", "overview-results")
TOMORROW = TODAY + dt.timedelta(days=1)
MOST_QUERIES = 15


def text(response: Any) -> str:
    """The page as it is read: without tags, one space between words."""
    plain = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(plain).split())


def chart(response: Any, name: str) -> dict[str, Any]:
    found = re.search(
        rf'<script type="application/json" id="{name}">(.*?)</script>', response.content.decode(), re.DOTALL
    )
    assert found
    return dict(json.loads(found[1]))


def show(house: Institution, username: str, page: str, query: str = "") -> Any:
    response = house.client_of(username, "en").get(reverse(page) + query)
    assert response.status_code == 200
    return response


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("username", ["lin", "wang", "admin"])
def test_who_does_not_lead_does_not_get_in(standing_house: Institution, username: str, page: str) -> None:
    assert standing_house.client_of(username).get(reverse(page)).status_code == 403


@pytest.mark.parametrize("username", ["shen", "gao", "xu", "luo"])
def test_the_ageing_shown_is_the_ageing_found(standing_house: Institution, username: str) -> None:
    user = User.objects.get(username=username)
    rows = [row for row in overview.ageing(user, TODAY) if row.currency == "CNY"]
    assert rows
    page = text(show(standing_house, username, "overview"))
    for row in rows:
        cells = [grouped(band.amount, "CNY") if band.amount else "—" for band in row.bands]
        figures = [grouped(row.amount, "CNY"), grouped(row.late, "CNY"), percent(row.late_bp)]
        assert " ".join([row.who.person or "nobody", *cells, *figures, str(row.bills), str(row.obligors)]) in page


def test_a_department_is_the_sum_of_its_people_and_all_departments_the_whole(standing_house: Institution) -> None:
    rows = [row for row in overview.ageing(User.objects.get(username="shen"), TODAY) if row.currency == "CNY"]
    page = text(show(standing_house, "shen", "overview"))
    homes = {row.who.department for row in rows if row.who.department}
    assert len(homes) > 1
    for home in homes:
        own = [row for row in rows if row.who.department == home]
        sums = [sum(row.bands[place].amount for row in own) for place in range(len(BUCKETS))]
        cells = [grouped(amount, "CNY") if amount else "—" for amount in sums]
        assert " ".join([home, *cells, grouped(sum(row.amount for row in own), "CNY")]) in page
    whole = [sum(row.bands[place].amount for row in rows) for place in range(len(BUCKETS))]
    assert " ".join(["Sum", *(grouped(amount, "CNY") for amount in whole)]) in page


def test_currencies_are_looked_at_one_by_one(standing_house: Institution) -> None:
    rows = overview.ageing(User.objects.get(username="shen"), TODAY)
    dollars = sum(row.amount for row in rows if row.currency == "USD")
    yuan = sum(row.amount for row in rows if row.currency == "CNY")
    assert dollars and yuan
    assert f"Open USD {grouped(dollars, 'USD')} USD" in text(show(standing_house, "shen", "overview", "?currency=USD"))
    assert f"Open {grouped(yuan, 'CNY')}" in text(show(standing_house, "shen", "overview", "?currency=CNY"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("username", COLLEAGUES)
def test_a_head_sees_the_departments_people_and_nobody_else(
    standing_house: Institution, username: str, page: str
) -> None:
    shown = text(show(standing_house, username, page, "?nights=60")) + json.dumps(
        chart(show(standing_house, username, "overview"), "late-chart"), ensure_ascii=False
    )
    strangers = User.objects.exclude(username__in=COLLEAGUES[username]).filter(duties__overlap=["collect", "sell"])
    assert strangers
    assert not [stranger.name for stranger in strangers if stranger.name in shown]


def test_the_charts_say_what_the_table_of_nights_says(house_of_people: Institution) -> None:
    _yesterday()
    points = [
        point
        for point in overview.mornings(User.objects.get(username="shen"), TOMORROW, nights=30, by_department=False)
        if point.currency == "CNY"
    ]
    response = show(house_of_people, "shen", "overview")
    option = chart(response, "ageing-chart")
    assert option["xAxis"]["data"] == [f"{point.date:%m-%d}" for point in points] == ["06-29", "06-30"]
    unit = 10_000 if option["yAxis"]["name"] != "CNY" else 1
    for place in range(len(BUCKETS)):
        drawn = option["series"][place]["data"]
        assert drawn == [pytest.approx(point.amounts[place] / 100 / unit, abs=0.06) for point in points]
    lines = chart(response, "late-chart")["series"]
    assert lines[0]["data"] == [point.late_bp / 100 for point in points if point.late_bp is not None]
    page = text(response)
    for point in points:
        amounts = [grouped(amount, "CNY") for amount in point.amounts]
        assert " ".join([str(point.date), *amounts, grouped(sum(point.amounts), "CNY")]) in page


def _yesterday(shift: int = 1) -> None:
    """The same sums stood there some days before."""
    for model in (Tally, Load):
        for row in model.objects.filter(date=TODAY):
            row.pk, row.date = None, TODAY - dt.timedelta(days=shift)
            row.save()


def test_figures_are_compared_with_a_week_before(house_of_people: Institution) -> None:
    assert "nothing to compare with a week before" in text(show(house_of_people, "shen", "overview", "?nights=7"))
    _yesterday(7)
    row = Tally.objects.filter(date=TODAY, currency="CNY", late__gt=1000).earliest("id")
    Tally.objects.filter(pk=row.pk).update(late=row.late - 1000)
    page = show(house_of_people, "shen", "overview", "?nights=7")
    assert "compared with a week before" in text(page)
    assert '<span class="lq-tag green">-10.00</span>' in page.content.decode()


def test_one_person_can_be_looked_at_over_time(standing_house: Institution) -> None:
    lin = User.objects.get(username="lin")
    row = next(each for each in overview.ageing(lin, TODAY) if each.currency == "CNY")
    page = text(show(standing_house, "xu", "overview", f"?of=p{lin.pk}"))
    assert f"Open {grouped(row.amount, 'CNY')}" in page
    assert f"Ageing over the nights · {lin.name}" in page


def test_a_stranger_asked_for_by_number_is_not_shown(standing_house: Institution) -> None:
    wang = User.objects.get(username="wang")
    assert wang.name not in text(show(standing_house, "xu", "overview", f"?of=p{wang.pk}"))


def test_the_roll_shown_is_the_roll_found(house_of_people: Institution) -> None:
    lin = User.objects.get(username="lin")
    for came, went, amount in (("1-30", "31-60", 300_00), ("1-30", "paid", 600_00), ("31-60", "31-60", 50_00)):
        Roll.objects.create(
            date=TODAY,
            owner=lin,
            department=lin.department,
            currency="EUR",
            from_bucket=came,
            to_bucket=went,
            bills=1,
            amount=amount,
        )
    response = show(house_of_people, "xu", "overview-rolls", "?currency=EUR")
    page = text(response)
    assert "1-30 900.00 EUR 2 bills — — 33.3% 300.00 EUR — — 66.7% 600.00 EUR" in page
    found = [row for row in overview.rolls(User.objects.get(username="xu"), TODAY, TOMORROW) if row.currency == "EUR"]
    assert [row.from_bucket for row in found] == ["1-30", "31-60"]
    content = response.content.decode()
    assert "lq-shade bad-3" in content
    assert "lq-shade good-4" in content


def test_the_load_shown_is_the_load_found_with_who_drowns_and_who_sleeps(house_of_people: Institution) -> None:
    chen = User.objects.get(username="chen")
    Load.objects.filter(date=TODAY, owner=chen).delete()
    Load.objects.create(date=TODAY, owner=chen, department=chen.department, cases=400, tasks=3, points=77)
    rows = overview.carried(User.objects.get(username="xu"), TODAY)
    page = text(show(house_of_people, "xu", "overview-load"))
    for row in rows:
        assert f"{row.who.person} {row.who.department} {row.cases} {row.tasks} {row.points} {row.capacity}%" in page
    assert [row.who.person_id for row in rows if row.drowns] == [chen.pk]
    assert f"People who drown 1 People who sleep {sum(row.sleeps for row in rows)}" in page


def test_promises_contacts_and_money_are_shown_as_found(house_of_people: Institution) -> None:
    gao = User.objects.get(username="gao")
    for case, result in zip(
        Case.objects.select_related("owner").order_by("id"), ("no_answer", "switched_off"), strict=False
    ):
        records.record(case, channel="phone", result=result, reached="nobody", by=case.owner)
    lin = User.objects.get(username="lin")
    for currency, amount in (("CNY", 123_456_00), ("USD", 7_00)):
        Collected.objects.create(
            date=TODAY, owner=lin, department=lin.department, currency=currency, receipts=2, amount=amount
        )
    since = TODAY - dt.timedelta(days=29)
    promised = overview.promised(gao, since, TOMORROW)
    contacts = overview.contacts(gao, since, TOMORROW)
    collected = overview.collected(gao, since, TOMORROW)
    assert promised
    assert contacts
    assert collected
    page = text(show(house_of_people, "gao", "overview-results"))
    for row in promised:
        counts = f"{row.given} {row.kept} {row.partly} {row.broken} {percent(row.kept_bp)}"
        assert f"{row.who.person} {row.who.department} {counts}" in page
    totals: dict[str, int] = {}
    for line in contacts:
        for code, count in line.results.items():
            totals[code] = totals.get(code, 0) + count
    assert len(totals) > 1
    for line in contacts:
        cells = [str(line.results.get(code) or "·") for code in sorted(totals, key=lambda code: -totals[code])]
        assert " ".join([f"{line.who.person} {line.who.department}", str(line.records), *cells]) in page
    for income in collected:
        assert (
            f"{income.who.person} {income.who.department} {income.receipts} {grouped(income.amount, income.currency)}"
            in page
        )


def test_names_lead_to_their_cases(standing_house: Institution) -> None:
    lin = User.objects.get(username="lin")
    for page in ("overview", "overview-load", "overview-results"):
        assert f'<a href="/cases/?owner={lin.pk}">{lin.name}</a>' in show(standing_house, "xu", page).content.decode()


@pytest.mark.parametrize("query", ["?since=2026-06-31&until=2026-07-01", "?since=2026-06-30&until=2026-06-01"])
def test_days_that_make_no_period_are_said_and_the_usual_ones_shown(standing_house: Institution, query: str) -> None:
    page = text(show(standing_house, "shen", "overview", query))
    assert "Choose two days, the first before the second" in page
    assert "Ageing over the nights" in page


def test_days_before_the_first_night_show_no_figures(standing_house: Institution) -> None:
    page = text(show(standing_house, "shen", "overview", "?since=2026-05-01&until=2026-05-31"))
    assert "No figures yet." in page


def test_before_the_first_night_the_pages_say_so(house_of_people: Institution) -> None:
    for model in (Tally, Load, Roll):
        model.objects.all().delete()
    assert "No figures yet." in text(show(house_of_people, "shen", "overview"))
    assert "No figures yet." in text(show(house_of_people, "shen", "overview-load"))
    assert "It takes two nights" in text(show(house_of_people, "shen", "overview-rolls"))


@pytest.mark.parametrize("username", ["xu", "shen"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_few_questions(standing_house: Institution, username: str, page: str) -> None:
    show(standing_house, username, page)
    with CaptureQueriesContext(connection) as asked:
        show(standing_house, username, page, "?nights=60")
    assert len(asked) <= MOST_QUERIES, "\n".join(query["sql"][:160] for query in asked.captured_queries)


def test_the_tables_can_be_taken_away_and_the_trail_knows(house_of_people: Institution) -> None:
    response: Any = house_of_people.client_of("xu", "en").get(reverse("overview") + "?export=xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    found = [row for row in overview.ageing(User.objects.get(username="xu"), TODAY) if row.currency == "CNY"]
    assert "徐芳" in str(rows[0][0])
    assert [(row[1], row[7]) for row in rows[2:]] == [(row.who.person, row.amount / 100) for row in found]
    told = Entry.objects.filter(event="list exported").latest("id")
    assert told.facts["list"] == "overview"
