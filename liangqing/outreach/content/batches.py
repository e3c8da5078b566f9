"""Many letters for the postal counter: PDF volumes of a few hundred letters each, and the list of what is in them.

Each volume is set in a process of its own, so that memory does not grow with the number of letters, and letters are
taken one after another from whoever writes them. One that can't be set, as for a character no font has, is told apart
and holds nobody else's back. Volumes are kept: a printer that jams is started again at a volume, not at page one; whoever
wants one print job gets them joined (``joined``).

Letters that are Word documents of the institution's own come as archives of documents, numbered in the order of the list:
each stays what the institution made of it, with its own page numbers and lists, and may be printed anew alone.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from django.utils.translation import gettext as _

from liangqing.kit import pdf_join, typeset, typeset_apart
from liangqing.kit.actions import clause
from liangqing.outreach.content.letters import LAYOUT, Letter, document

VOLUME = 200
"""Letters of a volume: about half a gigabyte of memory while it is set, 1.2 MB as a file."""
MOST_WORD_BYTES = 64 * 2**20
"""An archive of Word documents is full at so many bytes, however few letters that are: pictures are large."""
T = TypeVar("T")


@dataclass(frozen=True)
class Posted:
    """One line of the list for the postal counter: in which volume a letter begins on which page, and how many it has. In
    an archive of Word documents ``first_page`` is the number of the document, and nobody knows its pages (0)."""

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
    """Set letters into ``volume-001.pdf``, ``volume-002.pdf``, … of a folder that is there, in their order; those that are
    Word documents into ``volume-003.zip``.

    A volume holds letters of one language; with ``duplex`` each begins on a new sheet. ``workers`` volumes are set at
    once, each by a process of its own. Letters are read as they are needed.
    """
    made = _Making()
    numbered = enumerate(_volumes(letters, volume), 1)
    with ThreadPoolExecutor(workers) as pool:
        while chosen := list(islice(numbered, workers)):
            for job in [pool.submit(_volume, each, folder / f"volume-{number:03d}", duplex) for number, each in chosen]:
                path, posted, failed = job.result()
                made.failed += failed
                if posted:
                    made.volumes.append(path)
                    made.posted += posted
    return Batch(tuple(made.volumes), tuple(made.posted), tuple(made.failed))


def _volumes(letters: Iterable[Letter], size: int) -> Iterator[list[Letter]]:
    for (_language, word), same in groupby(letters, key=lambda letter: (letter.language, bool(letter.word))):
        while chosen := list(_archived(same, size) if word else islice(same, size)):
            yield chosen


def _archived(letters: Iterator[Letter], size: int) -> Iterator[Letter]:
    """The letters of one archive, which is full at ``size`` letters or ``MOST_WORD_BYTES``."""
    filled = 0
    for letter in islice(letters, size):
        yield letter
        filled += len(letter.word)
        if filled >= MOST_WORD_BYTES:
            return


def _volume(letters: list[Letter], path: Path, duplex: bool) -> tuple[Path, list[Posted], list[tuple[str, str]]]:
    if letters[0].word:
        return _archive(letters, path.with_suffix(".zip"))
    return _set(letters, path.with_suffix(".pdf"), duplex)


def _archive(letters: list[Letter], path: Path) -> tuple[Path, list[Posted], list[tuple[str, str]]]:
    """One archive: documents are small archives themselves and not packed again."""
    posted = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, letter in enumerate(letters, 1):
            archive.writestr(f"{number:03d} {letter.reference}.docx", letter.word)
            posted.append(_line(letter, path.name, number, 0))
    return path, posted, []


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
        yield _line(letter, volume, first, count)
        first += count + (count % 2 if duplex else 0)


def _line(letter: Letter, volume: str, first: int, pages: int) -> Posted:
    to = letter.addressee
    return Posted(letter.reference, to.name, " ".join(to.lines), to.postcode, volume, first, pages)


def joined(volumes: Iterable[bytes], to: BinaryIO) -> int:
    """All PDF volumes of a batch as one, written to a file as they are read; returns how many pages it has. One volume is in
    memory at a time. Raises ``ValueError`` for what is no volume."""
    return pdf_join.join(volumes, to)


def heads() -> tuple[str, ...]:
    """The heads of the list for the postal counter, in the reader's language."""
    return (
        _("No."), _("Reference"), _("Addressee"), _("Address"), _("Postcode"), _("Volume"), _("First page"), _("Pages"),
        _("Postal number"), _("Remarks"),
    )  # fmt: skip


def rows(made: Batch) -> Iterator[tuple[str | int, ...]]:
    """The list's lines, the last two columns empty for the counter to fill in."""
    for number, each in enumerate(made.posted, 1):
        where = (each.name, each.address, each.postcode, each.volume, each.first_page, each.pages or "")
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
