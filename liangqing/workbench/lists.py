"""Every list of the workbench: columns, filters, sorting, pages, the reader's choice of columns, export.

A list names its columns and filters and gives a queryset that already starts from what the person may see. Nothing here
counts a whole table: a list knows whether there is more, and counts up to a thousand. Only columns that an index can
sort say how to sort by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from liangqing.kit import sealing
from liangqing.kit.money import Money
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.workbench.models import Columns
from liangqing.workbench.permits import HOW_SHOWN
from liangqing.workbench.sheets import Sheet, take_away

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
            "lines": (shown := [_line(listing, chosen, row) for row in lines]),
            "picks": any(line["pick"] is not None for line in shown),
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


def wanted(request: HttpRequest, *but: str) -> int | None:
    """How many rows a page of a list asks for at most, in its own order; None where it is sorted or filtered (``but`` by
    these), or taken away as a file."""
    given = {key for key in request.GET if request.GET.get(key, "").strip()}
    if given - {"page", "column", *but}:
        return None
    return max(max(_number(request.GET.get("page", "1")), 1) * PAGE, MOST_COUNTED) + 1


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


def _export(request: HttpRequest, listing: Listing, rows: Any, values: dict[str, str]) -> HttpResponseBase:
    """All rows of the list and all its columns as a file; an amount takes two columns, its currency the second."""
    user: User = request.user  # type: ignore[assignment]
    heads: list[str | Promise] = []
    for column in listing.columns:
        heads += [column.label, _("Currency")] if column.kind == "money" else [column.label]
    lines = (_plain(listing, row) for row in _in_parts(listing, rows))
    besides = {
        key: sealing.seal(str(text))  # a search may name somebody
        for key, text in request.GET.items()
        if text and key not in values and key not in HOW_SHOWN
    }
    sheet = Sheet(listing.title, heads, lines)
    return take_away(listing.name, [sheet], by=user, filters=values | besides, address=request.get_full_path())


def _plain(listing: Listing, row: Row) -> list[Any]:
    cells: list[Any] = []
    for column in listing.columns:
        value = (column.plain or column.cell)(row)
        if column.kind == "money":
            amounts = tuple(value) if isinstance(value, (tuple, list)) else () if value is None else (value,)
            cells += [amounts, "; ".join(each.currency for each in amounts)]
        else:
            cells.append(value)
    return cells


def _in_parts(listing: Listing, rows: Any) -> Iterable[Row]:
    """Rows as cells read them, a thousand at a time."""
    for first in range(0, MOST_EXPORTED, 1000):
        part = list(rows[first : first + 1000])
        yield from listing.load(part)
        if len(part) < 1000:
            return


def moneys(values: Iterable[tuple[int, str]]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for amount, currency in values)
