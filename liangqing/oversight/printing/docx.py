"""The document as DOCX, to be worked on in an office program: styles, numbered pages, tables whose heads repeat."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from liangqing.oversight.printing.document import Annex, Document

_LATIN, _CHINESE = "Times New Roman", "宋体"
_GRAY = RGBColor(0x5A, 0x5A, 0x5A)


def write(document: Document) -> bytes:
    """The whole document."""
    book = docx.Document()
    _prepare(book, document)
    _first_page(book, document)
    _contents(book, document)
    _text(book, document)
    _annexes(book, document)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _chinese(document: Document) -> bool:
    return document.language == "zh"


def _numbered(number: str, rest: str, document: Document) -> str:
    return f"{number}{'　' if _chinese(document) else '  '}{rest}"


# styles and pages --------------------------------------------------------------------------------------------------


def _prepare(book: Any, document: Document) -> None:
    properties = book.core_properties
    properties.title, properties.author = document.title, document.institution
    properties.language = "zh-CN" if _chinese(document) else "en-GB"
    properties.comments = ""
    _style(book.styles["Normal"], 11)
    normal = book.styles["Normal"].paragraph_format
    normal.space_after, normal.line_spacing = Pt(3), 1.35
    for name, size in (("Title", 26), ("Heading 1", 16), ("Heading 2", 13)):
        style = book.styles[name]
        _style(style, size, bold=True)
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(18), Pt(10)
        style.paragraph_format.keep_with_next = True
    _without_border(book.styles["Title"])
    section = book.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(2.8), Cm(2.6)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    section.different_first_page_header_footer = True
    head = section.header.paragraphs[0]
    words = [document.institution, document.title, f"{document.words['version']} {document.version}"]
    words += [document.mark] if document.mark else []
    _run(head, "　".join(words) if _chinese(document) else "  ·  ".join(words), 8.5, gray=True)
    for footer in (section.footer, section.first_page_footer):
        _page_numbers(footer.paragraphs[0], document)


def _style(style: Any, size: float, *, bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.bold = _LATIN, Pt(size), bold
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    for name in ("w:ascii", "w:hAnsi"):
        fonts.set(qn(name), _LATIN)
    fonts.set(qn("w:eastAsia"), _CHINESE)


def _without_border(style: Any) -> None:
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _run(paragraph: Any, text: str, size: float | None = None, *, bold: bool = False, gray: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.bold = bold or None
    if size is not None:
        run.font.size = Pt(size)
    if gray:
        run.font.color.rgb = _GRAY
    return run


def _page_numbers(paragraph: Any, document: Document) -> None:
    """第 x 页 共 y 页, counted by the office program."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, rest = document.words["page"].split("{here}")
    between, after = rest.split("{all}")
    _run(paragraph, before, 8.5, gray=True)
    _field(paragraph, "PAGE")
    _run(paragraph, between, 8.5, gray=True)
    _field(paragraph, "NUMPAGES")
    _run(paragraph, after, 8.5, gray=True)


def _field(paragraph: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("shown", "1"), ("end", "")):
        run = _run(paragraph, text if kind == "shown" else "", 8.5, gray=True)
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif not kind:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._r.append(instruction)


# what it says ------------------------------------------------------------------------------------------------------


def _centred(book: Any, text: str, size: float, *, before: float = 0, gray: bool = False, bold: bool = False) -> Any:
    paragraph = book.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = Pt(before)
    _run(paragraph, text, size, gray=gray, bold=bold)
    return paragraph


def _first_page(book: Any, document: Document) -> None:
    if document.mark:
        _centred(book, document.mark, 22, gray=True, bold=True)
    _centred(book, document.institution, 15, before=60 if document.mark else 100)
    book.add_paragraph(document.title, style="Title")
    about = f"（{document.about}）" if _chinese(document) else f"({document.about})"
    _centred(book, about, 12, gray=True).paragraph_format.space_after = Pt(40)
    _table(book, (), document.facts, (1.0, 3.0), 10.5)
    book.add_paragraph().paragraph_format.space_after = Pt(30)
    if document.approvals:
        _run(book.add_paragraph(), document.words["approvals"], 10.5, bold=True)
        _table(book, document.approval_heads, document.approvals, (1.4, 1.0, 1.0), 10.5)
    if document.approval_note:
        _run(book.add_paragraph(), document.approval_note, 10.5)
    if document.sealed_on:
        lines = [f"{document.institution}{document.words['seal']}", document.place, document.sealed_on]
        for place, line in enumerate(line for line in lines if line):
            paragraph = book.add_paragraph(line)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            paragraph.paragraph_format.space_before = Pt(24 if place == 0 else 0)
    book.add_page_break()


def _contents(book: Any, document: Document) -> None:
    """Parts, chapters and annexes by name; where they stand is the office program's to say (its own table of contents
    finds them, they are headings)."""
    _centred(book, "目　录" if _chinese(document) else document.words["contents"], 14, bold=True)
    for part in document.parts:
        _run(book.add_paragraph(), _numbered(part.number, part.title, document), bold=True)
        for chapter in part.chapters:
            _indented(book, _numbered(chapter.number, chapter.title, document))
    _run(book.add_paragraph(), document.words["annexes"], bold=True)
    for annex in document.annexes:
        _indented(book, _numbered(annex.number, annex.title, document))
    book.add_page_break()


def _indented(book: Any, text: str) -> None:
    paragraph = book.add_paragraph(text)
    paragraph.paragraph_format.left_indent = Cm(0.8)
    paragraph.paragraph_format.space_after = Pt(0)


def _text(book: Any, document: Document) -> None:
    for part in document.parts:
        book.add_heading(_numbered(part.number, part.title, document), 1)
        for chapter in part.chapters:
            book.add_heading(_numbered(chapter.number, chapter.title, document), 2)
            for article in chapter.articles:
                paragraph = _paragraph(book, document)
                _run(paragraph, article.number, bold=True)
                _run(paragraph, f"{'　' if _chinese(document) else '  '}{article.text}")
                paragraph.paragraph_format.keep_with_next = bool(article.items)
                for number, item in article.items:
                    line = _paragraph(book, document)
                    _run(line, f"{number}{'' if _chinese(document) else ' '}{item}")
                    if not _chinese(document):
                        line.paragraph_format.left_indent = Cm(0.8)


def _paragraph(book: Any, document: Document) -> Any:
    """Justified; in Chinese the first line stands in by two characters."""
    paragraph = book.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    if _chinese(document):
        paragraph.paragraph_format.first_line_indent = Pt(22)
    return paragraph


def _annexes(book: Any, document: Document) -> None:
    book.add_section(WD_SECTION.NEW_PAGE)
    book.sections[-1].different_first_page_header_footer = False
    book.add_heading(document.words["annexes"], 1)
    for annex in document.annexes:
        _annex(book, annex, document)


def _annex(book: Any, annex: Annex, document: Document) -> None:
    book.add_heading(_numbered(annex.number, annex.title, document), 2)
    if annex.note:
        paragraph = book.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        _run(paragraph, annex.note, 9, gray=True)
    if annex.rows:
        _table(book, annex.heads, annex.rows, annex.widths, 8)


def _table(
    book: Any,
    heads: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    widths: tuple[float, ...],
    size: float,
) -> None:
    """A table as wide as the text; its heads stand again on every page, and no row breaks over two."""
    table = book.add_table(rows=0, cols=len(widths), style="Table Grid")
    table.autofit = False
    whole = 15.6 / sum(widths)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width * whole)
    for place, cells in enumerate((heads, *rows) if heads else rows):
        line = table.add_row()
        is_head = bool(heads) and place == 0
        _mark_row(line, is_head)
        for cell, text, width in zip(line.cells, cells, widths, strict=True):
            cell.width = Cm(width * whole)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
            paragraph.paragraph_format.line_spacing = 1.1
            _run(paragraph, text, size, bold=is_head)
            if is_head:
                _shade(cell)


def _mark_row(line: Any, is_head: bool) -> None:
    properties = line._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", "F0F0F0")):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)
