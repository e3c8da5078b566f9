"""``python -m bench --bills 10000 100000 1000000``: imports and nights over generated ledgers of these sizes, beside bare work.

For each size, in a house of its own: a bare COPY of the files (median of six, three before the imports and three after), a
bare scan of all columns the night reads, in Parquet (``bench.columns``), the database's own aggregate over the landed bills;
the imports; a first night, the next one, and that one again, and of each what deciding took without reading and landing.
``--imports-only`` stops after the imports. What imports are held to is bills and payments
together; customers, whose personal values are sealed, are reported beside.

Each command runs as its own process, as a person would run it. ``CPU`` is that process's and the database's together. Figures
of a noisy machine mean little by themselves; the ratios within one run do, and how they grow from size to size.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from liangqing.house import postgres

FILES = ("customers", "bills", "payments")
AS_OF = dt.date(2026, 6, 30)
_TICKS = os.sysconf("SC_CLK_TCK")
_AGGREGATE = """SELECT b.currency, count(*), sum(b.principal + b.interest + b.penalty + b.fee - coalesce(a.paid, 0))
                FROM receivables_bill b
                LEFT JOIN (SELECT bill_id, sum(amount) AS paid FROM receivables_allocation GROUP BY bill_id) a ON a.bill_id = b.id
                GROUP BY b.currency"""


@dataclass
class Figure:
    """One measured piece of work: wall seconds, CPU seconds of the process and of the database, peak memory of the process
    (MiB), rows changed."""

    name: str
    wall: float
    own_cpu: float = 0.0
    server_cpu: float = 0.0
    peak_mib: int = 0
    changed_rows: int | None = None

    @property
    def cpu(self) -> float:
        return self.own_cpu + self.server_cpu


@dataclass
class Size:
    """All figures of one size."""

    rows: dict[str, int]
    figures: dict[str, Figure] = field(default_factory=dict)

    def add(self, figure: Figure) -> Figure:
        self.figures[figure.name] = figure
        return figure

    def ratio(self, work: str, bare: str, by: Callable[[Figure], float]) -> float | None:
        """How many times the bare work something took; None where that is not there, or too little to be measured."""
        least = by(self.figures[bare]) if bare in self.figures else 0
        return by(self.figures[work]) / least if least else None


class Server:
    """The embedded database of one house, and the CPU seconds it has spent: its processes' and those of ended ones."""

    def __init__(self, home: Path) -> None:
        os.environ["LIANGQING_HOME"] = str(home)
        os.environ.pop("DATABASE_URL", None)
        os.environ["DATABASE_URL"] = address = postgres.start_embedded(home)
        self.address = address.replace("postgres://", "postgresql://")
        self.pid = int(next(home.rglob("postmaster.pid")).read_text("ascii").split()[0])

    def cpu(self) -> float:
        total = self._ticks(self.pid, own_and_ended=True)
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split():
            total += self._ticks(int(child), own_and_ended=False)
        return total / _TICKS

    @staticmethod
    def _ticks(pid: int, *, own_and_ended: bool) -> int:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        except OSError:
            return 0
        return sum(map(int, stat[11 : 15 if own_and_ended else 13]))


def measure(name: str, command: list[str], server: Server | None = None) -> tuple[Figure, str]:
    """Run a command to its end; what it took, and what it said."""
    before, started = server.cpu() if server else 0.0, time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    wall = time.perf_counter() - started
    spent = server.cpu() - before if server else 0.0
    return Figure(name, wall, usage.ru_utime + usage.ru_stime, spent, usage.ru_maxrss // 1024), said


def bare_copy(server: Server, folder: Path) -> Iterable[tuple[str, float, float]]:
    """File, wall and CPU seconds of a bare COPY into an unindexed table of texts, three times each, until it is committed:
    so are imports."""
    with psycopg.connect(server.address, autocommit=True) as connection:
        for name in FILES:
            path = folder / f"{name}.csv"
            with path.open() as file:
                columns = file.readline().strip().split(",")
            for _turn in range(3):
                connection.execute(f"DROP TABLE IF EXISTS bare_{name}")
                load = f"COPY bare_{name} FROM STDIN WITH (FORMAT csv, HEADER)"
                fields = ", ".join(f"{column} text" for column in columns)
                before, own, started = server.cpu(), time.process_time(), time.perf_counter()
                # Made and filled in one transaction, so that it may do without the log just as a first load does.
                with connection.transaction():
                    connection.execute(f"CREATE TABLE bare_{name} ({fields})")
                    with path.open("rb") as data, connection.cursor().copy(load) as copy:
                        while block := data.read(1 << 20):
                            copy.write(block)
                wall = time.perf_counter() - started
                yield name, wall, server.cpu() - before + time.process_time() - own
            connection.execute(f"DROP TABLE bare_{name}")


def run_size(arguments: argparse.Namespace, bills: int, folder: Path, console: Console) -> Size:
    program = str(Path(sys.executable).parent / "liangqing")
    data = arguments.data or folder / "ledger"
    if not arguments.data:
        with console.status(f"{bills:,} bills: generating the ledger"):
            measure("generate", [program, "bench", "generate", str(data), "--bills", str(bills)])
    size = Size({name: sum(1 for _line in (data / f"{name}.csv").open("rb")) - 1 for name in FILES})
    server = Server(folder / "home")

    def step(name: str, *command: str) -> str:
        with console.status(f"{size.rows['bills']:,} bills: {name}"):
            figure, said = measure(name, [*command], server)
        size.add(figure)
        return said

    measure("first start", [program, "imports", "--json"])
    copies = list(bare_copy(server, data))
    step("import customers", program, "import", "--json", str(data / "customers.csv"))
    step("import bills and payments", program, "import", "--json", *(str(data / f"{name}.csv") for name in FILES[1:]))
    copies += bare_copy(server, data)
    # A machine is faster at one moment than at another: the imports are compared with what lies on both sides of them.
    walls, cpus = (
        {name: statistics.median(each[place] for each in copies if each[0] == name) for name in FILES}
        for place in (1, 2)
    )
    size.add(Figure("bare COPY, customers", walls["customers"], cpus["customers"]))
    size.add(
        Figure("bare COPY, bills and payments", walls["bills"] + walls["payments"], cpus["bills"] + cpus["payments"])
    )
    if arguments.imports_only:
        return size
    _aggregate(size, server)
    for name, date in (
        ("first night", AS_OF),
        ("next night", AS_OF + dt.timedelta(days=1)),
        ("repeated night", AS_OF + dt.timedelta(days=1)),
    ):
        said = json.loads(step(name, program, "night", "--date", str(date), "--json"))
        size.figures[name].changed_rows = said["changed_rows"]
        deciding = [part for part in said["seconds"] if part not in ("snapshot", "land", "close")]
        took = {told: sum(said[told][part] for part in deciding) for told in ("seconds", "cpu_seconds")}
        size.add(Figure(f"{name}: deciding", took["seconds"], took["cpu_seconds"]))
    measure("columns", [sys.executable, "-m", "bench.columns", "write", str(date), str(folder / "columns")])
    step("bare scan of the columns", sys.executable, "-m", "bench.columns", "scan", str(folder / "columns"))
    step("ageing", program, "ageing", "--as-of", str(AS_OF), "--json")
    return size


def _aggregate(size: Size, server: Server) -> None:
    with psycopg.connect(server.address) as connection:
        before, started = server.cpu(), time.perf_counter()
        connection.execute(_AGGREGATE).fetchall()
        size.add(Figure("the database's own aggregate", time.perf_counter() - started, 0.0, server.cpu() - before))


_AGAINST = {
    "import customers": "bare COPY, customers",
    "import bills and payments": "bare COPY, bills and payments",
    **{
        f"{night} night{part}": "bare scan of the columns"
        for night in ("first", "next", "repeated")
        for part in ("", ": deciding")
    },
    "ageing": "the database's own aggregate",
}
"""What each piece of work is compared with."""


def report(sizes: list[Size], console: Console) -> None:
    for size in sizes:
        rows = ", ".join(f"{count:,} {name}" for name, count in size.rows.items())
        table = Table(title=rows)
        for heading in (
            "work",
            "wall s",
            "CPU s",
            "of it server",
            "peak MiB",
            "changed rows",
            "× wall",
            "× CPU",
            "µs a bill",
        ):
            table.add_column(heading, justify="left" if heading == "work" else "right")
        for figure in size.figures.values():
            bare = _AGAINST.get(figure.name, "")
            by_wall, by_cpu = (size.ratio(figure.name, bare, by) for by in (lambda it: it.wall, lambda it: it.cpu))
            table.add_row(
                figure.name,
                f"{figure.wall:.2f}",
                f"{figure.cpu:.2f}",
                f"{figure.server_cpu:.2f}",
                str(figure.peak_mib or ""),
                "" if figure.changed_rows is None else f"{figure.changed_rows:,}",
                "" if by_wall is None else f"{by_wall:.1f}",
                "" if by_cpu is None else f"{by_cpu:.1f}",
                f"{figure.wall / size.rows['bills'] * 1e6:.1f}",
            )
        console.print(table)
    for less, more in itertools.pairwise(sizes):
        grown = Table(title=f"from {less.rows['bills']:,} to {more.rows['bills']:,} bills")
        for heading in ("work", "× wall", "× CPU"):
            grown.add_column(heading, justify="left" if heading == "work" else "right")
        for name in more.figures:
            by_wall = more.figures[name].wall / less.figures[name].wall
            by_cpu = more.figures[name].cpu / max(less.figures[name].cpu, 1 / _TICKS)
            grown.add_row(name, f"{by_wall:.1f}", f"{by_cpu:.1f}")
        console.print(grown)


def as_json(sizes: list[Size]) -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    told = [
        {"rows": size.rows, "figures": [{**asdict(it), "cpu": it.cpu} for it in size.figures.values()]}
        for size in sizes
    ]
    return {"machine": machine, "sizes": told}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--bills", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument(
        "--data", type=Path, help="a folder with customers.csv, bills.csv and payments.csv to use instead"
    )
    parser.add_argument("--imports-only", action="store_true", help="leave the nights out")
    parser.add_argument("--out", type=Path, help="write the figures as JSON too")
    arguments = parser.parse_args()
    console, sizes = Console(stderr=True), []
    for bills in arguments.bills[: 1 if arguments.data else None]:
        folder = Path(tempfile.mkdtemp(prefix="liangqing-bench-"))
        folder.chmod(0o755)
        try:
            sizes.append(run_size(arguments, bills, folder, console))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    report(sizes, Console(width=160))
    if arguments.out:
        arguments.out.write_text(json.dumps(as_json(sizes), indent=1) + "\n")


if __name__ == "__main__":
    main()
