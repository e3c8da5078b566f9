"""Spark for tests: in this process, and as a master with two workers on this machine. Asked for by ``-m cluster`` alone."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nightly.cluster.both import Engine

HERE = Path(__file__).parent
# What a person would write into spark-defaults.conf: few parts, since the tables are small; nothing beyond this machine.
os.environ.setdefault(
    "PYSPARK_SUBMIT_ARGS",
    "--driver-memory 1g --conf spark.executor.memory=512m --conf spark.sql.shuffle.partitions=2 "
    "--conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 "
    "pyspark-shell",
)
_PATIENCE_S = 60


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Neither PySpark nor Java need be there for the other tests."""
    return None if "cluster" in config.getoption("markexpr") else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder every worker sees; at the end of each night nothing is left in it."""
    folder = tmp_path_factory.mktemp("shared")
    yield folder
    assert list(folder.iterdir()) == []


@contextmanager
def session(master: str, shared: Path) -> Iterator[Engine]:
    from django.conf import settings

    from liangqing.nightly import cluster

    settings.SHARED = str(shared)
    try:
        with cluster.opened(master) as engine:
            yield engine
    finally:
        settings.SHARED = ""


@pytest.fixture(scope="module")
def local(shared: Path) -> Iterator[Engine]:
    """Spark in this process, on two threads."""
    with session("local[2]", shared) as engine:
        yield engine


@dataclass(frozen=True)
class Standalone:
    """A master with workers of one core each; a folder of each worker for what it was given to do."""

    master: str
    workers: tuple[Path, ...]

    @property
    def idle(self) -> list[Path]:
        """Workers that were never given anything."""
        return [worker for worker in self.workers if not list(worker.glob("app-*/*"))]


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    with two_workers(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


@contextmanager
def two_workers(folder: Path, *behind: str) -> Iterator[Standalone]:
    """Spark's own standalone cluster on loopback, out of the jars that PySpark brings; workers start ``behind`` a command."""
    folder.mkdir(exist_ok=True)
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    workers = tuple(folder / f"worker{number}" for number in (1, 2))
    with ExitStack() as running:
        here = ("--host", "127.0.0.1", "--webui-port", "0")
        running.enter_context(_program(folder / "master.log", "master.Master", *here, "--port", str(port)))
        _until(lambda: _listens(port), "the master does not listen")
        for worker in workers:
            log, size = worker.with_suffix(".log"), ("--cores", "1", "--memory", "1g", "--work-dir", str(worker))
            running.enter_context(_program(log, "worker.Worker", *here, *size, address, behind=behind))
            _until(lambda log=log: "registered with master" in log.read_text(), "a worker does not register")
        yield Standalone(address, workers)


@pytest.fixture(scope="module")
def distributed(standalone: Standalone, shared: Path) -> Iterator[Engine]:
    """Spark on the standalone cluster."""
    with session(standalone.master, shared) as engine:
        yield engine


@contextmanager
def _program(log: Path, name: str, *arguments: str, behind: tuple[str, ...] = ()) -> Iterator[None]:
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [*behind, "bash", str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with log.open("wb") as told:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    for _ in range(_PATIENCE_S * 5):
        if holds():
            return
        time.sleep(0.2)
    raise TimeoutError(otherwise)
