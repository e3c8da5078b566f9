"""Pictures as cameras write them: the smallest files of each kind that say when and where they were taken."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

FIRST = b"\xff\xd8\xff\xe0\x00\x04JF"
"""How a JPEG begins, with one segment that says nothing."""


def exif(
    *,
    original: str = "",
    offset: str = "",
    digitized: str = "",
    place: tuple[float, float] | None = None,
    satellites: str = "",
    order: str = "<",
) -> bytes:
    """The TIFF block: DateTimeOriginal, its offset, DateTimeDigitized, and the position with its time in UTC."""
    sub = [
        (tag, _text(value))
        for tag, value in ((0x9003, original), (0x9004, digitized), (0x9011, offset))
        if value
    ]  # fmt: skip
    gps: list[tuple[int, tuple[int, int, bytes]]] = []
    if place is not None:
        latitude, longitude = place
        gps += [
            (1, _text("N" if latitude >= 0 else "S")), (2, _degrees(abs(latitude), order)),
            (3, _text("E" if longitude >= 0 else "W")), (4, _degrees(abs(longitude), order)),
        ]  # fmt: skip
    if satellites:
        day, _blank, time = satellites.partition(" ")
        gps += [(7, _rationals([(int(part), 1) for part in time.split(":")], order)), (29, _text(day))]
    main_size = 2 + 12 * 2 + 4
    at_sub = 8 + main_size
    first = _directory(sub, at_sub, order)
    second = _directory(gps, at_sub + len(first), order)
    pointers = [
        (0x8769, (4, 1, struct.pack(f"{order}I", at_sub))),
        (0x8825, (4, 1, struct.pack(f"{order}I", at_sub + len(first)))),
    ]
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return head + _directory(pointers, 8, order) + first + second


def jpeg(block: bytes = b"", rest: bytes = b" a picture") -> bytes:
    named = b"Exif\0\0" + block
    part = b"\xff\xe1" + struct.pack(">H", len(named) + 2) + named if block else b""
    return FIRST + part + b"\xff\xda" + rest


def png(block: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + chunk(b"eXIf", block) + chunk(b"IEND", b"")


def webp(block: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    body = b"WEBP" + chunk(b"VP8X", b"\0" * 10) + chunk(b"EXIF", block)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _text(value: str) -> tuple[int, int, bytes]:
    raw = value.encode() + b"\0"
    return 2, len(raw), raw


def _rationals(pairs: list[tuple[int, int]], order: str) -> tuple[int, int, bytes]:
    return 5, len(pairs), b"".join(struct.pack(f"{order}II", *pair) for pair in pairs)


def _degrees(value: float, order: str) -> tuple[int, int, bytes]:
    whole = int(value)
    minutes = (value - whole) * 60
    seconds = Fraction((minutes - int(minutes)) * 60).limit_denominator(100_000)
    return _rationals([(whole, 1), (int(minutes), 1), (seconds.numerator, seconds.denominator)], order)


def _directory(fields: list[tuple[int, tuple[int, int, bytes]]], at: int, order: str) -> bytes:
    """One directory at this place of the block: short values within, longer ones behind it."""
    behind = at + 2 + 12 * len(fields) + 4
    told, data = struct.pack(f"{order}H", len(fields)), b""
    for tag, (kind, count, raw) in fields:
        where = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack(f"{order}I", behind + len(data))
        told += struct.pack(f"{order}HHI", tag, kind, count) + where
        data += raw if len(raw) > 4 else b""
    return told + b"\0\0\0\0" + data
