"""The staff's pages. URLs are nouns."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.i18n import set_language

from liangqing.workbench.pages import start, trail


def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("", start.start, name="start"),
    path("language/", set_language, name="set_language"),
    path("health/", health, name="health"),
    path("me/", start.me, name="me"),
    path("trail/", trail.trail, name="trail"),
    path("trail/<int:number>/", trail.entry, name="trail-entry"),
    path("trail/seals/", trail.blocks, name="trail-seals"),
]
