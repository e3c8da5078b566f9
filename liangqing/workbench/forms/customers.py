"""Forms about customers."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.parties.models import Contact, Party, Role
from liangqing.workbench.forms.refusing import Refusing

_PLACES = {
    "number_missing": "number",
    "number_taken": "number",
    "name_missing": "name",
    "unknown_kind": "kind",
    "identity_invalid": "identity",
    "unknown_class": "customer_class",
    "term_out_of_range": "terms_days",
}


class CustomerForm(Refusing):
    """Correct a customer. What identifies a natural person is shown masked elsewhere and typed anew here."""

    places: ClassVar = _PLACES

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    identity = forms.CharField(label=_("Identity number"), max_length=64, required=False)
    customer_class = forms.ChoiceField(
        label=_("Class"), required=False, choices=[("", "—"), *((each, each) for each in "ABCD")]
    )
    area = forms.CharField(label=_("Area"), max_length=100, required=False)
    terms_days = forms.IntegerField(label=_("Payment term, days"), min_value=0, max_value=3650, required=False)

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"customer_class": party.customer_class, "area": party.area, "terms_days": party.terms_days},
        )
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("leave empty to keep it; the old one stays as another spelling")
        self.fields["identity"].help_text = _("leave empty to keep it")

    def changes(self) -> dict[str, Any]:
        given = self.cleaned_data
        kept = {name: given[name] for name in ("customer_class", "area", "terms_days")}
        return {**kept, **{name: given[name] for name in ("name", "identity") if given[name]}}


class EntryForm(Refusing):
    """One customer, entered by hand."""

    places: ClassVar = _PLACES

    number = forms.CharField(label=_("Customer number"), max_length=64)
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=Party.Kind.choices)
    identity = forms.CharField(label=_("Identity number"), max_length=64, required=False)
    customer_class = forms.ChoiceField(
        label=_("Class"), required=False, choices=[("", "—"), *((each, each) for each in "ABCD")]
    )
    area = forms.CharField(label=_("Area"), max_length=100, required=False)
    terms_days = forms.IntegerField(label=_("Payment term, days"), min_value=0, max_value=3650, required=False)


class ContactForm(Refusing):
    places: ClassVar = {"unknown_contact_kind": "kind"}

    kind = forms.ChoiceField(label=_("Kind"), choices=Contact.Kind.choices)
    value = forms.CharField(label=_("Number or address"), max_length=300)
    person = forms.CharField(label=_("Name of the person"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class PurposeForm(Refusing):
    purpose = forms.CharField(max_length=200)


class MergeForm(Refusing):
    places: ClassVar = {
        "reason_missing": "reason",
        "merge_with_itself": "gone",
        "already_merged": "gone",
        "has_merged": "gone",
    }

    gone = forms.CharField(label=_("Number of the duplicate"), max_length=64)
    reason = forms.CharField(label=_("Reason"), max_length=200)
