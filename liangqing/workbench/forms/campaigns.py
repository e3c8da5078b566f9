"""Forms of the campaigns: which cases, among whom, under which name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.cases.queries import selection
from liangqing.cases.queries.selection import Wanted
from liangqing.people.models import User
from liangqing.warning.level import Level
from liangqing.workbench.forms.people import desks
from liangqing.workbench.forms.refusing import Refusing

_CLASSES = ("A", "B", "C", "D")
_USUAL = 300


class SelectionForm(forms.Form):
    """Which cases are wanted. What is left empty is not asked."""

    number = forms.IntegerField(
        label=_("How many cases"),
        min_value=1,
        max_value=selection.MOST,
        initial=_USUAL,
    )
    order = forms.ChoiceField(
        label=_("Which first"),
        choices=[(selection.POINTS, _("most points")), (selection.AGE, _("longest open"))],
        initial=selection.POINTS,
    )
    level = forms.ChoiceField(
        label=_("Level"), choices=[("", pgettext_lazy("levels", "all")), *Level.choices], required=False
    )
    area = forms.CharField(label=_("Area"), max_length=100, required=False)
    days_from = forms.IntegerField(label=_("Days late, from"), min_value=0, max_value=100_000, required=False)
    days_until = forms.IntegerField(label=_("Days late, until"), min_value=0, max_value=100_000, required=False)
    customer_class = forms.ChoiceField(
        label=_("Customer class"),
        choices=[
            ("", pgettext_lazy("classes", "all")),
            *((each, each) for each in _CLASSES),
            ("unclassified", _("unclassified")),
        ],
        required=False,
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = [(str(each.pk), each.name) for each in people]
        self.fields["owner"] = forms.ChoiceField(
            label=_("Owner"),
            choices=[("", pgettext_lazy("owners", "all")), ("0", pgettext_lazy("no person", "nobody")), *owners],
            required=False,
        )
        self.fields["desk"] = forms.ChoiceField(
            label=_("Desk"), choices=[("", pgettext_lazy("desks", "all")), *desks()], required=False
        )
        self.order_fields(
            ["number", "order", "level", "days_from", "days_until", "area", "customer_class", "owner", "desk"]
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("days_from"), given.get("days_until")
        if first is not None and last is not None and first > last:
            self.add_error("days_until", _("This is less than the first."))
        return given

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        names = ("number", "order", "level", "area", "customer_class", "desk", "days_from", "days_until")
        return Wanted(**{name: given[name] for name in names}, owner=int(given["owner"]) if given["owner"] else None)


class PeopleForm(Refusing):
    """Among whom; ``cases`` carries the choice of cases, signed."""

    cases = forms.CharField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people: Mapping[str, User] = {str(each.pk): each for each in people}
        self.fields["people"] = forms.MultipleChoiceField(
            label=_("Among whom"),
            choices=[(key, each.name) for key, each in self.people.items()],
            error_messages={"required": _("Choose at least one person to share among.")},
        )

    def chosen(self) -> list[User]:
        """The people, in the order of the page."""
        keys = set(self.cleaned_data["people"])
        return [each for key, each in self.people.items() if key in keys]


class CampaignForm(Refusing):
    """The name under which the portions are given; ``portions`` carries them, signed."""

    name = forms.CharField(
        label=_("Name of the campaign"),
        max_length=100,
        help_text=_("It stands as the reason wherever a case changed hands."),
    )
    portions = forms.CharField(widget=forms.HiddenInput())
