"""Files with a record: which are taken, how they are kept, and that they come back as they were."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.cases.actions import files, records
from liangqing.cases.actions.files import Upload
from liangqing.cases.models import Attachment
from liangqing.kit import clock, media
from liangqing.kit.refusal import Refusal
from tests.cast import Cast

PDF = b"%PDF-1.7\n..."


def office(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as parts:
        for name in ("[Content_Types].xml", *names):
            parts.writestr(name, "<x/>")
    return buffer.getvalue()


KNOWN = {
    PDF: "pdf",
    b"\x89PNG\r\n\x1a\n....": "png",
    b"\xff\xd8\xff\xe0....": "jpg",
    b"RIFF\x00\x00\x00\x00WEBPVP8 ": "webp",
    b"RIFF\x00\x00\x00\x00WAVEfmt ": "wav",
    b"ID3\x04....": "mp3",
    b"\xff\xfb\x90\x00": "mp3",
    b"#!AMR\n....": "amr",
    office("word/document.xml"): "docx",
    office("xl/workbook.xml"): "xlsx",
    "通话记录\n".encode(): "txt",
    "通话记录\n".encode("gb18030"): "txt",
}
NOT_TAKEN = (
    b"MZ\x90\x00....",
    b"\x7fELF....",
    b"",
    b"PK\x03\x04 no archive",
    office("other.xml"),
    office("word/document.xml", "word/vbaProject.bin"),
    b"RIFF\x00\x00\x00\x00AVI ",
)


@pytest.mark.parametrize(("content", "ending"), KNOWN.items(), ids=range(len(KNOWN)))
def test_a_file_is_known_by_its_first_bytes(content, ending):
    assert media.KINDS[str(media.media_type(content))] == ending


@pytest.mark.parametrize("content", NOT_TAKEN, ids=range(len(NOT_TAKEN)))
def test_programs_macros_and_unknown_kinds_are_not_taken(content):
    assert media.media_type(content) is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("对账单.PDF", "对账单.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\合同\\签回.pdf", "签回.pdf"),
        ("a\u202efdp.exe", "afdp.exe.pdf"),
        ("..", "file.pdf"),
        ("a<b>:c.pdf", "a_b__c.pdf"),
    ],
)
def test_a_name_is_cleaned_and_ends_as_its_content_says(name, kept):
    assert media.clean_name(name, "application/pdf") == kept


@given(st.text(max_size=200))
def test_whatever_the_name_it_stays_one_short_name(name):
    kept = media.clean_name(name, "image/png")
    assert kept.endswith(".png")
    assert not set(kept) & set('/\\<>:"|?*\x00')
    assert 4 < len(kept) <= 84


class TestAttach:
    @staticmethod
    def a_day_late(night):
        cast = Cast()
        huaxin = cast.customer("华信")
        huaxin.bill(800, due="2026-03-10")
        night("2026-03-11")
        return cast, huaxin

    @pytest.fixture
    def written(self, night, prepared):
        cast, huaxin = prepared(self.a_day_late, night)

        def write(*uploads: Upload):
            with clock.at("2026-03-11"):
                return records.record(
                    huaxin.live_case, channel="visit", reached="self", result="call_back", by=cast.lin,
                    attachments=uploads,
                )  # fmt: skip

        return write

    def test_a_file_comes_back_as_it_was_handed_in(self, written):
        record = written(Upload("签回通知书.pdf", PDF), Upload("录音", b"#!AMR\nabc"))
        pdf, sound = record.attachments.order_by("id")
        assert (files.read(pdf).read(), files.read(sound).read()) == (PDF, b"#!AMR\nabc")
        assert (pdf.name, pdf.media_type, sound.name, sound.size) == (
            "签回通知书.pdf",
            "application/pdf",
            "录音.amr",
            9,
        )

    def test_the_content_is_sealed_on_disk_and_only_its_owner_may_read_it(self, written, data_folder):
        attachment = written(Upload("a.pdf", PDF)).attachments.get()
        (place,) = [path for path in (data_folder / "files").rglob("*") if path.is_file()]
        assert place.relative_to(data_folder / "files").parts == (
            attachment.sha256[:2],
            attachment.sha256[2:4],
            attachment.sha256,
        )
        assert PDF not in place.read_bytes()
        assert place.stat().st_mode & 0o777 == 0o600

    def test_an_altered_file_is_not_given_out(self, written, data_folder):
        attachment = written(Upload("a.pdf", PDF)).attachments.get()
        (place,) = [path for path in (data_folder / "files").rglob("*") if path.is_file()]
        place.write_bytes(place.read_bytes()[:-1] + b"!")
        with pytest.raises(Refusal) as refused:
            files.read(attachment)
        assert refused.value.code == "file_altered"
        place.unlink()
        with pytest.raises(Refusal) as refused:
            files.read(attachment)
        assert (refused.value.code, refused.value.status) == ("file_missing", 404)

    @pytest.mark.parametrize(
        ("uploads", "code"),
        [
            ([Upload("a.pdf", b"MZ....\x00")], "file_kind"),
            ([Upload("a.txt", b"x" * (media.MOST_BYTES + 1))], "file_too_large"),
            ([Upload("a.txt", b"x")] * 11, "too_many_files"),
        ],
    )
    def test_a_file_that_is_not_taken_refuses_the_whole_record(self, written, uploads, code):
        with pytest.raises(Refusal) as refused:
            written(*uploads)
        assert (refused.value.code, refused.value.facts["field"]) == (code, "attachments")
        assert not Attachment.objects.exists()
