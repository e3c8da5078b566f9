"""What kind of file this is, which encoding its text has, and what separates its cells."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from liangqing.imports.reading import private
from liangqing.imports.reading.child import ARCHIVE
from liangqing.imports.rules import spelling
from liangqing.kit.refusal import Refusal

DELIMITERS = (",", "\t", ";", "|")
CHUNK = 1 << 20
LINES_LOOKED_AT = 60
_END_MARK = b"\x1a"

_NAMES = """utf-8 utf-8-sig utf-16 utf-16-le utf-16-be gb18030 gbk gb2312 big5 big5hkscs cp950 latin-1 cp1252
iso8859-15 shift_jis cp932 euc-jp euc-kr cp949 ascii"""
_ENCODINGS = {codecs.lookup(name).name for name in _NAMES.split()}
_ENOUGH_TO_BE_UTF8 = 10  # characters beyond ASCII decoded before an error: then the file is damaged UTF-8, nothing else


@dataclass(frozen=True, slots=True)
class Text:
    """A file as UTF-8 text: where it is, what it was encoded in, and how its head begins."""

    path: Path
    encoding: str
    head: str
    whole: bool  # the head is the whole file


def format_of(path: Path) -> str:
    """``xlsx``, ``xls`` or ``text``, by content, never by name."""
    with path.open("rb") as file:
        start = file.read(2048)
    if not start.strip(b" \t\r\n\0"):
        raise Refusal("empty_file", _("The file is empty. Export it again."), status=422)
    if start.startswith(ARCHIVE):
        return "xlsx"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    beginning = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if beginning.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        raise Refusal(
            "web_page",
            _(
                "The file is a web page or XML, not a spreadsheet. "
                "Open it in a spreadsheet program and save it as xlsx."
            ),
            status=422,
        )
    return "text"


def as_utf8(path: Path, folder: Path, encoding: str | None) -> Text:
    """The file as UTF-8 without a byte order mark, checked to its last byte; copied only when it must be."""
    with path.open("rb") as file:
        start = file.read(4)
    if encoding is not None:
        return _transcode(path, folder, _allowed(encoding))
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _transcode(path, folder, "utf-16")
    marked = start.startswith(codecs.BOM_UTF8)
    error, beyond_ascii = _check_utf8(path)
    if error is None:
        copied = marked or _ends_with_mark(path)
        return _transcode(path, folder, "utf-8-sig" if marked else "utf-8") if copied else _text(path, "utf-8")
    if marked or beyond_ascii >= _ENOUGH_TO_BE_UTF8:
        raise _unreadable("UTF-8", error)
    return _transcode(path, folder, "gb18030")


def _allowed(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        name = ""
    if name not in _ENCODINGS:
        raise Refusal(
            "unknown_encoding",
            _("The encoding “{encoding}” is not known. Use UTF-8 or GB18030."),
            status=422,
            encoding=encoding,
        )
    return "utf-8-sig" if name == "utf-8" else name


def _unreadable(encoding: str, at: int) -> Refusal:
    return Refusal(
        "unreadable_encoding",
        _("The text is not valid {encoding} at byte {byte}. Save the file as UTF-8 and import it again."),
        status=422,
        encoding=encoding,
        byte=at,
    )


def _check_utf8(path: Path) -> tuple[int | None, int]:
    """The byte where UTF-8 ends to be valid, if it does, and how many characters beyond ASCII came before."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = beyond_ascii = without_break = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode("utf-8")
                return offset - pending + error.start, beyond_ascii + sum(not letter.isascii() for letter in good)
            if not chunk:
                return None, beyond_ascii
            without_break = _line_guard(chunk, without_break)
            offset += len(chunk)
            if beyond_ascii < _ENOUGH_TO_BE_UTF8 and not text.isascii():
                beyond_ascii += sum(not letter.isascii() for letter in text)


def _line_guard(chunk: bytes, without_break: int) -> int:
    """Refuse a line so long that reading it would take memory without bound."""
    if b"\n" in chunk or b"\r" in chunk:
        return 0
    if without_break + len(chunk) > CHUNK:
        raise Refusal(
            "line_too_long",
            _("A line of the file is longer than {limit} bytes. This is not a table; export it again as CSV or xlsx."),
            status=422,
            limit=f"{CHUNK:,}",
        )
    return without_break + len(chunk)


def _transcode(path: Path, folder: Path, encoding: str) -> Text:
    """Copy the file as UTF-8; refuse at the first byte the encoding does not have."""
    target = folder / "text.csv"
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = without_break = 0
    with path.open("rb") as source, open(target, "wb", opener=private.opener) as copy:
        while True:
            chunk = source.read(CHUNK)
            pending = len(decoder.getstate()[0])
            try:
                encoded = decoder.decode(chunk, final=not chunk).encode("utf-8")
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                raise _unreadable(encoding.upper(), offset - pending + start) from None
            without_break = _line_guard(encoded, without_break) if encoded else without_break
            copy.write(encoded)
            if not chunk:
                break
            offset += len(chunk)
    _take_off_end_mark(target)
    return _text(target, "utf-8" if encoding == "utf-8-sig" else encoding)


def _ends_with_mark(path: Path) -> bool:
    """Whether the text ends with the end mark of old systems (Ctrl-Z), which is no part of the last cell."""
    return _END_MARK in _last(path)


def _take_off_end_mark(path: Path) -> None:
    if _END_MARK in (last := _last(path)):
        os.truncate(path, path.stat().st_size - len(last))


def _last(path: Path) -> bytes:
    """The end marks and line breaks at the end of a text, as far as they matter."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, io.SEEK_END) - 64, 0))
        tail = file.read()
    return tail[len(tail.rstrip(_END_MARK + b"\r\n")) :]


def _text(path: Path, encoding: str) -> Text:
    with path.open("rb") as file:
        start = file.read(CHUNK + 1)
    whole = len(start) <= CHUNK
    head = start.decode("utf-8", errors="strict" if whole else "ignore")
    if whole and not head.strip(" \t\r\n\0,;|"):
        raise Refusal("empty_file", _("The file is empty. Export it again."), status=422)
    controls = sum(head.count(chr(code)) for code in range(32) if code not in (9, 10, 12, 13, 26))
    if controls * 20 > len(head):
        raise Refusal(
            "not_a_table",
            _("The file is not text and not a spreadsheet this system knows. Export it as CSV in UTF-8 or as xlsx."),
            status=422,
        )
    return Text(path, encoding, head, whole)


def records(head: str, delimiter: str, *, whole: bool, limit: int = LINES_LOOKED_AT) -> list[list[str]]:
    """The first records of a text, read leniently; the last one is left out when it may be cut."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    try:
        for record in reader:
            found.append(record)
            if len(found) == limit:
                return found
    except csv.Error:
        return found
    return found if whole else found[:-1]


def delimiter_of(text: Text, known: frozenset[str]) -> str:
    """What separates the cells.

    The delimiter that makes the most headers known wins; among equals the one that gives the lines the same number of
    cells most often; among equals the one that gives more cells.
    """
    first_line = text.head.split("\n", 1)[0].strip("\r\n ").lower()
    if first_line.startswith("sep=") and first_line[4:] in DELIMITERS:  # Excel's own hint
        return first_line[4:]

    def score(delimiter: str) -> tuple[int, float, int, int]:
        rows = [row for row in records(text.head, delimiter, whole=text.whole) if any(cell.strip() for cell in row)]
        headers = max((spelling.known_in(row[:1000], known) for row in rows[:30]), default=0) if known else 0
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return headers, 0.0, 0, -DELIMITERS.index(delimiter)
        width, times = widths.most_common(1)[0]
        return (headers if headers > 1 else 0), times / len(rows), width, -DELIMITERS.index(delimiter)

    return max(DELIMITERS, key=score)


def header_row(rows: Sequence[Sequence[str]], known: frozenset[str]) -> int | None:
    """The place of the row that names the columns: the most known headers, else the first row that looks like names."""
    looked_at = rows[:30]
    best, hits = None, 0
    for place, row in enumerate(looked_at):
        found = spelling.known_in(row[:1000], known) if known else 0
        if found > hits:
            best, hits = place, found
    if best is not None and (hits > 1 or len([cell for cell in rows[best] if cell.strip()]) == 1):
        return best
    filled = [sum(bool(cell.strip()) for cell in row) for row in looked_at]
    widest = max(filled, default=0)
    for place, row in enumerate(looked_at):
        if filled[place] * 2 > widest and not any(_is_figure(cell) for cell in row):
            return place
    return next((place for place, count in enumerate(filled) if count), None)


def _is_figure(cell: str) -> bool:
    return cell.strip(" -+¥$()").replace(",", "").replace(".", "").isdigit()
