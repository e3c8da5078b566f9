"""worker: does what was asked for and what recurs."""

from __future__ import annotations

import click

from liangqing.house.commands import command


@command("worker")
@click.option("--at-once", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs beside each other.")
@click.option("--until-idle", is_flag=True, help="Stop when there is nothing left to do.")
def worker(at_once: int, until_idle: bool) -> None:
    """Do jobs (nights, imports, webhooks) until stopped. What is being done then is done to its end."""
    from django.utils.translation import gettext as _

    from liangqing.house import jobs

    if not until_idle:
        click.echo(_("Working. Stop with Ctrl-C; what is being done is done to its end."))
    jobs.work(wait=not until_idle, at_once=at_once)
