"""A night asked for on Spark lands what a night here lands; and when there is no cluster to be had, it says what to do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from liangqing.house.commands import main
from liangqing.house.night import PLAN
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.replay import replay
from liangqing.nightly.actions.run import run
from liangqing.nightly.models import Run
from liangqing.nightly.night import nights_folder
from liangqing.receivables.actions import books
from tests.cast import day
from tests.nightly.cluster.conftest import two_workers
from tests.nightly.state import stored

DATE = "2026-03-12"


def liangqing(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--json"])


def test_a_night_on_spark_lands_what_a_night_here_lands_and_nothing_the_second_time(
    working_day: str, undisturbed: dict[str, Any], shared: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHARED = str(shared)
    monkeypatch.setattr(books, "KEEPS_FROM", 1)  # the nights after the first read what was kept of the books
    first = json.loads(liangqing("night", "--date", DATE, "--spark", "local[2]").stdout)
    assert stored() == undisturbed
    assert first["changed_rows"] > 0
    checksums = Run.objects.get(date=DATE).checksums

    here = json.loads(liangqing("night", "--date", DATE).stdout)
    assert here["changed_rows"] == 0
    assert Run.objects.get(date=DATE).checksums == checksums
    kept = {path.stem: pq.read_schema(path) for path in (nights_folder() / DATE).glob("*.parquet")}

    again = json.loads(liangqing("night", "--date", DATE, "--spark", "local[2]").stdout)
    assert again["changed_rows"] == 0
    assert Run.objects.get(date=DATE).checksums == checksums
    assert {path.stem: pq.read_schema(path) for path in (nights_folder() / DATE).glob("*.parquet")} == kept
    assert replay(day(DATE), PLAN).agrees, "what Spark decided, DuckDB decides again"


def refused(spark: str) -> str:
    with pytest.raises(Refusal) as found:
        run(day(DATE), PLAN, spark=spark)
    assert found.value.sentence and not Run.objects.exists(), "nothing has begun"
    return found.value.code


def test_without_a_shared_folder_it_says_so(books: str, settings: Any, tmp_path: Path) -> None:
    for settings.SHARED in ("", str(tmp_path / "nowhere")):
        assert refused("local[2]") == "no_shared"


def test_without_pyspark_it_says_how_to_install_it(books: str, shared: Path, settings: Any, monkeypatch: Any) -> None:
    settings.SHARED = str(shared)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refused("local[2]") == "no_pyspark"


def test_without_java_it_says_so(books: str, shared: Path, settings: Any, monkeypatch: Any, tmp_path: Path) -> None:
    settings.SHARED = str(shared)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert refused("local[2]") == "no_java"


def test_when_no_master_listens_it_says_so_at_once(books: str, shared: Path, settings: Any) -> None:
    settings.SHARED = str(shared)
    assert refused("spark://127.0.0.1:1") == "no_spark"


def test_a_master_of_no_known_kind_is_refused(books: str, shared: Path, settings: Any) -> None:
    settings.SHARED = str(shared)
    assert refused("somewhere") == "no_spark"


def test_what_is_not_seen_where_it_should_be_is_refused(
    books: str, shared: Path, settings: Any, monkeypatch: Any
) -> None:
    settings.SHARED = str(shared)
    monkeypatch.setattr("liangqing.nightly.cluster.pq.write_table", lambda *given: None)
    assert refused("local[2]") == "not_shared"


def test_the_house_may_be_set_to_a_cluster(books: str, shared: Path, settings: Any) -> None:
    settings.SHARED, settings.SPARK = str(shared), "spark://127.0.0.1:1"
    assert refused("") == "no_spark"
    told = liangqing("night", "--date", DATE)
    assert (told.exit_code, json.loads(told.stdout)["error"]["code"]) == (2, "no_spark")


def test_workers_with_a_folder_of_their_own_by_that_name_are_found_out(
    books: str, shared: Path, settings: Any, tmp_path: Path
) -> None:
    settings.SHARED = str(shared)
    apart = ("unshare", "--map-root-user", "--mount", "bash", "-c", f'mount -t tmpfs none {shared} && exec "$@"', "-")
    if subprocess.run([*apart, "true"], check=False).returncode:
        # What is refused is the same as above, where nothing is mounted; here it is a real folder of the same name.
        pytest.skip("this machine lets nobody mount a folder apart")
    with two_workers(tmp_path / "spark", *apart) as cluster:
        assert refused(cluster.master) == "not_shared"
