"""Hatchling asks this before it builds or installs the project: message catalogues are compiled, without gettext."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Catalogues(BuildHookInterface):  # type: ignore[type-arg]
    """Compile every .po into the .mo that is read at run time."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        translations = runpy.run_path(str(Path(self.root) / "scripts" / "translations.py"))
        translations["compile_all"]()
