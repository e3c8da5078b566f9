"""Forms of visits: the planning of a round, and what came of a stop, to be filled in on a phone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from liangqing.cases.words import RESULTS
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.outreach.kinds import Content
from liangqing.outreach.models import Met, Place
from liangqing.outreach.rules.visits import Cash, Moment, Position, Told
from liangqing.people.models import User
from liangqing.policy import Policy
from liangqing.workbench.forms.amounts import AmountField, currency_field, money_of
from liangqing.workbench.forms.cases import Day
from liangqing.workbench.forms.refusing import Refusing

NOT_AT_A_DOOR = frozenset(("sent", "busy", "switched_off", "wrong_number", "settled_doubt"))
"""Results that belong to other channels."""


PICTURES = ("slip", "photos")
_WHEN_AND_WHERE = ("at", "latitude", "longitude", "accuracy")


class Pictures(forms.FileInput):
    """Opens the camera of a phone, and the folder of everything else."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Any number of pictures; cleans to the list of them."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"multiple": True, "accept": "image/*", "capture": "environment"}
        super().__init__(widget=Pictures(attrs=attrs), required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(PicturesField, self).clean(each, initial) for each in given]


class RoundForm(Refusing):
    """Where, when, by whom; whom to visit is picked beside it."""

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"] = forms.CharField(label=_("Area"), max_length=100)
        self.fields["on"] = Day(label=_("Day"), initial=clock.today())
        self.fields["content"] = forms.ChoiceField(
            label=_("What for"),
            choices=[(each.value, each.label) for each in (Content.DEMAND, Content.FORMAL, Content.REMINDER)],
        )
        self.fields["people"] = forms.ModelMultipleChoiceField(
            label=_("Who goes"), queryset=people, widget=forms.CheckboxSelectMultiple
        )
        self.fields["people"].label_from_instance = _name  # type: ignore[attr-defined]


def _name(user: User) -> str:
    return user.name


class VisitForm(Refusing):
    """What came of a stop. ``key`` makes sending it twice harmless; ``at`` and the position come from the device, and so do
    those of the moment at which the slip and the photos were chosen."""

    places: ClassVar = {"reached": "met", "promise": "promise_amount", "number": "receipt_number"}

    def __init__(self, *args: Any, rules: Policy, bills: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [str(code) for code in rules.tables["case.result"].inputs[0].values if code not in NOT_AT_A_DOOR]
        add = self.fields
        add["met"] = forms.ChoiceField(label=_("Who was there"), choices=[("", "—"), *Met.choices])
        add["result"] = forms.ChoiceField(
            label=_("Result"), choices=[("", "—"), *((code, str(RESULTS[code])) for code in codes)]
        )
        add["promise_amount"] = AmountField(label=_("Amount promised"), required=False)
        add["promise_due_on"] = Day(label=_("Promised for"), required=False)
        add["found"] = forms.ChoiceField(label=_("The address"), choices=Place.choices, initial=Place.RIGHT)
        add["signed"] = forms.BooleanField(label=_("The notice was signed"), required=False)
        add["slip"] = PicturesField(label=_("Picture of the signed slip"))
        add["principal"] = AmountField(label=_("Cash: principal"), required=False)
        add["interest"] = AmountField(label=_("Cash: interest"), required=False)
        add["currency"] = currency_field((currency for _number, currency in bills), required=False)
        add["receipt_number"] = forms.CharField(
            label=_("Receipt number"),
            max_length=80,
            required=False,
            help_text=_("As on the receipt the debtor is given."),
        )
        add["bill"] = forms.ChoiceField(
            label=_("For which bill"), required=False, choices=[("", "—"), *((each, each) for each, _c in bills)]
        )
        add["intention"] = forms.CharField(
            label=_("Intention to pay, in their words"), required=False, widget=forms.Textarea(attrs={"rows": 2})
        )
        add["lapsed"] = forms.BooleanField(label=_("Says limitation has passed"), required=False)
        add["lapsed_said"] = forms.CharField(
            label=_("What was said"), required=False, widget=forms.Textarea(attrs={"rows": 2})
        )
        add["note"] = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
        add["photos"] = PicturesField(label=_("Photographs"))
        add["key"] = forms.UUIDField(widget=forms.HiddenInput())
        for name in (*_WHEN_AND_WHERE, *(f"{pictures}_{name}" for pictures in PICTURES for name in _WHEN_AND_WHERE)):
            add[name] = forms.CharField(required=False, widget=forms.HiddenInput(), max_length=40)

    @staticmethod
    def start() -> dict[str, Any]:
        """A new form: its key, and the receipt number that goes with it where no printed book is used."""
        key = uuid.uuid4()
        return {"key": key, "receipt_number": f"V{key.hex[:10].upper()}"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        currency = given.get("currency") or self.fields["currency"].initial
        self._parts: dict[str, int] = {}
        for name in ("principal", "interest"):
            self._parts[name] = self._amount(name, given.get(name), currency)
        self._promise: tuple[Money, dt.date] | None = None
        if given.get("result") == "promised":
            amount = self._amount("promise_amount", given.get("promise_amount"), currency)
            if not amount and "promise_amount" not in self.errors:
                self.add_error("promise_amount", _("How much was promised?"))
            due_on = given.get("promise_due_on")
            if due_on is None and "promise_due_on" not in self.errors:
                self.add_error("promise_due_on", _("By which day?"))
            if amount and due_on is not None:
                self._promise = (Money(amount, currency), due_on)
        given["currency"] = currency
        return given

    def _amount(self, name: str, amount: Decimal | None, currency: str) -> int:
        if amount is None:
            return 0
        try:
            return money_of(amount, currency).amount
        except forms.ValidationError as error:
            self.add_error(name, error)
            return 0

    def told(self) -> Told:
        """What ``outreach.actions.visits.record`` takes."""
        said = self.cleaned_data
        cash = Cash(
            self._parts["principal"],
            self._parts["interest"],
            said["currency"],
            said["receipt_number"].strip(),
            said["bill"],
        )
        return Told(
            result=said["result"],
            met=said["met"],
            found=said["found"],
            signed=said["signed"],
            cash=cash if cash.principal or cash.interest else None,
            intention=said["intention"],
            promise=self._promise,
            lapsed=said["lapsed"],
            lapsed_said=said["lapsed_said"],
            note=said["note"],
            position=_position(said["latitude"], said["longitude"], said["accuracy"]),
            at=_instant(said["at"]),
            chosen={name: self._moment(name) for name in PICTURES},
        )

    def _moment(self, pictures: str) -> Moment:
        """When and where the device was as these pictures were chosen, as far as it says anything that can be."""
        at, *where = (self.cleaned_data[f"{pictures}_{name}"] for name in _WHEN_AND_WHERE)
        when, place = _instant(at), _position(*where)
        return Moment(when if when and 1970 <= when.year < 9999 else None, place if place and place.on_earth else None)

    def uploads(self, name: str) -> list[Upload]:
        return [Upload(each.name or "", each.read()) for each in self.cleaned_data[name]]


FURTHEST_M = 20_037_508
"""Half way around the earth: no position is less exact."""


def _position(latitude: str, longitude: str, accuracy: str) -> Position | None:
    """What the device said, if it is a place at all."""
    try:
        within = min(max(round(float(accuracy)), 0), FURTHEST_M) if accuracy else None
        where = Position(Decimal(latitude), Decimal(longitude), within)
    except (ArithmeticError, ValueError):
        return None
    return where if where.latitude.is_finite() and where.longitude.is_finite() else None


def _instant(text: str) -> dt.datetime | None:
    """An instant as a browser writes it, or None."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
