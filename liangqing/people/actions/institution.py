"""The institution says what it is called, how it is reached, and where it is paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.models import Institution, User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import Event, tell


@dataclass(frozen=True, kw_only=True)
class InstitutionNamed(Event):
    """What the institution is called, where it seals, how it is reached and where it is paid, after the change."""

    name: ClassVar[str] = "institution named"
    thing: ClassVar[str] = "institution"
    called: str
    called_en: str
    place: str
    place_en: str
    reach: dict[str, str] = field(default_factory=dict)


@action
def describe(
    by: User | None, *, name: str, name_en: str = "", place: str = "", place_en: str = "", **reach: str
) -> Institution:
    """Say what the institution is called on what it prints (``by`` empty at the command line). ``reach`` are any of
    ``Institution.REACH``; what is not given stays as it is.

    Raises ``Refusal`` (403) without the right to change people, and for an empty name.
    """
    if unknown := set(reach) - set(Institution.REACH):
        raise TypeError(f"an institution has no {', '.join(sorted(unknown))}")
    if by is not None:
        demand(by, "people.edit")
    wanted = {"name": name.strip(), "name_en": name_en.strip(), "place": place.strip(), "place_en": place_en.strip()}
    wanted |= {key: value.strip() for key, value in reach.items()}
    if not wanted["name"]:
        raise Refusal("name_missing", _("An institution has a name."), status=422)
    now = Institution.objects.select_for_update().filter(pk=1).first()
    if now is not None and all(getattr(now, field) == value for field, value in wanted.items()):
        return now
    made, _new = Institution.objects.update_or_create(pk=1, defaults=wanted)
    tell(
        InstitutionNamed(
            thing_id=1,
            called=made.name,
            called_en=made.name_en,
            place=made.place,
            place_en=made.place_en,
            reach={key: getattr(made, key) for key in Institution.REACH if getattr(made, key)},
        ),
        by=by,
    )
    return made
