"""``LIANGQING_HOME=… python -m bench.policy``: what a trial costs against a night that does not land, and what more rows
of a strategy cost.

Over a house with its portfolio loaded. Nothing is written but temporary files. CPU seconds are of this process, all its
threads; ratios are of this run.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--date", type=dt.date.fromisoformat, default=dt.date(2026, 6, 30))
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    from liangqing.house.start import start

    start()
    figures = measure(given.date, given.times)
    print(json.dumps(figures, indent=2))
    if given.out:
        given.out.write_text(json.dumps(figures, indent=2), "utf-8")


def measure(date: dt.date, times: int) -> dict[str, Any]:
    """Medians: a night without landing, a trial, and the deciding steps with 5 and with 35 rows of strategy."""
    from liangqing import policy
    from liangqing.house.night import PLAN
    from liangqing.nightly.actions.trial import both
    from liangqing.nightly.night import Night
    from liangqing.policy import book
    from liangqing.policy.content import complete

    rules = policy.in_force(date)
    content = complete(book.preset_content())
    content["terms"]["warning.mild_until_days"] = 21
    draft = book.build(content, version="draft", from_on=date)

    def night() -> None:
        with Night(date, rules, purpose="bench") as run:
            run.read(PLAN.sources)
            for step in PLAN.steps:
                step.run(run)

    def trial() -> None:
        with Night(date, rules, purpose="bench") as run:
            both(run, draft, PLAN)

    without, tried = _median(night, times), _median(trial, times)
    few, many = strategy(5), strategy(35)
    decided: dict[str, list[float]] = {"few": [], "many": []}
    with Night(date, rules, purpose="bench") as run:
        run.read(PLAN.sources)
        for step in PLAN.preparing:
            step.run(run)
        for number in range(times * 2):
            for name, each in (("few", few), ("many", many)):
                side = run.under(each, f"{name}{number}")
                before = time.process_time()
                for step in PLAN.deciding:
                    step.run(side)
                decided[name].append(time.process_time() - before)
    cpu = {name: round(sorted(took)[len(took) // 2], 3) for name, took in decided.items()}
    extra = cpu["many"] - cpu["few"]
    return {
        "date": str(date),
        "night without landing": without,
        "trial": tried,
        "trial / night, wall": round(tried["wall"] / without["wall"], 2),
        "trial / night, cpu": round(tried["cpu"] / without["cpu"], 2),
        "deciding, 5 rows, cpu": cpu["few"],
        "deciding, 35 rows, cpu": cpu["many"],
        "35 rows cost more, of a whole night": f"{extra / without['cpu'] * 100:+.1f} %",
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def strategy(rows: int) -> Any:
    """The preset with a table of actions of so many rows, by days late and class, each of which decides for somebody."""
    from liangqing.policy import book
    from liangqing.policy.content import complete

    content = copy.deepcopy(complete(book.preset_content()))
    actions = ("call", "remind", "send_letter", "negotiate", "visit")
    content["tables"]["case.action"] = [
        {
            "row": f"S{number:02}",
            "when": {
                "days": {"from": 1 + number * 8, "until": 9 + number * 8},
                "level": ["mild", "moderate", "severe"],
            },
            "then": {"action": actions[number % 5], "due_in_days": number % 7},
            "reason": {"zh": "基准", "en": "bench"},
        }
        for number in range(rows - 1)
    ] + [{"row": "REST", "then": {"action": "none", "due_in_days": 0}, "reason": {"zh": "其余", "en": "the rest"}}]
    return book.build(content, version=f"rows{rows}", from_on=dt.date(2026, 1, 1))


def _median(work: Callable[[], None], times: int) -> dict[str, float]:
    took = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = (sorted(values) for values in zip(*took, strict=True))
    return {"wall": round(walls[times // 2], 2), "cpu": round(cpus[times // 2], 2)}


if __name__ == "__main__":
    main()
