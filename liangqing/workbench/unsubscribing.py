"""Where somebody who got a mail wants no more of them. Nobody is signed in here: the code in the address proves that the mail
is theirs. A GET only shows the button, for programs that look at mails follow links; a POST does it, from a mail program with
one click (RFC 8058) as from the button, and so bears no token of a form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import unsubscribing
from liangqing.parties.rules import masking
from liangqing.people.queries.institution import institution


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The page with its one button, in both languages; a POST leaves them alone from now on. 404 for what is not ours."""
    context: dict[str, Any] = {"home": institution(), "languages": ("zh-hans", "en")}
    try:
        posted = request.method == "POST"
        row = unsubscribing.leave_alone(token) if posted else unsubscribing.found(token)
    except Refusal as refusal:
        answer = render(request, "workbench/unsubscribe.html", {**context, "wrong": True}, status=refusal.status)
    else:
        context |= {"to": masking.way("email", row.value), "done": posted or unsubscribing.heard(row)}
        answer = render(request, "workbench/unsubscribe.html", context)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
