"""Around every page: who is signed in, and how a "no" is shown."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control

from liangqing.kit.refusal import Refusal
from liangqing.workbench.pages import exports
from liangqing.workbench.permits import TooLarge

Answer = Callable[[HttpRequest], HttpResponse]

_OPEN = ("/accounts/", "/static/", "/api/", "/callbacks/", "/unsubscribe/", "/language/", "/health/")
"""Where nobody need be signed in; the API has keys of its own, providers prove who they are, and so does a mail's address."""


_BEFORE_CHOOSING = ("/accounts/password/change/", "/accounts/logout/", "/static/", "/api/", "/language/", "/health/")
"""What opens to somebody whose password was given by somebody else, until another is chosen."""


class SignedIn:
    """Every page needs somebody signed in, unless it is one of the few named here: forgetting is impossible. A password
    that was given by somebody else opens nothing but the page to choose another (P2 6.2)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if request.user.password_given and not request.path.startswith(_BEFORE_CHOOSING):
                return _to(request, resolve_url("account_change_password"))
            answer = self.answer(request)
            patch_cache_control(answer, private=True, no_store=True)  # nothing stays behind after signing out
            return answer
        if request.path.startswith(_OPEN):
            return self.answer(request)
        return _to(request, f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}")


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Another page; for a part of a page, that the whole page goes there."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


class Refusals:
    """A business "no" becomes a page, or for a part of a page a sentence in its place. A form that comes back with what
    is wrong in it answers 422, also where the page is not ours."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        if isinstance(exception, TooLarge):  # the way to take it away all the same
            return _to(request, exports.asking(exception.wanted))
        part = bool(request.headers.get("HX-Request"))
        template = "workbench/refusal.html#sentence" if part else "workbench/refusal.html"
        return render(request, template, {"refusal": exception}, status=exception.status)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and response.status_code == 200 and getattr(form, "errors", None):
            response.status_code = 422
        return response
