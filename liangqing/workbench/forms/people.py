"""What an administrator enters about people and departments."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock
from liangqing.people.duties import Duty
from liangqing.people.models import MOST_CAPACITY, Department, User
from liangqing.workbench.forms.refusing import Refusing

_DESKS: dict[str, str | Promise] = {
    "business": _("business desk"),
    "collection": _("collection desk"),
    "special": _("special collection desk"),
}


def desks() -> list[tuple[str, str | Promise]]:
    """The desks the policy in force deals cases to: what somebody can have the skill for."""
    codes = dict.fromkeys(str(row.then["desk"]) for row in policy.in_force(clock.today()).tables["case.desk"].rows)
    return [(code, _DESKS.get(code, code)) for code in codes]


class PersonForm(Refusing):
    """What can be changed about a person."""

    places: ClassVar = {
        "name_missing": "name",
        "username_taken": "username",
        "unknown_duty": "duties",
        "audit_stands_apart": "duties",
        "last_administrator": "duties",
        "capacity_out_of_range": "capacity",
    }

    name = forms.CharField(label=_("Name"), max_length=100)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    position = forms.CharField(label=_("Position"), max_length=100, required=False)
    capacity = forms.IntegerField(
        label=_("Capacity"),
        min_value=0,
        max_value=MOST_CAPACITY,
        initial=100,
        help_text=_("100 is a full load; 0 takes no new cases."),
    )
    duties = forms.MultipleChoiceField(
        label=_("Duties"), choices=Duty.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    skills = forms.MultipleChoiceField(
        label=_("Skills"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The desks whose cases the person can take."),
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(  # type: ignore[attr-defined]
            Q(closed_on=None) | Q(pk=person.department_id if person else None)
        ).order_by("code")
        known = desks()
        kept = [(skill, skill) for skill in (person.skills if person else ()) if skill not in dict(known)]
        self.fields["skills"].choices = [*known, *kept]  # type: ignore[attr-defined]


class JoinForm(PersonForm):
    """Somebody new."""

    username = forms.RegexField(
        label=_("Login name"), regex=r"^[\w.@+-]+$", max_length=150, help_text=_("Letters, digits and @ . + - _ only.")
    )
    field_order = ("username", "name")


class DepartmentForm(Refusing):
    """A department: its code and kind are given once, its name and head can change."""

    places: ClassVar = {"name_missing": "name", "not_a_head": "head", "department_taken": "code"}

    code = forms.SlugField(label=_("Code"), max_length=32, help_text=_("As files name it; it stays as it is."))
    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=Department.Kind.choices)
    head = forms.ModelChoiceField(
        label=_("Head"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Somebody with the duty of heading; whoever heads it sees its cases and customers."),
    )

    def __init__(self, *args: Any, department: Department | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heads = User.objects.filter(is_active=True, duties__contains=[Duty.HEAD.value]).order_by("name")
        self.fields["head"].queryset = heads  # type: ignore[attr-defined]
        if department is not None:
            del self.fields["code"], self.fields["kind"]
        else:
            del self.fields["head"]
