"""试算: what a draft of the policy would do to the real portfolio. The night's own steps, run once more; nothing lands.

For the portfolio as it stands: one snapshot; what asks no policy is worked out once, what asks it twice, under the policy
in force and under the draft. For past nights: what each was decided from was kept with it; the draft decides it anew, and
what was really decided that night is the other side. Each night is tried by itself: what the draft would have done on
one night is not carried into the next.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from liangqing import policy
from liangqing.kit import clock
from liangqing.nightly.models import Run
from liangqing.nightly.night import INPUTS, Night, nights_folder
from liangqing.nightly.plan import Plan
from liangqing.policy import Policy, book
from liangqing.policy.models import Trial

MOST_AFFECTED = 500_000
"""So many affected customers are kept by name; the counts are of all."""


@dataclass
class Side:
    """What one policy decides: counts, for the page."""

    levels: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def carry_out(trial: Trial, plan: Plan) -> None:
    """Do what a trial asks for, telling how far it is; what goes wrong is written down in it.

    A draft that was edited since the trial was asked for is not tried: the result would speak of something else.
    """
    started = time.perf_counter()
    if not _begin(trial):
        return
    if trial.digest != trial.version.digest:
        Trial.objects.filter(pk=trial.pk).update(state=Trial.State.FAILED, error="edited", finished_at=clock.now())
        return
    try:
        draft = book.compiled(trial.version)
        if trial.nights == 0:
            dates = [trial.as_of]
            result, affected = _as_it_stands(trial, plan, draft)
            by_night: list[dict[str, Any]] = []
        else:
            dates = kept_nights(trial.as_of, trial.nights, plan)
            result, affected, by_night = _past_nights(trial, plan, draft, dates)
        _keep_affected(trial, affected)
        Trial.objects.filter(pk=trial.pk).update(
            state=Trial.State.DONE,
            result={
                **result,
                "nights": by_night,
                "affected": affected.num_rows,
                "dates": [str(date) for date in dates],
            },
            finished_at=clock.now(),
            seconds=round(time.perf_counter() - started, 3),
            step="",
        )
    except Exception as error:
        Trial.objects.filter(pk=trial.pk).update(
            state=Trial.State.FAILED, error=f"{type(error).__name__}: {error}"[:2000], finished_at=clock.now()
        )
        raise


def _begin(trial: Trial) -> bool:
    """Whether there is anything left to do; a worker that died leaves a trial running, and it is begun again."""
    ours = Trial.objects.filter(pk=trial.pk, state__in=(Trial.State.WAITING, Trial.State.RUNNING))
    return bool(ours.update(state=Trial.State.RUNNING, done=0))


def kept_nights(until: dt.date, nights: int, plan: Plan) -> list[dt.date]:
    """The last nights up to a date of which all was kept that deciding again needs, in order."""

    def is_kept(date: dt.date) -> bool:
        folder = nights_folder() / date.isoformat() / INPUTS
        return all((folder / f"{name}.parquet").exists() for name in plan.inputs)

    dates = Run.objects.filter(date__lte=until, status=Run.Status.DONE).order_by("-date").values_list("date", flat=True)
    found = [date for date in dates[: nights * 2] if is_kept(date)]
    return sorted(found[:nights])


# the portfolio as it stands -------------------------------------------------------------------------------------------


def _as_it_stands(trial: Trial, plan: Plan, draft: Policy) -> tuple[dict[str, Any], pa.Table]:
    hear = _hear(trial)
    with Night(trial.as_of, policy.in_force(trial.as_of), purpose=f"trial-{trial.pk}") as night:
        before, after = both(night, draft, plan, hear=hear)
        hear("counts")
        result = _compare(before, after)
        affected = night.arrow(_affected(before, after))
        result["before"]["alerts"], result["after"]["alerts"] = _alerts(before), _alerts(after)
        result["before"]["cases"], result["after"]["cases"] = _cases(before), _cases(after)
    Trial.objects.filter(pk=trial.pk).update(done=1)
    return result, affected


def both(
    night: Night, draft: Policy, plan: Plan, *, hear: Callable[[str], None] = lambda _step: None
) -> tuple[Night, Night]:
    """The date decided under the night's own policy and under a draft, from one snapshot."""
    hear("snapshot")
    night.read(plan.sources)
    for step in plan.preparing:
        hear(step.name)
        step.run(night)
    before, after = night.under(night.policy, "before"), night.under(draft, "after")
    for step in plan.deciding:
        hear(step.name)
        step.run(before)
        step.run(after)
    return before, after


def _hear(trial: Trial) -> Callable[[str], None]:
    def hear(step: str) -> None:
        Trial.objects.filter(pk=trial.pk).update(step=step)

    return hear


# past nights -----------------------------------------------------------------------------------------------------------


def _past_nights(
    trial: Trial, plan: Plan, draft: Policy, dates: list[dt.date]
) -> tuple[dict[str, Any], pa.Table, list[dict[str, Any]]]:
    """Each night by itself; the counts shown as a whole are those of the last one."""
    by_night: list[dict[str, Any]] = []
    result: dict[str, Any] = {"before": Side().as_json(), "after": Side().as_json(), "moves": []}
    affected = pa.table({})
    for number, date in enumerate(dates, start=1):
        _hear(trial)(date.isoformat())
        with replayed(date, draft, plan, purpose=f"trial-{trial.pk}") as after:
            before = AsKept(after)
            result = _compare(before, after)
            if number == len(dates):
                affected = after.arrow(_affected(before, after))
        sides = {
            side: {name: result[side][name] for name in ("levels", "tasks", "people")} for side in ("before", "after")
        }
        by_night.append({"date": date.isoformat(), "moved": _moved(result["moves"]), **sides})
        Trial.objects.filter(pk=trial.pk).update(done=number)
    return result, affected, by_night


def replayed(
    date: dt.date, rules: Policy, plan: Plan, *, party_id: int | None = None, purpose: str = "replay"
) -> Night:
    """A stored night decided once more from what was kept of it, by any policy; to be closed by the caller.

    Raises ``FileNotFoundError`` when its inputs were not kept.
    """
    night = Night(date, rules, purpose=purpose)
    try:
        night.read_kept(plan.inputs, party_id=party_id)
        for step in plan.deciding:
            step.run(night)
    except BaseException:
        night.__exit__(None, None, None)
        raise
    return night


class AsKept:
    """What a night really decided, in the shape of a night."""

    def __init__(self, night: Night) -> None:
        self._night = night

    def table(self, name: str) -> ir.Table:
        return self._night.kept(name)


Decided = Night | AsKept

# counts ----------------------------------------------------------------------------------------------------------------


def _compare(before: Decided, after: Decided) -> dict[str, Any]:
    return {
        "before": _side(before).as_json(),
        "after": _side(after).as_json(),
        "moves": _rows(_moves(before, after)),
    }


def _side(night: Decided) -> Side:
    levels, tasks, skipped = (night.table(name) for name in ("levels", "tasks", "skipped"))
    return Side(
        levels=_rows(
            levels.group_by("level", "currency")
            .agg(accounts=levels.count(), customers=levels.party_id.nunique(), late=levels.late.sum().cast("int64"))
            .order_by("level", "currency")
        ),
        tasks=_rows(tasks.group_by("action").agg(tasks=tasks.count()).order_by("action")),
        people=_rows(tasks.group_by("owner_id").agg(tasks=tasks.count()).order_by("owner_id")),
        skipped=_rows(skipped.group_by("reason").agg(obligors=skipped.count()).order_by("reason")),
    )


def _alerts(night: Night) -> list[dict[str, Any]]:
    alerts = night.table("alerts")
    return _rows(alerts.group_by("level").agg(alerts=alerts.count()).order_by("level"))


def _cases(night: Night) -> list[dict[str, Any]]:
    standing = night.table("standing_cases")
    return _rows(standing.group_by("fate").agg(cases=standing.count()).order_by("fate"))


_ACCOUNT = ("party_id", "creditor_id", "currency")


def _moves(before: Decided, after: Decided) -> ir.Table:
    """From which level to which: accounts and late money, by currency; 'none' where there was no level."""
    had, has = before.table("levels"), after.table("levels")
    had = had.select(*(had[key].name(f"had_{key}") for key in _ACCOUNT), had_level="level", had_late="late")
    both = has.outer_join(had, [has[key] == had[f"had_{key}"] for key in _ACCOUNT])
    named = both.select(
        before=ibis.coalesce(both.had_level, "none"),
        after=ibis.coalesce(both.level, "none"),
        code=ibis.coalesce(both.currency, both.had_currency),
        late=ibis.coalesce(both.late, both.had_late),
    )
    return (
        named.group_by("before", "after", currency="code")
        .agg(accounts=named.count(), late=named.late.sum().cast("int64"))
        .order_by("before", "after", "currency")
    )


def _moved(moves: list[dict[str, Any]]) -> int:
    return sum(row["accounts"] for row in moves if row["before"] != row["after"])


_PAIR = ("party_id", "creditor_id")
_CHANGED = ("level", "level_row", "customer_class", "action", "action_row", "points", "skipped")
_SAID = ("level", "level_row", "customer_class", "action", "action_row", "points", "reasons", "skipped", "fate")


def _affected(before: Decided, after: Decided) -> ir.Table:
    """One row a customer and creditor decided otherwise: both levels and the rows that decided, actions, points, owners."""
    had, has = before.table("work"), after.table("work")
    had = had.select(
        *(had[key].name(f"had_{key}") for key in _PAIR), *(had[name].name(f"{name}_before") for name in _SAID)
    )
    has = has.select(*_PAIR, "days", *(has[name].name(f"{name}_after") for name in _SAID))
    both = has.outer_join(had, [has[key] == had[f"had_{key}"] for key in _PAIR])
    both = both.mutate(
        party_id=ibis.coalesce(both.party_id, both.had_party_id),
        creditor_id=ibis.coalesce(both.creditor_id, both.had_creditor_id),
    ).drop("had_party_id", "had_creditor_id")
    for side, night in (("before", before), ("after", after)):
        both = _with(both, night.table("owners"), side, "owner_id")
        levels = night.table("levels")
        both = _with(both, levels.group_by(*_PAIR).agg(late=levels.late.sum().cast("int64")), side, "late")
    other = [~both[f"{name}_before"].identical_to(both[f"{name}_after"]) for name in (*_CHANGED, "owner_id")]
    return (
        both.filter(ibis.or_(*other))
        .order_by(ibis.desc(ibis.coalesce(both.late_after, both.late_before, 0)), "party_id", "creditor_id")
        .limit(MOST_AFFECTED)
    )


def _with(rows: ir.Table, more: ir.Table, side: str, *names: str) -> ir.Table:
    named = more.select(**{f"of_{key}": more[key] for key in _PAIR}, **{f"{name}_{side}": more[name] for name in names})
    joined = rows.left_join(named, [rows[key] == named[f"of_{key}"] for key in _PAIR])
    return joined.drop(*(f"of_{key}" for key in _PAIR))


def _rows(expression: ir.Table) -> list[dict[str, Any]]:
    return list(expression.to_pyarrow().to_pylist())


# who is affected --------------------------------------------------------------------------------------------------------


def affected_file(trial: Trial) -> Path:
    return Path(settings.HOME) / "trials" / f"{trial.pk}.parquet"


def _keep_affected(trial: Trial, rows: pa.Table) -> None:
    path = affected_file(trial)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pq.write_table(rows, draft, compression="zstd")
    draft.rename(path)
