"""``python -m bench --bills 1000000``: import and nights, as ratios to bare COPY, with CPU seconds and peak memory.

``--imports-only`` stops after the imports. A bare COPY is the median of six: three before the imports, three after. What
imports are held to is bills and payments together; customers, whose personal values are sealed, are reported beside.

Each command runs as its own process, as a person would run it. Figures of a noisy machine mean little by themselves;
the ratios within one run do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from bench import ledger
from liangqing.house import postgres

FILES = ("customers", "bills", "payments")
AS_OF = dt.date(2026, 6, 30)


@dataclass
class Figure:
    """One measured piece of work: wall and CPU seconds of the process, its peak memory, what it said."""

    name: str
    wall: float
    cpu: float
    peak_mib: int
    changed_rows: int | None = None


def measure(name: str, command: list[str]) -> tuple[Figure, str]:
    """Run a command to its end. CPU seconds are the command's own; the database's are not in them."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    wall = time.perf_counter() - started
    return Figure(name, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024), said


def bare_copy(address: str, folder: Path) -> dict[str, list[float]]:
    """Seconds a bare COPY of each file into an unindexed table of texts takes, three times over."""
    seconds: dict[str, list[float]] = {}
    with psycopg.connect(address, autocommit=True) as connection:
        for name in FILES:
            path = folder / f"{name}.csv"
            with path.open() as file:
                columns = file.readline().strip().split(",")
            seconds[name] = []
            for _turn in range(3):
                connection.execute(f"DROP TABLE IF EXISTS bare_{name}")
                load = f"COPY bare_{name} FROM STDIN WITH (FORMAT csv, HEADER)"
                # Made and filled in one transaction, so that it may do without the log just as a first load does.
                with connection.transaction():
                    fields = ", ".join(f"{column} text" for column in columns)
                    connection.execute(f"CREATE TABLE bare_{name} ({fields})")
                    started = time.perf_counter()
                    with path.open("rb") as data, connection.cursor().copy(load) as copy:
                        while block := data.read(1 << 20):
                            copy.write(block)
                seconds[name].append(time.perf_counter() - started)
            connection.execute(f"DROP TABLE bare_{name}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--bills", type=int, default=100_000)
    parser.add_argument("--customers", type=int, help="a fifth of the bills when not given")
    parser.add_argument(
        "--data", type=Path, help="a folder with customers.csv, bills.csv and payments.csv to use instead"
    )
    parser.add_argument("--imports-only", action="store_true", help="leave the nights out")
    parser.add_argument("--out", type=Path, help="write the figures as JSON too")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="liangqing-bench-"))
    folder.chmod(0o755)
    try:
        run(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(arguments: argparse.Namespace, folder: Path) -> None:
    console = Console(stderr=True)
    data = arguments.data or folder / "ledger"
    if not arguments.data:
        with console.status("generating the ledger"):
            ledger.write(data, customers=arguments.customers or max(arguments.bills // 5, 1), bills=arguments.bills)
    rows = {name: sum(1 for _line in (data / f"{name}.csv").open("rb")) - 1 for name in FILES}
    home = folder / "home"
    os.environ["LIANGQING_HOME"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    os.environ["DATABASE_URL"] = address = postgres.start_embedded(home)
    program = str(Path(sys.executable).parent / "liangqing")
    with console.status("first start"):
        measure("first start", [program, "imports", "--json"])
    with console.status("bare COPY, before"):
        before = bare_copy(address.replace("postgres://", "postgresql://"), data)

    figures: list[Figure] = []
    for names in (FILES[:1], FILES[1:]):
        with console.status(f"import {' and '.join(names)}"):
            command = [program, "import", "--json", *(str(data / f"{name}.csv") for name in names)]
            figures.append(measure(f"import {' and '.join(names)}", command)[0])
    with console.status("bare COPY, after"):
        after = bare_copy(address.replace("postgres://", "postgresql://"), data)
    # A machine is faster at one moment than at another: the imports are compared with what lies on both sides of them.
    bare = {name: statistics.median(before[name] + after[name]) for name in FILES}
    if arguments.imports_only:
        report(arguments, rows, bare, figures)
        return
    for name, date in (
        ("first", AS_OF),
        ("next", AS_OF + dt.timedelta(days=1)),
        ("repeated", AS_OF + dt.timedelta(days=1)),
    ):
        with console.status(f"{name} night"):
            figure, said = measure(f"{name} night", [program, "night", "--date", str(date), "--json"])
            figure.changed_rows = json.loads(said)["changed_rows"]
            figures.append(figure)
    with console.status("ageing"):
        figures.append(measure("ageing", [program, "ageing", "--as-of", str(AS_OF), "--json"])[0])
    report(arguments, rows, bare, figures)


def report(arguments: argparse.Namespace, rows: dict[str, int], bare: dict[str, float], figures: list[Figure]) -> None:
    all_bare = sum(bare.values())
    table = Table(title=f"{rows['bills']:,} bills, {rows['payments']:,} payments, {rows['customers']:,} customers")
    for heading in ("work", "wall s", "CPU s", "peak MiB", "changed rows", "ratio to bare COPY"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for name in FILES:
        table.add_row(f"bare COPY {name}", f"{bare[name]:.2f}", "", "", "", "1.0")
    table.add_row("bare COPY all", f"{all_bare:.2f}", "", "", "", "1.0", end_section=True)
    imports = [figure for figure in figures if figure.name.startswith("import ")]
    for figure in figures:
        named = [name for name in FILES if figure.name.startswith("import ") and name in figure.name]
        of = sum(bare[name] for name in named) or all_bare
        changed = "" if figure.changed_rows is None else f"{figure.changed_rows:,}"
        table.add_row(
            figure.name,
            f"{figure.wall:.2f}",
            f"{figure.cpu:.2f}",
            str(figure.peak_mib),
            changed,
            f"{figure.wall / of:.1f}",
        )
    total = sum(figure.wall for figure in imports)
    table.add_row("import all", f"{total:.2f}", "", "", "", f"{total / all_bare:.1f}")
    Console().print(table)
    if arguments.out:
        figures_json = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
            "rows": rows,
            "bare_copy": bare,
            "figures": [asdict(figure) for figure in figures],
            "import_ratio": total / all_bare,
            "peak_mib_of_bench": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        arguments.out.write_text(json.dumps(figures_json, indent=1) + "\n")


if __name__ == "__main__":
    main()
