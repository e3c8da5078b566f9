"""What is wrong with the surroundings is a sentence with what to do, exit 2; never a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from liangqing.house import troubles
from liangqing.house.commands import main

EMBEDDED = """
import os, signal, sys
from pathlib import Path
from liangqing.house import postgres
postgres.start_embedded(Path(sys.argv[1]))
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def surroundings(**said: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIANGQING_", "DATABASE_URL"))}
    return {**kept, "LIANGQING_LANGUAGE": "en", **said}


def liangqing(*arguments: str, **said: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from liangqing.house.commands import program; program()", *arguments]
    return subprocess.run(command, env=surroundings(**said), capture_output=True, text=True, check=False)


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
        yield Path(folder) / "home"


def test_a_database_out_of_reach(tmp_path):
    address = "postgres://nobody:secret@127.0.0.1:1/x"
    said = liangqing("verify", "--json", DATABASE_URL=address, LIANGQING_HOME=str(tmp_path))
    assert said.returncode == 2 and "Traceback" not in said.stderr and "secret" not in said.stderr
    assert json.loads(said.stdout)["error"]["code"] == "no_database"
    assert "127.0.0.1:1/x can't be reached" in said.stderr and said.stderr.count("\n") == 1


def test_the_trace_is_shown_to_whoever_asks_for_it(tmp_path):
    address = "postgres://nobody:x@127.0.0.1:1/x"
    said = liangqing("verify", DATABASE_URL=address, LIANGQING_HOME=str(tmp_path), LIANGQING_TRACE="1")
    assert said.returncode != 0 and "Traceback" in said.stderr


def test_an_address_that_is_none(tmp_path):
    said = liangqing("verify", DATABASE_URL="nonsense", LIANGQING_HOME=str(tmp_path))
    assert said.returncode == 2 and "postgres://user:password@host/database" in said.stderr


@pytest.mark.parametrize("database", ["", "postgres://nobody:x@127.0.0.1:1/x"])
def test_a_data_folder_that_can_not_be_made(database):
    said = liangqing("verify", LIANGQING_HOME="/proc/x", **({"DATABASE_URL": database} if database else {}))
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert "/proc/x" in said.stderr and "LIANGQING_HOME" in said.stderr


def test_an_embedded_server_that_does_not_start(home):
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("18\n")
    (home / "postgres" / "log").write_text("FATAL: a long story\n" * 50)
    said = liangqing("verify", LIANGQING_HOME=str(home))
    assert said.returncode == 2 and "Traceback" not in said.stderr and "a long story" not in said.stderr
    assert str(home / "postgres" / "log") in said.stderr


def test_what_is_no_trouble_of_the_surroundings_stays_an_error():
    assert troubles.in_words(ValueError("ours")) is None
    assert troubles.in_words(BrokenPipeError(32, "gone")) is None


def test_a_server_left_behind_by_a_killed_command_ends_with_the_next(home):
    def run(how: str) -> int:
        return subprocess.run(
            [sys.executable, "-c", EMBEDDED, str(home), how], env=surroundings(), check=False
        ).returncode

    running = home / "postgres" / "postmaster.pid"
    assert run("die") == -signal.SIGKILL and running.exists(), "nobody stopped it"
    assert run("end") == 0 and not running.exists()


def test_a_server_somebody_else_uses_goes_on(home):
    waiting = EMBEDDED + "print('here', flush=True); sys.stdin.readline()"
    command = [sys.executable, "-c", waiting, str(home), "end"]
    with subprocess.Popen(
        command, env=surroundings(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "here\n"
        subprocess.run([sys.executable, "-c", EMBEDDED, str(home), "end"], env=surroundings(), check=True)
        assert (home / "postgres" / "postmaster.pid").exists()
        other.communicate("\n")
    assert not (home / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    "arguments",
    [["night", "--date", "x"], ["night"], ["nonsense"], ["night", "--nonsense"], ["import", "x.csv", "--kind", "y"]],
)
def test_wrong_use_is_told_in_the_readers_language(arguments, monkeypatch):
    monkeypatch.setenv("LIANGQING_LANGUAGE", "zh-hans")
    chinese = CliRunner().invoke(main, arguments)
    assert chinese.exit_code == 2 and "Error" not in chinese.stderr and "Try" not in chinese.stderr
    monkeypatch.setenv("LIANGQING_LANGUAGE", "en")
    english = CliRunner().invoke(main, arguments)
    assert english.exit_code == 2 and "Error: " in english.stderr and "Usage: " in english.stderr
