"""Build the demo institution: hire its people, open its books, live its nights."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from random import Random

from django.utils.translation import gettext_lazy as _

from liangqing.house.demo import cast, customers, reaching, rules, trade
from liangqing.house.demo.days import LAST_NIGHT, after, from_until
from liangqing.house.demo.life import Life, small_hours
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.run import Progress, Report, run
from liangqing.nightly.models import Run
from liangqing.outreach.actions import templates
from liangqing.parties.models import Party
from liangqing.trail.models import Entry

MOST_NIGHTS = 180
"""Further back the demo's ledger keeps no slips."""
_SEED = "liangqing demo 1"


def exists() -> bool:
    """Whether the house holds anything already: customers, or any memory of an act."""
    return Party.objects.exists() or Entry.objects.exists()


def finished() -> bool:
    """Whether the demo lived to its last night; one that was interrupted did not."""
    return Run.objects.filter(date__gte=LAST_NIGHT, status=Run.Status.DONE).exists()


def build(*, nights: int = 60, progress: Progress | None = None) -> Report:
    """Fill the empty house and run so many nights, the last of them always that of the same date.

    Returns the report of the last night. Raises ``Refusal``: ``not_empty`` when the house holds data, ``nights_range``
    for a number of nights the demo's ledger can't tell.
    """
    if exists():
        raise Refusal(
            "not_empty",
            _(
                "There is data here already; the demo needs an empty house. Name one: LIANGQING_HOME=FOLDER liangqing demo"
            ),
        )
    if not 1 <= nights <= MOST_NIGHTS:
        raise Refusal("nights_range", _("The demo can run 1 to {most} nights."), status=422, most=MOST_NIGHTS)
    hear = progress or (lambda _date, _step: None)
    first = after(LAST_NIGHT, 1 - nights)
    eve = after(first, -1)
    everyone = customers.invent(Random(f"{_SEED}: customers"))
    ledger = trade.trade(everyone, Random(f"{_SEED}: trade"))
    with clock.at(eve):
        people = cast.hire()
        rules.name_the_house()
        templates.install_presets()
        reaching.prepare(people)
    with tempfile.TemporaryDirectory(prefix="liangqing-demo-") as folder:
        life = Life(everyone, ledger, people, Random(f"{_SEED}: life"), Path(folder), hear)
        life.open_the_books(eve)
        for day in from_until(first, after(LAST_NIGHT, -1)):
            _night(day, hear)
            life.work(day)
            rules.live(day, people)
            reaching.live(day, people)
            life.evening(day)
        return _night(LAST_NIGHT, hear)


def _night(day: dt.date, hear: Progress) -> Report:
    with clock.at(small_hours(day)):
        return run(day, PLAN, progress=hear)
