"""How a form says what an action refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django import forms

from liangqing.kit.refusal import Refusal


class Refusing(forms.Form):
    """A form that says a refusal at the field it is about, as its fact ``field`` or its code tells, else above the form."""

    places: ClassVar[Mapping[str, str]] = {}
    """Fields of this form, by what the action calls the field, or by the code of a refusal that names none."""

    def refuse(self, refusal: Refusal) -> None:
        """Take a refusal into the form. Who may not do it at all (403) is told so on a page: no field can mend that."""
        if refusal.status == 403:
            raise refusal
        told = str(refusal.facts.get("field") or refusal.code)
        place = self.places.get(told, told)
        self.add_error(place if place in self.fields else None, refusal.sentence)
