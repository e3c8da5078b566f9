"""Bills and receipts: lists, entry by hand, reversal, and what is unapplied with how it would be set against bills."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from liangqing.cases.queries import visible
from liangqing.kit import clock
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Creditor, Party
from liangqing.people.rights import can
from liangqing.policy.words import spoken
from liangqing.receivables.actions import apply, bills, receipts
from liangqing.receivables.models import Adjustment, Allocation, Bill, Receipt
from liangqing.receivables.queries import account
from liangqing.receivables.queries import bills as bill_queries
from liangqing.receivables.queries import receipts as receipt_queries
from liangqing.receivables.queries.bankruptcy import paid_after
from liangqing.receivables.rules.allocation import Line
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.money import AdjustForm, BillForm, ReasonForm, ReceiptForm
from liangqing.workbench.lists import Column, Filter, Listing, show, wanted
from liangqing.workbench.words import customer_name

PARTS = {
    "principal": gettext_noop("Principal"),
    "interest": gettext_noop("Interest"),
    "penalty": gettext_noop("Penalty"),
    "fee": gettext_noop("Fee"),
}


def _of_customer(rows: Any, number: str) -> Any:
    return rows.filter(party__number=number)


# Bills ------------------------------------------------------------------------------------------------------------------


_SHOWN = "open"
"""Which bills are listed when nobody says."""


@page("bill.see")
def bill_list(request: Request) -> HttpResponseBase:
    """Bills, the one due longest first."""
    user, today = request.user, clock.today()
    shown = request.GET.get("state", _SHOWN).strip()
    if shown in ("open", "late"):
        most = wanted(request, "state") if shown == "open" else None  # which of them are late is asked afterwards
        found, known = visible.open_bills(user, today, asking=shown == "late", most=most)
    else:
        found, known = visible.bills(user, listed=True), False

    def state(rows: Any, value: str) -> Any:
        return bill_queries.bill_list(
            rows, as_of=today, open_only=value == "open", late_only=value == "late", known_open=known
        )

    listing = Listing(
        name="bills",
        title=gettext_lazy("Bills"),
        rows=found.prefetch_related("party", "creditor"),  # of those shown: a join would come before the sort
        order=("due_on", "id"),
        columns=(
            Column("number", gettext_lazy("Bill"), lambda row: row.bill.number, sort=("number",)),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.bill.party, user)),
            Column("kind", gettext_lazy("Kind"), lambda row: row.bill.get_kind_display()),
            Column("issued", gettext_lazy("Issued"), lambda row: row.bill.issued_on, kind="date"),
            Column("due", gettext_lazy("Due"), lambda row: row.due_on, kind="date", sort=("due_on",)),
            Column(
                "days",
                gettext_lazy("Days late"),
                lambda row: row.days if row.days and row.days > 0 else None,
                kind="num",
            ),
            Column("asked", gettext_lazy("Amount"), lambda row: Money(row.asked, row.bill.currency), kind="money"),
            Column(
                "paid",
                gettext_lazy("Paid"),
                lambda row: Money(row.paid + row.credited, row.bill.currency),
                kind="money",
            ),
            Column("owed", gettext_lazy("Owed"), lambda row: Money(row.owed, row.bill.currency), kind="money"),
            Column("creditor", gettext_lazy("Creditor"), lambda row: row.bill.creditor.name, shown=False),
            Column("customer_number", gettext_lazy("Customer number"), lambda row: row.bill.party.number, shown=False),
            Column("reference", gettext_lazy("Reference"), lambda row: row.bill.reference or None, shown=False),
        ),
        filters=(
            Filter("number", gettext_lazy("Number begins or ends with"), bill_queries.by_number, kind="text"),
            Filter("customer", gettext_lazy("Customer number"), _of_customer, kind="text"),
            Filter(
                "state",
                gettext_lazy("State"),
                state,
                [("open", pgettext_lazy("bill", "open")), ("late", gettext_lazy("late"))],
                default=_SHOWN,
            ),
            Filter("kind", gettext_lazy("Kind"), lambda rows, value: rows.filter(kind=value), Bill.Kind.choices),
            Filter("due_from", gettext_lazy("Due from"), day_filter("due_on__gte"), kind="date"),
            Filter("due_until", gettext_lazy("until"), day_filter("due_on__lte"), kind="date"),
        ),
        load=lambda rows: bill_queries.rows(rows, today),
        link=lambda row: reverse("bills-bill", args=[row.bill.pk]),
        drawer=True,
        empty=gettext_lazy("No bill yet. Import a ledger on the page Imports, or enter one."),
    )
    return show(request, listing, "workbench/money/bills.html", enters=can(user, "money.enter"))


def day_filter(lookup: str) -> Any:
    def narrow(rows: Any, value: str) -> Any:
        from django.utils.dateparse import parse_date

        try:
            on = parse_date(value)
        except ValueError:
            on = None
        return rows.filter(**{lookup: on}) if on else rows.none()

    return narrow


@page("bill.see")
def bill(request: Request, pk: int) -> HttpResponse:
    """One bill: its parts, what changed it, what was set against it."""
    found = find(visible.bills(request.user).select_related("party", "creditor", "contract", "seller"), pk=pk)
    return _bill(request, found)


def _bill(request: Request, found: Bill, *, form: AdjustForm | None = None, status: int = 200) -> HttpResponse:
    (row,) = bill_queries.rows([found], clock.today())
    context = {
        "row": row,
        "paid": row.paid + row.credited,
        "parts": [
            (_(label), row.asked_parts[name], row.asked_parts[name] - row.owed_parts[name], row.owed_parts[name])
            for name, label in PARTS.items()
        ],
        "bill": found,
        "customer": customer_name(found.party, request.user),
        "adjustments": Adjustment.objects.filter(bill=found).order_by("id")[:100],
        "allocations": receipt_queries.allocations_of(bill=found)[:200],
        "enters": can(request.user, "money.enter"),
        "adjust_form": form or AdjustForm(),
        "reason_form": ReasonForm(),
        "drawer": (part := request.headers.get("HX-Target") == "drawer-body"),
    }
    return render(
        request, "workbench/money/bill.html#bill" if part else "workbench/money/bill.html", context, status=status
    )


@page("bill.see", post="money.enter")
def bill_entry(request: Request) -> HttpResponse:
    """Enter one bill by hand."""
    initial = {"customer": request.GET.get("customer", ""), "issued_on": clock.today()}
    form = BillForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = bills.enter(party=_party(request, form), by=request.user, **form.values())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Bill {number} is entered.").format(number=made.number), extra_tags="good")
            return HttpResponseRedirect(reverse("bills-bill", args=[made.pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/money/entry.html", {"form": form, "title": _("Enter a bill")}, status=status)


def _party(request: Request, form: Any) -> Party:
    """The customer the form names, among those the person may see."""
    found = visible.parties(request.user).filter(number=form.cleaned_data["customer"]).first()
    if found is None:
        raise Refusal(
            "no_customer", gettext_lazy("There is no customer with this number."), status=422, field="customer"
        )
    return found


@page("bill.see", post="money.enter")
def bill_adjustments(request: Request, pk: int) -> HttpResponse:
    """Change what a bill asks for, as a new row; nothing is overwritten."""
    found = find(visible.bills(request.user).select_related("party", "creditor", "contract", "seller"), pk=pk)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("bills-bill", args=[pk]))
    form = AdjustForm(request.POST, currency=found.currency)
    if form.is_valid():
        try:
            bills.adjust(found, by=request.user, **form.values())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Adjusted."), extra_tags="good")
            return HttpResponseRedirect(reverse("bills-bill", args=[pk]))
    return _bill(request, found, form=form, status=422)


@page("bill.see", post="money.enter")
def bill_cancellation(request: Request, pk: int) -> HttpResponse:
    """Take back a bill on which nothing is paid."""
    found = find(visible.bills(request.user), pk=pk)
    form = ReasonForm(request.POST)
    if request.method == "POST" and form.is_valid():
        bills.cancel(found, form.cleaned_data["reason"], request.user)
        messages.success(request, _("Cancelled."), extra_tags="good")
    return HttpResponseRedirect(reverse("bills-bill", args=[pk]))


# Receipts ---------------------------------------------------------------------------------------------------------------


@page("bill.see")
def receipt_list(request: Request) -> HttpResponseBase:
    """Money received, the latest first."""
    user = request.user
    listing = Listing(
        name="receipts",
        title=gettext_lazy("Receipts"),
        rows=visible.receipts(user, listed=True).prefetch_related("party", "creditor"),
        order=("-received_on", "-id"),
        columns=(
            Column("number", gettext_lazy("Receipt"), lambda row: row.receipt.number, sort=("number",)),
            Column("customer", gettext_lazy("Customer"), lambda row: customer_name(row.receipt.party, user)),
            Column(
                "received",
                gettext_lazy("Received"),
                lambda row: row.receipt.received_on,
                kind="date",
                sort=("received_on",),
            ),
            Column(
                "amount",
                gettext_lazy("Amount"),
                lambda row: Money(row.receipt.amount, row.receipt.currency),
                kind="money",
            ),
            Column(
                "rest",
                gettext_lazy("Unapplied"),
                lambda row: Money(row.rest, row.receipt.currency) if row.rest else None,
                kind="money",
            ),
            Column("method", gettext_lazy("Method"), lambda row: row.receipt.get_method_display()),
            Column("bill", gettext_lazy("Bill named"), lambda row: row.receipt.bill_number or None),
            Column("reference", gettext_lazy("Reference"), lambda row: row.receipt.reference or None),
            Column("creditor", gettext_lazy("Creditor"), lambda row: row.receipt.creditor.name, shown=False),
        ),
        filters=(
            Filter("number", gettext_lazy("Number begins or ends with"), bill_queries.by_number, kind="text"),
            Filter("customer", gettext_lazy("Customer number"), _of_customer, kind="text"),
            Filter(
                "unapplied",
                gettext_lazy("unapplied only"),
                lambda rows, _value: receipt_queries.receipt_list(rows, unapplied_only=True),
                kind="flag",
            ),
            Filter(
                "bankrupt",
                gettext_lazy("after a bankruptcy was accepted"),
                lambda rows, _value: paid_after(rows),
                kind="flag",
            ),
            Filter("from", gettext_lazy("Received from"), day_filter("received_on__gte"), kind="date"),
            Filter("until", gettext_lazy("until"), day_filter("received_on__lte"), kind="date"),
        ),
        load=receipt_queries.receipt_rows,
        link=lambda row: reverse("receipts-receipt", args=[row.receipt.pk]),
        drawer=True,
        empty=gettext_lazy("No receipt yet. Import payments on the page Imports, or enter one."),
    )
    return show(request, listing, "workbench/money/receipts.html", enters=can(user, "money.enter"))


@page("bill.see")
def receipt(request: Request, pk: int) -> HttpResponse:
    found = find(visible.receipts(request.user).select_related("party", "creditor", "reverses"), pk=pk)
    (row,) = receipt_queries.receipt_rows([found])
    context = {
        "row": row,
        "receipt": found,
        "customer": customer_name(found.party, request.user),
        "reversal": Receipt.objects.filter(reverses=found).first(),
        "allocations": receipt_queries.allocations_of(receipt=found)[:200],
        "after_bankruptcy": _after_bankruptcy() if paid_after(Receipt.objects.filter(pk=pk)).exists() else "",
        "enters": can(request.user, "money.enter"),
        "reason_form": ReasonForm(),
        "drawer": (part := request.headers.get("HX-Target") == "drawer-body"),
    }
    return render(request, "workbench/money/receipt.html#receipt" if part else "workbench/money/receipt.html", context)


@page("bill.see", post="money.enter")
def receipt_entry(request: Request) -> HttpResponse:
    """Enter one receipt by hand."""
    form = ReceiptForm(
        request.POST or None, initial={"customer": request.GET.get("customer", ""), "received_on": clock.today()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = receipts.enter(party=_party(request, form), by=request.user, **form.values())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Receipt {number} is entered.").format(number=made.number), extra_tags="good")
            if paid_after(Receipt.objects.filter(pk=made.pk)).exists():
                messages.warning(request, _after_bankruptcy(), extra_tags="care")
            return HttpResponseRedirect(reverse("receipts-receipt", args=[made.pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "workbench/money/entry.html", {"form": form, "title": _("Enter a receipt")}, status=status)


def _after_bankruptcy() -> str:
    return _(
        "It came after the customer's bankruptcy was accepted: as a single payment it may be void (企业破产法 16). Have "
        "counsel look at it."
    )


@page("bill.see", post="money.enter")
def receipt_reversal(request: Request, pk: int) -> HttpResponse:
    """A receipt that was wrong is reversed on its own day; both rows stay."""
    found = find(visible.receipts(request.user), pk=pk)
    form = ReasonForm(request.POST)
    if request.method == "POST":
        if form.is_valid():
            receipts.reverse(found, form.cleaned_data["reason"], request.user)
            messages.success(request, _("Reversed."), extra_tags="good")
        else:
            messages.error(request, _("Give a reason."), extra_tags="bad")
    return HttpResponseRedirect(reverse("receipts-receipt", args=[pk]))


# Unapplied money --------------------------------------------------------------------------------------------------------


@page("bill.see", post="money.enter")
def applications(request: Request, number: str) -> HttpResponse:
    """How a customer's unapplied money and unused credit notes would be set against bills; confirmed as shown."""
    party = find(visible.parties(request.user), number=number)
    today = clock.today()
    accounts = [row for row in account.account(party, today) if row.unapplied or row.credit]
    proposals: list[tuple[Any, list[Line], str]] = []
    for row in accounts:
        lines, order = apply.proposal(party, Creditor.objects.get(pk=row.creditor_id), row.currency)
        proposals.append((row, lines, spoken(order.reason)))
    if request.method == "POST":
        wanted = set(request.POST.getlist("line"))
        chosen = [line for _row, lines, _order in proposals for line in lines if _key(line) in wanted]
        if not chosen or len(chosen) != len(wanted):
            messages.error(
                request, _("This has changed since it was shown. Look again, then confirm."), extra_tags="bad"
            )
        else:
            apply.apply(chosen, request.user)
            messages.success(request, _("Set against bills."), extra_tags="good")
        return HttpResponseRedirect(reverse("receipts-applications", args=[number]))
    return render(
        request,
        "workbench/money/applications.html",
        {
            "party": party,
            "customer": customer_name(party, request.user),
            "proposals": [(row, [(line, _key(line)) for line in lines], why) for row, lines, why in proposals],
            "enters": can(request.user, "money.enter"),
        },
    )


def _key(line: Line) -> str:
    """What was shown, so that only that is landed."""
    return f"{line.kind}:{line.source_id}:{line.bill_id}:{line.amount}:{line.source_left}:{line.bill_left}"


@page("bill.see", post="money.enter")
def allocation_reversal(request: Request, pk: int) -> HttpResponse:
    """Take money back from a bill it was set against; it is unapplied again."""
    found = find(Allocation.objects.filter(bill__in=visible.bills(request.user)), pk=pk)
    form = ReasonForm(request.POST)
    if request.method == "POST":
        if form.is_valid():
            apply.unapply(found, form.cleaned_data["reason"], request.user)
            messages.success(request, _("Taken back."), extra_tags="good")
        else:
            messages.error(request, _("Give a reason."), extra_tags="bad")
    return HttpResponseRedirect(reverse("bills-bill", args=[found.bill_id]))
