"""A worker in a process of its own: ``worker.py MOMENT POINT`` sends what is due and dies at that point.

Started by the tests with the database and data folder in its environment.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def main(moment: str, where: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liangqing.house.settings"
    import django

    django.setup()
    from liangqing.kit import clock
    from liangqing.outreach.actions import sending

    def hear(point: str, _message: Any) -> None:
        if point == where:
            os.kill(os.getpid(), signal.SIGKILL)

    with clock.at(moment):
        sending.go(hear)


if __name__ == "__main__":
    main(*sys.argv[1:])
