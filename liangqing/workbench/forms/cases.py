"""Forms of the collector's pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.cases.attitudes import ATTITUDES
from liangqing.cases.models import Case, Channel, Reached, Reason
from liangqing.cases.words import RESULTS, spoken
from liangqing.kit.money import Money
from liangqing.parties.models import Contact
from liangqing.people.models import User
from liangqing.policy import Policy
from liangqing.workbench.forms.amounts import AmountField, currency_field, money_of
from liangqing.workbench.forms.contacts import shown
from liangqing.workbench.forms.refusing import Refusing


class Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


class Files(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; cleans to the list of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=Files(attrs={"multiple": True}), required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(FilesField, self).clean(each, initial) for each in given]


class RecordForm(Refusing):
    """A record of a contact, laid out so that it can be written without the mouse: result first, the rest as needed."""

    prefix = None
    places: ClassVar = {"promise": "promise_amount"}

    def __init__(
        self, *args: Any, case: Case, contacts: Sequence[Contact], rules: Policy, accounts: Sequence[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.contacts = case, {str(contact.pk): contact for contact in contacts}
        results = rules.tables["case.result"].inputs[0].values
        self.fields["result"] = forms.ChoiceField(
            label=_("Result"), choices=[("", "—"), *((code, str(RESULTS[str(code)])) for code in results)]
        )
        self.fields["reached"] = forms.ChoiceField(label=_("Who was reached"), choices=Reached.choices)
        self.fields["channel"] = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, initial=Channel.PHONE)
        usable = [(key, shown(contact)) for key, contact in self.contacts.items()]
        first = next(
            (key for key, each in self.contacts.items() if each.kind == "phone" and each.validity != "invalid"), ""
        )
        self.fields["contact"] = forms.ChoiceField(
            label=_("Number or address used"), choices=[("", _("another one")), *usable], required=False, initial=first
        )
        self.fields["address"] = forms.CharField(label=_("Which other one"), required=False, max_length=200)
        self.fields["promise_amount"] = AmountField(label=_("Amount promised"), required=False)
        self.fields["promise_currency"] = currency_field((each.currency for each in accounts), required=False)
        self.fields["promise_due_on"] = Day(label=_("Promised for"), required=False)
        self.fields["reason"] = forms.ChoiceField(
            label=_("Reason for arrears"), choices=[("", "—"), *Reason.choices], required=False
        )
        self.fields["attitude"] = forms.ChoiceField(
            label=_("Attitude"),
            choices=[("", "—"), *((code, spoken(each.name)) for code, each in ATTITUDES.items())],
            required=False,
        )
        self.fields["next_on"] = Day(label=_("Next contact"), required=False)
        self.fields["note"] = forms.CharField(
            label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
        )
        self.fields["attachments"] = FilesField(label=_("Files"))
        self.fields["seen"] = forms.IntegerField(required=False, widget=forms.HiddenInput())
        self.fields["corrects"] = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def clean_contact(self) -> Contact | None:
        return self.contacts.get(self.cleaned_data["contact"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._promise: tuple[Money, dt.date] | None = None
        if given.get("result") == "promised":
            amount, due_on = given.get("promise_amount"), given.get("promise_due_on")
            if amount is None and "promise_amount" not in self.errors:
                self.add_error("promise_amount", _("How much was promised?"))
            if due_on is None and "promise_due_on" not in self.errors:
                self.add_error("promise_due_on", _("By which day?"))
            if amount is not None and due_on is not None:
                try:
                    self._promise = (
                        money_of(amount, given.get("promise_currency") or self.fields["promise_currency"].initial),
                        due_on,
                    )
                except forms.ValidationError as error:
                    self.add_error("promise_amount", error)
        return given

    def promise(self) -> tuple[Money, dt.date] | None:
        return self._promise


class PromiseForm(Refusing):
    places: ClassVar = {"promise": "amount"}
    due_on = Day(label=_("Promised for"))

    def __init__(self, *args: Any, accounts: Sequence[Any], **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "p")
        super().__init__(*args, **kwargs)
        self.fields["currency"] = currency_field(each.currency for each in accounts)
        first = next((each for each in accounts if each.late), None)
        self.fields["amount"] = AmountField(
            label=_("Amount promised"), initial=str(Money(first.late, first.currency).major) if first else None
        )
        self.order_fields(["amount", "currency", "due_on"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("amount") is not None and given.get("currency"):
            try:
                self._money = money_of(given["amount"], given["currency"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return given

    def money(self) -> Money:
        return self._money


class PostponeForm(Refusing):
    until = Day(label=_("Until"))
    reason = forms.CharField(label=_("Reason"), max_length=200)


class AssignForm(Refusing):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"] = forms.ModelChoiceField(label=_("Give to"), queryset=people)
        self.fields["to"].label_from_instance = _person  # type: ignore[attr-defined]
        self.order_fields(["to", "reason"])


def _person(user: User) -> str:
    return f"{user.name} · {user.department.name if user.department_id and user.department else '—'}"
