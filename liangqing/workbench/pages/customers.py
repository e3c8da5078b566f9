"""Customers: found by any part of a name, pinyin, initials, number or phone; one page with everything about one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing import policy
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case
from liangqing.cases.queries import file, visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import contacts as contact_actions
from liangqing.parties.actions import customers as customer_actions
from liangqing.parties.actions.reveal import reveal
from liangqing.parties.models import Contact, Creditor, Party
from liangqing.parties.queries import duplicates, members, repair
from liangqing.parties.queries.search import search
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.policy.words import spoken
from liangqing.receivables.queries import account
from liangqing.warning.models import Standing
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.customers import ContactForm, CustomerForm, EntryForm, MergeForm, PurposeForm
from liangqing.workbench.lists import Column, Filter, Listing, show
from liangqing.workbench.templatetags.lq import level as level_tag
from liangqing.workbench.words import customer_name, owed_columns

_RANK = {"mild": 1, "moderate": 2, "severe": 3}


@page("customer.see")
def customers(request: Request) -> HttpResponseBase:
    """All customers I may see, or those that a search finds."""
    user = request.user
    text = request.GET.get("q", "").strip()
    rows: Any = visible.parties(user)
    if text:
        rows = search(rows, text)
        if len(rows) == 1 and not request.GET.get("export"):
            return HttpResponseRedirect(reverse("customers-customer", args=[rows[0].number]))
    else:
        rows = rows.filter(merged_into=None)
    listing = Listing(
        name="customers",
        title=gettext_lazy("Customers"),
        rows=rows,
        order=("number",),
        columns=(
            Column("number", gettext_lazy("Number"), lambda row: row.number, sort=("number",)),
            Column("name", gettext_lazy("Name"), lambda row: customer_name(row, user)),
            Column("kind", gettext_lazy("Kind"), lambda row: row.get_kind_display()),
            Column("class", gettext_lazy("Class"), _class_tag, kind="html", plain=lambda row: row.shown_class),
            Column("class_from", gettext_lazy("Why this class"), lambda row: row.class_from or None, shown=False),
            Column("area", gettext_lazy("Area"), lambda row: row.area or None),
            Column("open", gettext_lazy("Open"), lambda row: row.open, kind="money"),
            Column("late", gettext_lazy("Late amount"), lambda row: row.late, kind="money"),
            Column("days", gettext_lazy("Days late"), lambda row: row.days, kind="num"),
            Column(
                "level",
                gettext_lazy("Level"),
                lambda row: level_tag(row.level),
                kind="html",
                plain=lambda row: row.level or "",
            ),
            Column("terms", gettext_lazy("Terms, days"), lambda row: row.terms_days, kind="num", shown=False),
        ),
        filters=()
        if text
        else (
            Filter("kind", gettext_lazy("Kind"), lambda rows, value: rows.filter(kind=value), Party.Kind.choices),
            Filter(
                "class",
                gettext_lazy("Class"),
                _of_class,
                [(each, each) for each in "ABCD"],
            ),
        ),
        load=_with_amounts,
        link=lambda row: reverse("customers-customer", args=[row.number]),
        empty=gettext_lazy("No customer yet. Import a file of customers or bills on the page Imports."),
    )
    return show(request, listing, "workbench/customers/customers.html", q=text, edits=can(user, "customer.edit"))


def _of_class(rows: Any, value: str) -> Any:
    """Customers of a class as the list shows it: the one that counts in an open case, else that of the ledger."""
    decided = Case.objects.filter(party=OuterRef("pk"), stage=CaseStage.OPEN).exclude(class_row="")
    return rows.filter(Exists(decided.filter(customer_class=value)) | Q(customer_class=value) & ~Exists(decided))


def _class_tag(row: Any) -> SafeString | None:
    if not row.shown_class:
        return None
    source = _("by the policy") if row.class_decided else _("in the ledger")
    return format_html('{} <span class="muted" title="{}">{}</span>', row.shown_class, row.class_from, source)


def _put_classes(rows: list[Party]) -> None:
    """The class that counts of each customer of a page, as the last night decided it for open cases, with the reason of
    the row that did; where there is no such case, the class the ledger says."""
    decided: dict[int, dict[str, str]] = {}
    cases = Case.objects.filter(party__in=rows, stage=CaseStage.OPEN).exclude(class_row="").order_by("customer_class")
    for case in cases.only("party", "policy", "customer_class", "class_row"):
        told = spoken(policy.row_of(case.policy, "customer.class", case.class_row).reason)
        shown = _("unclassified") if case.customer_class == "unclassified" else case.customer_class
        decided.setdefault(case.party_id, {})[shown] = told
    for row in rows:
        found = decided.get(row.pk) or ({row.customer_class: _("in the ledger")} if row.customer_class else {})
        row.class_decided = row.pk in decided  # type: ignore[attr-defined]
        row.shown_class, row.class_from = " / ".join(found), " / ".join(dict.fromkeys(found.values()))  # type: ignore[attr-defined]


def _with_amounts(rows: list[Party]) -> list[Party]:
    """What a page of customers owes, over all creditors, currencies apart; the highest level, and the class."""
    totals = account.totals_of({row.pk for row in rows}, clock.today())
    levels: dict[int, str] = {}
    for party, level in Standing.objects.filter(party__in=rows).values_list("party_id", "level"):
        levels[party] = max(levels.get(party, ""), level, key=lambda code: _RANK.get(code, 0))
    for row in rows:
        found = totals.get(row.pk)
        row.open, row.late, row.days = (found.open, found.late, found.days) if found else ((), (), None)  # type: ignore[attr-defined]
        row.level = levels.get(row.pk, "")  # type: ignore[attr-defined]
    _put_classes(rows)
    return rows


def _accounts(parties: list[int], creditors: Iterable[Creditor]) -> list[account.Account]:
    """The accounts of a customer and its duplicates, each with the creditor's name; ``creditors`` are those the page has
    met already."""
    found = account.accounts(parties, clock.today())
    names = {each.pk: each.name for each in creditors}
    if unknown := {each.creditor_id for each in found} - set(names):
        names |= dict(Creditor.objects.filter(pk__in=unknown).values_list("id", "name"))
    for each in found:
        each.creditor_name = names[each.creditor_id]  # type: ignore[attr-defined]
    return found


def _customer(request: Request, number: str) -> Party:
    return find(visible.parties(request.user).select_related("merged_into"), number=number)


@page("customer.see", post="customer.edit")
def customer_entry(request: Request) -> HttpResponse:
    """Enter one customer by hand."""
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = customer_actions.enter(by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Customer {number} is entered.").format(number=made.number), extra_tags="good")
            return HttpResponseRedirect(
                reverse("customers-customer", args=[made.number])
                if visible.parties(request.user).filter(pk=made.pk).exists()
                else reverse("customers")
            )
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/money/entry.html", {"form": form, "title": _("Enter a customer")}, status=status)


@page("customer.see", post="customer.edit")
def customer(request: Request, number: str) -> HttpResponse:
    """Everything about one customer; posting corrects it."""
    party = _customer(request, number)
    if request.method == "POST":
        form = CustomerForm(request.POST, party=party)
        if form.is_valid():
            try:
                customer_actions.correct(party, request.user, **form.changes())
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("Corrected."), extra_tags="good")
                return HttpResponseRedirect(reverse("customers-customer", args=[number]))
        return _answer(request, party, form=form, status=422)
    return _answer(request, party)


def _answer(
    request: Request,
    party: Party,
    *,
    form: CustomerForm | None = None,
    contact_form: ContactForm | None = None,
    merge_form: MergeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, today = request.user, clock.today()
    levels = ArraySubquery(Standing.objects.filter(party=OuterRef("pk")).order_by("id").values("level"))
    own = members.known(party, members.everyone(party).annotate(levels=levels))
    edits = can(user, "customer.edit")
    cases = visible.cases(user).filter(party__in=own.ids).select_related("owner", "creditor").order_by("-id")[:20]
    bills = account.still_open(own.ids, today)
    full = party.kind == Party.Kind.COMPANY or can(user, "case.work")
    accounts = _accounts(own.ids, [*(case.creditor for case in cases), *(row.bill.creditor for row in bills)])
    context = {
        "party": party,
        "name": customer_name(party, user),
        "identity": masking.identity(party.identity, party.kind) if party.identity else "",
        "aliases": [name if full else masking.name(name, party.kind) for name in own.spellings[:20]],
        "accounts": accounts,
        **owed_columns(accounts),
        "bills": bills,
        "cases": _with_classes(cases),
        "levels": [level for each in own.parties for level in each.levels],  # type: ignore[attr-defined]
        "contacts": own.contacts[:60],
        "timeline": file.timeline(party, limit=60, own=own.ids),
        "merged": [each for each in own.parties if each.merged_into_id == party.pk][:20],
        "same": _same(own, user) if edits else [],
        "repairs": repair.repairs(party, own=own)[:20] if edits else [],
        "reveals": can(user, "contact.reveal"),
        "edits": edits,
        "form": form or CustomerForm(party=party),
        "contact_form": contact_form or ContactForm(),
        "merge_form": merge_form or MergeForm(),
    }
    return render(request, "workbench/customers/customer.html", context, status=status)


def _with_classes(cases: Iterable[Case]) -> list[Case]:
    """Each open case with why its customer stands in the class that counts."""
    found = list(cases)
    for case in found:
        told = case.stage == CaseStage.OPEN and case.class_row
        reason = policy.row_of(case.policy, "customer.class", case.class_row).reason if told else {}
        case.class_reason = spoken(reason)  # type: ignore[attr-defined]
    return found


_WHY = {
    "identity": gettext_lazy("same identity number"),
    "name": gettext_lazy("same name"),
    "phone": gettext_lazy("same phone"),
}


def _same(own: members.Known, user: User) -> list[tuple[Party, str, str]]:
    """Other records that look like the same customer, among those the person may see."""
    found = duplicates.duplicates(own.party, among=visible.parties(user), own=own)
    return [
        (each.party, customer_name(each.party, user), "、".join(str(_WHY[why]) for why in each.reasons))
        for each in found
    ]


@page("customer.see", post="customer.edit")
def customer_contacts(request: Request, number: str) -> HttpResponse:
    """Add a way to reach a customer."""
    party = _customer(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("customers-customer", args=[number]) + "#contacts")
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            contact_actions.add(party, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Added."), extra_tags="good")
            return HttpResponseRedirect(reverse("customers-customer", args=[number]) + "#contacts")
    return _answer(request, party, contact_form=form, status=422)


def _contact(request: Request, pk: int) -> Contact:
    within = visible.parties(request.user)
    return find(Contact.objects.filter(party__in=within).select_related("party"), pk=pk)


@page("customer.see", post="customer.edit")
def contact_validity(request: Request, pk: int) -> HttpResponse:
    """Whether a contact works, as just found out."""
    contact = _contact(request, pk)
    if request.method == "POST":
        contact_actions.verify(contact, validity=request.POST.get("validity", ""), by=request.user)
    return HttpResponseRedirect(reverse("customers-customer", args=[contact.party.number]) + "#contacts")


@page("customer.see", post="contact.reveal")
def contact_revelation(request: Request, pk: int) -> HttpResponse:
    """The plain value of a contact, for a purpose that stays in the trail."""
    contact = _contact(request, pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("customers-customer", args=[contact.party.number]) + "#contacts")
    form = PurposeForm(request.POST)
    purpose = form.cleaned_data["purpose"] if form.is_valid() else ""
    value = reveal(contact, "value", purpose, request.user)
    if request.headers.get("HX-Request"):
        return render(request, "workbench/customers/revealed.html#value", {"contact": contact, "value": value})
    return render(request, "workbench/customers/revealed.html", {"contact": contact, "value": value})


@page("customer.see", post="contact.reveal")
def customer_identity(request: Request, number: str) -> HttpResponse:
    """The plain identity number of a customer, for a purpose that stays in the trail."""
    party = _customer(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("customers-customer", args=[number]))
    form = PurposeForm(request.POST)
    value = reveal(party, "identity", form.cleaned_data["purpose"] if form.is_valid() else "", request.user)
    template = "workbench/customers/revealed.html"
    return render(
        request,
        f"{template}#value" if request.headers.get("HX-Request") else template,
        {"party": party, "value": value},
    )


@page("customer.see", post="customer.edit")
def customer_mergers(request: Request, number: str) -> HttpResponse:
    """Another record of the same customer goes into this one."""
    party = _customer(request, number)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("customers-customer", args=[number]))
    form = MergeForm(request.POST)
    if form.is_valid():
        gone = visible.parties(request.user).filter(number=form.cleaned_data["gone"]).first()
        if gone is None:
            form.add_error("gone", _("There is no customer with this number, or it is not within your reach."))
        else:
            try:
                customer_actions.merge(party, gone, request.user, form.cleaned_data["reason"])
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(
                    request, _("{number} is now part of this customer.").format(number=gone.number), extra_tags="good"
                )
                return HttpResponseRedirect(reverse("customers-customer", args=[number]))
    return _answer(request, party, merge_form=form, status=422)


@page("customer.see", post="customer.edit")
def customer_separation(request: Request, number: str) -> HttpResponse:
    """What was merged wrongly stands by itself again."""
    party = _customer(request, number)
    if request.method == "POST":
        customer_actions.unmerge(party, request.user, request.POST.get("reason", ""))
        messages.success(request, _("{number} stands by itself again.").format(number=number), extra_tags="good")
    return HttpResponseRedirect(reverse("customers-customer", args=[number]))
