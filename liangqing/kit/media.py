"""What kind of file something is, told from its first bytes, and under which name it may be kept."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile

KINDS: dict[str, str] = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/amr": "amr",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/plain": "txt",
}
"""The kinds taken, each with the ending its name is given: papers, pictures, recordings, office documents, texts."""

MOST_BYTES = 20 * 1024 * 1024
"""An hour of telephone recording (AMR) or a long scan fits; a film does not."""

_LONGEST_NAME = 80
_HEADS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)


def media_type(content: bytes) -> str | None:
    """The media type of a file by its content, whatever its name says; None for a kind that is not taken."""
    for head, kind in _HEADS:
        if content.startswith(head):
            return kind
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[:2] == b"PK":
        return _office(content)
    if content[:1] == b"\xff" and len(content) > 1 and content[1] & 0xE6 == 0xE2:  # a frame of MPEG layer III
        return "audio/mpeg"
    return "text/plain" if _is_text(content) else None


def _office(content: bytes) -> str | None:
    """A Word or Excel document without macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = set(parts.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    document = "application/vnd.openxmlformats-officedocument."
    if "word/document.xml" in names:
        return document + "wordprocessingml.document"
    return document + "spreadsheetml.sheet" if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    if not content or any((byte < 32 and byte not in b"\t\n\r\f") or byte == 127 for byte in content):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def clean_name(name: str, kind: str) -> str:
    """A name without folders, control and direction marks or the signs file systems refuse, with the right ending."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    text = re.sub(r'[<>:"|?*]', "_", text).strip(" .")
    ending = KINDS[kind]
    stem, dot, told = text.rpartition(".")
    known = {ending, "jpeg"} if ending == "jpg" else {ending}
    body = stem if dot and told.lower() in known else text
    return f"{body[:_LONGEST_NAME].strip(' .') or 'file'}.{ending}"
