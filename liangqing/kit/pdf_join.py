"""PDF files of one make joined into one, as long as one likes, with one of them in memory at a time.

It knows what Typst writes, which all of ours is: a classical table of objects (ISO 32000-1, 7.5.4) and no packed ones. The
objects of each file are written out under new numbers; its pages become a branch of one tree; catalogue, description and
colour profile are those of the first, so that what was PDF/A stays it. Anything else is refused loudly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

_TAIL = re.compile(rb"trailer\s*<<(.*)>>\s*startxref\s*(\d+)\s*%%EOF\s*\Z", re.DOTALL)
_LINE = re.compile(rb"(\d{10}) \d{5} ([nf])")
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_BEGIN = re.compile(rb"(\d+) 0 obj\s")
_STREAM = re.compile(rb">>\s*stream\r?\n")
_TREE, _INFO = 1, 2
"""The numbers of the tree of all pages and of the description in what is written."""


@dataclass(frozen=True)
class _File:
    """One file as it was read: its objects by their numbers, and which of them are the tree, the catalogue, the rest."""

    objects: dict[int, bytes]
    catalogue: int
    tree: int
    info: int
    of_first: frozenset[int]
    """Its description in XML and its colour profile: needed once."""
    pages: int


class _Writer:
    def __init__(self, to: BinaryIO) -> None:
        self.to, self.at, self.digest = to, 0, hashlib.sha256()
        self.places: dict[int, int] = {}

    def put(self, content: bytes) -> None:
        self.at += self.to.write(content)

    def put_object(self, number: int, content: bytes) -> None:
        self.places[number] = self.at
        head = b"%d 0 obj\n" % number
        self.digest.update(head + content)
        self.put(head + content.strip() + b"\nendobj\n")


def join(files: Iterable[bytes], to: BinaryIO) -> int:
    """Write all pages of the files, one after another, as one PDF; returns how many pages it has. Raises ``ValueError`` for a
    file Typst did not write, and where there is none."""
    out = _Writer(to)
    out.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    next_number, pages, branches, catalogue = 3, 0, [], b""
    for file in map(_read, files):
        shift = next_number - 1
        first = not catalogue
        if first:
            catalogue = _moved(file.objects[file.catalogue], shift).replace(
                b"/Pages %d 0 R" % (file.tree + shift), b"/Pages %d 0 R" % _TREE
            )
        for number, content in file.objects.items():
            if number in (file.catalogue, file.info) or (not first and number in file.of_first):
                continue
            moved = _moved(content, shift)
            if number == file.tree:
                moved = moved.replace(b"/Type/Pages", b"/Type/Pages/Parent %d 0 R" % _TREE, 1)
            out.put_object(number + shift, moved)
        if first:
            out.put_object(_INFO, file.objects[file.info])
        branches.append(file.tree + shift)
        pages, next_number = pages + file.pages, next_number + max(file.objects)
    if not branches:
        raise ValueError("nothing to join")
    kids = b" ".join(b"%d 0 R" % branch for branch in branches)
    out.put_object(_TREE, b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids))
    out.put_object(next_number, catalogue)
    _end(out, next_number)
    return pages


def _end(out: _Writer, root: int) -> None:
    start = out.at
    out.put(b"xref\n0 %d\n0000000000 65535 f \n" % (root + 1))
    for number in range(1, root + 1):
        place = out.places.get(number)
        out.put(b"%010d 00000 n \n" % place if place is not None else b"0000000000 00000 f \n")
    name = out.digest.hexdigest()[:32].encode()
    about = b"/Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (root + 1, root, _INFO, name, name)
    out.put(b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (about, start))


def _read(content: bytes) -> _File:
    tail = _TAIL.search(content, max(content.rfind(b"trailer"), 0))
    if tail is None:
        raise ValueError("no PDF with a table of objects")
    table = content[int(tail[2]) : tail.start()]
    places = sorted(int(place) for place, used in _LINE.findall(table) if used == b"n")
    if not table.startswith(b"xref") or not places:
        raise ValueError("no PDF with a table of objects")
    objects = dict(_objects(content, [*places, int(tail[2])]))
    catalogue, info = _named(b"Root", tail[1]), _named(b"Info", tail[1])
    tree = _named(b"Pages", objects[catalogue])
    count = re.search(rb"/Count (\d+)", objects[tree])
    if count is None or b"/Type/ObjStm" in content:
        raise ValueError("no PDF as Typst writes it")
    once = {
        number
        for number, each in objects.items()
        if each.startswith(b"<</Type/Metadata") or b"/Subtype/XML" in each[:200] or b"/Type/OutputIntent" in each[:200]
    }
    once |= {
        _named(b"DestOutputProfile", objects[number]) for number in once if b"/DestOutputProfile" in objects[number]
    }
    once |= {number for number in [_maybe(b"OutputIntents", objects[catalogue])] if number}
    return _File(objects, catalogue, tree, info, frozenset(once), int(count[1]))


def _objects(content: bytes, places: list[int]) -> Iterator[tuple[int, bytes]]:
    for start, until in pairwise(places):
        begin, end = _BEGIN.match(content, start), content.rfind(b"endobj", start, until)
        if begin is None or end < 0:
            raise ValueError("no PDF as Typst writes it")
        yield int(begin[1]), content[begin.end() : end].strip()


def _named(name: bytes, content: bytes) -> int:
    found = _maybe(name, content)
    if found is None:
        raise ValueError(f"no PDF as Typst writes it: {name.decode()} is missing")
    return found


def _maybe(name: bytes, content: bytes) -> int | None:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", content)
    return int(found[1]) if found else None


def _moved(content: bytes, shift: int) -> bytes:
    """An object with every reference moved: not inside texts, and not in the stream behind its dictionary."""
    stream = _STREAM.search(content)
    until = stream.start() + 2 if stream else len(content)
    pieces, at = [], 0
    while (start := content.find(b"(", at, until)) >= 0:
        end = _text_end(content, start)
        pieces += [_shifted(content[at:start], shift), content[start:end]]
        at = end
    return b"".join((*pieces, _shifted(content[at:until], shift), content[until:]))


def _shifted(content: bytes, shift: int) -> bytes:
    return _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + shift), content)


def _text_end(content: bytes, start: int) -> int:
    """Behind the bracket that ends a text (ISO 32000-1, 7.3.4.2)."""
    depth, at = 0, start
    while at < len(content):
        sign = content[at : at + 1]
        if sign == b"\\":
            at += 1
        elif sign == b"(":
            depth += 1
        elif sign == b")":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    raise ValueError("no PDF as Typst writes it: a text without an end")
