"""What became of a mail, as mail servers say it: the machine-readable report of RFC 3464, or a few words of text.

Everything here was written by strangers: nothing is trusted, everything is bounded, nothing makes it stop.
"""

from __future__ import annotations

import email.errors
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message

BROKEN = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, email.errors.MessageError
)  # fmt: skip
"""What Python's mail parser is known to raise on hostile mails (RFC 2231 names, dates, charsets, deep nesting)."""

_MOST_PARTS = 200
_MOST_TEXT = 100_000
_MOST_HEADER = 4_000
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


@dataclass(frozen=True)
class Status:
    """One recipient of a delivery report. ``action`` is one of failed, delayed, delivered, relayed and expanded."""

    action: str
    status: str
    recipient: str
    diagnostic: str
    envelope_id: str


def statuses(mail: Message) -> list[Status]:
    """What the report in a mail says, for each recipient; empty when there is no report."""
    for part in parts(mail):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            return _read(part)
    return []


def _read(part: Message) -> list[Status]:
    blocks = part.get_payload()
    if not isinstance(blocks, list):
        return []
    found, envelope = [], ""
    for block in blocks[:_MOST_PARTS]:
        if not isinstance(block, Message):
            continue
        envelope = header(block, "Original-Envelope-Id") or envelope
        action = header(block, "Action").lower().split(" ")[0]
        if action not in _ACTIONS:
            continue
        status = _STATUS.search(header(block, "Status"))
        final = header(block, "Original-Recipient") or header(block, "Final-Recipient")
        found.append(
            Status(
                action=action,
                status=status[1] if status else "",
                recipient=final.partition(";")[2].strip() or final,
                diagnostic=header(block, "Diagnostic-Code").partition(";")[2].strip()[:500],
                envelope_id=envelope,
            )
        )
    return found


def status_in(words: str) -> str:
    """The enhanced status code a free text names, as 5.1.1; empty when none."""
    found = _STATUS.search(words)
    return found[1] if found else ""


def parts(mail: Message) -> Iterator[Message]:
    """Its parts, the outer before the inner, at most two hundred of them."""
    waiting, seen = [mail], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            waiting[:0] = [each for each in inner if isinstance(each, Message)]


def header(mail: Message, name: str) -> str:
    """A header as readable text on one line; empty when it is missing."""
    try:
        raw = str(mail.get(name, ""))[:_MOST_HEADER]
        said = "".join(
            decoded(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in decode_header(raw)
        )
    except BROKEN:
        said = str(mail.get(name, ""))[:_MOST_HEADER].encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in said)).strip()


def every(mail: Message, *names: str) -> str:
    """All headers of these names, run together; to look for something in them."""
    return " ".join(str(value)[:_MOST_HEADER] for name in names for value in mail.get_all(name, [])[:20])


def decoded(content: bytes, charset: str | None) -> str:
    """Text in the charset it claims, else in the first that fits: UTF-8, GB18030. Never fails.

    What calls itself GB2312 or GBK is read as GB18030, which holds both.
    """
    claimed = (charset or "").lower().strip("'\"")
    if claimed in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "cp936"):
        claimed = "gb18030"
    for attempt in (claimed, "utf-8", "gb18030"):
        if attempt and attempt not in ("unknown-8bit", "us-ascii", "ascii"):
            try:
                return content.decode(attempt)
            except (LookupError, UnicodeError, ValueError):
                continue
    return content.decode("utf-8", "replace")


def text_of(mail: Message) -> str:
    """What there is to read: the plain parts, else the HTML ones without their marks. At most 100,000 characters."""
    plain: list[str] = []
    marked: list[str] = []
    for part in parts(mail):
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_filename():
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            written = decoded(content[: _MOST_TEXT * 4], part.get_content_charset())
            (plain if kind == "text/plain" else marked).append(written)
    said = "\n".join(plain).strip() or "\n".join(_unmarked(each) for each in marked)
    cleaned = "".join(char if char.isprintable() or char == "\n" else " " for char in said.replace("\r\n", "\n"))
    return re.sub(r"\n{3,}", "\n\n", cleaned).strip()[:_MOST_TEXT]


_HIDDEN = ("script", "style", "title")
_BLOCKS = ("p", "div", "br", "tr", "li", "blockquote")


def _unmarked(marked: str) -> str:
    """The words of an HTML mail; scripts, styles and comments are left out, blocks become lines.

    Python's own parser takes minutes for a hundred thousand characters made for it; this looks at each once.
    """
    first, *tags = marked[:_MOST_TEXT].split("<")
    words, hidden, comment = [first], "", False
    for tag in tags:
        if comment or tag.startswith("!--"):
            _before, ended, after = tag.partition("-->")
            comment = not ended
            words.append("" if hidden else after)
            continue
        found = re.match(r"(/?)([a-zA-Z][a-zA-Z0-9]*)", tag)
        inside, closed, after = tag.partition(">")
        name = found[2].lower() if found else ""
        if hidden:
            if name == hidden and found and found[1]:
                hidden = ""
                words.append(after)
        elif not found and not inside.startswith(("!", "?", "/")):
            words.append(f"<{tag}")  # no tag: 3 < 5
        else:
            if name in _HIDDEN and found and not found[1]:
                hidden = name
            elif name in _BLOCKS:
                words.append("\n")
            words.append(after if closed and not hidden else "")
    lines = (line.strip() for line in html.unescape("".join(words)).split("\n"))
    return "\n".join(line for line in lines if line)


_LONGEST_LINE = 20_000
_MOST_LINES = 100_000


def tamed(raw: bytes) -> bytes:
    """The mail with what Python's parser takes minutes for cut off: headers of more than twenty thousand bytes, folded or
    not, and more lines than a mail of five megabytes has."""
    kept: list[bytes] = []
    length = 0
    for line in raw.split(b"\n", _MOST_LINES)[:_MOST_LINES]:
        length = length + len(line) if line[:1] in (b" ", b"\t") else len(line)
        if length <= _LONGEST_LINE:
            kept.append(line)
        elif length == len(line):
            kept.append(line[:_LONGEST_LINE])
    return b"\n".join(kept)
