"""Words to be looked at: what people wrote and the list of categories knows, and the decision about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import reviews as actions
from liangqing.outreach.content.lifecycle import REVIEW
from liangqing.outreach.models import Review
from liangqing.outreach.rules.language import categories
from liangqing.people.models import User
from liangqing.people.rights import can, reach
from liangqing.policy.words import spoken
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.templates import ConclusionForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.pages.outreach.marking import marked
from liangqing.workbench.words import customer_name, moment

_COLOURS = {"open": "blue", "confirmed": "red", "dismissed": "green"}


def seen(user: User) -> QuerySet[Review]:
    """The reviews this person may see: about the customers within reach."""
    rows = Review.objects.select_related("party", "author", "decided_by")
    if not can(user, "review.see"):
        return rows.none()
    return rows if reach(user) is None else rows.filter(party__in=visible.parties(user))


def state_tag(row: Review) -> SafeString:
    return format_html(
        '<span class="lq-tag {}">{}</span>', _COLOURS.get(row.state, ""), row.get_state_display()
    )  # fmt: skip


def _severity(code: str) -> str:
    names = {
        "block": _("must not be said"),
        "approval": _("needs an approval"),
        "counsel": _("only with counsel’s approval"),
        "person": _("somebody vulnerable: put the circumstance on record"),
    }
    return names.get(code, code)


def _named(row: Review) -> str:
    return "、".join(f"{code} {spoken(categories()[code].name)}" for code in row.categories)


@page("review.see")
def reviews(request: Request) -> HttpResponseBase:
    """What is to be looked at, the last first; decided ones on demand."""
    user = request.user
    listing = Listing(
        name="reviews",
        title=gettext_lazy("Words to look at"),
        rows=seen(user),
        order=("-id",),
        columns=(
            Column("number", gettext_lazy("Number"), lambda row: row.number),
            Column("opened", gettext_lazy("Written"), lambda row: moment(row.opened_at)),
            Column("author", gettext_lazy("By"), lambda row: row.author.name if row.author else None),
            Column("kind", gettext_lazy("Where it stands"), lambda row: row.get_kind_display()),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.party, user)),
            Column("case", gettext_lazy("Case"), lambda row: row.case or None),
            Column("categories", gettext_lazy("Category"), _named),
            Column("person", gettext_lazy("Vulnerable person"), lambda row: _("yes") if row.person else None),
            Column("state", gettext_lazy("State"), state_tag, plain=lambda row: row.get_state_display()),
            Column("decided", gettext_lazy("Decided by"), lambda row: row.decided_by.name if row.decided_by else None),
        ),
        filters=(
            Filter("state", gettext_lazy("State"), lambda rows, value: rows.filter(state=value), Review.State.choices, default="open"),
            Filter("category", gettext_lazy("Category"), lambda rows, value: rows.filter(categories__contains=[value]), _categories),
            Filter("kind", gettext_lazy("Where it stands"), lambda rows, value: rows.filter(kind=value), Review.Kind.choices),
            Filter("author", gettext_lazy("By"), lambda rows, value: rows.filter(author__name=value), kind="text"),
            Filter("customer", gettext_lazy("Customer number"), lambda rows, value: rows.filter(party__number=value), kind="text"),
        ),
        link=lambda row: reverse("reviews-one", args=[row.pk]),
        empty=gettext_lazy("Nothing is to be looked at. Notes, typed messages and imported records are checked as they are written."),
    )  # fmt: skip
    return show(request, listing)


def _categories() -> list[tuple[str, str]]:
    return [(code, f"{code} {spoken(each.name)}") for code, each in categories().items()]


@page("review.see", post="review.decide")
def review(request: Request, pk: int) -> HttpResponse:
    """The words where they stand, what the list says of them, and the decision."""
    row = find(seen(request.user), pk=pk)
    form = ConclusionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decide = {"confirm": actions.confirm, "dismiss": actions.dismiss}[form.cleaned_data["do"]]
        try:
            decide(row, form.cleaned_data["conclusion"], by=request.user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Decided."), extra_tags="good")
            return HttpResponseRedirect(reverse("reviews"))
    return _answer(request, row, form, status=422 if request.method == "POST" else 200)


def _answer(request: Request, row: Review, form: ConclusionForm, *, status: int) -> HttpResponse:
    user = request.user
    case = visible.cases(user).filter(number=row.case).first() if row.case else None
    opens = case is not None or (not row.case and visible.parties(user).filter(pk=row.party_id).exists())
    finds = row.finds() if opens else []
    context: dict[str, Any] = {
        "row": row,
        "state": state_tag(row),
        "customer": customer_name(row.party, user),
        "case": case,
        "opens": opens,
        "text": marked(row.text, [(each["start"], each["end"], _said(each)) for each in finds]) if opens else "",
        "finds": [{**each, "does": _severity(each["severity"])} for each in finds],
        "categories": _named(row),
        "form": form,
        "decides": opens
        and can(user, "review.decide")
        and bool(list(REVIEW.open_to(row)))
        and row.author_id != user.pk,
        "own": row.author_id == user.pk,
    }
    return render(request, "workbench/outreach/reviews/review.html", context, status=status)


def _said(each: dict[str, Any]) -> str:
    return f"{each['category']} {spoken(each['about'].name)}"


def told(source: str) -> str:
    """What an author hears right after writing: which words are looked at, and what to write instead; empty when none."""
    row = Review.objects.filter(source=source).first()
    if row is None:
        return ""
    parts = [
        _("“{found}” ({category}): {suggestion}").format(
            found=each["found"], category=_said(each), suggestion=spoken(each["about"].suggestion)
        )
        for each in {find["category"]: find for find in reversed(row.finds())}.values()
    ]
    sentence = _("It was kept as written; somebody will look at these words.")
    if row.person:
        sentence += " " + _(
            "It tells of somebody vulnerable: put the circumstance on record, so that contact heeds it."
        )
    return sentence + " " + " ".join(reversed(parts))
