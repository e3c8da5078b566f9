"""A night's steps on a Spark cluster: the same expressions, compiled by Ibis for Spark. No engine of our own.

1. The snapshot is taken into DuckDB as ever. A table of it that a step asks for is written as Parquet into a folder on
   shared storage, where Spark reads it.
2. What steps keep, Spark writes there as Parquet, and reads again for the next; so no question grows longer than the
   step that puts it.
3. DuckDB looks into these files under the names of the tables: checksums, landing, invariants and keeping are as ever.

Loaded only when a cluster is asked for; without one, PySpark need not be there.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import itertools
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from ibis.expr.operations import InMemoryTable

from liangqing.kit.refusal import Refusal
from liangqing.nightly.night import Night, nights_folder, typed
from liangqing.policy import Policy

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    # Overflow and division by zero are errors, as they are in DuckDB; never NULL, never wrapped around.
    "spark.sql.ansi.enabled": "true",
    # Dates are days and instants are UTC, wherever a worker stands.
    "spark.sql.session.timeZone": "UTC",
    # A product of two decimals may lose digits behind the point, which have none here, never one before it.
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    # Joins and parts are chosen by the sizes found while it runs: a night has tables of ten rows and of ten million.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.compression.codec": "zstd",
    # Microseconds, as everybody else writes them; Spark's own habit is a type of its own.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # What Python is given comes as Arrow, so that no whole number passes through floating point.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
}
"""What a night's answers rest on. How much memory and how many cores are Spark's own settings (spark-defaults.conf)."""

_WAIT_S = 5.0
_PROBES = 16
_OURS = "liangqing-run-"


@contextmanager
def opened(master: str) -> Iterator[Callable[[Night], AbstractContextManager[OnSpark]]]:
    """A Spark session for some nights, by the address of its master: ``spark://host:7077``, ``local[2]``.

    Raises ``Refusal`` (503): ``no_pyspark``, ``no_java``, ``no_shared`` (no folder is named, or it is not there),
    ``no_spark`` (the master does not answer), ``not_shared`` (the workers do not see the folder).
    """
    shared = _folder(settings.SHARED)
    session = _session(master)
    try:
        _clear_up(shared)
        _try_out(session, shared)
        yield lambda night: _tables(session, shared, night)
    finally:
        session.stop()


def _folder(name: str) -> Path:
    """The shared folder. Raises ``Refusal``."""
    folder = Path(name)
    if not name or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Refusal(
            "no_shared",
            _(
                "A night on Spark needs a folder that this machine and all workers see under one name. "
                "Name it in LIANGQING_SHARED (now: “{folder}”)."
            ),
            status=503,
            folder=name,
        )
    return folder.resolve()


def _session(master: str) -> SparkSession:
    """Spark, connected. Raises ``Refusal``."""
    if importlib.util.find_spec("pyspark") is None:
        sentence = _("A night on Spark needs PySpark. Install it: pip install 'liangqing[cluster]'")
        raise Refusal("no_pyspark", sentence, status=503)
    if _java() is None:
        sentence = _("Spark needs Java 17. Install it, or name it in JAVA_HOME.")
        raise Refusal("no_java", sentence, status=503)
    _knock(master)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("liangqing night")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise _silent(master, error) from error
    session.sparkContext.setLogLevel("ERROR")
    return session


class OnSpark:
    """The tables of a night while its steps run on Spark; each is at once to be seen in the night's DuckDB."""

    def __init__(self, session: SparkSession, folder: Path, night: Night) -> None:
        self.date: dt.date = night.date
        self.policy: Policy = night.policy
        self.figures = night.figures
        self.whole = night.whole
        self._night, self._folder, self._session = night, folder, session
        self._con = ibis.pyspark.connect(session)
        self._tables: dict[str, ir.Table] = {}
        self._serial = itertools.count(1)

    def table(self, name: str) -> ir.Table:
        if name not in self._tables:
            path = self._place(name)
            self._night.save(name, path)
            self._tables[name] = self._con.read_parquet(path, table_name=name)
        return self._tables[name]

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """As in a night here. Raises ``Refusal`` (``not_shared``) when not all that the workers wrote is to be seen here."""
        from pyspark.sql import Observation, functions

        self._give(expression)
        path, found, written = self._place(name), self._session.sql(typed(self._con, expression)), Observation()
        found.observe(written, functions.count(functions.lit(1)).alias("rows")).write.parquet(str(path))
        if written.get["rows"] != sum(pq.read_metadata(part).num_rows for part in path.glob("*.parquet")):
            raise _unshared(self._session, self._folder.parent)
        self._session.read.schema(found.schema).parquet(str(path)).createOrReplaceTempView(name)
        self._tables[name] = self._con.table(name)
        self._night.look_into(name, f"{path}/*.parquet")
        return self._tables[name]

    replace = keep

    def before(self, name: str) -> ir.Table | None:
        kept = nights_folder() / (self.date - dt.timedelta(days=1)).isoformat() / f"{name}.parquet"
        if not kept.exists():
            return None
        path = self._place(name)
        shutil.copyfile(kept, path)
        return self._con.read_parquet(path)

    def arrow(self, expression: ir.Table) -> pa.Table:
        self._give(expression)
        return self._session.sql(self._con.compile(expression)).toArrow()

    def value(self, expression: ir.Scalar) -> Any:
        (column,) = self.arrow(expression.as_table()).columns
        return column[0].as_py()

    def _give(self, expression: ir.Table) -> None:
        """The small tables an expression brings along, as Parquet: by itself Ibis would send them through pandas."""
        for given in expression.op().find(InMemoryTable):
            path = self._place(given.name)
            pq.write_table(given.data.to_pyarrow(given.schema), path)
            self._session.read.parquet(str(path)).createOrReplaceTempView(given.name)

    def _place(self, name: str) -> Path:
        """A new place for rows; what was there before may still be read."""
        return self._folder / f"{name}-{next(self._serial)}.parquet"


@contextmanager
def _tables(session: SparkSession, shared: Path, night: Night) -> Iterator[OnSpark]:
    folder = shared / f"{_OURS}{night.date}-{os.getpid()}"
    folder.mkdir()
    try:
        yield OnSpark(session, folder, night)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_up(shared: Path) -> None:
    """What killed runs left there; nobody else is running, so it belongs to nobody."""
    for left in shared.glob(f"{_OURS}*"):
        shutil.rmtree(left, ignore_errors=True)


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None)


def _knock(master: str) -> None:
    """Whether anybody listens at a standalone master; Spark itself would try for a minute."""
    if not master.startswith("spark://"):
        return
    silent: OSError | ValueError | None = None
    for address in master.removeprefix("spark://").split(","):
        try:
            parts = urlsplit(f"//{address}")
            socket.create_connection((parts.hostname or "", parts.port or 7077), timeout=_WAIT_S).close()
        except (OSError, ValueError) as error:
            silent = error
        else:
            return
    raise _silent(master, silent)


def _silent(master: str, error: object) -> Refusal:
    return Refusal(
        "no_spark",
        _("Spark does not answer at “{master}”: {error} Check the address and whether it runs, then start again."),
        status=503,
        master=master,
        error=str(error).strip().split("\n")[0],
    )


def _try_out(session: SparkSession, shared: Path) -> None:
    """Rows written here must be read by the workers, and what they write must be seen here: a worker with a folder of its
    own by that name writes there, and says nothing."""
    folder = shared / f"{_OURS}probe-{os.getpid()}"
    (folder / "given").mkdir(parents=True)
    try:
        for number in range(_PROBES):
            pq.write_table(pa.table({"number": [number]}), folder / "given" / f"{number}.parquet")
        seen = None
        with suppress(Exception):
            session.read.parquet(str(folder / "given")).write.parquet(str(folder / "taken"))
            seen = pq.read_table(folder / "taken").num_rows
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if seen != _PROBES:
        raise _unshared(session, shared)


def _unshared(session: SparkSession, shared: Path) -> Refusal:
    return Refusal(
        "not_shared",
        _(
            "The workers of “{master}” do not see the folder “{folder}” as this machine does. Mount it on all of them "
            "under this name, writable for the user Spark runs as, then start again."
        ),
        status=503,
        master=session.sparkContext.master,
        folder=shared,
    )
