"""Nights asked for: carried out by a worker (``house.jobs.run_night``), told while they run, and why one was not run."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.run import InvariantBroken, dates_to_run, run
from liangqing.nightly.plan import Plan
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.workbench import worker
from liangqing.workbench.models import NightOrder
from liangqing.workbench.models.night_order import NIGHT_ORDER


def order(date: dt.date, *, by: User) -> NightOrder:
    """Ask for the night of a date.

    Raises ``Refusal``: ``night_past`` for a date before the last night, ``night_to_come`` for a day that has not come
    (no night before it could be run any more), ``night_ordered`` while the same is waiting or running.
    """
    dates_to_run(date)
    if date > clock.today():
        raise Refusal(
            "night_to_come",
            gettext_lazy("{date} has not come yet. Choose {today} or earlier: nights can’t be run backwards."),
            status=422,
            date=date,
            today=clock.today(),
        )
    try:
        with transaction.atomic():
            ordered = NightOrder.objects.create(
                date=date, user=by, asked_at=clock.now(), language=translation.get_language() or ""
            )
            worker.ask("run_night", ordered.pk, queue="nights", lock="night")
    except IntegrityError:
        raise Refusal(
            "night_ordered",
            gettext_lazy("The night of {date} has been started already. Wait until it is done."),
            date=date,
        ) from None
    return ordered


def carry_out(number: int, plan: Plan) -> None:
    """Run the night that was asked for; told step by step, and why when it is not run."""
    ordered = NightOrder.objects.select_related("user").get(pk=number)
    if ordered.state not in (NightOrder.State.WAITING, NightOrder.State.RUNNING):
        return

    def hear(date: dt.date, step: str) -> None:
        NightOrder.objects.filter(pk=number).update(night=date, step=step)

    NIGHT_ORDER.move(ordered, "begin")
    with translation.override(ordered.language):
        try:
            demand(ordered.user, "night.run")
            run(ordered.date, plan, by=ordered.user, progress=hear)
        except Refusal as refusal:
            NIGHT_ORDER.move(ordered, "refuse", refusal=refusal.sentence)
        except InvariantBroken as broken:
            sentences = " ".join(str(each) for each in broken.args[0])
            NIGHT_ORDER.move(ordered, "refuse", refusal=_("The books don’t agree: {what}").format(what=sentences))
            raise
        except Exception:
            NIGHT_ORDER.move(
                ordered,
                "refuse",
                refusal=_("Something went wrong on the server. The night was not closed; tell the administrator."),
            )
            raise
        else:
            NIGHT_ORDER.move(ordered, "finish", step="")


def give_up(number: int) -> None:
    """Every worker that began it has died."""
    ordered = NightOrder.objects.filter(pk=number).first()
    if ordered and ordered.state in (NightOrder.State.WAITING, NightOrder.State.RUNNING):
        with translation.override(ordered.language):
            NIGHT_ORDER.move(
                ordered, "refuse", refusal=_("Workers that began this stopped again and again; tell the administrator.")
            )


def under_way() -> NightOrder | None:
    """The order that waits or runs, if there is one."""
    return (
        NightOrder.objects.filter(state__in=(NightOrder.State.WAITING, NightOrder.State.RUNNING))
        .select_related("user")
        .order_by("id")
        .first()
    )
