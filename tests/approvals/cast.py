"""A small institution that approves things: who is asked is told by a table made here, what is done by an act that counts.

林 (lin) collects, 陈 (chen) heads collection; 王 (wang) sells, 周 (zhou) heads sales; 高 (gao) heads risk, 高二 (gao2) is the
other of risk; 沈 (shen) and 苏 (su) lead the institution; 罗 (luo) audits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from liangqing import policy
from liangqing.approvals import acts
from liangqing.approvals.actions import delegations, requests
from liangqing.approvals.acts import Act
from liangqing.approvals.models import Delegation, Request
from liangqing.approvals.rules.route import HEAD
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import User
from liangqing.policy.tables import Input, OneOf, Output, Row, Table
from liangqing.trail.models import Entry

DAY = dt.date(2026, 3, 11)
"""A Wednesday in no holiday."""
ACTS = ("test.grace", "test.plan", "test.writeoff", "test.policy")


def table(*rows: Row) -> Table:
    return Table(
        key="approval.route",
        name={},
        clause="P1 4",
        inputs=(
            Input("act", values=ACTS),
            Input("amount_band", values=("none", "small", "medium", "large")),
            Input("department_kind", values=("business", "collection", "other")),
            Input("loosens_law", values=(True, False)),
        ),
        outputs=tuple(Output(name) for name in ("steps", "bulk", "due_in_days", "escalate_in_days")),
        rows=rows,
    )


def row(name: str, steps: str, *, bulk: bool = False, due: int = 2, escalate: int = 5, **when: Any) -> Row:
    conditions = {key: OneOf(frozenset(value if isinstance(value, tuple) else (value,))) for key, value in when.items()}
    return Row(name, conditions, {"steps": steps, "bulk": bulk, "due_in_days": due, "escalate_in_days": escalate})


ROUTES = table(
    row("law", "duty:legal > duty:risk > duty:manage", loosens_law=True),
    row("policy", "duty:risk > duty:manage", act="test.policy"),
    row("both", "2 of duty:manage", act="test.writeoff"),
    row("plan", "head > 2 of duty:risk > duty:manage", act="test.plan"),
    row("large", "head > duty:risk", amount_band=("medium", "large")),
    row("small", HEAD, bulk=True),
)


@dataclass(frozen=True)
class Book:
    """The policy in force, with routes of one's own."""

    real: Any
    routes: Table

    @property
    def terms(self) -> Any:
        return self.real.terms

    @property
    def stamp(self) -> str:
        return "test/routes"

    @property
    def tables(self) -> dict[str, Table]:
        return {"approval.route": self.routes}


@dataclass
class Done:
    """What the acts did: the number of each request, once for each time it was performed."""

    numbers: list[str] = field(default_factory=list)
    impossible: bool = False

    def check(self, request: Request) -> None:
        if self.impossible:
            raise Refusal("too_late", "It is too late for this.")

    def perform(self, request: Request) -> None:
        self.numbers.append(request.number)


class Cast:
    """Everybody, hired."""

    def __init__(self) -> None:
        collection = staff.found_department("collection", name="催收部", kind="collection")
        sales = staff.found_department("sales", name="销售部", kind="business")
        risk = staff.found_department("risk", name="风控部", kind="risk")
        management = staff.found_department("management", name="总经办", kind="management")
        audit = staff.found_department("audit", name="审计部", kind="audit")
        self.chen = staff.join("chen", name="陈", department=collection, duties=("head", "collect"))
        self.lin = staff.join("lin", name="林", department=collection)
        self.mei = staff.join("mei", name="梅", department=collection)
        self.zhou = staff.join("zhou", name="周", department=sales, duties=("head",))
        self.wang = staff.join("wang", name="王", department=sales, duties=("sell",))
        self.gao = staff.join("gao", name="高", department=risk, duties=("head", "risk"))
        self.gao2 = staff.join("gao2", name="高二", department=risk, duties=("risk",))
        self.shen = staff.join("shen", name="沈", department=management, duties=("head", "manage"), position="总经理")
        self.su = staff.join("su", name="苏", department=management, duties=("manage",))
        self.luo = staff.join("luo", name="罗", department=audit, duties=("head", "audit"))
        self.admin = staff.join("admin", name="管", department=management, duties=("admin",))

    def asks(self, act: str = "test.grace", *, by: User | None = None, yuan: int | None = None, **more: Any) -> Request:
        amount = None if yuan is None else Money.of(yuan, "CNY")
        given = {"subject_kind": "case", "subject_id": 7, "subject": "华信的宽限期", "reason": "本月付款", **more}
        return requests.request(act, by=by or self.lin, amount=amount, **given)

    def away(self, principal: User, delegate: User, *, only: tuple[str, ...] = (), days: int = 5) -> Delegation:
        return delegations.delegate(
            principal,
            delegate,
            from_on=DAY,
            until_on=DAY + dt.timedelta(days=days),
            reason="休假",
            by=principal,
            acts_only=only,
        )


def hire(monkeypatch: Any) -> tuple[Cast, Done]:
    """The cast, under these routes, with acts that count."""
    done, real = Done(), policy.in_force(DAY)
    monkeypatch.setattr(policy, "in_force", lambda on: Book(real, ROUTES), raising=False)
    monkeypatch.setattr(acts, "_acts", {})
    for code in ACTS:
        acts.register(Act(code, code, perform=done.perform, check=done.check))
    return Cast(), done


def names(people: Any) -> list[str]:
    """Login names, in order."""
    found = User.objects.filter(pk__in=[getattr(person, "pk", person) for person in people])
    return sorted(found.values_list("username", flat=True))


def told(request: Request) -> list[str]:
    """What the trail tells of a request."""
    return list(
        Entry.objects.filter(thing="approval", thing_id=request.pk).order_by("id").values_list("event", flat=True)
    )
