"""night, explain: what was decided, and why."""

from __future__ import annotations

import datetime as dt
from gettext import gettext

import click
from django.utils.translation import gettext_lazy as _

from liangqing.house.commands import command, json_option, say


class Day(click.ParamType[dt.date]):
    """An ISO date."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            # Django is not up yet when arguments are read.
            self.fail(gettext("“{value}” is no date. Write it as 2026-06-30.").format(value=value), param, ctx)


@command("night")
@click.option("--date", "date", type=Day(), required=True, help="The date to decide, as 2026-06-30.")
@click.option("--spark", metavar="MASTER", default="", help="Decide on a Spark cluster, as spark://host:7077.")
@json_option
def night(date: dt.date, spark: str, as_json: bool) -> None:
    """Decide everything for a date, and for the dates missed before it."""
    from liangqing.house.commands import terminal
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    with terminal.night_progress(quiet=as_json) as hear:
        report = run(date, PLAN, progress=hear, spark=spark)
    if as_json:
        say(report.as_json())
    else:
        terminal.night_report(report)


@command("replay")
@click.argument("date", type=Day())
@click.option("--customer", default="", help="Only this customer, by number.")
@json_option
def replay_night(date: dt.date, customer: str, as_json: bool) -> None:
    """Decide the stored night of DATE again from what was kept of it, and compare. Exit 1 when something differs."""
    from liangqing.house.night import PLAN
    from liangqing.kit.refusal import Refusal
    from liangqing.nightly.actions.replay import replay
    from liangqing.parties.models import Party

    party = None
    if customer:
        party = Party.objects.filter(number=customer).values_list("pk", flat=True).first()
        if party is None:
            raise Refusal("no_customer", _("There is no customer “{number}”."), status=404, number=customer)
    made = replay(date, PLAN, party_id=party)
    if as_json:
        say(
            {
                "date": date.isoformat(),
                "policy": made.policy,
                "decisions": made.decisions,
                "agrees": made.agrees,
                "differences": made.differences,
            }
        )
    elif made.agrees:
        click.echo(
            _("{date} under {policy}: {count} decisions, all the same again.").format(
                date=date, policy=made.policy, count=made.decisions
            )
        )
    else:
        click.echo(_("{date} under {policy}: not the same again.").format(date=date, policy=made.policy))
        for difference in made.differences:
            click.echo(f"  {difference}")
    if not made.agrees:
        raise click.exceptions.Exit(1)


@command("explain")
@click.argument("case")
@json_option
def explain_case(case: str, as_json: bool) -> None:
    """Why CASE has this level, this action and this place in the list."""
    from liangqing.house.commands import terminal
    from liangqing.house.explain import explain

    told = explain(case)
    say(told) if as_json else terminal.explanation(told)
