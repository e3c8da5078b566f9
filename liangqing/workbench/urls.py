"""The staff's pages. URLs are nouns."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.i18n import set_language

from liangqing.workbench.pages import bell, imports, nights, start, trail


def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("", start.start, name="start"),
    path("language/", set_language, name="set_language"),
    path("health/", health, name="health"),
    path("me/", start.me, name="me"),
    path("bell/", bell.bell, name="bell"),
    path("trail/", trail.trail, name="trail"),
    path("trail/<int:number>/", trail.entry, name="trail-entry"),
    path("trail/seals/", trail.blocks, name="trail-seals"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.new, name="imports-new"),
    path("imports/uploads/<int:number>/", imports.upload, name="imports-upload"),
    path("imports/uploads/<int:number>/errors/", imports.upload_errors, name="imports-upload-errors"),
    path("imports/<int:number>/", imports.one, name="imports-one"),
    path("imports/<int:number>/undo/", imports.undone, name="imports-undo"),
    path("imports/<int:number>/mapping/", imports.mapping, name="imports-mapping"),
    path("imports/<int:number>/errors/", imports.errors, name="imports-errors"),
    path("nights/", nights.nights, name="nights"),
    path("nights/compare/", nights.compare, name="nights-compare"),
    path("nights/orders/<int:number>/", nights.order, name="nights-order"),
    path("nights/<str:date>/", nights.one, name="nights-one"),
]
