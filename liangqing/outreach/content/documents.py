"""Word documents as templates: the same variables, looked at before they are kept, filled in a sandbox, handed out as they
are: head, table and style are the institution's own.

A document is somebody's file: it may be a bomb of zeros, carry macros or objects, point outside, or hold a template that
tries more than to name variables. None of that is taken. What it says is what stands on its pages: the properties of the
file, comments, deleted text and field codes are no words of a letter.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _
from jinja2 import TemplateError, UndefinedError

from liangqing.kit import files, media
from liangqing.kit.refusal import Refusal
from liangqing.outreach.content.rendering import demand_allowed, demand_fits, missing_name
from liangqing.outreach.content.values import Values
from liangqing.outreach.models import TemplateVersion
from liangqing.outreach.rules import wording

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 12 * 1024 * 1024
MOST_OF_A_PART = 4 * 1024 * 1024
MOST_PARTS = 200
_REFUSED = re.compile(
    r"(vbaproject|vbadata|activex|/embeddings/|oleobject|\.bin$|altchunk|attachedtemplate)", re.IGNORECASE
)
_OUTSIDE = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_LINK = re.compile(rb"relationships/hyperlink[\"']", re.IGNORECASE)
_WORDED = re.compile(r"word/(document|header|footer|footnotes|endnotes|comments)\d*\.xml")
_UNSAID = re.compile(
    r"<(w:instrText|w:delText|w:delInstrText|mc:Fallback)\b[^>]*(?:/>|>.*?</\1>)", re.DOTALL
)  # fmt: skip
"""What stands in the markup and not on the page: field codes, what was struck out, a text box for older programs."""


@dataclass(frozen=True)
class Read:
    """What a document says, with its variables, and which they are: ``text`` is its body, ``around`` its heads, feet and
    footnotes. ``names`` are those of all of it."""

    text: str
    names: frozenset[str]
    around: str = ""


def clean(name: str) -> str:
    """The name under which a document is kept."""
    return media.clean_name(name, DOCX)


def read(name: str, content: bytes) -> Read:
    """Look at a document that is to be a template.

    Raises ``Refusal`` (422, field ``document``): ``document_kind`` for what is no Word document or has macros, objects or
    links to files outside; ``document_too_large`` also once unpacked; ``template_…`` as ``wording.demand_sound`` does.
    """
    from docx.opc.exceptions import PackageNotFoundError  # slow to load, and few commands need it
    from docxtpl import DocxTemplate

    _demand_harmless(name, content)
    try:
        body, around, unseen = _sources(DocxTemplate(io.BytesIO(content)))
    except (PackageNotFoundError, KeyError, ValueError, SyntaxError, zipfile.BadZipFile) as wrong:
        raise _kind(name) from wrong
    try:
        names = wording.demand_sound("".join((body, *around, *unseen)), longest=MOST_UNPACKED)
        text, framing = _text(body), _text("".join(around))
        wording.demand_sound(text)
        wording.demand_sound(framing)
    except Refusal as refusal:
        refusal.facts["field"] = "document"
        raise
    return Read(text, frozenset(names), framing)


def around(version: TemplateVersion) -> str | None:
    """What stands around the body of a wording's document, in its heads and feet; None for a wording that has none and is
    set in the house's own layout."""
    if not version.document:
        return None
    return _read(version.document, version.document_size).around


def said(content: bytes) -> str:
    """What the body of a filled document says, line by line."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return _text(parts.read("word/document.xml").decode("utf-8"))


def words(content: bytes) -> str:
    """All words of somebody's Word document, also those struck out: its body, heads, feet, notes and comments; nothing for
    one that can't be read, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            worded = [info for info in parts.infolist()[:MOST_PARTS] if _WORDED.fullmatch(info.filename)]
            found = [_words(_unpacked("", parts, info).decode("utf-8", "replace")) for info in worded]
    except (zipfile.BadZipFile, Refusal):
        return ""
    return "\n".join(found)


def render(version: TemplateVersion, values: Values, *, documents: frozenset[str] = frozenset()) -> bytes:
    """The document of an approved wording, filled in. Raises ``Refusal`` as ``rendering.render`` does, and
    ``document_missing`` where the wording has none."""
    demand_fits(version, values)
    if not version.document:
        raise Refusal("document_missing", _("This wording ({name}) has no Word document."), name=version.name)
    from docxtpl import DocxTemplate

    filled = DocxTemplate(io.BytesIO(_content(version.document, version.document_size)))
    try:
        filled.render(values.written(), jinja_env=wording.environment(markup=True))
    except UndefinedError as unknown:
        raise Refusal(
            "value_missing",
            _("The template names what is not known here: {what}. Enter it, or choose another template."),
            what=missing_name(unknown),
        ) from unknown
    except (TemplateError, ValueError, SyntaxError) as wrong:  # the last two: a character no document may hold
        raise Refusal("template_broken", _("The document can't be filled in. Upload it again."), status=422) from wrong
    demand_allowed(version, _text("".join((*_parts(filled), *_properties(filled)))), values, documents)
    buffer = io.BytesIO()
    filled.save(buffer)
    return buffer.getvalue()


@lru_cache(maxsize=16)
def _content(sha256: str, size: int) -> bytes:
    return files.read(sha256, size).read()


@lru_cache(maxsize=16)
def _read(sha256: str, size: int) -> Read:
    return read("", _content(sha256, size))


def _demand_harmless(name: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise _too_large(name)
    if media.media_type(content) != DOCX:
        raise _kind(name)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        infos = parts.infolist()
        if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
            raise _too_large(name)
        for info in infos:
            if _REFUSED.search(info.filename):
                raise _kind(name)
            _demand_harmless_part(name, info.filename, _unpacked(name, parts, info))


def _unpacked(name: str, parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A part as it really is: what the head of an archive says of its size may be a lie."""
    try:
        with parts.open(info) as part:
            found = part.read(MOST_OF_A_PART + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as wrong:
        raise _kind(name) from wrong
    if len(found) > MOST_OF_A_PART:
        raise _too_large(name)
    return found


def _demand_harmless_part(name: str, part: str, found: bytes) -> None:
    if part.endswith((".xml", ".rels")) and _ENTITY.search(found):
        raise _kind(name)
    if part.endswith(".rels"):
        for relationship in re.findall(rb"<Relationship\b[^>]*>", found):
            if _OUTSIDE.search(relationship) and not _LINK.search(relationship):
                raise _kind(name)
    if part == "[Content_Types].xml" and b"macroEnabled" in found:
        raise _kind(name)


def _sources(template: Any) -> tuple[str, list[str], list[str]]:
    """All that is filled in of a document, as Jinja will read it: its body, what stands around it, and the properties of
    the file, which nobody reads on paper."""
    template.init_docx()
    body, *around = (template.patch_xml(each) for each in _parts(template))
    return body, around, [template.patch_xml(each) for each in _properties(template)]


def _parts(template: Any) -> list[str]:
    """The body, then heads, feet and footnotes."""
    found = [template.get_xml()]
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        found += [template.get_part_xml(part) for _key, part in template.get_headers_footers(uri)]
    for part in template.docx.part.package.iter_parts():
        if part.content_type.endswith("wordprocessingml.footnotes+xml"):
            found.append(part.blob.decode("utf-8"))
    return found


def _properties(template: Any) -> list[str]:
    properties = template.docx.core_properties
    words = (properties.author, properties.comments, properties.identifier, properties.language)
    return [*words, properties.subject, properties.title]


def _text(xml: str) -> str:
    """What stands on the page."""
    return _words(_UNSAID.sub("", xml))


def _words(xml: str) -> str:
    lines = re.sub(r"</w:p>|<w:br\b[^>]*/>", "\n", xml)
    lines = re.sub(r"<w:tab\b[^>]*/>", " ", lines)
    plain = html.unescape(re.sub(r"<[^>]+>", "", lines))
    return "\n".join(line.strip() for line in plain.splitlines() if line.strip())


def _kind(name: str) -> Refusal:
    return Refusal(
        "document_kind",
        _("“{name}” is no plain Word document (.docx): macros, embedded objects and linked files are not taken."),
        status=422,
        field="document",
        name=name,
    )


def _too_large(name: str) -> Refusal:
    return Refusal(
        "document_too_large",
        _("“{name}” is too large for a template, at least once unpacked. Take out pictures and try again."),
        status=422,
        field="document",
        name=name,
    )
