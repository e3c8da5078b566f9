"""Who works at the demo institution: nine departments, nineteen people.

Sellers look after their customers; collectors also take the retail customers, whom nobody sells to in person.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from liangqing.people.actions import staff
from liangqing.people.duties import Duty
from liangqing.people.models import Department, User

DEPARTMENTS: tuple[tuple[str, str, str], ...] = (
    ("east", "华东业务部", Department.Kind.BUSINESS),
    ("south", "华南业务部", Department.Kind.BUSINESS),
    ("collection", "催收中心", Department.Kind.COLLECTION),
    ("special", "专项催收组", Department.Kind.COLLECTION),
    ("risk", "风险管理部", Department.Kind.RISK),
    ("finance", "财务部", Department.Kind.FINANCE),
    ("legal", "法务部", Department.Kind.LEGAL),
    ("audit", "审计部", Department.Kind.AUDIT),
    ("management", "总经办", Department.Kind.MANAGEMENT),
)


@dataclass(frozen=True)
class Person:
    """Somebody of the cast, as joined on the first day."""

    username: str
    name: str
    department: str
    position: str
    duties: tuple[str, ...]
    skills: tuple[str, ...] = ()
    capacity: int = 100


_SELLS = (Duty.SELL.value, Duty.COLLECT.value)

PEOPLE = (
    Person("zhou", "周建国", "east", "业务部经理", (Duty.HEAD,)),
    Person("wang", "王磊", "east", "客户经理", _SELLS, ("business",)),
    Person("sun", "孙丽", "east", "客户经理", _SELLS, ("business",)),
    Person("zhao", "赵敏", "east", "客户经理", _SELLS, ("business",)),
    Person("he", "何志强", "south", "业务部经理", (Duty.HEAD,)),
    Person("huang", "黄海燕", "south", "客户经理", _SELLS, ("business",)),
    Person("liang", "梁伟", "south", "客户经理", _SELLS, ("business",)),
    Person("xu", "徐芳", "collection", "催收中心主管", (Duty.HEAD, Duty.COLLECT), ("collection",), 40),
    Person("lin", "林晓", "collection", "催收员", (Duty.COLLECT,), ("collection", "business")),
    Person("chen", "陈静", "collection", "催收员", (Duty.COLLECT,), ("collection", "business")),
    Person("wu", "吴昊", "collection", "催收员", (Duty.COLLECT,), ("collection", "business"), 80),
    Person("ma", "马骏", "special", "专项催收组组长", (Duty.HEAD, Duty.COLLECT), ("special",)),
    Person("zheng", "郑凯", "special", "专项催收员", (Duty.COLLECT,), ("special", "collection")),
    Person("gao", "高岩", "risk", "风险经理", (Duty.HEAD, Duty.RISK)),
    Person("tang", "唐静", "risk", "风险专员", (Duty.RISK,)),
    Person("qian", "钱慧", "finance", "应收会计", (Duty.HEAD, Duty.FINANCE)),
    Person("fang", "方正明", "legal", "法务经理", (Duty.HEAD, Duty.LEGAL)),
    Person("luo", "罗文", "audit", "内部审计", (Duty.HEAD, Duty.AUDIT)),
    Person("shen", "沈国栋", "management", "总经理", (Duty.HEAD, Duty.MANAGE)),
    Person("admin", "系统管理员", "management", "系统管理员", (Duty.ADMIN,)),
)

PASSWORD = "两清demo2026"
"""Of everybody at the demo institution."""

LEDGER_CLERK = "qian"
EAST_SELLERS = ("王磊", "孙丽", "赵敏")
SOUTH_SELLERS = ("黄海燕", "梁伟")
FORMER_SELLER = "刘洋"
"""Left before the system came: some old bills still name him."""


def hire() -> dict[str, User]:
    """Found the departments and let everybody join; the people by login name."""
    password = make_password(PASSWORD)
    homes = {code: staff.found_department(code, name=name, kind=kind) for code, name, kind in DEPARTMENTS}
    people = {
        person.username: staff.join(
            person.username,
            name=person.name,
            department=homes[person.department],
            position=person.position,
            duties=person.duties,
            skills=person.skills,
            capacity=person.capacity,
        )
        for person in PEOPLE
    }
    User.objects.filter(username__in=people).update(password=password)
    return people
