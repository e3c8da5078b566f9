"""试算: what a draft would do, with the night's own steps; and past nights decided once more from what was kept."""

from __future__ import annotations

import datetime as dt

import pyarrow.parquet as pq
import pytest

from liangqing.cases.models import Case, Task
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.replay import replay
from liangqing.nightly.actions.trial import affected_file, carry_out
from liangqing.nightly.models import Run
from liangqing.nightly.night import nights_folder
from liangqing.policy.actions import trials
from liangqing.policy.models import Trial
from liangqing.trail.models import Entry
from tests.cast import Cast
from tests.nightly.state import stored
from tests.policy.drafts import approved, draft, person


@pytest.fixture
def cast(books: str) -> Cast:
    return Cast()


def tried(version, *, as_of: str, nights: int = 0) -> Trial:
    with clock.at(as_of):
        made = trials.ask(version, as_of=dt.date.fromisoformat(as_of), nights=nights, by=person())
        carry_out(made, PLAN)
    made.refresh_from_db()
    return made


def moves(result) -> dict[tuple[str, str], int]:
    return {(row["before"], row["after"]): row["accounts"] for row in result["moves"]}


def test_a_trial_tells_who_would_move_and_which_row_would_decide_and_nothing_lands(cast, night):
    huaxin, dahe = cast.customer("华信"), cast.customer("大河")
    huaxin.bill(800, due="2026-02-10")
    dahe.bill(900, due="2026-03-08")
    night("2026-03-09")
    made = draft(on="2026-03-10", from_on="2026-03-11", warning__mild_until_days=21)
    before = stored()
    done = tried(made, as_of="2026-03-10")
    assert done.state == "done", done.error
    assert moves(done.result) == {("mild", "mild"): 1, ("mild", "moderate"): 1}
    (row,) = pq.read_table(affected_file(done)).to_pylist()
    assert (row["party_id"], row["level_before"], row["level_after"]) == (huaxin.party.pk, "mild", "moderate")
    assert (row["action_row_before"], row["action_row_after"], row["late_after"]) == ("A10", "A08", 80_000)
    told = {name: rows for name, rows in stored().items() if name not in ("trail", "entries")}
    assert told == {name: rows for name, rows in before.items() if name not in ("trail", "entries")}
    assert not Entry.objects.filter(event="night run", day="2026-03-10").exists()


def test_a_trial_decides_just_what_the_night_then_decides(cast, night):
    """The promise of a trial: approve it, and this is what happens."""
    customers = [cast.customer(f"客户{number}") for number in range(12)]
    for number, customer in enumerate(customers):
        customer.bill(700 * (number + 1), due=f"2026-02-{number * 2 + 1:02}", seller=cast.wang)
    customers[3].pays(100, on="2026-03-01")
    night("2026-03-09")
    customers[5].promises(100, on="2026-03-09", due="2026-03-09")
    made = draft(
        on="2026-03-10", from_on="2026-03-11", warning__mild_until_days=21, priority__medium_from={"*": "3000.00"}
    )
    with clock.at("2026-03-11"):
        asked = trials.ask(made, as_of=dt.date(2026, 3, 11), by=person())
        carry_out(asked, PLAN)
    asked.refresh_from_db()
    with clock.at("2026-03-10"):
        from liangqing.policy.actions import versions

        versions.submit(made, by=person())
        versions.approve(made, voices=[], by=person())
    night("2026-03-11")
    tasks = {row["action"]: row["tasks"] for row in asked.result["after"]["tasks"]}
    assert sum(tasks.values()) == Task.objects.filter(state="open").count()
    for action, count in tasks.items():
        assert Task.objects.filter(state="open", action=action).count() == count
    levels = {row["level"]: row["customers"] for row in asked.result["after"]["levels"]}
    assert levels == {level: Case.objects.filter(stage="open", level=level).count() for level in levels}
    owners = {row["owner_id"]: row["tasks"] for row in asked.result["after"]["people"]}
    assert owners == {owner: Task.objects.filter(state="open", owner_id=owner).count() for owner in owners}


def test_past_nights_are_tried_one_by_one_against_what_they_really_decided(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-02-14")
    for day in range(5, 11):
        night(f"2026-03-{day:02}")
    made = draft(on="2026-03-10", from_on="2026-03-11", warning__mild_until_days=21)
    done = tried(made, as_of="2026-03-10", nights=5)
    assert done.state == "done", done.error
    assert [(row["date"], row["moved"]) for row in done.result["nights"]] == [
        ("2026-03-06", 0),
        ("2026-03-07", 1),
        ("2026-03-08", 1),
        ("2026-03-09", 1),
        ("2026-03-10", 1),
    ]


def test_a_draft_edited_after_the_trial_was_asked_for_is_not_tried(cast, night):
    made = draft(on="2026-03-10", from_on="2026-03-11", warning__mild_until_days=21)
    with clock.at("2026-03-10"):
        asked = trials.ask(made, as_of=dt.date(2026, 3, 10), by=person())
        made.refresh_from_db()
        from liangqing.policy.actions import versions

        versions.set_term(made, "warning.mild_until_days", 22, revision=made.revision, by=person())
        carry_out(Trial.objects.get(pk=asked.pk), PLAN)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "edited")


def test_a_stored_night_decided_again_from_what_was_kept_decides_the_same(cast, night):
    customers = [cast.customer(f"客户{number}") for number in range(8)]
    for number, customer in enumerate(customers):
        customer.bill(700 * (number + 1), due=f"2026-02-{number * 3 + 1:02}")
    approved(
        on="2026-03-02",
        from_on="2026-03-06",
        warning__mild_until_days=[{"value": 31}, {"for": {"debtor": "person"}, "value": 21}],
    )
    night("2026-03-05")
    customers[2].promises(100, on="2026-03-05", due="2026-03-06")
    customers[1].pays(50, on="2026-03-06")
    for day in ("2026-03-06", "2026-03-07", "2026-03-08"):
        night(day)
    for day in ("2026-03-05", "2026-03-06", "2026-03-08"):
        made = replay(dt.date.fromisoformat(day), PLAN)
        assert made.agrees and made.decisions == 16, made.differences
        assert made.policy == Run.objects.get(date=day).policy
    one = replay(dt.date(2026, 3, 8), PLAN, party_id=customers[2].party.pk)
    assert one.agrees and one.decisions == 2


def test_a_decision_that_was_tampered_with_does_not_agree_with_the_replay(cast, night):
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-02-10")
    night("2026-03-09")
    path = nights_folder() / "2026-03-09" / "levels.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.schema.get_field_index("level"), "level", [["severe"]]), path)
    assert {(row["side"], row["level"]) for row in replay(dt.date(2026, 3, 9), PLAN).differences} == {
        ("kept", "severe"),
        ("again", "mild"),
    }


def test_a_night_that_was_not_run_or_not_kept_is_not_decided_again(cast, night):
    night("2026-03-09")
    for path in (nights_folder() / "2026-03-09" / "inputs").iterdir():
        path.unlink()
    for day, code in (("2026-03-08", "no_night"), ("2026-03-09", "not_kept")):
        with pytest.raises(Refusal) as refused:
            replay(dt.date.fromisoformat(day), PLAN)
        assert refused.value.code == code


def test_a_version_on_a_share_decides_those_drawn_and_leaves_the_rest_to_the_version_before(cast, night):
    customers = [cast.customer(f"客户{number}") for number in range(30)]
    for customer in customers:
        customer.bill(800, due="2026-02-14")
    made = approved(on="2026-03-08", from_on="2026-03-09", share=40, warning__mild_until_days=21)
    night("2026-03-09")
    from liangqing.policy.draw import lot

    for customer in customers:
        drawn = lot(customer.party.pk, made.seed) < 40
        assert customer.live_case.level == ("moderate" if drawn else "mild")
        assert customer.live_case.policy.startswith("v1/" if drawn else "preset-1/")
        assert customer.task.policy == customer.live_case.policy
    assert {customer.live_case.level for customer in customers} == {"mild", "moderate"}


def test_the_two_arms_are_counted_side_by_side_and_a_repeated_night_changes_nothing(cast, night):
    from liangqing.cases.models import Arm
    from liangqing.cases.queries.arms import arms
    from liangqing.policy.draw import lot

    customers = [cast.customer(f"客户{number}") for number in range(30)]
    bills = [customer.bill(800, due="2026-02-14") for customer in customers]
    made = approved(on="2026-03-08", from_on="2026-03-09", share=40, warning__mild_until_days=21)
    night("2026-03-09")
    drawn = [lot(customer.party.pk, made.seed) < 40 for customer in customers]
    for place in (*(n for n, each in enumerate(drawn) if each), drawn.index(False)):
        customers[place].pays(800, on="2026-03-10", bill=bills[place])
    night("2026-03-10")
    one, other = (Arm.objects.get(date="2026-03-10", drawn=each) for each in (True, False))
    ours, theirs = sum(drawn), 30 - sum(drawn)
    assert (one.customers, one.paying, one.closed, one.collected) == (ours, ours, ours, {"CNY": ours * 80_000})
    assert (other.customers, other.paying, other.closed) == (theirs, 1, 1)
    assert night("2026-03-10").changed_rows == 0
    found = arms(made.name, least=5)
    assert (found.paying.verdict, found.kept.verdict) == ("better", "early")
    assert arms(made.name, least=100).paying.verdict == "early"
