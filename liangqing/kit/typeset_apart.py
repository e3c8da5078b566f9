"""A long document set in a process of its own, whose memory ends with it.

Typst keeps what it has set, to be quick when little changes; over thousands of letters that would only grow. Run as
``python -m liangqing.kit.typeset_apart``, it reads what to set from its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from liangqing.kit import typeset

_REFUSED = 3
_PATIENCE = 900
"""Seconds after which something is wrong with a document."""


def pdf(template: Path, data: Mapping[str, Any], to: Path) -> list[Any]:
    """Set the template with data into the file ``to``, as PDF/A-2b; returns the values of its ``metadata`` in order.

    Raises ``typeset.TypesetError`` as ``typeset.pdf`` does, and when it takes longer than a quarter of an hour.
    """
    asked = json.dumps({"template": str(template), "data": data, "to": str(to)}, ensure_ascii=False)
    command = [sys.executable, "-m", "liangqing.kit.typeset_apart"]
    folder = Path(__file__).resolve().parent.parent.parent
    try:
        made = subprocess.run(
            command, check=False, input=asked.encode(), capture_output=True, timeout=_PATIENCE, cwd=folder
        )
    except subprocess.TimeoutExpired as slow:
        raise typeset.TypesetError(f"{to.name} took longer than {_PATIENCE} seconds to set") from slow
    if made.returncode:
        said = made.stderr.decode(errors="replace").strip()
        raise typeset.TypesetError(said if made.returncode == _REFUSED else said[-2000:])
    found: list[Any] = json.loads(made.stdout)
    return found


def _main() -> int:
    asked = json.load(sys.stdin)
    template = Path(asked["template"])
    inputs = {"data": json.dumps(asked["data"], ensure_ascii=False), "font": typeset.FAMILY}
    compiler = typst.Compiler(root=str(template.parent), font_paths=typeset.fonts(), ignore_system_fonts=True)
    how: dict[str, Any] = {"format": "pdf", "pdf_standards": ["a-2b"], "pdf_tags": False}
    try:
        made, warnings = compiler.compile_with_warnings(str(template), sys_inputs=inputs, **how)
    except typst.TypstError as error:
        sys.stderr.write(str(error))
        return _REFUSED
    if warnings:
        sys.stderr.write("; ".join(warning.message for warning in warnings))
        return _REFUSED
    assert isinstance(made, bytes)
    Path(asked["to"]).write_bytes(made)
    sys.stdout.write(compiler.query("metadata", field="value"))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
