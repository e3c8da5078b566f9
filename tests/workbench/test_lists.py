"""Lists: sorting, filters, pages, columns that stay chosen, files that say who took them, and no counting of a whole table."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Party
from liangqing.trail.models import Entry
from liangqing.workbench import lists
from liangqing.workbench.lists import Column, Filter, Listing
from tests.workbench.institution import Institution

MANY = 1_100
DANGEROUS = ("=1+1", "+86 138", "-5", "@SUM(A1)", "=cmd|'/c calc'!A1", "\t=1", "{=1+1}", "http://evil.example/")


@pytest.fixture
def crowd(standing_house: Institution) -> Institution:
    """An institution with eleven hundred more customers, N0001 to N1100."""
    if not Party.objects.filter(number="N0001").exists():
        Party.objects.bulk_create(
            Party(number=f"N{i:04}", kind="company", name_stored=f"公司{i:04}", name_index=b"", area=f"{i % 7}")
            for i in range(1, MANY + 1)
        )
    return standing_house


def listing(rows: Any = None, **more: Any) -> Listing:
    return Listing(
        **{
            "name": "parties",
            "title": "客户 [全部]",
            "columns": (
                Column("number", "编号", lambda party: party.number, sort=("number",)),
                Column("name", "名称", lambda party: party.name_stored),
                Column("area", "地区", lambda party: party.area, sort=("area", "-number"), shown=False),
            ),
            "filters": (
                Filter("area", "地区", lambda rows, area: rows.filter(area=area), choices=[("1", "一"), ("2", "二")]),
                Filter("q", "名称", lambda rows, text: rows.filter(name_stored__contains=text), kind="text"),
            ),
            "rows": Party.objects.filter(number__startswith="N") if rows is None else rows,
            "order": ("number",),
            "empty": "还没有客户",
            **more,
        }
    )


def asked(
    house: Institution, query: str = "", *, who: str = "gao", what: Listing | None = None, part: bool = False
) -> Any:
    """The answer to a request for the list."""
    request: Any = RequestFactory().get(f"/parties/?{query}", headers={"HX-Target": "list"} if part else {})
    request.user, request.htmx, request.session = house.user(who), part, {}
    request._messages = CookieStorage(request)
    return lists.show(request, what or listing())


def text(response: Any) -> str:
    return str(response.content.decode())


def rows_of(response: Any) -> list[str]:
    """The numbers in the lines shown, in order."""
    import re

    return re.findall(r">(N\d{4})<", text(response))


def sheet(response: Any) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def test_a_page_shows_fifty_lines_in_the_lists_own_order(crowd: Institution) -> None:
    assert rows_of(asked(crowd)) == [f"N{i:04}" for i in range(1, 51)]


def test_the_next_page_goes_on_where_the_last_ended(crowd: Institution) -> None:
    assert rows_of(asked(crowd, "page=2"))[0] == "N0051"
    assert rows_of(asked(crowd, "page=22")) == [f"N{i}" for i in range(1051, 1101)]


def test_first_and_last_page_lead_only_inward(crowd: Institution) -> None:
    first, last = text(asked(crowd)), text(asked(crowd, "page=22"))
    assert 'rel="next"' in first and 'rel="prev"' not in first
    assert 'rel="prev"' in last and 'rel="next"' not in last


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "999999999999999999999", "１"])
def test_a_page_that_makes_no_sense_is_the_first(crowd: Institution, page: str) -> None:
    assert rows_of(asked(crowd, f"page={page}"))[0] == "N0001"


def test_a_page_behind_the_last_is_empty_and_says_so(crowd: Institution) -> None:
    assert not rows_of(asked(crowd, "page=99"))


def test_the_way_on_keeps_filters_and_order(crowd: Institution) -> None:
    assert "?area=1&amp;sort=-number&amp;page=2" in text(asked(crowd, "area=1&sort=-number"))


def test_a_column_with_an_index_sorts_both_ways(crowd: Institution) -> None:
    assert rows_of(asked(crowd, "sort=-number"))[0] == "N1100"
    assert rows_of(asked(crowd, "sort=number"))[0] == "N0001"
    up, down = rows_of(asked(crowd, "sort=area")), rows_of(asked(crowd, "sort=-area"))
    assert (up[0], down[0]) == ("N1099", "N0006"), "area 0 from the back, area 6 from the front"


@pytest.mark.parametrize("sort", ["name", "-name", "identity_index", "pk", "-", "merged_into__number", "?"])
def test_nothing_else_sorts(crowd: Institution, sort: str) -> None:
    assert rows_of(asked(crowd, f"sort={sort}"))[0] == "N0001"


def test_filters_narrow_the_list_together(crowd: Institution) -> None:
    assert rows_of(asked(crowd, "area=1"))[:2] == ["N0001", "N0008"]
    assert rows_of(asked(crowd, "area=1&q=公司0008")) == ["N0008"]


def test_a_list_without_lines_says_why(crowd: Institution) -> None:
    assert "还没有客户" in text(asked(crowd, what=listing(Party.objects.none())))
    assert "还没有客户" not in text(asked(crowd, "q=无此公司")), "it is the filters"


def test_what_was_searched_for_is_shown_as_text(crowd: Institution) -> None:
    assert "<script>alert" not in text(asked(crowd, "q=<script>alert(1)</script>"))
    assert '"><b>' not in text(asked(crowd, 'q="><b>&sort="><b>&page="><b>'))


def test_htmx_gets_the_list_without_the_page_around_it(crowd: Institution) -> None:
    part = text(asked(crowd, part=True))
    assert part.lstrip().startswith('<div id="list"') and "<html" not in part and "N0001" in part


def test_chosen_columns_are_remembered_for_the_person_and_the_list(crowd: Institution) -> None:
    assert 'sort=area"' not in text(asked(crowd, who="shen"))
    asked(crowd, "column=number&column=area", who="shen")
    again = text(asked(crowd, who="shen"))
    assert 'sort=area"' in again and "公司0001" not in again
    assert "公司0001" in text(asked(crowd, who="fang")), "not for somebody else"
    assert "公司0001" in text(asked(crowd, who="shen", what=listing(name="others"))), "not in another list"


def test_columns_that_do_not_exist_are_not_chosen(crowd: Institution) -> None:
    assert "公司0001" in text(asked(crowd, "column=nothing&column=identity_stored", who="zhou"))


def test_the_list_knows_of_more_than_a_thousand_without_counting_them(crowd: Institution) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = text(asked(crowd))
    assert "1000+" in answer
    told = [query["sql"] for query in queries if "parties_party" in query["sql"]]
    assert len(told) == 2, "a page, and as many as are worth counting"
    assert all("LIMIT" in sql for sql in told)
    assert not any("COUNT(" in query["sql"] for query in queries)


def test_a_short_list_is_counted_to_the_end(crowd: Institution) -> None:
    assert "157" in text(asked(crowd, "area=1")) or "158" in text(asked(crowd, "area=1"))
    assert "1000+" not in text(asked(crowd, "area=1"))


def test_the_number_of_queries_does_not_grow_with_the_lines(crowd: Institution) -> None:
    def queries(size: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            asked(crowd, what=listing(page_size=size))
        return len(seen)

    queries(5)  # what the bell says is remembered for a moment
    assert queries(5) == queries(500) <= 6


def test_an_export_holds_all_rows_of_the_filters_and_all_columns(crowd: Institution) -> None:
    rows = sheet(asked(crowd, "area=1&page=3&export=xlsx"))
    assert rows[1] == ["编号", "名称", "地区"]
    assert len(rows) - 2 == Party.objects.filter(number__startswith="N", area="1").count() > lists.PAGE
    assert rows[2] == ["N0001", "公司0001", "1"]


def test_an_export_says_who_took_it_and_when_and_so_does_the_trail(crowd: Institution) -> None:
    response = asked(crowd, "area=1&export=xlsx")
    first = sheet(response)[0][0]
    assert "高岩" in first and "gao" in first and "2026-06-30" in first
    assert "parties-2026-06-30.xlsx" in response.headers["Content-Disposition"]
    entry = Entry.objects.latest("id")
    assert (entry.event, entry.actor_id) == ("list exported", crowd.user("gao").pk)
    assert (entry.facts["list"], entry.facts["filters"]) == ("parties", {"area": "1"})
    assert entry.facts["rows"] == Party.objects.filter(number__startswith="N", area="1").count()


def test_exporting_without_the_right_is_refused_and_leaves_no_file(crowd: Institution) -> None:
    before = Entry.objects.count()
    with pytest.raises(Refusal) as refused:
        asked(crowd, "export=xlsx", who="lin")
    assert refused.value.status == 403 and Entry.objects.count() == before
    assert "export=xlsx" not in text(asked(crowd, who="lin"))


@pytest.mark.parametrize("value", DANGEROUS)
def test_a_cell_stays_text_whatever_it_begins_with(crowd: Institution, value: str) -> None:
    import zipfile

    columns = (Column("a", value, lambda _row: value),)
    response = asked(crowd, "export=xlsx", what=listing([object()], columns=columns, filters=(), title=value))
    raw = b"".join(response.streaming_content)
    book = CalamineWorkbook.from_filelike(BytesIO(raw))
    assert book.get_sheet_by_index(0).to_python()[1:] == [[value], [value]]
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml and "<f " not in xml and "hyperlink" not in xml


def test_a_cell_shows_markup_as_text(crowd: Institution) -> None:
    columns = (Column("a", "甲", lambda _row: "<b onmouseover=alert(1)>"),)
    assert "<b onmouseover" not in text(asked(crowd, what=listing([object()], columns=columns, filters=())))


def test_money_dates_and_numbers_are_values_in_the_file(crowd: Institution) -> None:
    columns = (
        Column("money", "金额", lambda _row: Money(123_456, "CNY"), kind="money"),
        Column("two", "合计", lambda _row: (Money(1, "CNY"), Money(2, "USD")), kind="money"),
        Column("none", "空", lambda _row: None, kind="money"),
        Column("day", "日期", lambda _row: dt.date(2026, 6, 30), kind="date"),
        Column("count", "数", lambda _row: 7, kind="num"),
    )
    rows = sheet(asked(crowd, "export=xlsx", what=listing([object()], columns=columns, filters=())))
    assert rows[1][:2] == ["金额", "币种"] or rows[1][1] == "Currency"
    assert rows[2] == [1234.56, "CNY", "0.01; 0.02", "CNY; USD", "", "", dt.date(2026, 6, 30), 7.0]


def test_an_amount_of_another_currency_says_which(crowd: Institution) -> None:
    columns = (Column("money", "金额", lambda _row: Money(123_456, "USD"), kind="money"),)
    shown = text(asked(crowd, what=listing([object()], columns=columns, filters=())))
    assert "1,234.56" in shown and "USD" in shown
