"""How the demo institution minds its rules: two changes of the policy tried, approved and in force, a third in draft; and
time given to customers who asked for it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping

from liangqing.approvals import policy_change
from liangqing.approvals.actions import delegations, votes
from liangqing.approvals.models import Request
from liangqing.cases.actions import grace
from liangqing.cases.models import Case
from liangqing.house.demo.customers import PARENT
from liangqing.house.demo.days import LAST_NIGHT, after
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.nightly.actions import trial
from liangqing.people.actions.institution import describe
from liangqing.people.models import User
from liangqing.policy.actions import trials, versions
from liangqing.policy.models import Trial, Version

_FIRST, _SHARED, _DRAFTED = (after(LAST_NIGHT, -days) for days in (40, 16, 4))
_GRACES = {after(LAST_NIGHT, -days): until for days, until in ((12, 7), (5, 10), (2, 12), (1, 14))}
"""On which days somebody asks for time, and for how many days."""
_TRIED_NIGHTS = 3


def name_the_house() -> None:
    """What the institution is called on what it prints."""
    describe(
        None, name=PARENT, name_en="Licheng Precision Industry Group Co., Ltd.", place="上海市", place_en="Shanghai",
        address="上海市浦东新区示范路100号", address_en="100 Shifan Road, Pudong, Shanghai", signer="应收账款管理部",
        signer_en="Receivables Department", callback_phone="021-60000001", complaint_phone="021-60000002",
        email="service@licheng.example", account_name=PARENT, bank="示范银行上海浦东支行",
        account="6200 0000 0000 0000 001",
    )  # fmt: skip


def live(day: dt.date, people: Mapping[str, User]) -> None:
    """What happens to the rules on this day, in the late morning."""
    with clock.at(dt.datetime.combine(day, dt.time(11))):
        if day == _FIRST:
            _earlier(day, people)
        elif day == _SHARED:
            _on_half(day, people)
        elif day == _DRAFTED:
            _in_draft(day, people)
        if day in _GRACES:
            _ask_for_time(day, people)


def _earlier(day: dt.date, people: Mapping[str, User]) -> None:
    """The moderate level begins earlier, and private customers are warned earlier still."""
    made = versions.draft(
        title="中度预警提前，个人客户从严",
        from_on=after(day, 5),
        why="一季度复盘：31 天才转中度偏晚，催收岗介入时已有两成客户失联。",
        by=people["gao"],
    )
    value = [{"value": 26}, {"for": {"debtor": "person"}, "value": 16}]
    made = versions.set_term(made, "warning.mild_until_days", value, revision=made.revision, by=people["gao"])
    _try(made, day, people["gao"], nights=0)
    _agree(policy_change.ask(made, reason=made.why, by=people["gao"]), people)


def _on_half(day: dt.date, people: Mapping[str, User]) -> None:
    """A letter earlier: for half of the customers, to see what it does."""
    made = versions.draft(
        title="中度逾期 45 天即发催收函",
        from_on=after(day, 2),
        why="对照试行：提前发函能否提高还款比例。",
        by=people["tang"],
    )
    rows = copy.deepcopy(made.content["tables"]["case.action"])
    for row in rows:
        if row["row"] == "A07":
            row["when"]["days"] = {"from": 45}
            row["reason"] = {"zh": "逾期 45 天及以上，发催收函", "en": "45 days late or more: send a letter"}
    made = versions.set_rows(made, "case.action", rows, revision=made.revision, by=people["tang"])
    made = versions.describe(
        made, title=made.title, why=made.why, from_on=made.from_on, share=50, revision=made.revision, by=people["tang"]
    )
    _try(made, day, people["tang"], nights=0)
    _agree(policy_change.ask(made, reason=made.why, by=people["tang"]), people)


def _in_draft(day: dt.date, people: Mapping[str, User]) -> None:
    """A third change, tried over past nights and not submitted yet."""
    made = versions.draft(
        title="大额起点下调至 30 万元", from_on=after(LAST_NIGHT, 30), why="年中调整，待讨论。", by=people["gao"]
    )
    value = {**made.content["terms"]["priority.large_from"], "CNY": "300000.00"}
    made = versions.set_term(made, "priority.large_from", value, revision=made.revision, by=people["gao"])
    _try(made, day, people["gao"], nights=_TRIED_NIGHTS)


def _try(version: Version, day: dt.date, by: User, *, nights: int) -> None:
    asked = trials.ask(version, as_of=day, nights=nights, by=by)
    trial.carry_out(Trial.objects.select_related("version__base").get(pk=asked.pk), PLAN)


def _agree(request: Request, people: Mapping[str, User]) -> None:
    risk = people["tang"] if request.requested_by_id != people["tang"].pk else people["gao"]
    votes.approve(request, risk, "试算结果可接受。")
    votes.approve(request, people["shen"], "同意。")


def _ask_for_time(day: dt.date, people: Mapping[str, User]) -> None:
    """Somebody who sells asks for time for a mildly late customer; the first is given it, the second is not, the others
    wait for an answer. From the day before the last the head of the east is away, and the other head stands in."""
    place = sorted(_GRACES).index(day)
    sellers = [people[name] for name in ("wang", "sun", "zhao")]
    waiting = Case.objects.filter(stage="open", level="mild", owner__in=sellers).order_by("opened_on", "id")
    for case in waiting:
        by = next(person for person in sellers if person.pk == case.owner_id)
        try:
            asked = grace.ask(case, after(day, _GRACES[day]), "客户已书面承诺，待月底回款后一次付清。", by)
        except Refusal:
            continue  # asked already, or late for too long meanwhile
        if place == 0:
            votes.approve(asked, people["zhou"], "客户信用良好，同意。")
        elif place == 1:
            votes.reject(asked, people["zhou"], "上月已宽限一次，请改谈还款计划。")
        break
    if place == len(_GRACES) - 1:
        delegations.delegate(
            people["zhou"],
            people["he"],
            from_on=LAST_NIGHT,
            until_on=after(LAST_NIGHT, 7),
            reason="出差",
            by=people["zhou"],
        )
