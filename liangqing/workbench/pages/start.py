"""Where somebody lands after signing in, and their own account."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from liangqing.people.rights import can
from liangqing.workbench.doors import Request
from liangqing.workbench.shell import PLACES


def start(request: Request) -> HttpResponse:
    """The first place of the bar that is this person's work: lists for those who collect, the overview for heads."""
    preferred = ("day",) if {"collect", "sell"} & set(request.user.duties) else ("overview", "imports", "people")
    for name in (*preferred, *(place.name for place in PLACES)):
        act = next(place.act for place in PLACES if place.name == name)
        if can(request.user, act):
            try:
                return HttpResponseRedirect(reverse(name))
            except NoReverseMatch:
                continue
    return render(request, "workbench/nothing.html")


def me(request: Request) -> HttpResponse:
    return render(request, "workbench/me.html")
