"""Documents as PDF: a Typst template and data become pages, set in the fonts that come with this product.

A machine's own fonts are never used: what is printed looks the same everywhere, and a character that could not be
printed is an error and not an empty box.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Noto Serif SC"
"""The one family templates may name. ``make ui`` brings it."""


class TypesetError(RuntimeError):
    """The document could not be set; the sentence says why."""


@functools.cache
def fonts() -> typst.Fonts:
    """The fonts that come with this product, read once. Raises ``TypesetError`` when they are not there."""
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    if FAMILY not in found.families():
        raise TypesetError(f"The fonts for documents are missing in {FONTS}. Get them: make ui")
    return found


def pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """The template filled with data (which it reads as ``json(bytes(sys.inputs.data))``), as PDF/A-2b with tags.

    Raises ``TypesetError`` when it can't be set or anything about it is doubtful, as an unknown font.
    """
    made: bytes = _compiled(template, data, format="pdf", pdf_standards=["a-2b"])
    return made


def pictures(template: Path, data: Mapping[str, Any], *, ppi: float = 80) -> list[bytes]:
    """The same as one PNG a page."""
    pages = _compiled(template, data, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def _compiled(template: Path, data: Mapping[str, Any], **how: Any) -> Any:
    inputs = {"data": json.dumps(data, ensure_ascii=False), "font": FAMILY}
    compiler = typst.Compiler(root=str(template.parent), font_paths=fonts(), ignore_system_fonts=True)
    try:
        made, warnings = compiler.compile_with_warnings(str(template), sys_inputs=inputs, **how)
    except typst.TypstError as error:
        raise TypesetError(str(error)) from error
    if warnings:
        raise TypesetError("; ".join(warning.message for warning in warnings))
    return made
