"""What stands around every page: the bar with the places this person may go, the bell, the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.people.rights import can

BELL_S = 20
"""Seconds the number at the bell may be old."""


@dataclass(frozen=True)
class Place:
    """One entry of the bar: shown to those who may do ``act``."""

    name: str
    label: Promise
    act: str
    more: bool = False


PLACES = (
    Place("day", _("My day"), "case.see"),
    Place("cases", _("Cases"), "case.see"),
    Place("customers", _("Customers"), "customer.see"),
    Place("bills", _("Bills"), "bill.see"),
    Place("receipts", _("Receipts"), "bill.see"),
    Place("warnings", _("Warnings"), "warning.see"),
    Place("approvals", _("Approvals"), "approval.see"),
    Place("overview", _("Overview"), "overview.see"),
    Place("imports", _("Imports"), "import.see"),
    Place("nights", _("Nights"), "night.see"),
    Place("messages", _("Texts and e-mails"), "case.see", more=True),
    Place("dispatches", _("Sending to many"), "overview.see", more=True),
    Place("attempts", _("Contact receipts"), "case.see", more=True),
    Place("templates", _("Templates"), "case.see", more=True),
    Place("letters", _("Letters"), "letter.see", more=True),
    Place("reviews", _("Words to look at"), "review.see", more=True),
    Place("deadlines", _("Complaints and claims"), "customer.see", more=True),
    Place("visits", _("Visits"), "case.see", more=True),
    Place("campaigns", _("Campaigns"), "case.assign", more=True),
    Place("policy", pgettext_lazy("the institution’s rules", "Policy"), "policy.see", more=True),
    Place("oversight", _("Clause register"), "policy.see", more=True),
    Place("channels", _("Channels and lines"), "channel.see", more=True),
    Place("people", _("People"), "people.see", more=True),
    Place("programs", _("Programs and messages"), "api.manage", more=True),
    Place("trail", _("Trail"), "trail.see", more=True),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """For the templates: ``places``, ``more_places``, ``here``, ``today``, ``bell``."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"today": clock.today()}
    here = (
        request.resolver_match.url_name.split("-")[0]
        if request.resolver_match and request.resolver_match.url_name
        else ""
    )
    places = [
        {
            "label": place.label,
            "url": url,
            "here": here == place.name,
            "more": place.more,
            "count": SimpleLazyObject(lambda: _waiting(user)) if place.name == "approvals" else 0,
        }
        for place in PLACES
        if can(user, place.act) and (url := _url(place.name))
    ]
    return {
        "places": [place for place in places if not place["more"]],
        "more_places": [place for place in places if place["more"]],
        "today": clock.today(),
        "played": bool(settings.TODAY),
        "bell": SimpleLazyObject(lambda: _bell(request)),
    }


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _waiting(user: User) -> int | str:
    """How many requests wait for this person's decision."""
    from liangqing.workbench.bell import waiting_requests

    number: int | str = cache.get_or_set(_waiting_key(user), lambda: waiting_requests(user), BELL_S) or 0
    return number


def _waiting_key(user: User) -> str:
    return f"approvals-{connection.settings_dict['NAME']}-{user.pk}"


def forget_waiting(user: User) -> None:
    """This person just decided something: the number beside the place is counted anew."""
    cache.delete(_waiting_key(user))


def _bell(request: HttpRequest) -> int | str:
    from liangqing.workbench.bell import count

    user: User = request.user  # type: ignore[assignment]
    key = f"bell {connection.settings_dict['NAME']} {user.pk} {user.bell_seen_at}".replace(" ", "-")
    number: int | str = cache.get_or_set(key, lambda: count(user), BELL_S) or 0
    return number
