"""Every address of the workbench, and what fills it in: ``tests/workbench/test_doors.py`` fails for one that is missing.

One line for each page: its URL name, and what its address takes from a customer (``institution.Customer`` has ``case``,
``task``, ``promise``, ``bill``, ``receipt``, ``alert``, ``contact``, and for what belongs to no customer ``imported``,
``person``, ``department``). ``about`` tells that the address is about something of the customer: whoever may not see the
customer must get a 404 there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.workbench.institution import Customer


@dataclass(frozen=True)
class Sample:
    """How an address is filled in. ``get``: it answers a GET (a noun that is only posted to does not); ``query`` is what
    such a GET needs besides."""

    kwargs: Callable[[Customer], dict[str, Any]] = lambda _customer: {}
    about: bool = False
    get: bool = True
    query: str = ""


def plain(**options: Any) -> Sample:
    """An address that takes nothing."""
    return Sample(**options)


def about(fill: Callable[[Customer], dict[str, Any]], **options: Any) -> Sample:
    """An address about something of a customer."""
    return Sample(fill, about=True, **options)


def house(fill: Callable[[Customer], dict[str, Any]], **options: Any) -> Sample:
    """An address about something that belongs to the house."""
    return Sample(fill, **options)


OPEN = {"set_language", "health"}
"""Where nobody need be signed in."""

EVERYBODYS = {"start", "me"}
"""Pages that ask for no right: the person's own."""

SAMPLE_ADDRESSES: dict[str, Sample] = {
    "start": plain(),
    "me": plain(),
}

ELSEWHERE = ("api/v1/", "accounts/")
"""What has doors of its own: the API its keys, signing in is allauth's."""


def patterns() -> Iterator[tuple[str, str, URLPattern]]:
    """Every page: its name, its path, the pattern."""
    yield from _under(get_resolver(), "")


def _under(resolver: URLResolver, before: str) -> Iterator[tuple[str, str, URLPattern]]:
    for each in resolver.url_patterns:
        path = before + str(each.pattern)
        if path.startswith(ELSEWHERE):
            continue
        if isinstance(each, URLResolver):
            yield from _under(each, path)
        else:
            yield each.name or "", path, each


def address(name: str, customer: Customer) -> str:
    """The address of a page, filled in with what is the customer's."""
    sample = SAMPLE_ADDRESSES[name]
    return reverse(name, kwargs=sample.kwargs(customer)) + sample.query
