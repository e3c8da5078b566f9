"""No term without effect: each is changed once, and what the night decides or a page enforces changes with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from liangqing import policy
from liangqing.cases.actions import grace, records, tasks
from liangqing.cases.models import Arm, Case, Load, Promise
from liangqing.cases.queries import overview
from liangqing.cases.queries.arms import arms
from liangqing.cases.queries.governing import kept_until
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions.run import run
from liangqing.nightly.night import Night
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.policy import book
from liangqing.policy.actions import trials
from liangqing.policy.content import complete
from liangqing.policy.terms import definitions
from tests.cast import Cast, Customer, day
from tests.conftest import copied
from tests.policy.drafts import approved, draft, person

TONIGHT = dt.date(2026, 3, 12)
ROOT = Path(__file__).parent.parent.parent
STEPS = ("accounts", "levels", "alerts", "escalations", "classes", "cases", "promises", "work")
DECIDED = ("levels", "work", "standing_cases", "promise_fates", "escalations")

BY_NIGHT: dict[str, Any] = {
    "warning.mild_until_days": 21,
    "warning.moderate_until_days": 61,
    "warning.mild_until_share_bp": 10_000,
    "warning.moderate_until_share_bp": 10_000,
    "warning.share_floor": {"*": "1000000.00"},
    "warning.acknowledge_within_days": {"mild": 60, "moderate": 60, "severe": 60},
    "case.opens_from_days": 60,
    "case.minimum": {"*": "1000.00"},
    "case.cycle_target_days": 7,
    "class.looks_back_days": 90,
    "promise.tolerance_days": 9,
    "promise.tolerance_amount": {"*": "500.00"},
    "promise.remembered_days": 1,
    "priority.medium_from": {"*": "700.00"},
    "priority.large_from": {"*": "60000.00"},
}
"""What each is changed to; the portfolio below has somebody for whom it matters."""


@pytest.fixture(scope="module")
def changes(
    migrated: str, master_key: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[dict[str, bool]]:
    """For each term whether the night decides otherwise when it is changed: one portfolio, one snapshot."""
    from django.conf import settings

    home, before = tmp_path_factory.mktemp("portfolio"), settings.HOME
    with django_db_blocker.unblock(), copied(migrated):
        settings.HOME = home
        book.forget()
        try:
            _live()
            with clock.at(TONIGHT), Night(TONIGHT, policy.in_force(TONIGHT), purpose="term") as night:
                yield {key: _differs(night, key, value) for key, value in BY_NIGHT.items()}
        finally:
            settings.HOME = before


def _live() -> None:
    """Somebody mildly, moderately and nearly severely late, with a high share and a low one; small and large; promises
    that ran out, were paid in part and judged long ago; a warning nobody has acknowledged; something paid late in the autumn."""
    cast = Cast()
    management = staff.found_department("management", name="总经办", kind="management")
    staff.join("shen", name="沈", department=management, duties=("head", "manage"))
    names = ("mild", "share", "heavy", "moderate", "small", "large", "out", "partly", "old", "slow")
    customers = {name: cast.customer(name) for name in names}
    customers["mild"].bill(900, due="2026-02-14")
    for name, due in (("share", "2026-02-20"), ("heavy", "2026-02-01")):
        customers[name].bill(60_000, due=due)
        customers[name].bill(9_000, due="2026-12-01")
    customers["moderate"].bill(900, due="2025-12-22")
    customers["small"].bill(80, due="2026-02-20")
    customers["large"].bill(70_000, due="2026-02-14")
    customers["large"].bill(60_000, due="2026-12-01")
    customers["slow"].pays(900, on="2025-12-10", bill=customers["slow"].bill(900, due="2025-11-01"))
    customers["slow"].bill(900, due="2026-12-01")
    for name in ("out", "partly", "old"):
        customers[name].bill(800, due="2026-02-14")
    run(dt.date(2026, 3, 2), PLAN)
    for name in ("out", "partly", "old"):
        customers[name].promises(800, on="2026-03-05", due="2026-03-08")
    customers["partly"].pays(500, on="2026-03-06")
    judged = Promise.objects.filter(case=customers["old"].live_case)
    judged.update(state="broken", judged_on="2026-03-04", due_on="2026-03-03")


def _differs(night: Night, key: str, value: Any) -> bool:
    assert value != definitions()[key].default
    content = complete(book.preset_content())
    content["terms"][key] = value
    changed = book.build(content, version="changed", from_on=dt.date(2026, 3, 1))
    if "before" not in night.figures:
        night.read(PLAN.sources)
        for step in PLAN.preparing:
            step.run(night)
        night.figures["before"] = _decided(night.under(night.policy, "before"))
    return bool(_decided(night.under(changed, key.replace(".", "_"))) != night.figures["before"])


def _decided(side: Night) -> list[set[str]]:
    for step in PLAN.deciding:
        if step.name in STEPS:
            step.run(side)
    return [{str(sorted(row.items())) for row in _told(side.table(name))} for name in DECIDED]


@pytest.mark.parametrize("key", BY_NIGHT)
def test_the_night_decides_otherwise(changes, key):
    assert changes[key]


def _told(table: Any) -> list[dict[str, Any]]:
    """The rows without the names of versions, which differ in any case."""
    return list(table.drop(*({"policy"} & set(table.columns))).to_pyarrow().to_pylist())


def under(key: str, value: Any, ask: Callable[[], Any]) -> Any:
    """What is answered on the 12th while a term is set so."""
    book.forget()
    approved(on="2026-03-09", from_on="2026-03-10", **{key.replace(".", "__"): value})
    with clock.at(TONIGHT):
        return ask()


def refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except Refusal as refused:
        return refused.code
    return "done"


@pytest.fixture
def late(night: Any, prepared: Any) -> Customer:
    return prepared(mildly_late, night)


def mildly_late(night: Any) -> Customer:
    """Mildly late, with a case that opened on the 1st."""
    customer = Cast().customer("华信")
    User.objects.create(username="shen", name="沈", duties=["manage"])
    customer.bill(800, due="2026-02-28")
    customer.bill(90_000, due="2026-12-01")
    night("2026-03-09")
    return customer


def test_task_postpone_most_days(late):
    def act() -> str:
        return refusal(lambda: tasks.postpone(late.task, day("2026-03-20"), "等", by=person()))

    assert under("task.postpone_most_days", 3, act) == "postponed_too_far"


def test_record_next_most_days(late):
    def act() -> str:
        return refusal(
            lambda: records.record(
                late.live_case,
                channel="phone",
                reached="self",
                result="call_back",
                next_on=day("2026-03-30"),
                by=person(),
            )
        )

    assert under("record.next_most_days", 3, act) == "next_day_out_of_range"


def test_grace_most_days(late):
    def act() -> str:
        return refusal(lambda: grace.ask(late.live_case, day("2026-03-20"), "回款", person()))

    assert under("grace.most_days", 3, act) == "grace_too_long"


def test_archive_keep_years(late):
    case = late.live_case
    case.stage, case.closed_on = "closed", dt.date(2024, 2, 29)
    assert under("archive.keep_years", 7, lambda: kept_until(case)) == dt.date(2031, 2, 28)
    assert kept_until(late.live_case) is None


def carried_by(cast: Cast) -> dict[str, tuple[bool, bool]]:
    """Who drowns, who sleeps, as 赵 of risk sees it."""
    return {row.who.person: (row.drowns, row.sleeps) for row in overview.carried(cast.zhao, TONIGHT)}


def test_overview_drowns_over_percent(books):
    cast = Cast()
    for owner, cases in ((cast.lin, 10), (cast.mei, 12), (cast.wang, 18)):
        Load.objects.create(date=TONIGHT, owner=owner, cases=cases, tasks=0, points=0)
    with clock.at(TONIGHT):
        assert carried_by(cast)["王"][0] is False
    assert under("overview.drowns_over_percent", 140, lambda: carried_by(cast)["王"][0]) is True


def test_overview_sleeps_after_days(books):
    cast = Cast()
    customer = cast.customer("华信")
    case = Case.objects.create(
        number="LQ-2026-000001", party=customer.party, creditor=customer.creditor, level="mild", level_row="D1",
        owner=cast.lin, opened_on="2026-03-01", policy="before",
    )  # fmt: skip
    Load.objects.create(date=TONIGHT, owner=cast.lin, cases=1, tasks=0, points=0)
    with clock.at("2026-03-09"):
        records.record(case, channel="phone", reached="self", result="call_back", by=cast.lin)
    with clock.at(TONIGHT):
        assert carried_by(cast)["林"][1] is False
    assert under("overview.sleeps_after_days", 3, lambda: carried_by(cast)["林"][1]) is True


def test_trial_nights_most(late):
    made = draft(on="2026-03-09", from_on="2026-03-20", case__opens_from_days=2)

    def act() -> str:
        return refusal(lambda: trials.ask(made, as_of=TONIGHT, nights=5, by=person()))

    assert under("trial.nights_most", 3, act) == "nights"


def test_trial_least_in_arm(books):
    for drawn, hits in ((True, 40), (False, 10)):
        Arm.objects.create(
            date=TONIGHT, version="v9", drawn=drawn, customers=50, paying=hits, cases=50, closed=hits, judged=0,
            kept=0, contacts=0,
        )  # fmt: skip

    def verdict() -> str:
        found = arms("v9", least=policy.in_force(TONIGHT).terms["trial.least_in_arm"])
        assert found
        return found.paying.verdict

    with clock.at(TONIGHT):
        assert verdict() == "early"
    assert under("trial.least_in_arm", 20, verdict) == "better"


ELSEWHERE: dict[str, str] = {
    "contact.open_hours": "tests/outreach/test_calls.py",
    "people.certificate_needed": "tests/cases/test_certificates.py",
    "people.certificate_warning_days": "tests/cases/test_certificates.py",
    "export.most_rows": "tests/workbench/test_exports.py",
    "export.permit_days": "tests/workbench/test_exports.py",
    "outreach.reply_within_days": "tests/outreach/test_sending_terms.py",
    "allocation.principal_first_from_days": "tests/receivables/test_order.py",
    **dict.fromkeys(
        (
            "contact.lost_after_calls",
            "demand.gap_days",
            "contact.lost_after_days",
            "contact.lost_within_days",
            "contact.answer_within_days",
            "contact.exemption_most_days",
            "limitation.years",
            "limitation.long_stop_years",
        ),
        "tests/outreach/test_guard_terms.py",
    ),
    **dict.fromkeys(("visit.people", "visit.photo_hours", "visit.photo_metres"), "tests/outreach/test_visits.py"),
    "agreement.most_months": "tests/parties/test_agreements.py",
    **dict.fromkeys(("claim.window_days", "claim.warn_days"), "tests/receivables/test_bankruptcy.py"),
    **{
        f"complaint.{name}": "tests/parties/test_deadlines.py"
        for name in ("days", "days_complex", "extension_days", "warn_days", "working_days")
    },
    **{
        f"outreach.{name}": "tests/outreach/test_sending_terms.py"
        for name in (
            "approved_from_recipients",
            "attachments_mb",
            "emails_a_day",
            "first_retry_minutes",
            "message_expires_days",
            "most_tries",
            "pay_by_days",
            "receipts_within_days",
        )
    },
}
"""Terms whose effect is shown in the tests of their room: key, and the file that shows it."""


def test_no_term_is_without_such_a_test():
    named = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    for key in definitions():
        shown = key in BY_NIGHT or key.replace(".", "_") in named
        if key in ELSEWHERE:
            shown = key in (ROOT / ELSEWHERE[key]).read_text("utf-8")
        assert shown, f"{key}: nothing shows that it has an effect; show it, or the term goes"


SOURCES = {
    "P3 3.2.2": 2,
    "P3 3.2.3": 4,
    "P3 3.2.4": 2,
    "P3 4.1.2": 1,
    "P3 7.3.1": 1,
}
"""How many blanks "[X]" the policies leave, by clause; P1, P2 and P4 leave none."""


def test_every_blank_of_the_policies_is_filled_by_a_term():
    filled: dict[str, int] = {}
    for definition in definitions().values():
        for blank in definition.blanks:
            clause = " ".join(blank.split()[:2])
            filled[clause] = filled.get(clause, 0) + blank.count("[X]")
    assert filled == SOURCES
