"""Hatchling asks this before it builds or installs the project: message catalogues are compiled, without gettext, and
what browsers load is bundled where that has not been done.

An editable install leaves the bundle to ``make ui``: whoever works on the rules needs no front end. A package does need
it, so that it runs where there is neither Node nor npm; ``LIANGQING_UI=skip`` builds one without pages.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Made(BuildHookInterface):  # type: ignore[type-arg]
    """Make what is not in the repository but belongs in a package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        scripts = Path(self.root) / "scripts"
        runpy.run_path(str(scripts / "translations.py"))["compile_all"]()
        if version == "editable" or os.environ.get("LIANGQING_UI") == "skip":
            return
        ui = runpy.run_path(str(scripts / "ui.py"))
        if not (ui["BUILT"] / "manifest.json").exists():
            ui["build"]()
