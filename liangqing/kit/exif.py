"""When and where a picture says it was taken: the few EXIF fields of JPEG, PNG and WebP that tell it.

A picture comes from anybody. What is read is bounded: one block of at most 64 KiB, three directories of at most 512 fields
each, named by their place and never followed further; anything that does not fit says nothing. No field is believed to be
true: it is what the picture says.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 512
_MOST_PARTS = 4096
"""Segments or chunks looked at before the block is taken for missing."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
"""Bytes of one value, by type: byte, text, short, long, rational, undefined, signed long, signed rational."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 9: "i"}

_EXIF, _GPS = 0x8769, 0x8825
_ORIGINAL, _DIGITIZED = 0x9003, 0x9004
_OFFSET_ORIGINAL, _OFFSET_DIGITIZED = 0x9011, 0x9012
_NORTH, _LATITUDE, _EAST, _LONGITUDE, _GPS_TIME, _GPS_DATE = 1, 2, 3, 4, 7, 29


@dataclass(frozen=True)
class Said:
    """What a picture says of itself. ``at`` is aware; ``place`` latitude and longitude in degrees, five decimals (a metre)."""

    at: dt.datetime | None = None
    place: tuple[Decimal, Decimal] | None = None


def said_by(content: bytes, zone: dt.tzinfo) -> Said:
    """What the picture says; nothing for one that says nothing, is of another kind, or is not as it should be.

    The time is DateTimeOriginal (else DateTimeDigitized) with its offset; without one, the clock of ``zone`` is meant,
    or where the satellites' time (UTC) is given, that one is taken instead. Never raises for what a file holds.
    """
    try:
        block = _block(content)
        return _read(block, zone) if block else Said()
    except (struct.error, ValueError, ArithmeticError, IndexError):
        return Said()


# where the block stands ----------------------------------------------------------------------------------------------


def _block(content: bytes) -> bytes:
    """The TIFF block with the fields, empty where there is none."""
    if content.startswith(b"\xff\xd8\xff"):
        return _in_jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _in_png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _in_webp(content)
    return b""


def _in_jpeg(content: bytes) -> bytes:
    at = 2
    for _part in range(_MOST_PARTS):
        if content[at] != 0xFF:
            return b""
        mark = content[at + 1]
        if mark == 0xFF:  # a fill byte
            at += 1
            continue
        if mark in (0xD9, 0xDA):  # the picture itself begins, or it is over
            return b""
        if mark == 0x01 or 0xD0 <= mark <= 0xD8:
            at += 2
            continue
        (size,) = struct.unpack_from(">H", content, at + 2)
        if size < 2:
            return b""
        if mark == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0":
            return content[at + 10 : at + 2 + size]
        at += 2 + size
    return b""


def _in_png(content: bytes) -> bytes:
    at = 8
    for _part in range(_MOST_PARTS):
        size, name = struct.unpack_from(">I4s", content, at)
        if name == b"eXIf":
            return content[at + 8 : at + 8 + min(size, _MOST_BYTES)]
        if name == b"IEND":
            return b""
        at += 12 + size
    return b""


def _in_webp(content: bytes) -> bytes:
    at = 12
    for _part in range(_MOST_PARTS):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"EXIF":
            block = content[at + 8 : at + 8 + min(size, _MOST_BYTES)]
            return block.removeprefix(b"Exif\0\0")
        at += 8 + size + size % 2
    return b""


# what the fields say -------------------------------------------------------------------------------------------------


def _read(block: bytes, zone: dt.tzinfo) -> Said:
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return Said()
    mark, first = struct.unpack_from(f"{order}HI", block, 2)
    if mark != 42:
        return Said()
    main = dict(_fields(block, order, first))
    exif = dict(_fields(block, order, _pointer(main.get(_EXIF))))
    gps = dict(_fields(block, order, _pointer(main.get(_GPS))))
    return Said(_time(exif, gps, zone), _place(gps))


Value = str | tuple[int, ...] | tuple[tuple[int, int], ...]


def _fields(block: bytes, order: str, at: int) -> Iterator[tuple[int, Value]]:
    """The fields of one directory: texts, numbers, and rationals as pairs."""
    if not 0 < at <= len(block) - 2:
        return
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for place in range(min(count, _MOST_FIELDS)):
        start = at + 2 + place * 12
        if start + 12 > len(block):
            return
        tag, kind, length = struct.unpack_from(f"{order}HHI", block, start)
        size = _SIZES.get(kind, 0) * length
        if not 0 < size <= 256:  # nothing that is read here is longer
            continue
        where = start + 8
        if size > 4:
            (where,) = struct.unpack_from(f"{order}I", block, where)
        if where + size > len(block):
            continue
        yield tag, _value(block[where : where + size], kind, order, length)


def _value(raw: bytes, kind: int, order: str, length: int) -> Value:
    if kind in (2, 7):
        return raw.split(b"\0", 1)[0].decode("ascii", "replace").strip()
    if kind in (5, 10):
        numbers = struct.unpack(f"{order}{2 * length}{'I' if kind == 5 else 'i'}", raw)
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return struct.unpack(f"{order}{length}{_NUMBERS[kind]}", raw)


def _pointer(value: Value | None) -> int:
    return value[0] if isinstance(value, tuple) and isinstance(value[0], int) else 0


def _time(exif: dict[int, Value], gps: dict[int, Value], zone: dt.tzinfo) -> dt.datetime | None:
    for tag, offset in ((_ORIGINAL, _OFFSET_ORIGINAL), (_DIGITIZED, _OFFSET_DIGITIZED)):
        text = exif.get(tag)
        told = _offset(exif.get(offset))
        found = _instant(text, told or zone) if isinstance(text, str) else None
        if found is not None:
            return found if told else _satellites(gps) or found
    return _satellites(gps)


def _instant(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """``2026:11:23 10:05:00`` by the clock of a zone; cameras whose clock was never set write zeros or blanks."""
    try:
        found = dt.datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year >= 1970 else None


def _offset(value: Value | None) -> dt.tzinfo | None:
    """``+08:00`` or ``Z``."""
    if not isinstance(value, str):
        return None
    if value == "Z":
        return dt.UTC
    try:
        return dt.datetime.strptime(value, "%z").tzinfo
    except ValueError:
        return None


def _satellites(gps: dict[int, Value]) -> dt.datetime | None:
    day, time = gps.get(_GPS_DATE), _three(gps.get(_GPS_TIME))
    if not isinstance(day, str) or time is None:
        return None
    hour, minute, second = (int(each) for each in time)
    try:
        found = dt.datetime.strptime(day[:10], "%Y:%m:%d").replace(
            hour=hour, minute=minute, second=min(second, 59), tzinfo=dt.UTC
        )
    except (ValueError, OverflowError):
        return None
    return found if found.year >= 1970 else None


def _place(gps: dict[int, Value]) -> tuple[Decimal, Decimal] | None:
    latitude = _degrees(gps.get(_LATITUDE), gps.get(_NORTH), "N", "S", 90)
    longitude = _degrees(gps.get(_LONGITUDE), gps.get(_EAST), "E", "W", 180)
    if (
        latitude is None or longitude is None or latitude == longitude == 0
    ):  # 0, 0 is what receivers write without a fix
        return None
    return latitude, longitude


def _degrees(value: Value | None, side: Value | None, plus: str, minus: str, most: int) -> Decimal | None:
    """Degrees, minutes and seconds on a side of the earth, or None for what is no place on it."""
    parts = _three(value)
    if side not in (plus, minus) or parts is None:
        return None
    degrees, minutes, seconds = parts
    found = degrees + minutes / 60 + seconds / 3600
    if not 0 <= found <= most:
        return None
    return round(found if side == plus else -found, 5)


def _three(value: Value | None) -> tuple[Decimal, Decimal, Decimal] | None:
    """Three fractions, none of them of nothing."""
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    one, two, three = ((each, 1) if isinstance(each, int) else each for each in value)
    if not (one[1] and two[1] and three[1]):
        return None
    return Decimal(one[0]) / one[1], Decimal(two[0]) / two[1], Decimal(three[0]) / three[1]
