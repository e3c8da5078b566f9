"""What the institution says of itself on what it prints."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.workbench.forms.refusing import Refusing


class InstitutionForm(Refusing):
    """Its name in Chinese and English, where its seal is put, how it is reached, and where it is paid."""

    places: ClassVar = {"name_missing": "name"}

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("In full, as it signs."))
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    place = forms.CharField(
        label=_("Place of the seal"), max_length=100, required=False, help_text=_("Where what it issues is sealed.")
    )
    place_en = forms.CharField(label=_("Place of the seal in English"), max_length=100, required=False)
    signer = forms.CharField(
        label=_("Signs its letters"), max_length=100, required=False, help_text=_("A department or an office.")
    )
    signer_en = forms.CharField(label=_("Signs its letters, in English"), max_length=100, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    address_en = forms.CharField(label=_("Address in English"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=16, required=False)
    callback_phone = forms.CharField(
        label=_("Phone to call back"),
        max_length=40,
        required=False,
        help_text=_("A registered line of the institution."),
    )
    complaint_phone = forms.CharField(label=_("Phone for complaints"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=200, required=False)
    account_name = forms.CharField(
        label=_("Account holder"),
        max_length=200,
        required=False,
        help_text=_("Where debtors pay; never a private account."),
    )
    bank = forms.CharField(label=_("Bank"), max_length=200, required=False)
    account = forms.CharField(label=_("Account number"), max_length=64, required=False)
