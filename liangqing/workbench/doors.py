"""What every page begins with: the right to be here, and the thing it is about, found among what the person may see."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand

Page = Callable[..., HttpResponseBase]
Thing = TypeVar("Thing", bound=Model)


class Request(HttpRequest):
    """A request of somebody signed in."""

    user: User
    htmx: Any


def page(act: str, *, post: str = "") -> Callable[[Page], Page]:
    """A page for those who may do ``act``; posting to it needs ``post`` where that is another act.

    ``page.act`` and ``page.post_act`` tell the rights matrix what the door asks.
    """

    def wrap(function: Page) -> Page:
        @functools.wraps(function)
        def door(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            demand(request.user, act)
            if post and request.method not in ("GET", "HEAD"):
                demand(request.user, post)
            return function(request, *args, **kwargs)

        door.act = act  # type: ignore[attr-defined]
        door.post_act = post or act  # type: ignore[attr-defined]
        return door

    return wrap


def find(rows: QuerySet[Thing], **wanted: Any) -> Thing:
    """The one thing a page is about. What the person may not see is not there (404), so that nothing is learned of it."""
    found = rows.filter(**wanted).first()
    if found is None:
        raise Refusal("not_here", _("There is nothing here, or it is not within your reach."), status=404)
    return found
