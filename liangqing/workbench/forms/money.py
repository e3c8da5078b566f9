"""Forms for bills and receipts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.parties.models import Creditor
from liangqing.people.models import User
from liangqing.receivables.models import Bill, Receipt
from liangqing.workbench.forms.amounts import AmountField, money_of
from liangqing.workbench.forms.cases import Day
from liangqing.workbench.forms.refusing import Refusing

_PARTS = ("principal", "interest", "penalty", "fee")
_LABELS = {"principal": _("Principal"), "interest": _("Interest"), "penalty": _("Penalty"), "fee": _("Fee")}


def _minor(form: forms.Form, name: str, currency: str) -> int:
    amount = form.cleaned_data.get(name)
    if amount is None:
        return 0
    try:
        return money_of(amount, currency).amount
    except forms.ValidationError as error:
        form.add_error(name, error)
        return 0


class BillForm(Refusing):
    """One bill, entered by hand."""

    places: ClassVar = {"party": "customer"}

    customer = forms.CharField(label=_("Customer number"), max_length=64)
    number = forms.CharField(label=_("Bill number"), max_length=64)
    kind = forms.ChoiceField(label=_("Kind"), choices=Bill.Kind.choices)
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3, initial="CNY")
    issued_on = Day(label=_("Issued"), required=False)
    due_on = Day(label=_("Due"))
    reference = forms.CharField(label=_("Reference"), max_length=200, required=False)
    due_before_issue_confirmed = forms.BooleanField(label=_("It really falls due before it was issued"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        creditors = Creditor.objects.order_by("id")
        self.fields["creditor"] = forms.ModelChoiceField(
            label=_("Creditor"), queryset=creditors, initial=creditors.first()
        )
        self.fields["seller"] = forms.ModelChoiceField(
            label=_("Seller"), queryset=User.objects.filter(is_active=True, duties__contains=["sell"]), required=False
        )
        for name in _PARTS:
            self.fields[name] = AmountField(label=_LABELS[name], required=name == "principal")
        self.order_fields(
            [
                "customer",
                "creditor",
                "number",
                "kind",
                "currency",
                *_PARTS,
                "issued_on",
                "due_on",
                "seller",
                "reference",
            ]
        )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._amounts = {name: _minor(self, name, given.get("currency") or "CNY") for name in _PARTS}
        return given

    def values(self) -> dict[str, Any]:
        names = ("creditor", "number", "kind", "currency", "issued_on", "due_on", "reference", "seller")
        confirmed = self.cleaned_data["due_before_issue_confirmed"]
        return {
            **{name: self.cleaned_data[name] for name in names},
            **self._amounts,
            "due_before_issue_confirmed": confirmed,
        }


class AdjustForm(Refusing):
    """How much more (or, with a minus, less) a bill asks for, by component."""

    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, currency: str = "CNY", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for name in _PARTS:
            self.fields[name] = AmountField(label=_LABELS[name], required=False)
        self.order_fields([*_PARTS, "reason"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._amounts = {name: _minor(self, name, self.currency) for name in _PARTS}
        return given

    def values(self) -> dict[str, Any]:
        return {**self._amounts, "reason": self.cleaned_data["reason"]}


class ReasonForm(Refusing):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ReceiptForm(Refusing):
    """One receipt, entered by hand."""

    customer = forms.CharField(label=_("Customer number"), max_length=64)
    number = forms.CharField(label=_("Receipt number"), max_length=80)
    received_on = Day(label=_("Received"))
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3, initial="CNY")
    method = forms.ChoiceField(label=_("Method"), choices=Receipt.Method.choices)
    bill_number = forms.CharField(label=_("Bill the payer named"), max_length=64, required=False)
    reference = forms.CharField(label=_("Reference"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        creditors = Creditor.objects.order_by("id")
        self.fields["creditor"] = forms.ModelChoiceField(
            label=_("Creditor"), queryset=creditors, initial=creditors.first()
        )
        self.fields["amount"] = AmountField(label=_("Amount"))
        self.order_fields(["customer", "creditor", "number", "received_on", "amount", "currency", "method"])

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._amount = _minor(self, "amount", given.get("currency") or "CNY")
        return given

    def values(self) -> dict[str, Any]:
        names = ("creditor", "number", "received_on", "currency", "method", "bill_number", "reference")
        return {**{name: self.cleaned_data[name] for name in names}, "amount": self._amount}
