"""A table that is too large to leave freely: asking for leave to take it away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.kit.refusal import Refusal
from liangqing.workbench import permits
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.sending import WhyForm
from liangqing.workbench.permits import Wanted

_SALT = "export"
_HOLDS_S = 86_400


def asking(wanted: Wanted) -> str:
    """The address where leave for a table is asked for."""
    of = signing.dumps([wanted.list, wanted.title, wanted.address], salt=_SALT, compress=True)
    return f"{reverse('exports-new')}?of={of}"


def _wanted(of: str) -> Wanted:
    try:
        return Wanted(*signing.loads(of, salt=_SALT, max_age=_HOLDS_S))
    except signing.BadSignature as wrong:
        raise Refusal("no_export", _("Open the list and export it again."), status=404) from wrong


@page("list.export")
def ask(request: Request) -> HttpResponse:
    """What is to be taken away and why it needs approval; a post asks for it."""
    of = request.POST.get("of", "") or request.GET.get("of", "")
    wanted = _wanted(of)
    form = WhyForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            made = permits.ask(wanted, reason=form.cleaned_data["reason"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            said = _("Asked for: {number}. Once approved, export the list again.").format(number=made.number)
            messages.success(request, said, extra_tags="good")
            return HttpResponseRedirect(reverse("approvals-request", args=[made.number]))
    context: dict[str, Any] = {
        "of": of,
        "wanted": wanted,
        "most": permits.most_rows(),
        "form": form,
    }
    return render(request, "workbench/exports/ask.html", context, status=status)
