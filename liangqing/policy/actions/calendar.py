"""Edit the calendar of working days."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.policy.calendar import announced
from liangqing.policy.events import CalendarChanged
from liangqing.policy.models import SpecialDay
from liangqing.trail.actions.tell import Actor, tell


@action
def set_day(on: dt.date, *, works: bool, name: str, by: Actor, source: str = "") -> SpecialDay:
    """Say whether people work on a day."""
    if not name.strip() or len(name) > 100:
        raise Refusal("day_name", _("Give the day a name, such as 国庆节 or 调休."), status=422, field="name")
    day, _made = SpecialDay.objects.update_or_create(
        on=on, defaults={"works": works, "name": name.strip(), "source": source.strip()[:200]}
    )
    tell(CalendarChanged(thing_id=day.pk, on=on, works=works, what=name.strip()), by=by)
    return day


@action
def clear_day(on: dt.date, *, by: Actor) -> None:
    """Let a day be again what its weekday and the announced calendar say."""
    day = SpecialDay.objects.filter(on=on).first()
    if day is None:
        raise Refusal("no_day", _("Nothing is set for {on}."), status=404, on=on)
    tell(CalendarChanged(thing_id=day.pk, on=on, works=None, what=day.name), by=by)
    day.delete()


@action
def take_announced(year: int, *, by: Actor) -> int:
    """Write the announced holidays and exchanged days of a year into the table, where nothing is set; returns how many.

    Raises ``Refusal`` for a year whose calendar is not known yet.
    """
    days = announced(year)
    if not days:
        raise Refusal(
            "not_announced",
            _("The holidays of {year} are not known yet. Enter them by hand once the State Council announces them."),
            year=year,
        )
    known = set(SpecialDay.objects.filter(on__year=year).values_list("on", flat=True))
    fresh = [
        SpecialDay(on=on, works=works, name=name or ("调休" if works else "放假"), source="国务院办公厅通知")
        for on, works, name in days
        if on not in known
    ]
    SpecialDay.objects.bulk_create(fresh)
    if fresh:
        tell(CalendarChanged(thing_id=year, on=fresh[0].on, works=None, what=f"{year}: {len(fresh)}"), by=by)
    return len(fresh)
