"""Make the project's Python environment in .venv, or lock what goes into it. Standard library only.

    python3 scripts/environment.py run    what running needs
    python3 scripts/environment.py dev    what testing and checking need on top
    python3 scripts/environment.py cluster   and what a night on a cluster needs
    python3 scripts/environment.py lock   choose versions anew for what pyproject.toml asks

1. Find a Python of 3.11 or newer.
2. Put uv, pinned by hash, into .boot. No python3-venv is needed, and the system's own packages stay as they are.
3. Make .venv and install exactly what requirements/ pins. Where uv can't be had, venv and pip do the same.
4. Install the project itself, editable; that also compiles the message catalogues.

Mirrors are those pip or uv is set to, by environment or configuration: PIP_INDEX_URL, UV_DEFAULT_INDEX, pip.conf.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

NEEDED = (3, 11)
if sys.version_info < NEEDED:
    for _name in ("python3.11", "python3.12", "python3.13"):
        if shutil.which(_name):
            os.execvp(_name, [_name, *sys.argv])
    sys.exit(
        "Python {}.{} or newer is needed; this is {}.{}. Install one (Debian, Ubuntu: apt install python3.11), "
        "or name one: make PYTHON=/path/to/python3.11".format(*NEEDED, *sys.version_info[:2])
    )

from pathlib import Path  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BOOT = ROOT / ".boot"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LEVELS = {"run": ["run.txt"], "dev": ["dev.txt"], "cluster": ["dev.txt", "cluster.txt"]}
"""What .venv can be made for, each holding the one before, and what is pinned for it."""
STAMPS = {level: VENV / f"{level}.stamp" for level in LEVELS}
LOCKS = {
    "dev.txt": ["pyproject.toml", "--group", "dev", "--group", "build"],
    "run.txt": ["pyproject.toml", "--group", "build", "--constraints", "requirements/dev.txt"],
    "cluster.txt": [
        *("pyproject.toml", "--extra", "cluster", "--group", "build", "--constraints", "requirements/dev.txt"),
    ],
    "boot.txt": ["--group", "pyproject.toml:boot"],
}
MIRROR = "If packages load slowly or not at all, name a mirror near you in PIP_INDEX_URL and say it again."


class Failed(Exception):
    """A program ended badly and has said why."""


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else "run"
    try:
        if wanted == "lock":
            lock(sys.argv[2:])
        else:
            make(wanted)
    except Failed as failed:
        sys.exit(f"✗ {failed}")


def make(wanted: str) -> None:
    """Bring .venv to what is wanted. What was installed for more than that stays."""
    levels = list(LEVELS)
    level = max(wanted, *(name for name in levels if name == "run" or STAMPS[name].exists()), key=levels.index)
    pinned = [ROOT / "requirements" / name for name in LEVELS[level]]
    count = len({pin for lock in pinned for pin in re.findall(r"^\S+==", lock.read_text("utf-8"), re.MULTILINE)})
    if not _works(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
    uv = boot()
    say(f"Installing {count} pinned packages into .venv (the first time this takes a while) …")
    if uv:
        with_uv(uv, pinned)
    else:
        with_pip(pinned)
    # Every command is a process of its own: without compiled code each start would cost seconds.
    run([str(PYTHON), "-m", "compileall", "-q", "-j", "0", "liangqing"])
    for name in levels[: levels.index(level) + 1]:
        STAMPS[name].touch()


def boot() -> "Path | None":
    """The pinned uv, installed into .boot when it is not there yet; None where it can't be had."""
    uv = BOOT / "bin" / "uv"
    pins = ROOT / "requirements" / "boot.txt"
    done = BOOT / "boot.txt"
    if uv.exists() and done.exists() and done.read_bytes() == pins.read_bytes():
        return uv
    if importlib.util.find_spec("pip") is None:
        raise Failed("pip is needed once, to get the installer. Debian, Ubuntu: apt install python3-pip")
    say("Getting uv, the installer …")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(BOOT), "--upgrade", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", "-r", str(pins)]
    try:
        run(command, quiet=True)
        run([str(uv), "--version"], quiet=True)
    except Failed:
        say("uv can't be had here; using pip instead.")
        return None
    shutil.copyfile(pins, done)
    return uv


def with_uv(uv: Path, pinned: "list[Path]") -> None:
    if not PYTHON.exists():
        run([str(uv), "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, str(VENV)])
    here = ["--quiet", "--python", str(PYTHON)]
    run([str(uv), "pip", "sync", *here, "--compile-bytecode", "--require-hashes", *map(str, pinned)], hint=MIRROR)
    run([str(uv), "pip", "install", *here, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def with_pip(pinned: "list[Path]") -> None:
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], hint="Debian, Ubuntu: apt install python3-venv")
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet"]
    run([*pip, "--require-hashes", *(word for lock in pinned for word in ("-r", str(lock)))], hint=MIRROR)
    run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def lock(more: "list[str]") -> None:
    """Write requirements/*.txt: versions for every supported Python and system, with hashes, without any address.

    Versions chosen before are kept while pyproject.toml allows them; ``--upgrade`` or ``--upgrade-package NAME`` asks
    for newer ones. (A uv.lock would name the registry it was made with, and mirrors would not be used.)
    """
    uv = boot()
    if uv is None:
        raise Failed(f"Locking needs uv. {MIRROR}")
    for name, asked in LOCKS.items():
        command = [str(uv), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
        command += ["--no-header", "--no-annotate", *asked, "--output-file", f"requirements/{name}", *more]
        run(command, hint=MIRROR, without="UV_FIND_LINKS")
        say(f"requirements/{name} is written.")


def run(command: "list[str]", *, hint: str = "", quiet: bool = False, without: str = "") -> None:
    """Run a program from the project's folder; its own last words come first when it fails."""
    environment = {name: value for name, value in surroundings().items() if name != without}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=quiet)
    if done.returncode:
        raise Failed(f"“{Path(command[0]).name} {' '.join(command[1:4])} …” failed. {hint}".rstrip())


def surroundings() -> "dict[str, str]":
    """The environment for pip and uv alike: what one of them is set to, the other obeys too."""
    environment = dict(os.environ)
    environment.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_NO_INPUT="1")
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # as pip does; hashes guard what is taken
    environment.pop("VIRTUAL_ENV", None)
    told = _pip_settings()
    for uv_name, pip_name, separator in (
        ("UV_DEFAULT_INDEX", "index-url", ""),
        ("UV_INDEX", "extra-index-url", " "),
        ("UV_FIND_LINKS", "find-links", ","),
        ("UV_INSECURE_HOST", "trusted-host", " "),
        ("UV_NO_INDEX", "no-index", ""),
        ("SSL_CERT_FILE", "cert", ""),
    ):
        value = told.get(pip_name)
        if value and not environment.get(uv_name):
            environment[uv_name] = (separator or " ").join(value.split())
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    if index:
        environment["UV_DEFAULT_INDEX"] = index
        environment.setdefault("PIP_INDEX_URL", index)
    environment.pop("UV_INDEX_URL", None)  # the older name of the same
    return environment


def _pip_settings() -> "dict[str, str]":
    """What pip is set to by files and environment, the stronger last."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    told = {}
    for line in asked.stdout.splitlines():
        key, _, value = line.partition("=")
        scope, _, name = key.strip().partition(".")
        if scope in ("global", "install", ":env:"):
            told[name.replace("_", "-")] = value.strip().strip("'\"").replace("\\n", " ")
    return told


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    probe = f"import sys; sys.exit(sys.version_info < {NEEDED})"
    return subprocess.run([str(python), "-c", probe], check=False, capture_output=True).returncode == 0


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
