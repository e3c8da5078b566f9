"""What is said about a file before it is imported."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.imports.models import Profile
from liangqing.kit.money import CURRENCIES
from liangqing.workbench.uploads import KINDS


class ReadingForm(forms.Form):
    """How files are to be read, as far as they leave it open."""

    kind = forms.ChoiceField(label=_("What it holds"), required=False)
    profile = forms.ChoiceField(label=_("Remembered mapping"), required=False)
    currency = forms.ChoiceField(label=_("Currency where none is named"), required=False)
    date_order = forms.ChoiceField(
        label=_("03/04/2020 means"),
        required=False,
        choices=(("", _("as the column shows")), ("dmy", _("3 April: day first")), ("mdy", _("4 March: month first"))),
    )
    decimal_mark = forms.ChoiceField(
        label=_("2.500 means"),
        required=False,
        choices=(
            ("", _("as the column shows")),
            ("point", _("two and a half")),
            ("comma", _("two thousand five hundred")),
        ),
    )
    no_clearing = forms.BooleanField(label=_("Leave clearing dates out: every bill is open"), required=False)

    def __init__(self, *args: Any, guess: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(name, kind.label) for name, kind in KINDS.items()]
        self.fields["kind"].choices = [("", _("as the headers show")), *kinds] if guess else kinds  # type: ignore[attr-defined]
        names = Profile.objects.order_by("name").values_list("name", flat=True)[:200]
        self.fields["profile"].choices = [("", _("none")), *((name, name) for name in names)]  # type: ignore[attr-defined]
        first = ["CNY", "USD", "EUR", "HKD", "JPY", "GBP"]
        self.fields["currency"].choices = [  # type: ignore[attr-defined]
            (code, code) for code in [*first, *sorted(set(CURRENCIES) - set(first))]
        ]

    def said(self) -> dict[str, Any]:
        """What was chosen; what was left open is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class NameForm(forms.Form):
    """The name a mapping is remembered under."""

    name = forms.CharField(label=_("Name"), max_length=64, help_text=_("Such as: SAP export, bank statement of ICBC."))
