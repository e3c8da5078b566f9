"""night, explain: what was decided, and why."""

from __future__ import annotations

import datetime as dt

import click

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
            self.fail(f"{value!r} is no date; write it as 2026-06-30", param, ctx)


@command("night")
@click.option("--date", "date", type=Day(), required=True, help="The date to decide, as 2026-06-30.")
@json_option
def night(date: dt.date, as_json: bool) -> None:
    """Decide everything for a date, and for the dates missed before it."""
    from liangqing.house.commands import terminal
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    with terminal.night_progress(quiet=as_json) as hear:
        report = run(date, PLAN, progress=hear)
    if as_json:
        say(report.as_json())
    else:
        terminal.night_report(report)


@command("explain")
@click.argument("case")
@json_option
def explain_case(case: str, as_json: bool) -> None:
    """Why CASE has this level, this action and this place in the list."""
    from liangqing.house.commands import terminal
    from liangqing.house.explain import explain

    told = explain(case)
    say(told) if as_json else terminal.explanation(told)
