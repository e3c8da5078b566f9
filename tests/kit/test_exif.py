"""What a picture says of its time and place is read from the file, and a hostile file says nothing."""

from __future__ import annotations

import datetime as dt
import struct
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.kit.exif import Said, said_by
from tests.pictures import exif, jpeg, png, webp

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)
CANTON = (Decimal("23.12911"), Decimal("113.26439"))
WHOLE = exif(original="2026:11:23 10:00:00", offset="+08:00", place=(23.12911, 113.26439))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("file", [jpeg, png, webp])
def test_time_and_place_are_read_from_each_kind_in_both_orders_of_bytes(file, order: str) -> None:
    block = exif(original="2026:11:23 10:00:00", offset="+08:00", place=(23.12911, 113.26439), order=order)
    assert said_by(file(block), SHANGHAI) == Said(TEN, CANTON)


def test_south_and_west_are_below_zero() -> None:
    assert said_by(jpeg(exif(place=(-33.86882, -70.5))), SHANGHAI).place == (Decimal("-33.86882"), Decimal("-70.50000"))


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"original": "2026:11:23 10:00:00", "offset": "+00:00"}, TEN.replace(hour=10)),
        ({"original": "2026:11:23 10:00:00", "offset": "Z"}, TEN.replace(hour=10)),
        ({"original": "2026:11:23 10:00:00"}, TEN),
        ({"original": "2026:11:23 10:00:00", "satellites": "2026:11:23 10:30:15"}, TEN.replace(hour=10, minute=30, second=15)),
        ({"satellites": "2026:11:23 02:00:00"}, TEN),
        ({"digitized": "2026:11:23 10:00:00"}, TEN),
        ({"original": "0000:00:00 00:00:00", "digitized": "2026:11:23 10:00:00"}, TEN),
        ({"original": "    :  :     :  :  "}, None),
        ({"original": "0001:01:01 00:00:00"}, None),
        ({"original": "2026:11:23 10:00:00", "offset": "east"}, TEN),
        ({"satellites": "2026:11:23 99:99:99"}, None),
    ],
)  # fmt: skip
def test_the_offset_counts_then_the_satellites_then_the_clock_of_the_house(
    fields: dict, at: dt.datetime | None
) -> None:
    assert said_by(jpeg(exif(**fields)), SHANGHAI).at == at


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", jpeg(), b"%PDF-1.7", jpeg(b"II"), jpeg(b"II*\0\xff\xff\xff\xff"), png(b"MM"),
     webp(b""), jpeg(exif(place=(0.0, 0.0))), b"\xff\xd8" + b"\xff" * 100_000, b"\xff\xd8\xff\xe1\0\0" * 9],
)  # fmt: skip
def test_what_says_nothing_says_nothing(content: bytes) -> None:
    assert said_by(content, SHANGHAI) == Said()


def test_a_place_beyond_the_earth_and_a_fraction_of_nothing_are_none_and_the_time_stays() -> None:
    far = exif(original="2026:11:23 10:00:00", place=(95.0, 113.0))
    assert said_by(jpeg(far), SHANGHAI) == Said(TEN, None)
    block = exif(original="2026:11:23 10:00:00", place=(23.0, 113.0))
    nothing = block.replace(struct.pack("<II", 23, 1), struct.pack("<II", 23, 0))
    assert said_by(jpeg(nothing), SHANGHAI) == Said(TEN, None)


@given(st.binary(max_size=600))
def test_any_bytes_are_survived(noise: bytes) -> None:
    for content in (noise, b"\xff\xd8\xff" + noise, jpeg(noise[:500]), jpeg(b"II*\0" + noise), png(noise), webp(noise)):
        assert isinstance(said_by(content, SHANGHAI), Said)


@given(st.sampled_from([jpeg(WHOLE), png(WHOLE), webp(WHOLE)]), st.data())
def test_a_picture_with_bytes_changed_or_cut_off_is_survived(picture: bytes, data: st.DataObject) -> None:
    changed = bytearray(picture)
    for _time in range(data.draw(st.integers(0, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.sampled_from([0, 1, 2, 127, 128, 255]))
    cut = bytes(changed[: data.draw(st.integers(0, len(changed)))])
    said = said_by(cut, SHANGHAI)
    assert said.at is None or said.at.tzinfo is not None
    assert said.place is None or (abs(said.place[0]) <= 90 and abs(said.place[1]) <= 180)


def test_directories_that_name_each_other_and_claim_much_take_no_time() -> None:
    field = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x9003, 2, 2**32 - 1, 8)
    hostile = b"II*\0" + struct.pack("<IH", 8, 65535) + field * 2700
    start = time.perf_counter()
    said_by(jpeg(hostile), SHANGHAI)
    said_by(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abcd\0\0\0\0" * 400_000, SHANGHAI)
    said_by(b"\xff\xd8" + b"\xff\xe2\0\x02" * 2_000_000, SHANGHAI)
    assert time.perf_counter() - start < 1.0
