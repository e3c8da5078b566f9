"""bench generate: a ledger to measure with."""

from __future__ import annotations

from pathlib import Path

import click

from liangqing.house.commands import json_option, main, say


@main.group("bench")
def bench() -> None:
    """What measuring takes."""


@bench.command("generate")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--bills", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--customers", type=click.IntRange(min=1), help="A fifth of the bills when not given.")
@click.option("--seed", type=click.IntRange(min=0), default=42, show_default=True)
@json_option
def generate(folder: Path, bills: int, customers: int | None, seed: int, as_json: bool) -> None:
    """Write customers.csv, bills.csv and payments.csv into FOLDER: the same for the same numbers."""
    from liangqing.house import ledger

    rows = ledger.write(folder, customers=customers or max(bills // 5, 1), bills=bills, seed=seed)
    if as_json:
        say(rows)
    else:
        click.echo("\n".join(f"{folder / name}.csv\t{count}" for name, count in rows.items()))
