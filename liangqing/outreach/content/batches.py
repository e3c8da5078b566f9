"""Many letters for the postal counter: PDF volumes of a few hundred letters each, and the list of what is in them.

Each volume is set in a process of its own, so that memory does not grow with the number of letters, and letters are
taken one after another from whoever writes them. One that can't be set, as for a character no font has, is told apart
and holds nobody else's back. Volumes are not joined: a printer that jams is started again at a volume, not at page one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

from django.utils.translation import gettext as _

from liangqing.kit import typeset, typeset_apart
from liangqing.kit.actions import clause
from liangqing.outreach.content.letters import LAYOUT, Letter, document

VOLUME = 200
"""Letters of a volume: about half a gigabyte of memory while it is set, 1.2 MB as a file."""
T = TypeVar("T")


@dataclass(frozen=True)
class Posted:
    """One line of the list for the postal counter: in which volume a letter begins on which page, and how many it has."""

    reference: str
    name: str
    address: str
    postcode: str
    volume: str
    first_page: int
    pages: int


@dataclass(frozen=True)
class Batch:
    """What was set: the files, what is in them, and which letters could not be set and why."""

    volumes: tuple[Path, ...] = ()
    posted: tuple[Posted, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass
class _Making:
    volumes: list[Path] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


@clause("P3 4.2.3")
def batch(
    letters: Iterable[Letter], folder: Path, *, duplex: bool = True, workers: int = 1, volume: int = VOLUME
) -> Batch:
    """Set letters into ``volume-001.pdf``, ``volume-002.pdf``, … of a folder that is there, in their order.

    A volume holds letters of one language; with ``duplex`` each begins on a new sheet. ``workers`` volumes are set at
    once, each by a process of its own. Letters are read as they are needed.
    """
    made = _Making()
    numbered = enumerate(_volumes(letters, volume), 1)
    with ThreadPoolExecutor(workers) as pool:
        while chosen := list(islice(numbered, workers)):
            jobs = [pool.submit(_set, each, folder / f"volume-{number:03d}.pdf", duplex) for number, each in chosen]
            for job in jobs:
                path, posted, failed = job.result()
                made.failed += failed
                if posted:
                    made.volumes.append(path)
                    made.posted += posted
    return Batch(tuple(made.volumes), tuple(made.posted), tuple(made.failed))


def _volumes(letters: Iterable[Letter], size: int) -> Iterator[list[Letter]]:
    for _language, same in groupby(letters, key=lambda letter: letter.language):
        while chosen := list(islice(same, size)):
            yield chosen


def _set(letters: list[Letter], path: Path, duplex: bool) -> tuple[Path, list[Posted], list[tuple[str, str]]]:
    """One volume; what can't be set is left out and told."""
    failed: list[tuple[str, str]] = []
    good = letters
    try:
        pages = _pages(good, path, duplex)
    except typeset.TypesetError:
        failed = list(_unset(letters, path, duplex))
        bad = {reference for reference, _why in failed}
        good = [letter for letter in letters if letter.reference not in bad]
        pages = _pages(good, path, duplex) if good else []
    return path, list(_posted(good, pages, path.name, duplex)), failed


def _pages(letters: list[Letter], path: Path, duplex: bool) -> list[int]:
    found = typeset_apart.pdf(LAYOUT, document(letters, duplex=duplex), path)
    return [each["pages"] for each in found if each]


def _unset(letters: list[Letter], path: Path, duplex: bool) -> Iterator[tuple[str, str]]:
    """Which of these can't be set, found by halving."""
    try:
        _pages(letters, path, duplex)
    except typeset.TypesetError as error:
        if len(letters) == 1:
            yield letters[0].reference, str(error)
        else:
            half = len(letters) // 2
            yield from _unset(letters[:half], path, duplex)
            yield from _unset(letters[half:], path, duplex)
    finally:
        path.unlink(missing_ok=True)


def _posted(letters: list[Letter], pages: list[int], volume: str, duplex: bool) -> Iterator[Posted]:
    first = 1
    for letter, count in zip(letters, pages, strict=True):
        to = letter.addressee
        yield Posted(letter.reference, to.name, " ".join(to.lines), to.postcode, volume, first, count)
        first += count + (count % 2 if duplex else 0)


def heads() -> tuple[str, ...]:
    """The heads of the list for the postal counter, in the reader's language."""
    return (
        _("No."), _("Reference"), _("Addressee"), _("Address"), _("Postcode"), _("Volume"), _("First page"), _("Pages"),
        _("Postal number"), _("Remarks"),
    )  # fmt: skip


def rows(made: Batch) -> Iterator[tuple[str | int, ...]]:
    """The list's lines, the last two columns empty for the counter to fill in."""
    for number, each in enumerate(made.posted, 1):
        where = (each.name, each.address, each.postcode, each.volume, each.first_page, each.pages)
        yield (number, each.reference, *where, "", "")


def contents_csv(made: Batch) -> bytes:
    """The list as CSV as spreadsheets open it: UTF-8 with its mark, and nothing in it taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads())
    for row in rows(made):
        writer.writerow(
            [f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell for cell in row]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()
