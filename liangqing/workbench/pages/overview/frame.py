"""What the pages of the overview share: tabs, period and currency around each, and its tables as a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from liangqing.cases.queries import overview as figures
from liangqing.workbench.doors import Request
from liangqing.workbench.pages.overview.period import NIGHTS, Period
from liangqing.workbench.sheets import Sheet, take_away
from liangqing.workbench.words import BUCKET_NAMES

_TABS = (
    ("overview", pgettext_lazy("of debts", "Ageing")),
    ("overview-rolls", pgettext_lazy("between age bands", "Roll")),
    ("overview-load", pgettext_lazy("of work", "Load")),
    ("overview-results", pgettext_lazy("of work", "Results")),
)


def answer(
    request: Request, name: str, period: Period, context: dict[str, Any], sheets: Sequence[Sheet]
) -> HttpResponseBase:
    if request.GET.get("export") == "xlsx":
        about = _("{since} to {until}").format(since=period.since, until=period.last)
        marked = [replace(sheet, about=about) for sheet in sheets]
        asked = {key: str(value) for key, value in request.GET.items() if key != "export"}
        return take_away(name, marked, by=request.user, filters=asked, on=period.last, address=request.get_full_path())
    kept = request.GET.copy()
    for key in ("export", "page", "of"):
        kept.pop(key, None)
    tail = f"?{kept.urlencode()}" if kept else ""
    return render(
        request,
        f"workbench/overview/{name.partition('-')[2] or 'ageing'}.html",
        {
            "tabs": [(label, reverse(each) + tail, each == name) for each, label in _TABS],
            "period": period,
            "choices": NIGHTS,
            **context,
        },
    )


def share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole > 0 else None


def percent(basis_points: int | None) -> float | None:
    return None if basis_points is None else basis_points / 100


def name_of(who: figures.Who) -> str:
    return who.person or str(pgettext_lazy("no person", "nobody"))


def home_of(name: str) -> str:
    """A department's name; nobody's is what no case was opened for (or a person in no department)."""
    return name or _("without a case")


def cases_of(who: figures.Who) -> str:
    """Where the cases of a line are."""
    return f"{reverse('cases')}?owner={who.person_id or 'none'}"


def bands() -> list[str]:
    return [str(label) for _code, label in BUCKET_NAMES]


def currency_of(request: Request, known: Iterable[str]) -> tuple[str, list[str]]:
    """The currency looked at, and those there are: CNY first. Currencies are never added."""
    codes = sorted(set(known), key=lambda code: (code != "CNY", code))
    wanted = request.GET.get("currency", "")
    return (wanted if wanted in codes else codes[0] if codes else "CNY"), codes
