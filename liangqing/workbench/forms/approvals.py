"""Forms of the pages about approvals, and of what is asked for on the page of a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.approvals import acts
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.people.models import User
from liangqing.workbench.forms.cases import Day, FilesField
from liangqing.workbench.forms.refusing import Refusing

LONGEST = 4000


def _reason(label: Any, *, required: bool = True, rows: int = 3, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


def act_choices() -> list[tuple[str, Any]]:
    """Every act that needs approval, by name."""
    return [(code, act.label) for code, act in acts.known().items()]


class DecideForm(Refusing):
    """What somebody who decides says. Approving needs no reason, the other two do (the action asks for it)."""

    reason = _reason(_("Opinion"), required=False, help_text=_("Needed to reject or to return for change."))


class WithdrawForm(Refusing):
    reason = forms.CharField(label=_("Why withdrawn"), max_length=200, required=False)


class AskForm(Refusing):
    """Why something should be approved, with the papers that show it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = _reason(_("Reason"))
        self.fields["attachments"] = FilesField(label=_("Files"))

    def uploads(self) -> list[Upload]:
        return [Upload(each.name or "", each.read()) for each in self.cleaned_data["attachments"]]


class GraceForm(AskForm):
    """Grace for a case. People name its last day; the books hold the day after it."""

    places: ClassVar = {"until_on": "last_day"}

    def __init__(self, *args: Any, last: dt.date | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "g")
        super().__init__(*args, **kwargs)
        self.fields["last_day"] = Day(label=_("Last day of grace"))
        attrs = self.fields["last_day"].widget.attrs
        attrs["min"] = clock.today().isoformat()
        if last is not None:
            attrs["max"] = last.isoformat()
        self.order_fields(["last_day", "reason", "attachments"])

    def until_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["last_day"]
        return day + dt.timedelta(days=1)


class _Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody, named with their department."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.department.name if obj.department else '—'}"


class DelegationForm(Refusing):
    """Who stands in for whom. People name the last day; the books hold the day after it."""

    places: ClassVar = {"until_on": "last_day"}

    from_on = Day(label=_("First day"))
    last_day = Day(label=_("Last day"))
    acts = forms.MultipleChoiceField(
        label=_("Only these acts"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, people: Any, for_others: bool, me: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delegate"] = _Person(label=_("Stand-in"), queryset=people)
        self.fields["acts"].choices = act_choices()  # type: ignore[attr-defined]
        self.fields["from_on"].initial = clock.today()
        if for_others:
            self.fields["principal"] = _Person(label=_("Who is away"), queryset=people, initial=me.pk, empty_label=None)
        self.order_fields(["principal", "delegate", "from_on", "last_day", "acts", "reason"])

    def until_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["last_day"]
        return day + dt.timedelta(days=1)

    def only(self) -> Sequence[str]:
        return list(self.cleaned_data["acts"])
