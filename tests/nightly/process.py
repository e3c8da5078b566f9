"""A night in a process of its own: ``process.py DATE STEP [FILE]`` dies at the step, or with FILE waits there.

Started by the tests with the database and data folder in its environment.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time
from pathlib import Path


def main(until: str, where: str, waiting: str = "") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liangqing.house.settings"
    import django

    django.setup()
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.run import run

    def hear(date: dt.date, step: str) -> None:
        if step != where or date.isoformat() != until:
            return
        if not waiting:
            os.kill(os.getpid(), signal.SIGKILL)
        Path(waiting).touch()
        time.sleep(120)

    run(dt.date.fromisoformat(until), PLAN, progress=hear)


if __name__ == "__main__":
    main(*sys.argv[1:])
