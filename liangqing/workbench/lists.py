"""Every list of the workbench: columns, filters, sorting, pages, the reader's choice of columns, export.

A list names its columns and filters and gives a queryset that already starts from what the person may see. Nothing here
counts a whole table: a list knows whether there is more, and counts up to a thousand. Only columns that an index can
sort say how to sort by them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.money import Money, plain
from liangqing.people.models import User
from liangqing.people.rights import can, demand
from liangqing.trail.actions.tell import Event, tell
from liangqing.workbench.models import Columns

PAGE = 50
MOST_COUNTED = 1000
MOST_EXPORTED = 100_000
_TEMPLATE = "workbench/list.html"

Row = Any


@dataclass(frozen=True)
class Column:
    """One column. ``cell`` gives what is shown (text, ``Money``, a date, or safe HTML); ``plain`` what is exported, where
    that differs. ``sort`` names the fields to order by; ``kind`` is text, num, money, date or html."""

    key: str
    label: str | Promise
    cell: Callable[[Row], Any]
    kind: str = "text"
    sort: tuple[str, ...] = ()
    shown: bool = True
    plain: Callable[[Row], Any] | None = None


@dataclass(frozen=True)
class Filter:
    """One filter above the list. ``choices`` make a select, without them it is a field; ``apply`` narrows the rows.

    ``kind``: select, text, date or flag."""

    key: str
    label: str | Promise
    apply: Callable[[Any, str], Any]
    choices: Sequence[tuple[str, str | Promise]] | Callable[[], Sequence[tuple[str, str | Promise]]] = ()
    kind: str = "select"
    default: str = ""

    def options(self) -> list[tuple[str, str]]:
        choices = self.choices() if callable(self.choices) else self.choices
        return [(value, str(label)) for value, label in choices]


@dataclass(kw_only=True)
class Listing:
    """A list. ``rows`` is a queryset (or a sequence) already limited to what the person may see; ``load`` turns the rows of
    one page into what cells read, in a few queries for all of them."""

    name: str
    title: str | Promise
    columns: Sequence[Column]
    rows: Any
    filters: Sequence[Filter] = ()
    order: tuple[str, ...] = ()
    load: Callable[[list[Any]], list[Row]] = field(default=list)
    link: Callable[[Row], str] | None = None
    drawer: bool = False
    row_class: Callable[[Row], str] | None = None
    pick: Callable[[Row], Any] | None = None
    empty: str | Promise = ""
    page_size: int = PAGE


@dataclass(frozen=True, kw_only=True)
class ListExported(Event):
    """Somebody took a list away as a file."""

    name: ClassVar[str] = "list exported"
    thing: ClassVar[str] = "user"
    list: str
    rows: int
    filters: dict[str, str]


def show(request: HttpRequest, listing: Listing, template: str = _TEMPLATE, **context: Any) -> HttpResponseBase:
    """The list as a page (of which htmx takes what it wants), as that part alone, or as a file (``?export=xlsx``)."""
    user: User = request.user  # type: ignore[assignment]
    chosen = _choose_columns(request, listing, user)
    values = {each.key: request.GET.get(each.key, each.default).strip() for each in listing.filters}
    rows = listing.rows
    for each in listing.filters:
        if values[each.key]:
            rows = each.apply(rows, values[each.key])
    sort = request.GET.get("sort", "")
    rows = _sorted(rows, listing, sort)
    if request.GET.get("export") == "xlsx":
        return _export(request, listing, rows, values)
    page = max(_number(request.GET.get("page", "1")), 1)
    first = (page - 1) * listing.page_size
    found = list(rows[first : first + listing.page_size + 1])
    more = len(found) > listing.page_size
    lines = listing.load(found[: listing.page_size])
    # A template of its own extends the list; htmx takes the list out of the whole page then.
    part = request.headers.get("HX-Target") == "list" and template == _TEMPLATE
    return render(
        request,
        f"{template}#list" if part else template,
        {
            "listing": listing,
            "columns": [column for column in listing.columns if column.key in chosen],
            "all_columns": [(column, column.key in chosen) for column in listing.columns],
            "lines": [_line(listing, chosen, row) for row in lines],
            "filters": [(each, values[each.key], each.options()) for each in listing.filters],
            "filtered": any(values[each.key] != each.default for each in listing.filters),
            "sort": sort,
            "page": page,
            "more": more,
            "total": _total(rows, page, len(lines), more, listing.page_size),
            "first": first + 1,
            "last": first + len(lines),
            "may_export": can(user, "list.export"),
            **context,
        },
    )


def _line(listing: Listing, chosen: set[str], row: Row) -> dict[str, Any]:
    return {
        "row": row,
        "cells": [(column, column.cell(row)) for column in listing.columns if column.key in chosen],
        "link": listing.link(row) if listing.link else "",
        "class": listing.row_class(row) if listing.row_class else "",
        "pick": listing.pick(row) if listing.pick else None,
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _sorted(rows: Any, listing: Listing, sort: str) -> Any:
    if not isinstance(rows, QuerySet):
        return rows
    by = {column.key: column.sort for column in listing.columns if column.sort}
    fields = by.get(sort.removeprefix("-"))
    if not fields:
        return rows.order_by(*listing.order) if listing.order else rows
    if sort.startswith("-"):
        fields = tuple(name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in fields)
    return rows.order_by(*fields, "pk")


def _total(rows: Any, page: int, shown: int, more: bool, size: int) -> str:
    """How many there are, as far as is worth counting."""
    if not more:
        return str((page - 1) * size + shown)
    some = rows.order_by().values("pk")[: MOST_COUNTED + 1] if isinstance(rows, QuerySet) else rows
    counted = len(some)
    return f"{MOST_COUNTED}+" if counted > MOST_COUNTED else str(counted)


def _choose_columns(request: HttpRequest, listing: Listing, user: User) -> set[str]:
    """The columns this person sees: as chosen now, as chosen before, as the list suggests."""
    known = [column.key for column in listing.columns]
    wanted = request.GET.getlist("column")
    if wanted:
        keys = [key for key in known if key in wanted]
        if keys:
            Columns.objects.update_or_create(user=user, list=listing.name, defaults={"keys": keys})
            return set(keys)
    kept = Columns.objects.filter(user=user, list=listing.name).values_list("keys", flat=True).first()
    if kept and (keys := [key for key in kept if key in known]):
        return set(keys)
    return {column.key for column in listing.columns if column.shown}


@action
def _export(request: HttpRequest, listing: Listing, rows: Any, values: dict[str, str]) -> HttpResponseBase:
    """All rows of the list as XLSX, marked with who took it and when. Texts stay texts: nothing in a cell is a formula."""
    user: User = request.user  # type: ignore[assignment]
    demand(user, "list.export")
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet(str(listing.title)[:31].translate(str.maketrans("[]:*?/\\", "       ")))
    bold, date, amount = (
        book.add_format({"bold": True}),
        book.add_format({"num_format": "yyyy-mm-dd"}),
        book.add_format({"num_format": "#,##0.00"}),
    )
    now = clock.now().astimezone(clock.zone())
    sheet.write_string(
        0,
        0,
        _("{title} · exported by {name} ({login}) at {at}").format(
            title=listing.title, name=user.name, login=user.username, at=f"{now:%Y-%m-%d %H:%M}"
        ),
    )
    place = 0
    for column in listing.columns:
        sheet.write_string(1, place, str(column.label), bold)
        if column.kind == "money":
            sheet.write_string(1, place + 1, _("Currency"), bold)
        place += 2 if column.kind == "money" else 1
    count = 0
    for row in _in_parts(listing, rows):
        count += 1
        place = 0
        for column in listing.columns:
            value = (column.plain or column.cell)(row)
            if column.kind == "money":
                values_of = list(value) if isinstance(value, (tuple, list)) else [value] if value is not None else []
                if len(values_of) == 1:
                    sheet.write_number(
                        count + 1, place, float(plain(values_of[0].amount, values_of[0].currency)), amount
                    )
                elif values_of:
                    sheet.write_string(
                        count + 1, place, "; ".join(plain(each.amount, each.currency) for each in values_of)
                    )
                sheet.write_string(count + 1, place + 1, "; ".join(each.currency for each in values_of))
                place += 2
                continue
            if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
                sheet.write_datetime(count + 1, place, dt.datetime.combine(value, dt.time()), date)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(count + 1, place, value)
            elif value is not None:
                sheet.write_string(count + 1, place, str(value))
            place += 1
    book.close()
    tell(
        ListExported(
            thing_id=user.pk, list=listing.name, rows=count, filters={key: each for key, each in values.items() if each}
        ),
        by=user,
    )
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename=f"{listing.name}-{clock.today()}.xlsx")


def _in_parts(listing: Listing, rows: Any) -> Iterable[Row]:
    """Rows as cells read them, a thousand at a time."""
    for first in range(0, MOST_EXPORTED, 1000):
        part = list(rows[first : first + 1000])
        yield from listing.load(part)
        if len(part) < 1000:
            return


def moneys(values: Iterable[tuple[int, str]]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for amount, currency in values)
