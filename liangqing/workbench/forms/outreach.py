"""Forms about reaching the debtor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.kit import clock
from liangqing.outreach.kinds import Channel
from liangqing.parties.actions.particulars import Particulars
from liangqing.parties.models import Agreement, Contact, Grade, Hold, Role
from liangqing.workbench.forms.cases import Day
from liangqing.workbench.forms.contacts import shown
from liangqing.workbench.forms.refusing import Refusing

TOLD_BY_HAND = [kind for kind in Hold if kind not in (Hold.PROMISE, Hold.BREACH, Hold.LINE)]
"""A promise is taken where promises are taken; an agreement is broken where it stands; what an unregistered line holds back,
the house holds by itself."""
_ASKED_OF = {
    Hold.DISPUTE.value: ("about",),
    f"{Hold.HOURS.value} {Hold.CONSENT.value}": ("from_hour", "until_hour"),
    Hold.PLACE.value: ("place",),
    f"{Hold.COMPLAINT.value} {Hold.AGREEMENT.value} {Hold.BANKRUPTCY.value}": ("began_on",),
    Hold.COMPLAINT.value: ("grade",),
    Hold.AGREEMENT.value: ("months", "pays_day", "form"),
    Hold.BANKRUPTCY.value: ("claims_until",),
}
"""What is asked of some kinds alone; a page with scripts shows it with these."""
_PLACES = ((Role.SELF.value, _("at home")), (Role.EMPLOYER.value, _("at work")))


class RestraintForm(Refusing):
    """What somebody said or what happened, and how far it holds."""

    places: ClassVar = {"until_on": "last_day"}

    def __init__(self, *args: Any, contacts: Sequence[Contact], bills: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts = {str(each.pk): each for each in contacts}
        self.fields["kind"] = forms.ChoiceField(
            label=pgettext_lazy("restraint", "What"),
            choices=[("", "—"), *((each.value, each.label) for each in TOLD_BY_HAND)],
        )
        self.fields["channel"] = forms.ChoiceField(
            label=_("Channel"), choices=[("", _("every channel")), *Channel.choices], required=False
        )
        self.fields["contact"] = forms.ChoiceField(
            label=_("Number or address"),
            choices=[("", _("all of them")), *((key, shown(each)) for key, each in self.contacts.items())],
            required=False,
        )
        self.fields["about"] = forms.ChoiceField(
            label=_("Disputed bill"),
            choices=[("", _("all that is owed")), *((number, number) for number in bills)],
            required=False,
        )
        self.fields["from_hour"] = forms.TimeField(
            label=_("From hour"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        )
        self.fields["until_hour"] = forms.TimeField(
            label=_("Until hour"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        )
        self.fields["last_day"] = Day(label=_("Last day"), required=False, help_text=_("Empty: until it is lifted."))
        self.fields["place"] = forms.ChoiceField(
            label=pgettext_lazy("restraint", "Place"),
            choices=[("", "—"), *_PLACES],
            required=False,
            help_text=_("Where they want no visit or letter."),
        )
        self.fields["began_on"] = Day(
            label=_("Day it began"),
            required=False,
            help_text=_("Complaint taken, agreement signed, bankruptcy accepted. Empty: today."),
        )
        self.fields["grade"] = forms.ChoiceField(
            label=_("Complaint"), choices=[("", _("simple or complex")), *Grade.choices], required=False
        )
        self.fields["months"] = forms.IntegerField(label=_("Agreement: months"), min_value=1, required=False)
        self.fields["pays_day"] = forms.IntegerField(
            label=_("Agreement: day of the month"), min_value=1, max_value=31, required=False
        )
        self.fields["form"] = forms.ChoiceField(
            label=_("Agreement: form"), choices=Agreement.Form.choices, required=False
        )
        self.fields["claims_until"] = Day(
            label=_("Bankruptcy: last day for claims"),
            required=False,
            help_text=_("As the court's notice says; empty: not known yet."),
        )
        self.fields["reason"] = forms.CharField(
            label=_("What it rests on"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
        )
        for kinds, names in _ASKED_OF.items():
            for name in names:
                self.fields[name].shows = f"kind {kinds}"  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """What ``parties.actions.restraints.place`` takes."""
        said = self.cleaned_data
        hours = None
        if said["from_hour"] is not None or said["until_hour"] is not None:
            start, end = said["from_hour"] or dt.time(), said["until_hour"] or dt.time()
            last = end.hour * 60 + end.minute
            hours = (start.hour * 60 + start.minute, last or 24 * 60)
        contact = self.contacts.get(said["contact"])
        until = said["last_day"]
        return {
            "kind": said["kind"],
            "channel": said["channel"],
            "value_index": bytes(contact.value_index) if contact else b"",
            "about": said["about"] if said["kind"] == Hold.DISPUTE else "",
            "hours": hours,
            "until_at": dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), clock.zone()) if until else None,
            "reason": said["reason"],
            "given": Particulars(
                began_on=said["began_on"],
                grade=said["grade"],
                claims_until=said["claims_until"],
                months=said["months"],
                pays_day=said["pays_day"],
                form=said["form"] or Agreement.Form.WRITTEN,
                place=said["place"],
            ),
        }


class DayForm(Refusing):
    """A day and why: a deadline put off, a missed instalment, the notice of it."""

    places: ClassVar = {"until_on": "on"}

    on = Day(label=_("Day"))
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class LiftForm(Refusing):
    reason = forms.CharField(label=_("Why it ends"), max_length=2000)


class ExemptionForm(Refusing):
    """Ask that rules be lifted for this customer and channel, until the end of a day."""

    places: ClassVar = {"until_on": "last_day"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"] = Day(label=_("Last day"), initial=clock.today())
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
        )
