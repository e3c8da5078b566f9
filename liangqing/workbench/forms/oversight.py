"""What the institution says of itself on what it prints."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.workbench.forms.refusing import Refusing


class InstitutionForm(Refusing):
    """Its name in Chinese and English, and where its seal is put."""

    places: ClassVar = {"name_missing": "name"}

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("In full, as it signs."))
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    place = forms.CharField(
        label=_("Place of the seal"), max_length=100, required=False, help_text=_("Where what it issues is sealed.")
    )
    place_en = forms.CharField(label=_("Place of the seal in English"), max_length=100, required=False)
