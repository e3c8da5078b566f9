"""Around every page: who is signed in, and how a "no" is shown."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_cache_control

from liangqing.kit.refusal import Refusal

Answer = Callable[[HttpRequest], HttpResponse]

_OPEN = ("/accounts/", "/static/", "/api/", "/language/", "/health/")
"""Where nobody need be signed in; the API has keys of its own."""


class SignedIn:
    """Every page needs somebody signed in, unless it is one of the few named here: forgetting is impossible."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            answer = self.answer(request)
            patch_cache_control(answer, private=True, no_store=True)  # nothing stays behind after signing out
            return answer
        if request.path.startswith(_OPEN):
            return self.answer(request)
        address = f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)


class Refusals:
    """A business "no" becomes a page, or for a part of a page a sentence in its place."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        part = bool(request.headers.get("HX-Request"))
        template = "workbench/refusal.html#sentence" if part else "workbench/refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)
