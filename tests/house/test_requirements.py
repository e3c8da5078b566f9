"""What gets installed: pinned, checked by hash, from whatever mirror is set."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))


def pins(path: Path) -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Name to (requirement, hashes): one for each kind of machine."""
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    for entry in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()):
        first, *hashes = entry.replace("\\\n", "\n").splitlines()
        requirement = Requirement(first.strip())
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, [h.strip() for h in hashes]))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_requirement_is_one_version_with_hashes(path: Path) -> None:
    for entries in pins(path).values():
        for requirement, hashes in entries:
            assert re.fullmatch(r"==[\w.!+]+", str(requirement.specifier)), requirement
            assert hashes, requirement
            assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_address_is_written_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


def test_what_pyproject_asks_is_pinned_and_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups, asked = project["dependency-groups"], project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "run.txt": asked + groups["build"],
        "dev.txt": asked + groups["build"] + groups["dev"],
        "cluster.txt": asked + groups["build"] + extras["cluster"] + ["pyspark"],
        "boot.txt": groups["boot"],
    }
    for name, lines in wanted.items():
        pinned = pins(ROOT / "requirements" / name)
        for line in lines:
            requirement = Requirement(line)
            versions = [str(pin.specifier)[2:] for pin, _hashes in pinned.get(canonicalize_name(requirement.name), [])]
            assert versions, f"{line} is not in {name}; run: make lock"
            assert all(version in requirement.specifier for version in versions), f"{line} in {name}; run: make lock"


@pytest.mark.parametrize("more", ["dev.txt", "cluster.txt"])
def test_running_testing_and_a_cluster_use_the_same_versions(more: str) -> None:
    run, other = pins(ROOT / "requirements" / "run.txt"), pins(ROOT / "requirements" / more)
    assert {name: [str(pin) for pin, _ in entries] for name, entries in run.items()} == {
        name: [str(pin) for pin, _ in other.get(name, [])] for name in run
    }
